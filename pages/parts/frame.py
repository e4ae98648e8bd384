"""What surrounds every page: style, menu, bar, choices kept in the link, worded states where there is nothing to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NoReturn

import streamlit as st

from data.clock import from_micros
from data.errors import CampaignError
from data.home import Campaign
from data.locale import _, language
from data.locale.formats import date, moment, sort_key
from kpi.catalog import figure
from pages.parts import access, cached, charts, html, links, messages, states
from pages.parts.view import View

VIEW = "view"
"""Where the view of this run waits for the page."""


def show(*parts: str) -> None:
    st.html(html.wrap(*parts))


def style() -> None:
    st.html(html.STYLE)


def fault(error: CampaignError) -> None:
    show(html.state(states.fault(error)))


def draw(current: Any, menu: Sequence[Any]) -> None:
    """Menu and bar; leaves the view for the page, or draws why there is none and stops.

    Raises CampaignError when home or store cannot be opened.
    """
    st.session_state.pop(VIEW, None)
    viewer = access.viewer(st.get_option("server.address"))
    if viewer is None:
        stop(states.not_local())
    opened = cached.opened()
    latest = cached.latest(opened, opened.version, viewer.scope)
    choice = links.read(st.query_params.to_dict(), opened.home, latest)
    _menu(current, menu, dict(choice.kept))
    if choice.campaign is None:
        stop(states.no_campaign())
    if latest is None:
        stop(states.no_data())
    as_of = choice.as_of or cached.default_as_of(opened, opened.version, viewer.scope, choice.campaign.key)
    tree = cached.tree(opened, opened.version, viewer.scope, as_of)
    unit = choice.unit if choice.unit in tree.units else tree.root
    kept = {key: value for key, value in choice.kept if key != "unit" or value == unit}
    view = View(opened, viewer, choice.campaign, as_of, unit, choice.kpi, tree, kept)
    _bar(view, latest, choice.as_of is not None)
    st.session_state[VIEW] = view


def guard() -> View:
    """The first line of every page: the view made for this run, or nothing is shown."""
    view = st.session_state.get(VIEW)
    if not isinstance(view, View):
        st.stop()
    return view


def stop(state: html.State) -> NoReturn:
    show(html.state(state))
    st.stop()


# Menu and bar ---------------------------------------------------------------------------------------------------------


def _menu(current: Any, menu: Sequence[Any], kept: Mapping[str, str]) -> None:
    """Our own row of links: the built-in menu would drop the choices from the link."""
    with st.container(horizontal=True, key="menu"):
        for page in menu:
            name = f"**{page.title}**" if page.title == current.title else page.title
            st.page_link(page, label=name, query_params=dict(kept))


def _bar(view: View, latest: int, chosen: bool) -> None:
    campaign = view.campaign
    heading = [
        (_("Toàn tỉnh") if view.is_root else view.place.name, _with_plan(campaign)),
        (messages.days_line(view), _("Số liệu đến {at}", at=moment(view.as_of, view.home.zone))),
    ]
    length = (campaign.end - campaign.start).days + 1
    with st.container(horizontal=True, key="bar"):
        show(html.bar(heading, view.home.file.simulated))
        with st.popover(_("Đổi lựa chọn"), icon=":material/tune:", key="choices"):
            _choices(view, latest, chosen)
        _languages()
    show(html.elapsed(((view.day - campaign.start).days + 1) / length))


def _with_plan(campaign: Campaign) -> str:
    name = campaign.name(language())
    return f"{name} – {campaign.plan}" if campaign.plan else name


def _languages() -> None:
    words = {"vi": "VI", "en": "EN"}
    st.session_state["language"] = language()
    st.segmented_control(
        _("Ngôn ngữ"), list(words), format_func=words.__getitem__, key="language", label_visibility="collapsed",
        on_change=lambda: _write("lang", "en" if st.session_state["language"] == "en" else ""),
    )  # fmt: skip


def _choices(view: View, latest: int, chosen: bool) -> None:
    """Campaign, day, time of day, unit: each run the widget is given the link's code, a change writes it back."""
    campaigns = view.home.campaigns
    _select(
        "campaign", _("Chiến dịch"), list(campaigns), view.campaign.key, lambda key: campaigns[key].name(language())
    )
    day, at = links.day_and_time(view.as_of, view.home)
    st.session_state["as_of_day"] = day.isoformat() if chosen else ""
    days = {code: _day_words(code, view) for code in _days(view, latest)}
    st.selectbox(
        _("Ngày"), list(days), format_func=days.__getitem__, key="as_of_day", on_change=_write_moment, args=(at,)
    )
    if chosen:
        end_of_day = _("cuối ngày")
        times = {code: code or end_of_day for code in ("", view.campaign.report.cut_off, at)}
        st.session_state["as_of_time"] = at
        st.radio(_("Giờ"), list(times), format_func=times.__getitem__, key="as_of_time", horizontal=True, on_change=_write_moment, args=(at,))  # fmt: skip
    names = {code: _unit_words(view, code) for code in _units(view)}
    _select("unit", _("Đơn vị"), list(names), view.unit, names.__getitem__, drop=view.tree.root)


def _select(parameter: str, label: str, options: list[str], current: str, words: Any, drop: str = "") -> None:
    """A select box whose truth is the link; the value ``drop`` leaves the link.

    Words are made here, in the language of this run: Streamlit asks for them outside of it as well.
    """
    key = f"choice_{parameter}"
    if current not in options:
        options = [current, *options]
    st.session_state[key] = current

    def changed() -> None:
        value = st.session_state[key]
        _write(parameter, "" if value == drop else value)

    shown = {option: words(option) for option in options}
    st.selectbox(label, options, format_func=shown.__getitem__, key=key, on_change=changed)


def _write(parameter: str, value: str) -> None:
    if value:
        st.query_params[parameter] = value
    else:
        st.query_params.pop(parameter, None)


def _write_moment(at: str) -> None:
    day, time = st.session_state["as_of_day"], st.session_state.get("as_of_time", at)
    _write("as_of", f"{day}T{time}" if day and time else day)


def _days(view: View, latest: int) -> list[str]:
    """ "" (the newest), then the days of the campaign with data, newest first, and the day the link names."""
    last = min(view.campaign.last_day, from_micros(latest, view.home.zone).date())
    length = (last - view.campaign.start).days
    days = [(last - timedelta(days=n)).isoformat() for n in range(max(length + 1, 0))]
    if view.day.isoformat() not in days:
        days.append(view.day.isoformat())
    return ["", *days]


def _day_words(code: str, view: View) -> str:
    if not code:
        return _("Số liệu mới nhất")
    day = view.day.fromisoformat(code)
    number = (day - view.campaign.start).days + 1
    if not view.campaign.start <= day <= view.campaign.end:
        return date(day)
    return _("{date} – ngày {n}", date=date(day), n=number)


def _units(view: View) -> list[str]:
    """The root, departments and districts, then what lies below the chosen district; the chosen unit is always there."""
    found = [view.tree.root]
    for level in view.with_unit(view.tree.root).levels_below():
        found += [unit.code for unit in view.units_of(level)]
    for code in view.tree.above(view.unit)[:-1]:
        below = [child for child in view.tree.children.get(code, ()) if view.tree[child].valid]
        found += sorted(below, key=lambda child: sort_key(view.tree[child].name))
    return list(dict.fromkeys([*found, view.unit]))


def _unit_words(view: View, code: str) -> str:
    unit = view.tree[code]
    if code == view.tree.root:
        return _("Toàn tỉnh")
    parent = view.tree.units.get(unit.parent)
    return f"{unit.name} – {parent.name}" if parent is not None and parent.code != view.tree.root else unit.name


# Pieces that several pages draw ---------------------------------------------------------------------------------------


def choose_figure(view: View) -> None:
    """The figure of a league page, kept in the link."""
    with st.container(key="choices_figure", width=420):
        _select(
            "kpi", _("Xếp theo"), list(view.league_kpis), view.league_kpi.key, lambda key: figure(key).label(language())
        )


def plot(drawn: charts.Drawn, key: str) -> None:
    st.plotly_chart(drawn.figure, key=key, config=charts.CONFIG, alt=drawn.alt)

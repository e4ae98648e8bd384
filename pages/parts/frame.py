"""What surrounds every page: style, menu, bar, choices kept in the link, worded states where there is nothing to show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date as date_type
from datetime import timedelta
from typing import Any, NoReturn

import streamlit as st

from data.clock import from_micros
from data.errors import CampaignError
from data.home import Campaign
from data.locale import _, language, use_language
from data.locale.formats import date, moment, sort_key
from data.people import Viewer
from kpi.catalog import figure
from pages.parts import access, account, cached, doors, html, links, messages, printing, sheets, states
from pages.parts.blocks import Block, Chart, Columns, Picks, State, as_rows, as_table, flat
from pages.parts.charts import lively
from pages.parts.view import View

Menu = Mapping[str, Sequence[Any]]
"""Pages by the title of their group."""
VIEW = "view"
"""Where the view of this run waits for the page."""
PAPER = "paper"
"""What stands around the printed page."""


BLOCKS = "blocks"
"""Where the blocks drawn in this run are kept for the printed page."""


def show(*blocks: Block) -> None:
    """Draw blocks here and keep them for paper."""
    st.session_state.setdefault(BLOCKS, []).extend(blocks)
    _draw(blocks)


def _html(*parts: str) -> None:
    if any(parts):
        st.html(html.wrap(*parts))


def _draw(blocks: Sequence[Block]) -> None:
    """What needs no Streamlit of its own goes to the browser together."""
    waiting: list[str] = []
    for block in blocks:
        if not isinstance(block, (Columns, Chart)):
            waiting.append(html.block(block))
            continue
        _html(*waiting)
        waiting.clear()
        _columns(block) if isinstance(block, Columns) else _chart(block)
    _html(*waiting)


def _columns(block: Columns) -> None:
    left, right = st.columns(list(block.widths), gap="large")
    with left:
        _draw(block.left)
    with right:
        _draw(block.right)


def _chart(chart: Chart) -> None:
    """Title, drawing, the numbers as a table, their source, and the files of both, made when they are asked for."""
    _html(html.title(chart.title))
    pointing = f"pointing_{chart.name}"
    # Plotly costs a first visit about a second: it is drawn for those who ask for it.
    asked = chart.lively and bool(st.session_state.get(pointing))
    if chart.plane is not None and asked:
        st.plotly_chart(lively.figure(chart.plane), key=chart.name, config=lively.CONFIG, alt=chart.alt)
    if chart.plane is not None:
        st.markdown(html.drawing(chart, only_on_paper=asked), unsafe_allow_html=True)  # st.html would drop the SVG
    _html(html.below_chart(chart))
    paper: printing.Paper | None = st.session_state.get(PAPER)
    if paper is None:
        return
    with st.container(horizontal=True, key=f"files_{chart.name}"):
        if chart.lively and chart.plane is not None:
            st.toggle(_("Chỉ vào từng ngày"), key=pointing)
        file(_("Tải hình (PNG)"), f"{chart.name}.png", "image/png", lambda: printing.picture(paper, chart))
        file(_("Tải số liệu (XLSX)"), f"{chart.name}.xlsx", sheets.XLSX, lambda: sheets.book({chart.name: as_rows(chart.table)}))  # fmt: skip


def file(label: str, name: str, mime: str, make: Callable[[], bytes], **look: Any) -> None:
    """A button that makes its file when clicked, in the language of this run, for whoever may still open the page then."""
    chosen: str = language()
    view: View = st.session_state[VIEW]

    def made() -> bytes:
        use_language(chosen)
        access.require(view.viewer, doors.DOORS[view.page], view.unit)
        view.note(doors.DOORS[view.page], name)
        return make()

    look = {"type": "tertiary", "key": f"file_{name}", **look}
    st.download_button(label, made, name, mime, on_click="ignore", **look)


def style() -> None:
    st.html(html.STYLE)


def fault(error: CampaignError) -> None:
    show(states.fault(error))


def draw(current: Any, menu: Menu, viewer: Viewer) -> None:
    """Menu and bar; leaves the view for the page, or draws why there is none and stops.

    Raises CampaignError when home or store cannot be opened.
    """
    for name in (VIEW, PAPER, BLOCKS):
        st.session_state.pop(name, None)
    opened = cached.opened()
    latest = cached.latest(opened, opened.version)
    choice = links.read(st.query_params.to_dict(), opened.home, latest)
    _menu(current, menu, dict(choice.kept), viewer)
    if choice.campaign is None:
        stop(states.no_campaign())
    if latest is None:
        from pages.parts import first_visit  # draws with this module, and once in the life of a store

        first_visit.draw(opened, viewer)
        st.stop()
    as_of = choice.as_of or cached.default_as_of(opened, opened.version, choice.campaign.key)
    tree = cached.tree(opened, opened.version, as_of)
    page = current.url_path or doors.landing(viewer)
    default = doors.default_unit(viewer, page, tree)
    unit = choice.unit if choice.unit in tree.units else default
    kept = {key: value for key, value in choice.kept if key != "unit"}
    # Links of the page speak of its unit, even where that is the page's own default.
    if unit == choice.unit or unit != tree.root:
        kept["unit"] = unit
    view = View(opened, viewer, choice.campaign, as_of, unit, choice.kpi, tree, kept, page)
    st.session_state[VIEW] = view
    _bar(view, latest, choice.as_of is not None, current, default)
    _admit(view)


def guard() -> View:
    """The first line of every page: the view made for this run, or why this viewer is shown none."""
    view = st.session_state.get(VIEW)
    if not isinstance(view, View):
        st.stop()
    _admit(view)
    return view


def _admit(view: View) -> None:
    """Whether this page, and this unit on it, is open to whoever looks; else the page ends here."""
    if not doors.is_open(view.viewer, view.page, view.unit):
        view.note(doors.DOORS[view.page], outcome="refused")
        if not doors.is_open(view.viewer, view.page):
            stop(states.closed())
        show(states.not_yours(view.place.name))
        if (own := view.viewer.unit) in view.tree.units:
            show(Picks([(view.tree[own].name, view.href(view.page, unit=own))]))
        st.stop()


def stop(state: State) -> NoReturn:
    show(state)
    st.stop()


# Menu and bar ---------------------------------------------------------------------------------------------------------


def _menu(current: Any, menu: Menu, kept: Mapping[str, str], viewer: Viewer) -> None:
    """Our own links, since the built-in menu would drop the choices from the link: the groups, then the pages of this one."""
    here = next((group for group, pages in menu.items() if any(page.title == current.title for page in pages)), "")
    with st.container(horizontal=True, key="menu"):
        with st.container(horizontal=True, key="groups", width="content"):
            for group, pages in menu.items():
                if group == here:
                    st.page_link(pages[0], label=f"**{group}**", query_params=dict(kept))
                    continue
                with st.popover(group, type="tertiary", key=f"group_{pages[0].url_path}"):
                    _links(pages, current, kept)
        with st.container(horizontal=True, key="pages", wrap=False):
            _links(menu.get(here, ()), current, kept)
        account.draw(viewer)


def _links(pages: Sequence[Any], current: Any, kept: Mapping[str, str]) -> None:
    for page in pages:
        name = f"**{page.title}**" if page.title == current.title else page.title
        st.page_link(page, label=name, query_params=dict(kept))


def _bar(view: View, latest: int, chosen: bool, current: Any, default: str) -> None:
    campaign = view.campaign
    heading = [
        (_("Toàn tỉnh") if view.is_root else view.place.name, _with_plan(campaign)),
        (messages.days_line(view), _("Số liệu đến {at}", at=moment(view.as_of, view.home.zone))),
    ]
    length = (campaign.end - campaign.start).days + 1
    with st.container(horizontal=True, key="bar"):
        _html(html.bar(heading, view.home.file.simulated))
        with st.popover(_("Đổi lựa chọn"), icon=":material/tune:", key="choices"):
            _choices(view, latest, chosen, default)
        if doors.is_open(view.viewer, view.page, view.unit):
            _print(view, heading, current)
        _languages()
    _html(html.elapsed(((view.day - campaign.start).days + 1) / length))


def _print(view: View, heading: Sequence[tuple[str, str]], current: Any) -> None:
    """«In trang này»: the blocks drawn in this run as A4, typeset when clicked, and all their tables as one workbook."""
    (place, campaign), (days, as_of) = heading
    paper = printing.Paper(
        f"{current.title} · {place}", place, campaign, days, as_of,
        _("{page} · phiên bản dữ liệu {version}", page=current.title, version=view.store.data_version()),
        _("DỮ LIỆU MÔ PHỎNG") if view.home.file.simulated else "",
    )  # fmt: skip
    blocks: list[Block] = []
    st.session_state[PAPER], st.session_state[BLOCKS] = paper, blocks
    name = f"{current.url_path or 'overview'}-{view.unit}-{view.day}"
    file(_("In trang này"), f"{name}.pdf", "application/pdf", lambda: printing.pdf(paper, blocks), type="secondary", icon=":material/print:", key="print")  # fmt: skip


def foot() -> None:
    """At the end of a page: every table on it as one workbook."""
    blocks: list[Block] = st.session_state.get(BLOCKS, [])
    tables = [table for block in flat(blocks) if (table := as_table(block)) is not None and table.rows]
    if tables and st.session_state.get(PAPER) is not None:
        found = {f"{_('Bảng')} {n}": as_rows(table) for n, table in enumerate(tables, start=1)}
        with st.container(key="foot"):
            file(_("Tải mọi bảng của trang (XLSX)"), "bang.xlsx", sheets.XLSX, lambda: sheets.book(found))


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


def _choices(view: View, latest: int, chosen: bool, default: str) -> None:
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
    _select("unit", _("Đơn vị"), list(names), view.unit, names.__getitem__, drop=default)


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


def choose_since(view: View) -> date_type | None:
    """The day from which changes of rank are counted, kept in the link; None on the campaign's first day."""
    last = min(view.day, view.campaign.last_day)
    days = [view.campaign.start + timedelta(days=n) for n in range((last - view.campaign.start).days)]
    if not days:
        return None
    default = max(days[0], min(view.previous_day, days[-1]))
    codes = {day.isoformat(): day for day in reversed(days)}
    chosen = codes.get(st.query_params.get("since", ""), default)
    with st.container(key="choices_since", width=240):
        _select("since", _("Tăng giảm từ ngày"), list(codes), chosen.isoformat(), lambda code: date(codes[code]), drop=default.isoformat())  # fmt: skip
    return chosen


def choose_figure(view: View) -> None:
    """The figure of a league page, kept in the link."""
    with st.container(key="choices_figure", width=420):
        _select(
            "kpi", _("Chỉ tiêu"), list(view.league_kpis), view.league_kpi.key, lambda key: figure(key).label(language())
        )
        # The figure of the whole unit has no line of its own in a league.
        show(Picks([(_("Nguồn số: hồ sơ, dịch vụ"), view.href("source", kpi=view.league_kpi.key))]))

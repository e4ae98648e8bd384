"""Titles and sentences that say the message, computed from the data. ``**bold**`` is the only markup."""

from __future__ import annotations

import datetime as dt

from data.locale import _, language
from data.locale.formats import date, listed, moment, number, short_date
from kpi.catalog import figure
from kpi.catalog.figure import Figure
from kpi.catalog.words import SCHEMES
from kpi.model import Row, Status
from kpi.ranking import Ranked
from pages.parts import present
from pages.parts.blocks import Change
from pages.parts.charts.among_units import Z998, limits
from pages.parts.view import View, is_lost


def days_line(view: View) -> str:
    """«Ngày 47/50, còn 3 ngày làm việc», or that it has not begun, or is over."""
    campaign, day = view.campaign, view.day
    length = (campaign.end - campaign.start).days + 1
    if day < campaign.start:
        left = (campaign.start - day).days
        return _("Chưa bắt đầu, còn {n} ngày", count=left, n=number(left))
    left = len(view.home.calendar.working_days(dt.date.fromordinal(day.toordinal() + 1), campaign.last_day))
    if view.is_over:
        return _("Đã kết thúc ngày {end}", end=date(campaign.end))
    number_ = min((day - campaign.start).days + 1, length)
    if left == 0:
        return _("Ngày {n}/{length}, ngày làm việc cuối", n=number_, length=length)
    return _("Ngày {n}/{length}, còn {left} ngày làm việc", count=left, n=number_, length=length, left=left)


def working_days_left(view: View) -> int:
    first = dt.date.fromordinal(view.day.toordinal() + 1)
    return len(view.home.calendar.working_days(first, view.campaign.last_day))


def verdict(rows: list[Row], view: View) -> tuple[str, str]:
    """The one sentence of the overview, and what is behind it."""
    judged = [row for row in rows if row.target is not None]
    if view.day < view.campaign.start:
        left = (view.campaign.start - view.day).days
        title = _("Chiến dịch chưa bắt đầu: còn {n} ngày", count=left, n=number(left))
        return title, _("Bắt đầu ngày {start}. Số liệu dưới đây là điểm xuất phát.", start=date(view.campaign.start))
    if not judged:
        return _("Đơn vị này không được giao chỉ tiêu nào"), _("Các số dưới đây chỉ để theo dõi.")
    return _verdict_title(judged, view), " ".join(_reasons(judged, view))


def _verdict_title(judged: list[Row], view: View) -> str:
    met = [row for row in judged if row.status is Status.MET]
    unknown = [row for row in judged if row.status in (Status.NO_DATA, Status.STALE)]
    open_ = [row for row in judged if row not in met and row not in unknown]
    parts: list[str] = []
    if view.is_over:
        start = _("Chiến dịch đã kết thúc")
        parts += [_("{n} chỉ tiêu đạt", count=len(met), n=len(met))] * bool(met)
        parts += [_("{n} không đạt", n=len(open_))] * bool(open_)
    else:
        left = working_days_left(view)
        start = _("Còn {n} ngày làm việc", count=left, n=left) if left else _("Ngày làm việc cuối")
        lost = [row for row in open_ if is_lost(row)]
        late = [row for row in open_ if row.status in (Status.AT_RISK, Status.BEHIND) and row not in lost]
        kept = len(judged) - len(lost) - len(late) - len(unknown)
        if kept == len(judged):
            return _("{start}: cả {n} chỉ tiêu đạt hoặc kịp", start=start, n=kept)
        parts += [_("{n} chỉ tiêu đạt hoặc kịp", count=kept, n=kept)] * bool(kept)
        parts += [_("{n} phải tăng tốc", n=len(late))] * bool(late)
        goals = {present.value_of_target(row) for row in lost}
        what = goals.pop() if len(goals) == 1 else _("mục tiêu")
        parts += [_("{n} không còn đạt được {what}", n=len(lost), what=what)] * bool(lost)
    parts += [_("{n} chưa đủ số liệu", n=len(unknown))] * bool(unknown)
    return f"{start}: {', '.join(parts)}"


def _reasons(judged: list[Row], view: View) -> list[str]:
    found: list[str] = []
    for row in judged:
        if row.pace is None or row.pace.gap_count <= 0 or row.status not in (Status.AT_RISK, Status.BEHIND):
            continue
        declared, name = figure(row.kpi), present.short(figure(row.kpi))
        if present.over(row, view):
            found.append(_("{name}: còn thiếu **{gap}** khi hết hạn.", name=name, gap=present.gap(row)))
        elif is_lost(row):
            found.append(
                _(
                    "{name} lũy kế tối đa còn **{ceiling}** vì {gap} đã trễ.",
                    name=name,
                    ceiling=present.ceiling(row),
                    gap=present.gap(row),
                )
                if present.is_final(declared)
                else _("{name} thấp nhất cũng còn **{ceiling}**.", name=name, ceiling=present.ceiling(row))
                if declared.direction < 0
                else _("{name} tối đa chỉ còn **{ceiling}**.", name=name, ceiling=present.ceiling(row))
            )
        elif row.pace.needed is not None:
            found.append(
                _(
                    "{name} cần **{needed} {noun} mỗi ngày làm việc**, bảy ngày làm việc qua đạt {recent}.",
                    name=name, needed=present.per_day(row.pace.needed), noun=present.noun(declared), recent=present.recent(row),
                )
            )  # fmt: skip
        if len(found) == 2:
            break
    return found or [_("Không chỉ tiêu nào chậm so với tiến độ cần có.")]


def bottleneck_title(cells: list[Row], whole: list[Row]) -> str:
    """«Sáu điểm nghẽn giữ 61 trong 78 dịch vụ …»: what the listed cells hold of the whole gap, per figure."""
    if not cells:
        return _("Không đơn vị nào chậm hoặc có nguy cơ")
    total = {row.kpi: row.pace.gap_count for row in whole if row.pace is not None and row.pace.gap_count > 0}
    held: dict[str, float] = {}
    for row in cells:
        held[row.kpi] = held.get(row.kpi, 0) + (row.pace.gap_count if row.pace else 0)
    parts = []
    for kpi, amount in sorted(held.items(), key=lambda item: -item[1])[:2]:
        noun = present.noun(figure(kpi))
        parts.append(_("{held} trong {all} {noun} ({figure})", held=number(amount), all=number(total[kpi]), noun=noun, figure=present.in_sentence(figure(kpi))))  # fmt: skip
    return _("{n} điểm nghẽn giữ {parts}", count=len(cells), n=len(cells), parts=listed(parts))


def burn_up_title(row: Row, view: View) -> str:
    """Where the recent pace ends."""
    name = present.short(figure(row.kpi))
    if row.pace is None or row.target is None or row.numerator is None:
        return name
    if row.pace.gap_count <= 0:
        return _("{name}: đã đạt mục tiêu", name=name)
    if row.pace.working_days_left == 0:
        return _("{name}: hết hạn còn thiếu {gap}", name=name, gap=present.gap(row))
    gain = max(row.pace.recent or 0.0, 0.0) * row.pace.working_days_left
    missing = row.pace.gap_count - gain
    due = short_date(row.pace.due)
    if missing <= 0:
        return _("{name}: theo đà này kịp trước {due}", name=name, due=due)
    reached = row.numerator + gain
    return _("{name}: theo đà này đến {due} được {reached}, thiếu {missing}", name=name, due=due, reached=number(int(reached)), missing=present.counted(missing, figure(row.kpi)))  # fmt: skip


def unit_verdict(rows: list[Row], view: View, main: Row | None, tasks: int) -> tuple[str, str]:
    """The sentence of one unit: its worst target that work can still move, and how the others stand."""
    name = view.place.name
    judged = [row for row in rows if row.target is not None]
    if not judged:
        return _("{name}: chưa được giao chỉ tiêu", name=name), _("Các số dưới đây chỉ để theo dõi.")
    if all(row.value is None for row in judged if figure(row.kpi).is_ratio) and not any(row.value for row in judged):
        return _("{name}: chưa có hồ sơ hay dịch vụ nào", name=name), _(
            "Không có mẫu số thì không có tỷ lệ: đây không phải 0 % và cũng không phải 100 %."
        )
    good = [row for row in judged if row.status in (Status.MET, Status.ON_COURSE)]
    late = main is not None and main.status in (Status.BEHIND, Status.AT_RISK)
    worst = main if main is not None and late else judged[0]
    if len(good) == len(judged):
        title = _("{name}: cả {n} chỉ tiêu đạt hoặc kịp", name=name, n=len(good))
        return title, _("Giữ tiến độ đến ngày {due}.", due=date(view.campaign.last_day))
    if worst.status in (Status.NO_DATA, Status.STALE):
        title = _("{name}: số liệu chưa đủ để đánh giá", name=name)
    elif is_lost(worst) or worst.pace is None or worst.pace.needed is None:
        title = _("{name}: {figure} {value}, {gap_term} {gap}", name=name, figure=present.in_sentence(figure(worst.kpi)), value=present.value(worst), gap_term=present.gap_term(worst).lower(), gap=present.gap(worst))  # fmt: skip
    else:
        title = _("{name} thiếu {gap}: cần {needed} mỗi ngày, đang đạt {recent}", name=name, gap=present.gap(worst), needed=present.needed(worst), recent=present.recent(worst))  # fmt: skip
    lead = [_("{n} trong {all} chỉ tiêu đã đạt hoặc kịp.", n=len(good), all=len(judged))]
    if tasks and main is not None and main.pace is not None and main.pace.needed is not None and not is_lost(main):
        lead.append(
            _("Mỗi ngày làm việc cần xong **{n} việc đầu danh sách** dưới đây.", n=present.whole(main.pace.needed))
        )
    return title, " ".join(lead)


def services_verdict(view: View) -> tuple[str, str]:
    """How much of what can be integrated is, and how much of that is used."""
    rows = view.figures(("npsp_integration", "services_active"), unit=view.unit)
    integrated, active = ({row.kpi: row for row in rows}.get(kpi) for kpi in ("npsp_integration", "services_active"))
    name = view.place.name
    if integrated is None or integrated.value is None:
        return _("{name}: chưa có dịch vụ nào để tích hợp", name=name), ""
    up, down = number(integrated.numerator), number(integrated.denominator)
    title = _(
        "{name}: {up} trong {down} dịch vụ đã tích hợp, {value}",
        name=name,
        up=up,
        down=down,
        value=present.value(integrated),
    )
    if active is None or active.value is None:
        return title, ""
    lead = _("**{up} trong {down}** dịch vụ mức 3, 4 có hồ sơ trực tuyến trong kỳ ({value}).", up=number(active.numerator), down=number(active.denominator), value=present.value(active))  # fmt: skip
    return title, lead


def peers_title(ranked: list[Ranked], view: View, level_name: str) -> str:
    """«Hạng 10 trong 11 huyện, cách hạng 9 là 5 dịch vụ»."""
    mine = next((entry for entry in ranked if entry.row.unit == view.unit), None)
    if mine is None or mine.rank is None:
        return _("Chưa xếp hạng được vì chưa có số liệu")
    size = sum(entry.rank is not None for entry in ranked)
    text = (
        _("Đồng hạng {rank} trong {size} {level}", rank=mine.rank, size=size, level=level_name)
        if mine.tied
        else _("Hạng {rank} trong {size} {level}", rank=mine.rank, size=size, level=level_name)
    )
    above = next((entry for entry in reversed(ranked) if entry.rank is not None and entry.rank < mine.rank), None)
    step = distance(mine.row, above.row) if above is not None else None
    return (
        text
        if step is None or above is None
        else _("{text}, cách hạng {above} là {step}", text=text, above=above.rank, step=step)
    )


def distance(lower: Row, upper: Row) -> str | None:
    """How many dossiers or services lift ``lower`` to ``upper``'s value, at its own denominator."""
    declared = figure(lower.kpi)
    if lower.value is None or upper.value is None:
        return None
    steps = present.steps_to(lower, upper)
    return present.counted(max(steps, 1), declared)


def league_title(ranked: list[Ranked], who: str) -> str:
    """Who leads and who closes a league."""
    valued = [entry for entry in ranked if entry.rank is not None and not entry.row.few]
    if not valued:
        return _("{who}: chưa có số liệu để xếp hạng", who=who)
    first = [entry for entry in valued if entry.rank == valued[0].rank]
    last = valued[-1]
    if last.rank == valued[0].rank:
        return _("{who}: {n} đơn vị bằng nhau, {value}", who=who, n=len(first), value=present.value(last.row))
    tail = [entry for entry in valued if entry.rank == last.rank]
    end = last.row.name if len(tail) == 1 else _("{n} đơn vị", count=len(tail), n=len(tail))
    lead = first[0].row.name if len(first) == 1 else _("{n} đơn vị cùng", count=len(first), n=len(first))
    return _("{who}: {lead} đứng đầu, {last} cuối bảng", who=who, lead=lead, last=end)


def rank_title(series: list[tuple[dt.date, float]]) -> str:
    first, last = series[0], series[-1]
    since = next(
        day for day, rank in series if all(later <= rank for on, later in series if on >= day) and rank == last[1]
    )
    if first[1] == last[1]:
        return _("Hạng toàn quốc: {rank}", rank=number(last[1]))
    return _(
        "Hạng toàn quốc: {first} → {last}, từ {day}",
        first=number(first[1]),
        last=number(last[1]),
        day=short_date(since),
    )


def slope_title(then: dict[str, int], now: list[Ranked], start: dt.date) -> tuple[str, str | None, str | None]:
    """The message, the unit that climbed most and the one that fell most."""
    moves = [
        (then[entry.row.unit] - entry.rank, entry.row)
        for entry in now
        if entry.rank is not None and entry.row.unit in then
    ]
    moves = [move for move in moves if not move[1].few]
    if not moves:
        return _("Chưa so sánh được với {start}", start=short_date(start)), None, None
    up, down = max(moves, key=lambda move: move[0]), min(moves, key=lambda move: move[0])
    parts = []
    if up[0] > 0:
        parts.append(_("{name} lên {n} bậc", name=up[1].name, n=up[0]))
    if down[0] < 0:
        parts.append(_("{name} xuống {n} bậc", name=down[1].name, n=-down[0]))
    text = _("Từ {start} đến nay: {moves}", start=short_date(start), moves=", ".join(parts) or _("không đổi hạng"))
    return text, up[1].unit if up[0] > 0 else None, down[1].unit if down[0] < 0 else None


def changes(now: list[Row], before: list[Row], units_now: list[Row], units_before: list[Row]) -> list[Change]:
    """What changed per target figure, and which unit moved most."""
    earlier = {row.kpi: row for row in before}
    found: list[Change] = []
    for row in now:
        past = earlier.get(row.kpi)
        if past is None:
            continue
        step = present.progress(row, past)
        if not step:
            continue
        declared = figure(row.kpi)
        old = {r.unit: r for r in units_before if r.kpi == row.kpi}
        steps = [(present.progress(r, old[r.unit]), r) for r in units_now if r.kpi == row.kpi and r.unit in old]
        best = max(steps, key=lambda entry: entry[0] if step > 0 else -entry[0], default=(0.0, row))
        cleared = [r.name for amount, r in steps if amount > 0 and r.pace is not None and r.pace.gap_count <= 0]
        name = present.short(declared)
        text = _(
            "**{figure}**: {what}, nhiều nhất **{unit}** ({n})",
            figure=name, what=_what_changed(declared, step), unit=best[1].name, n=number(abs(best[0])),
        )  # fmt: skip
        if cleared and step > 0:
            more = "" if len(cleared) <= 2 else _(" và {n} đơn vị khác", count=len(cleared) - 2, n=len(cleared) - 2)
            text += _("; vừa hoàn thành: {names}", names=", ".join(cleared[:2])) + more
        counts_lateness = present.is_final(declared) or declared.direction < 0
        arrow = "↓" if (step > 0) == counts_lateness else "↑"
        found.append(Change(arrow, number(abs(step)), text, "good" if step > 0 else "warn"))
    return found


def _what_changed(declared: Figure, step: float) -> str:
    if present.is_final(declared):
        return _("hồ sơ trễ hạn tăng thêm") if step < 0 else _("hồ sơ trễ hạn giảm")
    if declared.direction < 0:
        return _("giảm được") if step > 0 else _("tăng thêm")
    if step < 0:
        return _("lùi lại")
    return _("thêm {noun} đã xong", noun=present.noun(declared))


def stale_change(units: list[Row]) -> Change | None:
    """Units whose data are older than one reporting cycle."""
    names = list(dict.fromkeys(row.name for row in units if row.status is Status.STALE))
    if not names:
        return None
    shown = ", ".join(names[:3]) + (
        _(" và {n} đơn vị khác", count=len(names) - 3, n=len(names) - 3) if len(names) > 3 else ""
    )
    return Change(
        "◌", number(len(names)), _("đơn vị chưa có số liệu mới trong kỳ báo cáo: {names}", names=shown), "none"
    )


def refused_change(loads: list[dict[str, object]]) -> Change | None:
    """Rows refused by the newest loads."""
    refused = sum(int(str(load["refused"])) for load in loads)
    if not refused:
        return None
    return Change("✖", number(refused), _("dòng bị từ chối khi nạp: xem trang **Dữ liệu**"), "warn")


def level_words(level: str) -> tuple[str, str]:
    """A level as a title and as a noun."""
    words = {
        "department": (_("Sở, ban, ngành"), _("sở, ban, ngành")),
        "district": (_("Huyện, thị xã, thành phố"), _("huyện, thị xã, thành phố")),
        "commune": (_("Xã, phường, thị trấn"), _("xã, phường, thị trấn")),
        "province": (_("Tỉnh"), _("tỉnh")),
    }
    return words.get(level, (_("Đơn vị"), _("đơn vị")))


def definition(kpi: str) -> str:
    """A figure's numerator and denominator in one sentence."""
    declared = figure(kpi)
    texts = [declared.denominator_text(language()), declared.numerator_text(language())]
    return _("Cách tính: {words}.", words="; ".join(texts if declared.is_ratio else texts[::-1]))


def source(view: View, kpi: str = "") -> str:
    """Where the numbers of a chart come from, and how its figure is counted."""
    text = _(
        "Nguồn số: tệp đã nạp, số liệu đến {at}, phiên bản dữ liệu {version}.",
        at=moment(view.as_of, view.home.zone),
        version=view.store.data_version(),
    )
    return f"{text} {definition(kpi)}" if kpi else text


# Leagues and ranks ----------------------------------------------------------------------------------------------------


def rankings_verdict(series: list[tuple[dt.date, float]], view: View) -> str:
    root = view.tree[view.tree.root].name
    if not series:
        return _("{name}: chưa có thứ hạng toàn quốc", name=root)
    first, last = series[0][1], series[-1][1]
    if first == last:
        return _("{name} giữ hạng {rank} toàn quốc", name=root, rank=number(last))
    up = _("{name} từ hạng {first} lên hạng {last} toàn quốc", name=root, first=number(first), last=number(last))
    down = _("{name} từ hạng {first} xuống hạng {last} toàn quốc", name=root, first=number(first), last=number(last))
    return up if last < first else down


def rankings_lead(declared: Figure, view: View) -> str:
    return _(
        "Trong tỉnh xếp theo **{figure}**. Cùng kết quả thì đồng hạng.",
        figure=present.lower_first(declared.label(language())),
    )


def scheme_note(scheme: str) -> str:
    return _("Cách xếp: {scheme}. Không nối với cách xếp khác.", scheme=scheme_words(scheme))


def scheme_words(scheme: str) -> str:
    return SCHEMES[scheme](language()) if scheme in SCHEMES else scheme


def league_note(view: View) -> str:
    return _("Dấu = là đồng hạng. Dưới 30 hồ sơ: ghi “ít hồ sơ”, thanh xám, không khen, không chê.")


def standing(rows: list[Row], view: View) -> str:
    """How many units of a league have met the target, and what the others lack together."""
    judged = [row for row in rows if row.target is not None and row.value is not None]
    none = sum(row.value is None for row in rows)
    parts: list[str] = []
    if judged:
        met = sum(row.status is Status.MET for row in judged)
        parts.append(_("**{n} trong {all} đơn vị** đã đạt mục tiêu.", n=met, all=len(judged)))
        missing = sum(row.pace.gap_count for row in judged if row.pace is not None and row.pace.gap_count > 0)
        if missing:
            parts.append(_("Các đơn vị còn lại thiếu **{gap}**.", gap=present.counted(missing, figure(rows[0].kpi))))
    else:
        parts.append(_("Chỉ tiêu này không giao cho đơn vị nào, chỉ để theo dõi."))
    if none:
        parts.append(_("{n} đơn vị chưa có hồ sơ hay dịch vụ nào để tính.", count=none, n=none))
    return " ".join(parts)


def matrix_title(rows: list[Row]) -> str:
    late = sum(row.status in (Status.BEHIND, Status.AT_RISK) for row in rows)
    judged = sum(row.target is not None and row.value is not None for row in rows)
    if not judged:
        return _("Mọi chỉ tiêu theo đơn vị")
    return _("Mọi chỉ tiêu: {n} trong {all} ô chậm hoặc có nguy cơ", n=late, all=judged)


def map_title(rows: list[Row]) -> str:
    """Where the late units lie."""
    late = [row for row in rows if row.status in (Status.BEHIND, Status.AT_RISK)]
    if not any(row.target is not None for row in rows):
        return _("Kết quả theo vị trí")
    if not late:
        return _("Theo vị trí: không đơn vị nào chậm hoặc có nguy cơ")
    return _("Theo vị trí: {n} đơn vị chậm hoặc có nguy cơ", count=len(late), n=len(late))


def grid_title(rows: list[Row], noun: str) -> str:
    """How many of the units below are late; their tiles stand in the order of names."""
    if all(row.target is None for row in rows):
        return _("Kết quả từng {noun}", noun=noun)
    late = sum(row.status in (Status.BEHIND, Status.AT_RISK) for row in rows)
    return _("{late} trong {n} {noun} chậm hoặc có nguy cơ", late=late, n=len(rows), noun=noun)


def chance_title(rows: list[Row]) -> str:
    """How many units differ from the rest by more than chance explains."""
    parts = [(row.numerator, row.denominator) for row in rows if row.numerator is not None and row.denominator]
    total = sum(denominator for _part, denominator in parts)
    whole = sum(numerator for numerator, _whole in parts) / total if total else 0.0
    below = sum(numerator / n < limits(whole, n, Z998)[0] for numerator, n in parts)
    if not parts:
        return _("Chênh lệch giữa các đơn vị: chưa có số liệu")
    if not below:
        return _("Chênh lệch giữa các đơn vị: không đơn vị nào thấp hơn mức ngẫu nhiên")
    return _("Chênh lệch giữa các đơn vị: {n} đơn vị thấp hơn mức ngẫu nhiên", count=below, n=below)


def shapes_note() -> str:
    return _("✔ đạt · ● đúng tiến độ · ▲ có nguy cơ · ✖ chậm hoặc không đạt · ◌ số liệu cũ · — chưa có gì để tính.")


def course_title(row: Row, view: View) -> str:
    """How far behind or ahead of the plan's pace, said with the figure's own words."""
    name = present.short(figure(row.kpi))
    if row.pace is None or row.value is None:
        return name
    if row.pace.gap_count <= 0:
        return _("{name}: {value}, đã đạt mục tiêu", name=name, value=present.value(row))
    return _("{name}: {value}, còn thiếu {gap}", name=name, value=present.value(row), gap=present.gap(row))


def daily_title(days: list[tuple[dt.date, float]], needed: float | None, row: Row, view: View) -> str:
    """How often the needed pace was reached lately."""
    if needed is None:
        best = max(days, key=lambda one: one[1])
        return _("Ngày nhiều nhất: {day}, {n}", day=short_date(best[0]), n=present.counted(best[1], figure(row.kpi)))
    last = days[-7:]
    reached = sum(step >= needed for _day, step in last)
    return _("{n} trong {all} ngày qua đạt nhịp cần có", n=reached, all=len(last))

"""I. Tình hình chung: where the campaign stands in time, what the data are, what was received and resolved."""

from __future__ import annotations

from datetime import timedelta

from kpi.reports import words
from kpi.reports.content import Section
from kpi.reports.facts import Facts
from kpi.reports.form06a import Line
from kpi.reports.paragraphs import paragraph
from kpi.reports.words import counted, day, number, percent


def opening(facts: Facts, office: str) -> Section:
    """The sentence before the first heading, which itself has none."""
    name, plan = facts.campaign.name.vi, facts.campaign.plan
    task = f"{plan} ({name})" if plan else name
    about = "" if facts.is_root else f" tại {words.unit(facts.place.name)}"
    text = f"Thực hiện {task}, {office} báo cáo tình hình, kết quả{about} đến {words.moment(facts.as_of, facts.home.zone)} như sau:"
    return Section("opening", "", "", 1, (paragraph("opening", text),))


def section(facts: Facts) -> Section:
    parts = [paragraph("situation.time", _time(facts)), paragraph("situation.data", _data(facts))]
    if facts.begun:
        parts.append(paragraph("situation.dossiers", _dossiers(facts)))
    return Section("situation", "I", "TÌNH HÌNH CHUNG", 1, tuple(parts))


def _time(facts: Facts) -> str:
    campaign, home = facts.campaign, facts.home
    length = (campaign.end - campaign.start).days + 1
    span = f"từ {day(campaign.start)} đến {day(campaign.end)}"
    if not facts.begun:
        return f"{campaign.name.vi} ({span}) chưa bắt đầu; các số liệu dưới đây là hiện trạng trước Chiến dịch."
    if facts.over:
        text = f"{campaign.name.vi} ({span}) đã kết thúc"
    else:
        text = f"Đến nay là ngày thứ {(facts.day - campaign.start).days + 1}/{length} của {campaign.name.vi} ({span})"
    if not facts.target_kpis:
        return f"{text}."
    last = max(target.due for target in campaign.target)
    left = len(home.calendar.working_days(facts.day + timedelta(days=1), last))
    if facts.passed(last):
        return f"{text}; mọi chỉ tiêu đã đến hạn (hạn cuối {day(last)})."
    if not left:
        return f"{text}; không còn ngày làm việc nào trước hạn của các chỉ tiêu ({day(last)})."
    return f"{text}; còn {number(left)} ngày làm việc đến hạn của các chỉ tiêu ({day(last)})."


def _data(facts: Facts) -> str:
    files = sum(facts.arrived.files.values())
    since = (
        "từ đầu Chiến dịch"
        if facts.previous is None
        else f"từ kỳ báo cáo trước ({words.moment(facts.previous, facts.home.zone)})"
    )
    received = f"{since} đã nhận {counted(files, 'tệp hồ sơ')}" if files else f"{since} chưa nhận được tệp hồ sơ nào"
    text = (
        f"Số liệu tổng hợp từ tệp xuất của phần mềm một cửa, tính đến {words.moment(facts.as_of, facts.home.zone)}, "
        f"phiên bản dữ liệu {facts.store.data_version()}; {received}."
    )
    silent = facts.silent
    if files and silent:
        names = words.some([words.unit(one.name) for one in silent], MOST_NAMED)
        text += f" Chưa có số liệu mới của {number(len(silent))} đơn vị: {names} (chưa gửi hoặc không phát sinh hồ sơ)."
    if facts.home.file.simulated:
        text += " SỐ LIỆU TRONG BÁO CÁO NÀY LÀ SỐ LIỆU MÔ PHỎNG, không phải số liệu chính thức."
    return text


MOST_NAMED = 8


def _dossiers(facts: Facts) -> str:
    members = facts.members(facts.unit)
    since, whole = facts.line(facts.form_since, members), facts.line(facts.form, members)
    who = "toàn tỉnh" if facts.is_root else words.unit(facts.place.name)
    text = f"Từ đầu Chiến dịch, {who} {_counted(whole)}"
    if facts.previous is not None and facts.previous > facts.start:
        text = f"Từ kỳ báo cáo trước, {who} {_counted(since)}. {text}"
    in_hand = f"đang giải quyết {counted(whole.in_hand, 'hồ sơ')}"
    if whole.open_late:
        in_hand += f", trong đó {counted(whole.open_late, 'hồ sơ')} đã quá hạn"
    when = (
        "hiện" if facts.until == facts.as_of else f"lúc kết thúc kỳ tính ({words.moment(facts.until, facts.home.zone)})"
    )
    return f"{text}; {when} {in_hand} (Phụ lục I)."


def _counted(line: Line) -> str:
    new = line.online + line.direct
    if not new and not line.resolved:
        return "không phát sinh hồ sơ mới và chưa giải quyết xong hồ sơ nào"
    received = "không tiếp nhận hồ sơ mới"
    if new:
        received = f"tiếp nhận {counted(new, 'hồ sơ')} (trực tuyến {number(line.online)} hồ sơ, chiếm {percent(line.online / new)})"
    text = f"{received}, giải quyết xong {counted(line.resolved, 'hồ sơ')}"
    return f"{text}, trong đó {counted(line.late, 'hồ sơ')} trễ hạn" if line.late else text

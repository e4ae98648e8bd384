"""What stands around the text of a report, before anybody edits it: the home's own words, else what an office would write."""

from __future__ import annotations

from kpi.reports import words
from kpi.reports.content import Head
from kpi.reports.facts import Facts


def default(facts: Facts) -> Head:
    """From ``[report]`` of ``home.toml``; what it leaves out is made from the names of home and campaign."""
    given, province = facts.home.file.report, facts.tree[facts.tree.root].name
    name = facts.campaign.name.vi
    about = "" if facts.is_root else f" của {words.unit(facts.place.name)}"
    subject = f"Tiến độ, kết quả thực hiện {name}{about} (số liệu đến {words.moment(facts.as_of, facts.home.zone)})"
    place = given.place or _without_kind(province)
    to = given.to or (f"Ủy ban nhân dân {words.unit(province)}",)
    return Head(
        authority=given.authority or f"ỦY BAN NHÂN DÂN {province.upper()}",
        office=given.office or "VĂN PHÒNG",
        number="",
        symbol=given.symbol or "BC-VPUBND",
        place=place,
        date_line=f"{place}, {words.long_day(facts.day)}",
        kind="BÁO CÁO",
        subject=subject,
        to=to if facts.is_root else (facts.place.name,),
        recipients=given.recipients or _recipients(facts),
        sign_for=given.sign_for,
        sign_title=given.sign_title or "CHÁNH VĂN PHÒNG",
        signer=given.signer,
    )


def office(head: Head, facts: Facts) -> str:
    """Who reports, inside a sentence: «Văn phòng Ủy ban nhân dân tỉnh Bình Phước»."""
    words_ = f"{head.office} {head.authority}" if head.office else head.authority
    if head.office == "VĂN PHÒNG" and head.authority.startswith("ỦY BAN NHÂN DÂN "):
        return f"Văn phòng Ủy ban nhân dân {words.unit(facts.tree[facts.tree.root].name)}"
    return words_.capitalize() if words_.isupper() else words_


def _recipients(facts: Facts) -> tuple[str, ...]:
    levels = {unit.level for unit in facts.tree.units.values() if unit.valid}
    below = [f"{words.level(level)[0]};" for level in ("department", "district") if level in levels]
    if not facts.is_root:
        below = []
    return ("Như trên;", *(below or []), "Lưu: VT, KSTTHC.")


def _without_kind(name: str) -> str:
    """«Bình Phước» of «Tỉnh Bình Phước»."""
    for kind in ("Tỉnh ", "Thành phố "):
        if name.startswith(kind):
            return name[len(kind) :]
    return name

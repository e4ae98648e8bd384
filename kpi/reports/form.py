"""What Nghị định 30/2020 puts around a report's text: lines that DOCX and PDF share, word for word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from kpi.reports.content import Head, Paragraph, Report, Section

NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"
DRAFT = "DỰ THẢO"
SIMULATED = "Số liệu mô phỏng"
END = "./."

_BLANK = "\N{NO-BREAK SPACE}" * 8
_UNFIT = re.compile(
    "[^\t\n\x20-\x7e\xa0-\ud7ff\uf900-\ufffd\U00010000-\U0010ffff]"  # controls, halves of characters, private use
    "|[\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]"  # marks that turn the reading direction
)

Plain = TypeVar("Plain")


def cleaned(value: Plain) -> Plain:
    """The same content without signs that no document may hold, or that would make it read otherwise than it is."""
    kept: Any = value
    if isinstance(value, str):
        kept = _UNFIT.sub("", value)
    elif isinstance(value, tuple):
        kept = tuple(cleaned(one) for one in value)
    elif is_dataclass(value) and not isinstance(value, type):
        kept = replace(value, **{each.name: cleaned(getattr(value, each.name)) for each in fields(value)})
    return kept  # type: ignore[no-any-return]


def authority(head: Head) -> str:
    """The name of a place is not torn from what it is: «ỦY BAN NHÂN DÂN» and «TỈNH BÌNH PHƯỚC» are two lines or one."""
    return re.sub(r"(?<=NHÂN DÂN ).+", lambda place: place[0].replace(" ", "\N{NO-BREAK SPACE}"), head.authority)


def number_line(head: Head) -> str:
    """«Số: 12/BC-VPUBND»; room for the clerk's pen where there is no number yet."""
    return f"Số: {head.number or _BLANK}/{head.symbol}"


def annex_line(head: Head) -> str:
    """«(Kèm theo Báo cáo số 12/BC-VPUBND ngày 10 tháng 7 năm 2022 của Văn phòng UBND tỉnh Bình Phước)»."""
    day = head.date_line.partition(",")[2].strip() or head.date_line
    whose = f" của {name}" if (name := _issuer(head)) else ""
    return f"(Kèm theo {head.kind.capitalize()} số {head.number or _BLANK}/{head.symbol} {day}{whose})"


def _issuer(head: Head) -> str:
    """Who issues, inside a sentence; nothing where capitals do not tell which words begin with one."""
    for body in ("Ủy ban nhân dân", "UBND"):
        kind = head.authority.removeprefix(body.upper()).removesuffix(head.place.upper()).strip().lower()
        if head.office == "VĂN PHÒNG" and head.authority == f"{body} {kind} {head.place}".upper():
            return f"Văn phòng {body} {kind} {head.place}"
    return ""


def dashed(lines: Sequence[str]) -> tuple[str, ...]:
    """Lines of a list: «- one;», the last «- two.»"""
    words = [line.strip().lstrip("-–").strip().rstrip(";.,") for line in lines if line.strip(" -–;.,")]
    return tuple(f"- {line}{';' if place < len(words) else '.'}" for place, line in enumerate(words, start=1))


def addressed(head: Head) -> tuple[str, ...]:
    """«Kính gửi: X.» for one, a list under «Kính gửi:» for several."""
    lines = dashed(head.to)
    return (f"Kính gửi: {lines[0][2:]}",) if len(lines) == 1 else ("Kính gửi:", *lines) if lines else ()


def numbered(section: Section) -> str:
    """«I. Title», «1. Title», «a) Title»."""
    sign = ")" if section.level > 2 else "."
    return f"{section.number}{sign} {section.title}" if section.number else section.title


def closed(sections: Sequence[Section]) -> tuple[Section, ...]:
    """The sections with «./.» behind the last word."""
    if not sections:
        return ()
    *before, last = sections
    *parts, end = last.parts or (Paragraph("end", "", ""),)
    if not isinstance(end, Paragraph):
        parts, end = [*parts, end], Paragraph("end", "", "")
    end = replace(end, text=end.text.rstrip().rstrip("./") + END)
    return (*before, replace(last, parts=(*parts, end)))


def marks(report: Report) -> str:
    """What the foot of every page says of a report that must not be taken for an issued, real one; else nothing."""
    words = [DRAFT] * report.draft + [SIMULATED] * report.simulated
    return " – ".join([*words, f"Số liệu đến {report.as_of_text}", f"phiên bản {report.data_version}"]) if words else ""

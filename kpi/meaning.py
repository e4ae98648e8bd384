"""What figures mean, in words: for people (``docs/definitions.md`` is generated here) and for machines."""

from __future__ import annotations

from typing import Any

from data.home import Label
from kpi.catalog import FIGURES, figure
from kpi.catalog.figure import Figure
from kpi.scores import GROUPS, MARK, NOT_COMPUTED

_WORDS = {
    "vi": (
        "chỉ tiêu",
        "tử số",
        "mẫu số",
        "không tính",
        "căn cứ",
        "phụ trách",
        "phiên bản",
        "rà soát ngày",
        "chiều tốt",
    ),
    "en": ("figure", "numerator", "denominator", "left out", "basis", "owner", "version", "reviewed on", "better"),
}
_BETTER = {"vi": {1: "tăng", -1: "giảm"}, "en": {1: "up", -1: "down"}}
_UNITS = {
    "ratio": Label(vi="tỷ lệ", en="ratio"),
    "count": Label(vi="số đếm", en="count"),
    "days": Label(vi="số ngày trung bình", en="average days"),
    "rank": Label(vi="thứ hạng", en="rank"),
}


def definition(key: str, language: str = "vi") -> dict[str, str]:
    """What a figure means, in the words of one language."""
    declared = figure(key)
    texts = (
        declared.label,
        declared.numerator_text,
        declared.denominator_text,
        declared.exclusions,
        declared.legal_basis,
        declared.owner,
    )
    values = [label(language) for label in texts]
    values += [str(declared.version), declared.reviewed_on.isoformat(), _BETTER[language][declared.direction]]
    return {"kpi": key, **dict(zip(_WORDS[language], values, strict=True))}


def as_objects() -> list[dict[str, Any]]:
    """Every definition with both languages, its version and the fingerprint of its terms."""
    return [
        {
            "kpi": one.key,
            "label": one.label.model_dump(),
            "numerator": one.numerator_text.model_dump(),
            "denominator": one.denominator_text.model_dump(),
            "exclusions": one.exclusions.model_dump(),
            "legal_basis": one.legal_basis.model_dump(),
            "owner": one.owner.model_dump(),
            "unit": one.unit,
            "direction": one.direction,
            "reads": one.reads,
            "stock": one.is_stock,
            "terms": {side: _terms(one, side) for side in ("numerator", "denominator")},
            "version": one.version,
            "reviewed_on": one.reviewed_on.isoformat(),
            "fingerprint": one.fingerprint,
        }
        for one in FIGURES.values()
    ]


def _terms(declared: Figure, side: str) -> list[str]:
    return [f"{'−' if term.sign < 0 else ''}{term.measure}@{term.span.value}" for term in getattr(declared, side)]


# docs/definitions.md --------------------------------------------------------------------------------------------------

_HEAD = """\
# Định nghĩa các chỉ tiêu / Definitions

Tệp này do chương trình sinh ra: `campaign definitions > docs/definitions.md`. Sửa định nghĩa ở `kpi/catalog`.
This file is generated; definitions live in `kpi/catalog`.

## Hiểu chung / What holds for all

- **Thời điểm T / as of.** Việc xảy ra sau T coi như chưa xảy ra: hồ sơ tiếp nhận sau T chưa có, hồ sơ xong sau T còn đang giải quyết. What happened after T has not happened.
- **Theo những gì biết lúc / known at.** Điều biết sau thời điểm đó không được tính. What was learned later is not known.
- **Kỳ / window.** Mặc định từ ngày đầu chiến dịch đến T, muộn nhất là hạn cuối của các chỉ tiêu. Chỉ tiêu «trong kỳ» đếm việc xảy ra trong kỳ; chỉ tiêu «tại T» không phụ thuộc kỳ. Flows count events inside the window; stocks are as of T.
- **Đơn vị / group.** Đơn vị cùng mọi đơn vị bên dưới; hồ sơ thuộc đơn vị giải quyết. Cộng tử số và mẫu số rồi mới chia; không lấy trung bình các tỷ lệ. Numerators and denominators are summed, then divided.
- **Không có mẫu số thì không có giá trị**, không bao giờ là 0 % hay 100 %. No denominator, no value.
- **Đã tiếp nhận / accepted**: có ngày tiếp nhận, trạng thái khác 1 (mới đăng ký) và 3 (không tiếp nhận). **Xong / finished**: trạng thái 9, 10, hoặc có ngày xong khi tệp không có cột trạng thái. **Tạm dừng / paused**: 5, 6, 8. **Đã rút / withdrawn**: 7.
- **Đúng hạn / in time**: ngày xong không sau ngày hẹn trả (quy tắc `late_by = "instant"`: so đến từng thời điểm). Đến hạn hôm nay là còn hạn. Ngày hẹn lại trong thư xin lỗi không làm hồ sơ trễ thành đúng hạn. A new date in a letter does not make a late dossier punctual.
- **Quy tắc / rules** của từng chiến dịch (giá trị đầu là mặc định): `late_by = day | instant`, `no_due_date = exclude | on_time`, `paused = aside | running`, `withdrawn = exclude | done`, `period = finish | accept`, `end = finished | returned`. `campaign variants` đặt cách đọc khác của `period` bên cạnh.
- **Căn cứ** chỉ nêu tên văn bản; số điều khoản phải tra văn bản gốc. The basis names the text only.
- **Phiên bản / version** tăng mỗi khi cách đếm đổi; dấu vân tay (8 ký tự đầu) là của các thành phần được đếm.
"""


def as_markdown() -> str:
    """The whole of ``docs/definitions.md``."""
    parts = [_HEAD, "## Các chỉ tiêu / Figures\n"]
    parts += [_section(declared) for declared in FIGURES.values()]
    parts.append(_scores())
    return "\n".join(parts)


def _section(declared: Figure) -> str:
    when = Label(vi="nhập tay", en="entered by hand") if declared.reads == "series" else (
        Label(vi="tại T", en="as of T") if declared.is_stock else Label(vi="trong kỳ", en="in the window")
    )  # fmt: skip
    unit = _UNITS[declared.unit]
    lines = [
        ("Tử số", "Numerator", declared.numerator_text),
        ("Mẫu số", "Denominator", declared.denominator_text),
        ("Không tính", "Left out", declared.exclusions),
        ("Loại", "Kind", Label(vi=f"{unit.vi}, {when.vi}", en=f"{unit.en}, {when.en}")),
        ("Chiều tốt", "Better", Label(vi=_BETTER["vi"][declared.direction], en=_BETTER["en"][declared.direction])),
        ("Căn cứ", "Basis", declared.legal_basis),
        ("Phụ trách", "Owner", declared.owner),
    ]
    rows = "\n".join(f"| {vi} · {en} | {text.vi} | {text.en} |" for vi, en, text in lines)
    terms = "; ".join(
        f"{name}: {', '.join(f'`{term}`' for term in _terms(declared, side))}"
        for name, side in (("tử số", "numerator"), ("mẫu số", "denominator"))
        if getattr(declared, side)
    )
    counted = f"\n\nThành phần / terms: {terms}." if terms else ""
    return (
        f"### `{declared.key}` {declared.label.vi} / {declared.label.en}\n\n"
        f"| | tiếng Việt | English |\n|---|---|---|\n{rows}{counted}\n\n"
        f"Phiên bản / version {declared.version}, {declared.reviewed_on.isoformat()}, `{declared.fingerprint[:8]}`.\n"
    )


def _scores() -> str:
    """The points by Decision 766 that are computed here, with what is missing."""
    lines = [
        f"## Điểm theo Quyết định 766 / Points by Decision 766 ({MARK.vi} / {MARK.en})\n",
        "Điểm mỗi phần = điểm tối đa khi tỷ lệ đạt ngưỡng, dưới ngưỡng thì theo tỷ lệ với ngưỡng. Điểm tối đa của từng phần "
        "chưa được công bố: điểm của nhóm chia đều cho các phần tính được. Đây không phải điểm chính thức. Full points from "
        "the threshold on, in proportion below it; a group's points are shared out evenly among its computable parts. Not "
        "an official score.\n",
        "| nhóm / group | tối đa / most | phần tính được (ngưỡng) / parts (threshold) | còn thiếu / missing |",
        "|---|---|---|---|",
    ]
    for group in GROUPS:
        parts = ", ".join(f"`{part.kpi}` ({part.threshold:.0%})" for part in group.parts)
        missing = f"{group.missing.vi} / {group.missing.en}"
        lines.append(f"| {group.label.vi} / {group.label.en} | {group.most:g} | {parts} | {missing} |")
    lines += [f"| {label.vi} / {label.en} | {most} | — | cả nhóm / the whole group |" for label, most in NOT_COMPUTED]
    return "\n".join(lines) + "\n"

"""What became of a file handed in, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data.csvtext import visible

if TYPE_CHECKING:
    from loaders.report import LoadReport


def as_object(report: LoadReport, file: str) -> dict[str, Any]:
    """What machines are told of a file; ``file``: how it is called there."""
    return {
        "file": file, "status": report.status, "read": report.read, "new": report.new, "changed": report.changed,
        "unchanged": report.unchanged, "refused": report.refused, "reason": report.reason, "import": report.import_id,
        "held": report.held_id, "merged": report.merged, "skipped": report.skipped, "flags": report.flags,
        "refusals": [{name: getattr(r, name) for name in ("sheet", "row", "heading", "value", "reason", "what_to_do")} for r in report.refusals],
    }  # fmt: skip


def tell(entry: dict[str, Any]) -> None:
    """One line on a file, and below it the rows that were refused, why, and what to do."""
    told = (f"{entry['file']}: {STATUS[entry['status']]}; đọc {entry['read']}, mới {entry['new']}, thay đổi {entry['changed']}, "
            f"không đổi {entry['unchanged']}, từ chối {entry['refused']}" + (f". {entry['reason']}" if entry["reason"] else ""))  # fmt: skip
    print(visible(told))
    for row in entry["refusals"][:MOST_REFUSALS_PRINTED]:
        place = f"trang «{row['sheet']}», " if row["sheet"] else ""
        where = f"  {place}dòng {row['row']}, cột «{row['heading']}», giá trị «{row['value']}»"
        print(visible(f"{where}: {row['reason']} {row['what_to_do']}"))
    if len(entry["refusals"]) > MOST_REFUSALS_PRINTED:
        print(f"  … và {len(entry['refusals']) - MOST_REFUSALS_PRINTED} dòng nữa; xem đủ bằng --json.")


MOST_REFUSALS_PRINTED = 20
STATUS = {
    "loaded": "đã nạp",
    "unchanged": "đã nạp từ trước, không có gì mới",
    "refused": "bị từ chối",
    "held": "đang chờ quyết định (campaign held)",
    "checked": "đã kiểm tra, chưa ghi",
    "waiting": "chưa ghi xong, để lần sau",
    "failed": "không lấy hoặc không nạp được",
}

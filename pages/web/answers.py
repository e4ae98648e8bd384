"""What the feeds answer, field by field, for the OpenAPI document; and how an answer leaves: JSON, CSV, ETag, faults."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import version as installed
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from data.csvtext import as_csv
from data.home import Apology, Event, Label, Report, Rules, Target
from kpi.model import Status
from pages.web.params import MOST_TASKS

Number = int | float | None
StatusWord = Annotated[str, Field(json_schema_extra={"enum": [*map(str, Status)]})]
MomentText = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class KpiRow(Answer):
    """Một chỉ tiêu của một đơn vị; tỷ lệ là phần của 1, không làm tròn."""

    kpi: str
    unit: str
    name: str
    level: str
    window: str
    numerator: Number
    denominator: Number
    value: Annotated[Number, Field(description="null khi không có mẫu số hoặc chưa có số liệu.")]
    target: Number
    gap: Annotated[Number, Field(description="Phần còn thiếu theo chiều của chỉ tiêu; dương là còn thiếu.")]
    status: StatusWord
    as_of: MomentText
    known_at: MomentText | None
    scheme: Annotated[str | None, Field(description="Cách xếp hạng; chỉ có ở thứ hạng toàn quốc.")] = None


class UnitRow(Answer):
    """Một đơn vị như vào thời điểm được hỏi; ``parent`` rỗng ở gốc của cây."""

    code: str
    name: str
    short_name: str
    kind: str
    level: str
    parent: str
    gso_code: str
    npsp_code: str
    valid_from: date | None
    valid_to: date | None
    valid: Annotated[bool, Field(description="Còn hiệu lực vào thời điểm được hỏi.")]


class CampaignRow(Answer):
    """Một chiến dịch: ngày, quy tắc, chỉ tiêu được giao, nhịp báo cáo."""

    key: str
    name: Label
    start: date
    end: date
    last_day: Annotated[date, Field(description="Ngày cuối của kỳ: ngày kết thúc hoặc hạn chỉ tiêu muộn nhất.")]
    plan: str
    rank_scheme: str
    report: Report
    rules: Rules
    apology: Apology
    targets: list[Target]
    events: list[Event]
    composite: dict[str, float]
    simulated: Annotated[bool, Field(description="Số liệu của tỉnh này là mô phỏng.")]


class Now(Answer):
    """Chỉ tiêu của đơn vị lúc này; ``rank`` trong các đơn vị cùng cấp."""

    numerator: Number
    denominator: Number
    value: Number
    rank: int | None


class TaskRow(Answer):
    """Một việc, và chỉ tiêu sau khi xong việc này cùng mọi việc phía trên."""

    n: int
    code: Annotated[str, Field(description="Mã hồ sơ hoặc mã dịch vụ.")]
    name: str | None
    unit: str
    what: str
    reason: str
    due: date | None
    days_left: Annotated[int | None, Field(description="Số ngày làm việc đến hạn; âm là đã quá hạn.")]
    adds_numerator: Number
    adds_denominator: Number
    numerator: Number
    denominator: Number
    value: Number
    rank: int | None


class Work(Answer):
    """Danh sách việc; dạng CSV chỉ có các dòng của ``tasks``."""

    kpi: str
    unit: str
    as_of: MomentText
    at: MomentText
    now: Now
    total: Annotated[int, Field(description="Số việc tất cả, kể cả những việc ngoài limit.")]
    nothing: Annotated[str | None, Field(description="Vì sao không có việc nào.")]
    tasks: Annotated[list[TaskRow], Field(max_length=MOST_TASKS)]


class Fault(Answer):
    """Vì sao không trả lời được."""

    error: str


class Health(BaseModel):
    """Có chi tiết khi người hỏi được xem số liệu."""

    status: Literal["ok", "fault"]
    data_version: str | None = None
    reason: str | None = None


def fault(status: int, words: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": words}, status, {"Cache-Control": "no-store", **(headers or {})})


def wants_csv(request: Request, chosen: str | None) -> bool:
    """By the parameter, else by what ``Accept`` prefers; JSON where nothing is said."""
    if chosen is not None:
        return chosen == "csv"
    liked = {"text/csv": 0.0, "application/json": 0.0}
    for part in request.headers.get("accept", "").split(","):
        kind, *options = (piece.strip().lower() for piece in part.split(";"))
        if kind in liked:
            liked[kind] = max(liked[kind], _quality(options))
    return liked["text/csv"] > liked["application/json"]


def _quality(options: Sequence[str]) -> float:
    for option in options:
        if option.startswith("q="):
            try:
                return float(option[2:])
            except ValueError:
                return 0.0
    return 1.0


def written(content: Any, rows: Sequence[Mapping[str, Any]], row: type[BaseModel], *, as_table: bool) -> Response:
    """``rows``: the lines of the CSV; without any its head still names what a line would bring."""
    if not as_table:
        return JSONResponse(content)
    names = [name for name, field in row.model_fields.items() if field.is_required()]
    text = as_csv([_flat(one) for one in rows], () if rows else names)
    return Response(text, media_type="text/csv; charset=utf-8; header=present")


def _flat(row: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Fields of fields as ``field.field``, lists as JSON in one cell, yes and no as JSON writes them."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping) and value:
            found |= _flat(value, f"{before}{name}.")
        elif isinstance(value, (list, Mapping, bool)):
            found[before + name] = json.dumps(value, ensure_ascii=False)
        else:
            found[before + name] = value
    return found


def tag(*parts: str) -> str:
    """Weak, since what lies between may compress the answer. An upgrade may answer otherwise: it is in the tag."""
    whole = "\x1f".join((installed("campaign-dashboard"), *parts))
    return f'W/"{hashlib.sha256(whole.encode()).hexdigest()[:32]}"'


def is_known(request: Request, current: str) -> bool:
    """Whether the asker already holds the answer of this tag."""
    held = request.headers.get("if-none-match", "").split(",")
    return current.removeprefix("W/") in {one.strip().removeprefix("W/") for one in held}

"""What may be asked of each feed: one declaration that reads the query and fills the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from data.clock import parse_moment
from data.errors import CallFault
from data.home import Home
from kpi.query import Query

MOST_TASKS = 10_000
PLAIN = r"^[^\x00-\x1f\x7f]+$"
"""No control characters: none of them is in a code, and some databases do not take NUL."""
DAY = r"20[0-9]{2}-[01][0-9]-[0-3][0-9]"
"""Of this century: a table of every day since long ago would only cost memory."""
MOMENT = rf"^{DAY}([T ][0-2][0-9]:[0-5][0-9](:[0-5][0-9](\.[0-9]{{1,6}})?)?(Z|[+-][0-2][0-9]:[0-5][0-9])?)?$"
WINDOW = rf"^(campaign|day|week|month|all|{DAY}\.\.{DAY})$"

CHOICES = "x-choices"
"""Mark of a parameter whose values are those of the home; the document lists them."""


def _split(given: Any) -> Any:
    return tuple(key for text in given for key in text.split(","))


MOMENT_WORDS = "Dạng 2021-05-16T17:00 (giờ của tỉnh nếu không ghi múi giờ); chỉ có ngày thì là hết ngày đó."

Code = Annotated[str, Field(pattern=PLAIN, max_length=200)]
CampaignKey = Annotated[Code, Field(description="Mã chiến dịch.", json_schema_extra={CHOICES: "campaigns"})]
KpiKey = Annotated[Code, Field(json_schema_extra={CHOICES: "kpis"})]
Level = Annotated[Code, Field(json_schema_extra={CHOICES: "levels"})]
Unit = Annotated[
    Code, Field(description="Mã đơn vị, gồm cả các đơn vị bên dưới.", json_schema_extra={CHOICES: "units"})
]
Moment = Annotated[str, Field(pattern=MOMENT, examples=["2021-05-16", "2021-05-16T17:00"])]
AsOf = Annotated[
    Moment | None, Field(description=f"Tính đến thời điểm này; mặc định: số liệu mới nhất trong kỳ. {MOMENT_WORDS}")
]
Format = Annotated[
    Literal["json", "csv"] | None,
    Field(description="json (mặc định) hoặc csv; cũng chọn được bằng tiêu đề Accept: text/csv."),
]


class Params(BaseModel):
    """Names take ``_`` or ``-``. An empty value is at fault: whoever meant a unit must not get the province."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Format = None


class KpiParams(Params):
    campaign: CampaignKey | None = None
    as_of: AsOf = None
    known_at: Annotated[
        Moment | None, Field(description=f"Theo những gì đã biết vào thời điểm này. {MOMENT_WORDS}")
    ] = None
    by: Annotated[
        Level | None, Field(description="Mỗi đơn vị của một cấp một dòng (unit: mọi đơn vị, riêng phần của nó).")
    ] = None
    unit: Unit | None = None
    kpi: Annotated[
        tuple[KpiKey, ...],
        Field(
            max_length=100, description="Mã chỉ tiêu; lặp lại, hoặc cách nhau bằng dấu phẩy. Mặc định: mọi chỉ tiêu."
        ),
        BeforeValidator(_split),
    ] = ()
    window: Annotated[
        str | None,
        Field(
            pattern=WINDOW,
            description="campaign (mặc định), day, week, month, all hoặc TỪ..ĐẾN. Không có campaign thì phải có window.",
            examples=["campaign", "week", "2021-04-17..2021-05-16"],
        ),
    ] = None
    filter: Annotated[
        Code | None,
        Field(description="Các điều kiện cách nhau bằng dấu chấm phẩy.", examples=["level>=3;state!=integrated"]),
    ] = None

    def query(self, home: Home) -> Query:
        if self.campaign is None and self.window is None:
            raise CallFault("Cần campaign hoặc window (day, week, month, all, TỪ..ĐẾN).")
        return Query(
            campaign=None if self.campaign is None else home.campaign(self.campaign),
            kpis=self.kpi,
            as_of=moment("as_of", self.as_of, home),
            known_at=moment("known_at", self.known_at, home),
            by=self.by,
            unit=self.unit,
            window=self.window or "campaign",
            filter=self.filter or "",
        )


class UnitParams(Params):
    as_of: Annotated[
        Moment | None, Field(description=f"Vào thời điểm này; mặc định: mới nhất trong số liệu. {MOMENT_WORDS}")
    ] = None
    unit: Unit | None = None
    level: Annotated[Level | None, Field(description="Chỉ các đơn vị của cấp này.")] = None


class CampaignParams(Params):
    pass


class WorkParams(Params):
    campaign: CampaignKey
    kpi: Annotated[KpiKey, Field(description="Mã chỉ tiêu.")]
    unit: Unit
    as_of: AsOf = None
    limit: Annotated[int, Field(ge=1, le=MOST_TASKS, description="Nhiều nhất bấy nhiêu việc.")] = 50


class NoParams(BaseModel):
    model_config = ConfigDict(extra="forbid")


Asked = TypeVar("Asked", bound=BaseModel)


def read(model: type[Asked], pairs: Iterable[tuple[str, str]]) -> Asked:
    """Raises CallFault naming the first parameter at fault, what was given, and what is wanted."""
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name.replace("-", "_"), []).append(value)
    fields = model.model_fields
    if unknown := sorted(given.keys() - fields.keys()):
        raise CallFault(
            f"Không hiểu tham số {', '.join(name[:40] for name in unknown[:5])}. Các tham số: {', '.join(sorted(fields)) or 'không có'}."
        )
    lists = {name for name, field in fields.items() if field.default == ()}
    if twice := [name for name, values in given.items() if len(values) > 1 and name not in lists]:
        raise CallFault(f"{twice[0]}: chỉ được nêu một lần.")
    try:
        return model.model_validate({name: values if name in lists else values[0] for name, values in given.items()})
    except ValidationError as fault:
        error = fault.errors(include_url=False)[0]
        name = str(error["loc"][0])
        if error["type"] == "missing":
            raise CallFault(f"Cần tham số {name}. {fields[name].description or ''}".rstrip()) from None
        shown = ",".join(given[name])[:60]
        raise CallFault(f"{name}: «{shown}» không hợp lệ. {fields[name].description or ''}".rstrip()) from None


def moment(name: str, text: str | None, home: Home) -> int | None:
    try:
        return None if text is None else parse_moment(text, home.zone)
    except ValueError:
        raise CallFault(f"{name}: «{text}» không phải thời điểm. Ví dụ: 2021-05-16 hoặc 2021-05-16T17:00.") from None

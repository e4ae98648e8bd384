"""One province = one folder of plain files, read into frozen values.

A home needs one profile and one campaign file, and either ``units.csv`` or a profile with ``units = "from-rows"``.
The form of every file is a contract: ``docs/home.md``.
"""

from __future__ import annotations

import csv
import tomllib
from datetime import date
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from data.addresses import is_safe
from data.calendar import WorkCalendar
from data.errors import CallFault, DataFault

DEFAULT_ZONE = "Asia/Ho_Chi_Minh"
METADATA = "/.well-known/openid-configuration"


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True, defer_build=True)


class Strict(Frozen):
    """Where a misspelt key would silently change figures, it is refused."""

    model_config = ConfigDict(extra="forbid")


Model = TypeVar("Model", bound=Frozen)


def _words(value: Any) -> Any:
    """A word or a list of words."""
    return (value,) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_words)]


class Rules(Strict):
    """The switches of a campaign; the first value of each is the default."""

    late_by: Literal["day", "instant"] = "day"
    no_due_date: Literal["exclude", "on_time"] = "exclude"
    paused: Literal["aside", "running"] = "aside"
    withdrawn: Literal["exclude", "done"] = "exclude"
    period: Literal["finish", "accept"] = "finish"
    end: Literal["finished", "returned"] = "finished"


class Target(Strict):
    """A target of one figure for one unit, kind or level, or for every unit."""

    kpi: str
    value: float = Field(allow_inf_nan=False)
    due: date
    unit: Words = ()
    kind: Words = ()
    level: Words = ()
    scope: Literal["tree", "own"] = "tree"
    simulated: bool = False


class Apology(Strict):
    """By when a letter of apology has to be sent: ``days`` before the due date, counted in calendar or working days."""

    days: int = Field(default=1, ge=1, le=30)
    counted: Literal["calendar", "working"] = "calendar"


class Report(Frozen):
    """The reporting rhythm."""

    first: date | None = None
    every_days: int = Field(default=1, ge=1)
    cut_off: str = "17:00"


class Label(Frozen):
    vi: str
    en: str = ""

    def __call__(self, language: str) -> str:
        return self.en if language == "en" and self.en else self.vi


def _label(value: Any) -> Any:
    """One name for both languages may be a plain text."""
    return {"vi": value} if isinstance(value, str) else value


class Event(Frozen):
    """A dated note shown on charts."""

    on: date
    name: Label


class Milestone(Strict):
    """Something to be done by a day: once for the campaign, or by every unit of the levels named (``per_unit``)."""

    key: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    name: Annotated[Label, BeforeValidator(_label)]
    due: date
    per_unit: bool = False
    level: Words = ()

    @model_validator(mode="after")
    def _names_who(self) -> Self:
        if self.per_unit != bool(self.level):
            raise ValueError("per_unit = true cần level, và level chỉ có nghĩa khi per_unit = true")
        return self


class Campaign(Frozen):
    key: str
    start: date
    end: date
    name: Annotated[Label, BeforeValidator(_label)] = Label(vi="")
    plan: str = ""
    rank_scheme: str = ""
    report: Report = Report()
    rules: Rules = Rules()
    apology: Apology = Apology()
    target: tuple[Target, ...] = ()
    event: tuple[Event, ...] = ()
    milestone: tuple[Milestone, ...] = ()
    composite: dict[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = {}

    @field_validator("milestone")
    @classmethod
    def _each_once(cls, found: tuple[Milestone, ...]) -> tuple[Milestone, ...]:
        if len({one.key for one in found}) < len(found):
            raise ValueError("hai mốc trùng key")
        return found

    @property
    def last_day(self) -> date:
        """The last day of the window: the campaign's end or the latest due date of its targets."""
        return max([self.end, *(t.due for t in self.target)])


class OneRow(Frozen):
    """For event logs: one row of many is kept per value of ``per``."""

    per: str = "dossier_code"
    keep: Literal["first", "last"] = "first"


class Profile(Frozen):
    """A source's headings, words, date forms and time zone: data, not code."""

    key: str
    kind: Literal["dossiers", "services", "series"] = "dossiers"
    name: str = ""
    timezone: str | None = None
    dates: Words = ()
    units: Literal["registry", "from-rows"] = "registry"
    mode: Literal["changes", "full"] = "changes"
    fields: dict[str, Words]
    values: dict[str, dict[str, Words]] = {}
    one_row: OneRow | None = None


class UnitRow(Frozen):
    """One line of ``units.csv``: a unit as it was from ``valid_from`` to ``valid_to`` (inclusive)."""

    code: str
    name: str
    kind: str = ""
    level: str = ""
    parent: str = ""
    short_name: str = ""
    gso_code: str = ""
    npsp_code: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


class PublishedRow(Frozen):
    """One published figure and where the system has to look for it (``published.csv``)."""

    id: str
    as_of: str
    campaign: str = ""
    window: str = ""
    kpi: str
    part: Literal["numerator", "denominator", "value"] = "value"
    unit: str = ""
    filter: str = ""
    scheme: str = ""
    comparison: str
    value: float = Field(allow_inf_nan=False)
    source: str = ""
    reading: str = ""
    text: str = ""


class TileRow(Frozen):
    """A unit's place in the tile map: row from the north, column from the west (``tiles.csv``)."""

    code: str
    row: int = Field(ge=1, le=99)
    column: int = Field(ge=1, le=99)


class Loading(Strict):
    """``[loading]``: ``most_refused`` is the share of bad rows beyond which a file is refused whole."""

    most_refused: float = Field(default=0.5, ge=0, le=1)


class Access(Strict):
    """``[access]``: how long a login lasts, and how long the audit log is kept."""

    max_age_hours: float = Field(default=12, gt=0, le=24 * 31)
    idle_minutes: float = Field(default=60, ge=2, le=24 * 60)
    audit_keep_days: int = Field(default=730, ge=90)


class Login(Strict):
    """``[login]``: where people log in (OpenID Connect). The two secrets come from the environment, never from a file."""

    server_metadata_url: str
    client_id: Annotated[str, Field(min_length=1)]
    redirect_uri: str
    issuer: str = ""
    name: str = ""
    contact: str = ""
    allowed_hosts: Words = ()
    trusted_proxies: Words = ()
    proxy_header: str = "x-forwarded-for"

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if not is_safe(self.server_metadata_url):
            raise ValueError("server_metadata_url phải bắt đầu bằng https://")
        address = urlsplit(self.redirect_uri)
        if not is_safe(self.redirect_uri) or address.path != "/oauth2callback" or address.query or address.fragment:
            raise ValueError("redirect_uri phải có dạng https://TÊN-MÁY/oauth2callback")
        if not self.issuer and not self.server_metadata_url.endswith(METADATA):
            raise ValueError(f"cần issuer, vì server_metadata_url không kết thúc bằng {METADATA}")
        for network in self.trusted_proxies:
            ip_network(network, strict=False)
        return self

    @property
    def expected_issuer(self) -> str:
        return self.issuer or self.server_metadata_url.removesuffix(METADATA)

    @property
    def origin(self) -> str:
        """Scheme and host of the public address, as browsers send it."""
        address = urlsplit(self.redirect_uri)
        return f"{address.scheme}://{address.netloc}".lower()


class ReportHead(Strict):
    """``[report]``: what stands around the text of every report; what is left out is made from the home's name."""

    authority: str = ""
    office: str = ""
    symbol: str = ""
    place: str = ""
    to: Words = ()
    recipients: Words = ()
    sign_for: str = ""
    sign_title: str = ""
    signer: str = ""


class HomeFile(Frozen):
    """``home.toml``; every entry is optional."""

    name: str = ""
    timezone: str = DEFAULT_ZONE
    record_start: date | None = None
    simulated: bool = False
    e_certification: tuple[str, ...] = ()
    loading: Loading = Loading()
    access: Access = Access()
    login: Login | None = None
    report: ReportHead = ReportHead()


class Home:
    """A province's folder. Files are read when first asked for and then kept.

    Raises CallFault when the folder does not exist, DataFault naming file and entry when one cannot be read.
    """

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise CallFault(
                f"Không có thư mục {root}. Hãy tạo bằng «campaign demo --home {root}» hoặc chọn thư mục khác."
            )
        self.root = root

    @cached_property
    def file(self) -> HomeFile:
        path = self.root / "home.toml"
        return _toml(path, HomeFile) if path.exists() else HomeFile()

    @property
    def name(self) -> str:
        return self.file.name or self.root.resolve().name

    @cached_property
    def zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.file.timezone)
        except (KeyError, ValueError, OSError) as fault:
            raise DataFault(f"{self.root / 'home.toml'}: timezone «{self.file.timezone}» không có.") from fault

    @cached_property
    def campaigns(self) -> dict[str, Campaign]:
        found = [_toml(path, Campaign) for path in sorted((self.root / "campaigns").glob("*.toml"))]
        found = [one if one.name.vi else one.model_copy(update={"name": Label(vi=one.key)}) for one in found]
        return {campaign.key: campaign for campaign in sorted(found, key=lambda c: c.start)}

    def campaign(self, key: str) -> Campaign:
        try:
            return self.campaigns[key]
        except KeyError:
            known = ", ".join(self.campaigns) or "chưa có chiến dịch nào"
            raise CallFault(f"Không có chiến dịch «{key}» trong {self.root / 'campaigns'} (có: {known}).") from None

    @cached_property
    def profiles(self) -> dict[str, Profile]:
        found = [read_profile(path) for path in sorted((self.root / "profiles").glob("*.toml"))]
        return {profile.key: profile for profile in found}

    @cached_property
    def units(self) -> tuple[UnitRow, ...]:
        return tuple(_csv(self.root / "units.csv", UnitRow))

    @cached_property
    def aliases(self) -> dict[str, str]:
        """Other names of a unit → its code (``aliases.csv``: ``alias,code``)."""
        return {row["alias"]: row["code"] for row in read_csv(self.root / "aliases.csv")}

    @cached_property
    def calendar(self) -> WorkCalendar:
        """Days off and extra working days (``holidays.csv``: ``day,kind,name``; kind ``off`` or ``work``)."""
        path = self.root / "holidays.csv"
        off: set[date] = set()
        work: set[date] = set()
        for line, row in enumerate(read_csv(path), start=2):
            try:
                (work if row.get("kind") == "work" else off).add(date.fromisoformat(row["day"]))
            except (KeyError, ValueError) as fault:
                raise DataFault(
                    f"{path}, dòng {line}, cột day: «{row.get('day')}» không phải ngày dạng 2021-04-30."
                ) from fault
        return WorkCalendar(frozenset(off), frozenset(work))

    @cached_property
    def published(self) -> tuple[PublishedRow, ...]:
        return tuple(_csv(self.root / "published.csv", PublishedRow))

    @cached_property
    def tiles(self) -> tuple[TileRow, ...]:
        """Empty without ``tiles.csv``: then no tile map is drawn."""
        return tuple(_csv(self.root / "tiles.csv", TileRow))


def read_profile(path: Path) -> Profile:
    return _toml(path, Profile)


def read_csv(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file of the home, blank cells left out; none when the file is absent."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return [
            {key: value.strip() for key, value in row.items() if key and value and value.strip()}
            for row in csv.DictReader(lines)
        ]


def _csv(path: Path, model: type[Model]) -> list[Model]:
    known = set(model.model_fields)
    rows = []
    for line, row in enumerate(read_csv(path), start=2):
        try:
            rows.append(model.model_validate({key: value for key, value in row.items() if key in known}))
        except ValidationError as fault:
            raise DataFault(f"{path}, dòng {line}: {_explain(fault)}") from fault
    return rows


def _toml(path: Path, model: type[Model]) -> Model:
    try:
        return model.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except ValidationError as fault:
        raise DataFault(f"{path}: {_explain(fault)}") from fault
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise DataFault(f"{path}: không đọc được TOML ({fault}).") from fault
    except OSError as fault:
        raise CallFault(f"{path}: không mở được ({fault.strerror}).") from fault


def _explain(fault: ValidationError) -> str:
    return "; ".join(
        f"mục «{'.'.join(str(part) for part in error['loc'])}» không hợp lệ (giá trị {error.get('input')!r:.60}: {error['msg']})"
        for error in fault.errors()
    )

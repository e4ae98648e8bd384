"""Figures: their values, what they mean and are made of, beside others, and ahead."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data.access import ALL
from data.errors import CallFault
from pages.terminal.options import (
    AnyCampaignOption,
    AnyLimitOption,
    AsOfOption,
    ByOption,
    CampaignOption,
    DbOption,
    FilterOption,
    FormatOption,
    HomeOption,
    JsonOption,
    KnownAtOption,
    KpiOption,
    KpisOption,
    UnitOption,
    WindowOption,
    moment_of,
    open_store,
)
from pages.terminal.printing import Format, is_json, note, print_csv, print_json, print_rows, table

if TYPE_CHECKING:
    from data.home import Home
    from kpi.query import Query


def kpi(
    campaign: AnyCampaignOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    by: ByOption = None,
    unit: UnitOption = None,
    kpi: KpisOption = None,
    window: WindowOption = None,
    filter: FilterOption = "",
    format: FormatOption = Format.table,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Các chỉ tiêu của một đơn vị hoặc một cấp, tính đến một thời điểm."""
    from kpi.answers import as_objects
    from kpi.engine import figures

    opened, store = open_store(home, db)
    query = _query(opened, campaign, as_of, known_at, by, unit, kpi, window, filter)
    rows = as_objects(figures(store, opened, query), opened)
    columns = ["kpi", "unit", "name", "numerator", "denominator", "value", "target", "gap", "status"]
    print_rows(rows, as_json, format, columns=columns)


def explain(
    kpi: Annotated[str, typer.Argument(help="Mã chỉ tiêu.")],
    rows: Annotated[bool, typer.Option("--rows", help="Kèm từng hồ sơ, dịch vụ với tệp và dòng.")] = False,
    campaign: AnyCampaignOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    by: ByOption = None,
    unit: UnitOption = None,
    window: WindowOption = None,
    filter: FilterOption = "",
    limit: AnyLimitOption = None,
    format: FormatOption = Format.table,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Một chỉ tiêu nghĩa là gì và gồm những hồ sơ nào, đến tận tệp và dòng."""
    from kpi.answers import as_objects
    from kpi.engine import figures
    from kpi.explain import behind
    from kpi.meaning import definition

    opened, store = open_store(home, db)
    query = _query(opened, campaign, as_of, known_at, by, unit, [kpi], window, filter)
    meaning, values = definition(kpi), as_objects(figures(store, opened, query), opened)
    found = behind(store, opened, query, kpi, limit, scope=ALL) if rows else []
    if is_json(as_json, format):
        print_json({"definition": meaning, "figures": values, **({"rows": found} if rows else {})})
        return
    if format is Format.csv:
        print_csv(found if rows else values)
        return
    for name, text in meaning.items():
        print(f"{name}: {text}")
    table(["unit", "name", "numerator", "denominator", "value"], values)
    if found:
        table(list(found[0]), found)


def forecast(
    campaign: CampaignOption,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    by: ByOption = None,
    unit: UnitOption = None,
    kpi: Annotated[
        list[str] | None, typer.Option("--kpi", help="Mã chỉ tiêu; lặp lại được (mặc định: mọi chỉ tiêu được giao).")
    ] = None,
    format: FormatOption = Format.table,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Nếu cứ như 14 ngày làm việc qua: đến hạn được bao nhiêu, ngày nào về đích, từ bao giờ không thể đạt."""
    from kpi import forecast as forecasting

    opened, store = open_store(home, db)
    found = opened.campaign(campaign)
    at, known = moment_of(as_of, opened, "--as-of"), moment_of(known_at, opened, "--known-at")
    rows = [
        forecasting.as_object(one)
        for key in kpi or forecasting.figures_of(found)
        for one in forecasting.forecast(store, opened, found, key, by=by, unit=unit, as_of=at, known_at=known)
    ]
    print_rows(rows, as_json, format, without=("level", "today", "target", "based_on", "since", "sentence"))


def rank(
    kpi: KpiOption,
    by: Annotated[str, typer.Option("--by", help="department, district, commune …")],
    campaign: CampaignOption,
    since: Annotated[str | None, typer.Option("--since", help="Thay đổi thứ hạng từ thời điểm này.")] = None,
    kinds: Annotated[bool, typer.Option("--kinds", help="Mỗi loại đơn vị một bảng: sở riêng, ban riêng.")] = False,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    unit: UnitOption = None,
    format: FormatOption = Format.table,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bảng xếp hạng của một cấp: đồng hạng, tăng giảm, còn cách hạng trên bao nhiêu, khoảng tin cậy."""
    from kpi.ranking import standings

    opened, store = open_store(home, db)
    query = _query(opened, campaign, as_of, known_at, by, unit, [kpi], None, "")
    rows = standings(store, opened, query, moment_of(since, opened, "--since"), kinds=kinds)
    print_rows(rows, as_json, format, without=("name", "missing"))


def compare(
    kpi: KpiOption,
    campaign: CampaignOption,
    beside: Annotated[
        str, typer.Option("--with", help="last-session, một thời điểm, hoặc mã chiến dịch khác (cùng ngày thứ mấy).")
    ] = "last-session",
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    by: ByOption = None,
    unit: UnitOption = None,
    format: FormatOption = Format.table,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Một chỉ tiêu bên cạnh chính nó lúc khác: thay đổi bao nhiêu, vì khối lượng hay vì tốc độ."""
    from kpi import compare as comparing

    opened, store = open_store(home, db)
    query = _query(opened, campaign, as_of, known_at, by, unit, [kpi], None, "")
    chosen = comparing.beside(store, opened, query, beside, lambda text: moment_of(text, opened, "--with"))
    found = comparing.compare(store, opened, query, chosen)
    if found and all(one.reasons for one in found):
        raise CallFault(comparing.sentence(found[0]))
    rows = [comparing.as_object(one, opened) for one in found]
    print_rows(
        rows, as_json, format, without=("kpi", "as_of", "then", "period", "period_then", "comparable", "sentence")
    )


def published(home: HomeOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """Từng số đã công bố bên cạnh số hệ thống tính được; mã thoát 1 nếu có số không khớp."""
    from kpi.published import check

    opened, store = open_store(home, db)
    checked = check(store, opened)
    rows: list[dict[str, Any]] = [
        {
            "id": c.row.id, "as_of": c.row.as_of, "unit": c.row.unit, "kpi": c.row.kpi, "filter": c.row.filter, "part": c.row.part,
            "comparison": c.row.comparison, "published": c.row.value, "computed": c.computed, "known_then": c.known_then,
            "ok": c.ok, "reached": c.reached, "source": c.row.source, "reading": c.row.reading, "text": c.row.text,
        }
        for c in checked
    ]  # fmt: skip
    if as_json:
        print_json(rows)
    else:
        words = {True: "khớp", False: "KHÔNG KHỚP", None: "chỉ nêu"}
        table(
            ["id", "as_of", "kpi", "comparison", "published", "computed", "ok", "text"],
            [{**row, "ok": words[row["ok"]] if row["reached"] else "dữ liệu chưa đến ngày này"} for row in rows],
        )
    missed = [c for c in checked if c.ok is False]
    note(
        f"{sum(c.ok is True for c in checked)} số khớp, {len(missed)} không khớp, "
        f"{sum(c.ok is None for c in checked)} chỉ nêu hoặc chưa có dữ liệu."
    )
    if missed:
        raise typer.Exit(1)


def variants(
    kpi: Annotated[str, typer.Argument(help="Mã chỉ tiêu.")],
    left_out: Annotated[
        bool, typer.Option("--left-out", help="Kèm danh sách những gì mỗi mẫu số bỏ ra ngoài.")
    ] = False,
    campaign: AnyCampaignOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    unit: UnitOption = None,
    window: WindowOption = None,
    format: FormatOption = Format.table,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Một chỉ tiêu theo từng cách lấy mẫu số, đặt cạnh nhau, và những gì mỗi cách bỏ ra ngoài."""
    from kpi.variants import as_objects, variants

    opened, store = open_store(home, db)
    query = _query(opened, campaign, as_of, known_at, None, unit, [kpi], window, "")
    found = as_objects(variants(store, opened, query, kpi), left_out=left_out)
    if left_out and not is_json(as_json, format):
        found = [{"variant": one["variant"], **line} for one in found for line in one["left_out"]]
    print_rows(found, as_json, format)


def scores(
    campaign: AnyCampaignOption = None,
    as_of: AsOfOption = None,
    by: ByOption = None,
    unit: UnitOption = None,
    window: WindowOption = None,
    format: FormatOption = Format.table,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Điểm theo Quyết định 766 cho các nhóm tính được: do hệ thống tự tính, chưa đầy đủ."""
    from kpi.scores import MARK, as_objects, as_rows, scores

    opened, store = open_store(home, db)
    found = scores(store, opened, _query(opened, campaign, as_of, None, by, unit, None, window, ""))
    if is_json(as_json, format):
        print_json(as_objects(found))
        return
    print_rows(as_rows(found), as_json, format, without=("mark",))
    missing = "; ".join(f"{one['label']}: {one['missing']}" for one in as_objects(found)["missing"] if one["group"])
    note(f"Điểm {MARK.vi}. Còn thiếu: {missing}; và các nhóm công khai, minh bạch, mức độ hài lòng.")


class DefinitionFormat(StrEnum):
    md = "md"
    json = "json"


def definitions(
    format: Annotated[
        DefinitionFormat, typer.Option("--format", help="md (docs/definitions.md) hoặc json.")
    ] = DefinitionFormat.md,
    home: HomeOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """Định nghĩa mọi chỉ tiêu: tử số, mẫu số, phần không tính, căn cứ, phụ trách, phiên bản."""
    from kpi.meaning import as_markdown, as_objects

    del home, db  # the same everywhere
    if as_json or format is DefinitionFormat.json:
        print_json(as_objects())
    else:
        print(as_markdown(), end="")


def _query(
    home: Home, campaign: str | None, as_of: str | None, known_at: str | None, by: str | None, unit: str | None, kpis: list[str] | None,
    window: str | None, filter: str,
) -> Query:  # fmt: skip
    from kpi.query import Query

    if campaign is None and window is None:
        raise CallFault("Cần --campaign hoặc --window (day, week, month, all, TỪ..ĐẾN).")
    return Query(
        campaign=home.campaign(campaign) if campaign else None,
        kpis=tuple(kpis or ()),
        as_of=moment_of(as_of, home, "--as-of"),
        known_at=moment_of(known_at, home, "--known-at"),
        by=by,
        unit=unit,
        window=window or "campaign",
        filter=filter,
    )

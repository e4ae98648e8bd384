"""The OpenAPI 3.1 document, made of the declarations that the feeds read and answer by, and of the home's own codes."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from data.opened import Opened
from kpi import manual
from kpi.catalog import FIGURES
from pages.web.answers import Fault, Health
from pages.web.feeds import FEEDS, Feed
from pages.web.params import CHOICES

REF = "#/components/schemas/{model}"
MOST_EXAMPLES = 3


def document(now: Opened) -> dict[str, Any]:
    answers: list[type[BaseModel]] = [
        Fault,
        Health,
        *(model for feed in FEEDS for model in (feed.row, feed.whole) if model),
    ]
    refs, schemas = models_json_schema([(model, "serialization") for model in answers], ref_template=REF)
    choices = _choices(now)
    paths: dict[str, Any] = {feed.path: {"get": _operation(feed, choices, refs)} for feed in FEEDS}
    paths["/api/v1/openapi.json"] = {"get": _plain("openapi", "Tài liệu này", "application/json", {"type": "object"})}
    paths["/metrics"] = {"get": _plain("metrics", "Số đo vận hành cho Prometheus", "text/plain", {"type": "string"})}
    paths["/healthz"] = {"get": _health(refs[Health, "serialization"])}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"Chiến dịch cải cách thủ tục hành chính – {now.home.name}",
            "version": "1",
            "description": "Cùng những con số như trên các trang và dòng lệnh «campaign». Nghĩa của từng chỉ tiêu: docs/definitions.md.",
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "Mã truy cập do quản trị cấp."},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "_streamlit_user",
                    "description": "Đã đăng nhập ở trang.",
                },
            },
        },
    }


def _choices(now: Opened) -> dict[str, list[str]]:
    """The values of marked parameters: all of them, or for units some to try."""
    home = now.home
    with now.store.read() as connection:
        known = manual.entries(connection, home, now.store.import_at(None))
    kpis = [*FIGURES, *sorted({entry.kpi for entry in known} - FIGURES.keys())]
    levels = list(dict.fromkeys(["province", *(row.level for row in home.units if row.level), "unit"]))
    units = [row.code for row in home.units[:MOST_EXAMPLES]]
    return {"campaigns": list(home.campaigns), "kpis": kpis, "levels": levels, "units": units}


def _parameters(feed: Feed, choices: dict[str, list[str]]) -> list[dict[str, Any]]:
    schema = feed.params.model_json_schema()
    found: list[dict[str, Any]] = []
    for name, told in schema["properties"].items():
        value = _value(told, choices)
        described = value.pop("description", "")
        entry = {"name": name, "in": "query", "required": name in schema.get("required", ()), "description": described}
        many = {"style": "form", "explode": True} if value.get("type") == "array" else {}
        found.append({**entry, **many, "schema": value})
    held = {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}}
    return [*found, {**held, "description": "ETag của lần trước: không có gì mới thì trả lời 304."}]


def _value(told: dict[str, Any], choices: dict[str, list[str]]) -> dict[str, Any]:
    """The schema of a value, with the home's own codes; a parameter is given or not, it is never null."""
    (chosen,) = [one for one in told.get("anyOf", [{}]) if one.get("type") != "null"]
    value = {**chosen, **{key: said for key, said in told.items() if key not in ("anyOf", "title")}}
    if value.get("default") in (None, []):
        value.pop("default", None)
    if "items" in value:
        value["items"] = _value(value["items"], choices)
    mark = value.pop(CHOICES, None)
    if mark is not None and choices[mark]:
        value["examples" if mark == "units" else "enum"] = choices[mark]
    return value


def _operation(feed: Feed, choices: dict[str, list[str]], refs: Any) -> dict[str, Any]:
    row = refs[feed.row, "serialization"]
    whole = {"type": "array", "items": row} if feed.whole is None else refs[feed.whole, "serialization"]
    fresh = {name: {"schema": {"type": "string"}} for name in ("ETag", "X-Data-Version", "Cache-Control", "Vary")}
    return {
        "operationId": feed.path.rpartition("/")[2],
        "summary": feed.title,
        "description": f"Cần quyền «{feed.action}».",
        "parameters": _parameters(feed, choices),
        "responses": {
            "200": {
                "description": "Trả lời.",
                "headers": fresh,
                "content": {"application/json": {"schema": whole}, "text/csv": {"schema": {"type": "string"}}},
            },
            "304": {"description": "Không có gì mới từ ETag đã nêu.", "headers": fresh},
            "400": _fault("Một tham số sai; lời nêu rõ tham số nào."),
            "404": _fault("Chưa có số liệu để trả lời."),
            **_doors(),
        },
    }


def _plain(name: str, title: str, kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": title,
        "description": "Cần quyền «figures».",
        "responses": {
            "200": {"description": "Trả lời.", "content": {kind: {"schema": schema}}},
            "400": _fault("Không nhận tham số nào."),
            **_doors(),
        },
    }


def _health(schema: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    return {
        "operationId": "healthz",
        "summary": "Máy chủ có trả lời không",
        "security": [],
        "responses": {
            "200": {"description": "Kho dữ liệu trả lời.", "content": content},
            "405": _fault("Chỉ nhận GET."),
            "429": _fault("Hỏi quá nhiều."),
            "503": {"description": "Kho dữ liệu không trả lời.", "content": content},
        },
    }


def _doors() -> dict[str, Any]:
    """What any address may answer instead."""
    return {
        "401": _fault("Chưa đăng nhập, hoặc mã truy cập không còn giá trị."),
        "403": _fault("Không có quyền, hoặc đơn vị nằm ngoài phạm vi."),
        "405": _fault("Chỉ nhận GET."),
        "429": _fault("Hỏi quá nhiều; chờ số giây ghi ở Retry-After."),
        "503": _fault("Kho dữ liệu đang bận hoặc hỏng; chờ số giây ghi ở Retry-After."),
    }


def _fault(words: str) -> dict[str, Any]:
    return {
        "description": words,
        "content": {
            "application/json": {
                "schema": {"$ref": REF.format(model=Fault.__name__)},
                "example": {"error": "Cần campaign hoặc window (day, week, month, all, TỪ..ĐẾN)."},
            }
        },
    }

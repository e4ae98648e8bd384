"""Feeds for machines: who may ask for which is one table, how each is asked and answered one declaration.

``server.py`` mounts ``routes()``; whoever stands before it has said in ``request.state.viewer`` who is asking.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from anyio import CapacityLimiter, to_thread
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from data import audit
from data.access import Action
from data.clock import MICROSECONDS_PER_DAY, day_number, day_start, from_micros, iso, to_micros
from data.errors import AccessFault, CallFault, CampaignError, NoData
from data.home import Home
from data.opened import opened
from data.people import Viewer
from data.store import Store
from data.units import Unit
from kpi.answers import as_objects
from kpi.engine import figures
from kpi.worklist import as_object, work
from pages.web import metrics
from pages.web.answers import CampaignRow, KpiRow, TaskRow, UnitRow, Work, fault, is_known, tag, wants_csv, written
from pages.web.params import CampaignParams, KpiParams, NoParams, Params, UnitParams, WorkParams, moment, read

METHODS = ("GET", "HEAD")
MOST_AT_ONCE = CapacityLimiter(4)
"""Further ones wait: an answer may take a processor and some hundred megabytes, and pages are served beside it."""
YEARS_AHEAD = 5
RETRY_SECONDS = 5

Handler = Callable[[Request, Viewer | None], Response]


# What is answered -----------------------------------------------------------------------------------------------------


def _kpi(store: Store, home: Home, asked: KpiParams, viewer: Viewer) -> list[dict[str, Any]]:
    query = asked.query(home)
    _refuse_far(store, home, query.as_of)
    return as_objects(figures(store, home, query), home)


def _refuse_far(store: Store, home: Home, as_of: int | None) -> None:
    """Days long after the data would all be counted, and nothing happens on them."""
    latest = store.latest_moment(store.import_at(None))
    if as_of is not None and latest is not None and as_of > latest + YEARS_AHEAD * 366 * MICROSECONDS_PER_DAY:
        raise CallFault(f"as_of: số liệu chỉ đến {iso(latest, home.zone)}; hãy chọn trong {YEARS_AHEAD} năm sau đó.")


def _units(store: Store, home: Home, asked: UnitParams, viewer: Viewer) -> list[dict[str, Any]]:
    at = moment("as_of", asked.as_of, home)
    if at is None:
        at = store.latest_moment(store.import_at(None))
    if at is None:  # no data yet: the units of the newest campaign
        starts = [campaign.start for campaign in home.campaigns.values()]
        if not starts:
            raise CallFault("Cần as_of: chưa có số liệu và chưa có chiến dịch.")
        at = day_start(day_number(max(starts)), home.zone)
    tree = store.tree(from_micros(at, home.zone).date())
    within = tree.units if asked.unit is None else set(tree.below(tree[asked.unit].code))
    if asked.level is not None and asked.level not in tree.levels:
        raise CallFault(f"Không có cấp «{asked.level}» (có: {', '.join(sorted(filter(None, tree.levels)))}).")
    return [
        _unit(unit) for code, unit in sorted(tree.units.items()) if code in within and asked.level in (None, unit.level)
    ]


def _unit(unit: Unit) -> dict[str, Any]:
    row = unit.row
    return {
        "code": unit.code, "name": unit.name, "short_name": unit.short_name, "kind": unit.kind, "level": unit.level,
        "parent": unit.parent, "gso_code": row.gso_code if row else "", "npsp_code": row.npsp_code if row else "",
        "valid_from": row.valid_from.isoformat() if row and row.valid_from else None,
        "valid_to": row.valid_to.isoformat() if row and row.valid_to else None, "valid": unit.valid,
    }  # fmt: skip


def _campaigns(store: Store, home: Home, asked: CampaignParams, viewer: Viewer) -> list[dict[str, Any]]:
    found = []
    for campaign in home.campaigns.values():
        told = campaign.model_dump(mode="json")
        told |= {
            "last_day": campaign.last_day.isoformat(),
            "targets": told["target"],
            "events": told["event"],
            "simulated": home.file.simulated,
        }
        found.append({name: told[name] for name in CampaignRow.model_fields})
    return found


def _worklist(store: Store, home: Home, asked: WorkParams, viewer: Viewer) -> dict[str, Any]:
    allowed = viewer.may(Action.dossiers, asked.unit)
    _note(store, viewer, Action.dossiers, f"/api/v1/worklist {asked.kpi}", asked.unit, "done" if allowed else "refused")
    if not allowed:
        raise AccessFault("Bạn không có quyền xem hồ sơ của đơn vị này.")
    at = moment("as_of", asked.as_of, home)
    _refuse_far(store, home, at)
    campaign = home.campaign(asked.campaign)
    return as_object(work(store, home, campaign, asked.kpi, asked.unit, at, asked.limit, scope=viewer.scope), home)


def _note(store: Store, viewer: Viewer, action: Action, what: str, unit: str, outcome: str) -> None:
    """Into the audit log: who asked for what. Nobody logs what is read at the machine itself."""
    if viewer.via != "local":
        audit.seen(store, viewer, action, what, at=_now(), unit=unit, outcome=outcome)


def _now() -> int:
    """UTC microseconds. The one clock of the feeds."""
    return to_micros(datetime.now(UTC))


@dataclass(frozen=True)
class Feed:
    """One address with rows. ``row``: one line of its CSV; ``whole``: the JSON where it is more than a list of rows."""

    path: str
    action: Action
    title: str
    params: type[Params]
    answer: Callable[[Store, Home, Any, Viewer], Any]
    row: type[BaseModel]
    whole: type[BaseModel] | None = None

    def respond(self, request: Request, viewer: Viewer | None) -> Response:
        assert viewer is not None
        asked = read(self.params, request.query_params.multi_items())
        as_table = wants_csv(request, asked.format)
        now = opened()
        with now.store.read():  # the version and the answer are of one state
            version = now.store.data_version()
            # The moments of the home's files are in ``now.version``.
            current = tag(self.path, asked.model_dump_json(), str(as_table), viewer.scope.key, now.version, version)
            headers = {
                "ETag": current,
                "X-Data-Version": version,
                "Cache-Control": "private, no-cache",
                "Vary": "Accept, Authorization, Cookie",
            }
            if is_known(request, current):
                return Response(status_code=304, headers=headers)
            content = self.answer(now.store, now.home, asked, viewer)
        rows: Sequence[Mapping[str, Any]] = content if self.whole is None else content["tasks"]
        answer = written(content, rows, self.row, as_table=as_table)
        answer.headers.update(headers)
        return answer


FEEDS = (
    Feed("/api/v1/kpi", Action.figures, "Các chỉ tiêu, như «campaign kpi --format json»", KpiParams, _kpi, KpiRow),
    Feed("/api/v1/units", Action.figures, "Các đơn vị và cây đơn vị", UnitParams, _units, UnitRow),
    Feed("/api/v1/campaigns", Action.figures, "Các chiến dịch, quy tắc, chỉ tiêu", CampaignParams, _campaigns, CampaignRow),
    Feed("/api/v1/worklist", Action.dossiers, "Việc cần làm, như «campaign worklist --json»", WorkParams, _worklist, TaskRow, Work),
)  # fmt: skip


def _openapi(request: Request, viewer: Viewer | None) -> Response:
    from pages.web.openapi import document  # reads the tables of this module

    read(NoParams, request.query_params.multi_items())
    return JSONResponse(document(opened()), headers={"Cache-Control": "private, no-cache"})


def _metrics(request: Request, viewer: Viewer | None) -> Response:
    return metrics.answer(opened(), _now())


def _healthz(request: Request, viewer: Viewer | None) -> Response:
    """200 when the store answers. What is wrong is told to whoever may look at figures."""
    detailed = viewer is not None and viewer.may(Action.figures)
    try:
        told, status = {"status": "ok", "data_version": opened().store.data_version()}, 200
    except CampaignError as wrong:
        told, status = {"status": "fault", "reason": str(wrong)}, 503
    return JSONResponse(told if detailed else {"status": told["status"]}, status, {"Cache-Control": "no-store"})


def _unknown(request: Request, viewer: Viewer | None) -> Response:
    return fault(404, "Không có địa chỉ này; các địa chỉ: /api/v1/openapi.json.")


# Who may ask, and how -------------------------------------------------------------------------------------------------

ROUTES: dict[str, tuple[Handler, Action | None]] = {
    **{feed.path: (feed.respond, feed.action) for feed in FEEDS},
    "/api/v1/openapi.json": (_openapi, Action.figures),
    "/metrics": (_metrics, Action.figures),
    "/healthz": (_healthz, None),
    "/api/{rest:path}": (_unknown, None),
}
"""Every address for machines, who answers, and the action it takes; None: anybody."""


def caller(request: Request) -> Viewer | None:
    """Who is asking, as the door has found out; None where it did not."""
    found: Viewer | None = getattr(request.state, "viewer", None)
    return found


class Door:
    """Lets in who may, in words says why not; the work is done beside the loop that serves everybody."""

    def __init__(self, handler: Handler, action: Action | None) -> None:
        self.handler, self.action = handler, action

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer = await to_thread.run_sync(self._answer, request, limiter=MOST_AT_ONCE)
        await answer(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        if request.method not in METHODS:
            return fault(405, "Địa chỉ này chỉ nhận GET.", {"Allow": ", ".join(METHODS)})
        viewer = caller(request)
        if self.action is not None and viewer is None:
            return fault(401, "Cần đăng nhập hoặc mã truy cập.", {"WWW-Authenticate": "Bearer"})
        try:
            if self.action is not None and viewer is not None and not viewer.may(self.action):
                _note(opened().store, viewer, self.action, request.url.path, "", "refused")
                raise AccessFault("Bạn không có quyền xem phần này.")
            return self.handler(request, viewer)
        except AccessFault as wrong:
            return fault(403, str(wrong))
        except CallFault as wrong:
            return fault(400, str(wrong))
        except NoData as wrong:
            return fault(404, str(wrong))
        except CampaignError as wrong:
            return fault(503, str(wrong), {"Retry-After": str(RETRY_SECONDS)})


def routes() -> list[Route]:
    return [Route(path, Door(handler, action)) for path, (handler, action) in ROUTES.items()]

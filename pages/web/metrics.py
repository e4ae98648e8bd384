"""Numbers for monitoring. Label values are routes, statuses, page addresses and unit codes: few, and nobody's data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import sqlalchemy as sa
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data.clock import from_micros
from data.opened import Opened
from data.schema import imports
from kpi.freshness import newest_facts
from kpi.memory import Recall

MOST_UNITS = 200
"""Below the root; further ones are left out."""
KNOWN_PREFIXES = ("/api", "/_stcore", "/media", "/component", "/app/static", "/static", "/auth", "/oauth2callback")
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

# A second series beside each of them, which nobody asks for. The library gives this function no types.
disable_created_metrics()  # type: ignore[no-untyped-call]
PROCESS = CollectorRegistry(auto_describe=True)
"""What this process has done since it started."""
ProcessCollector(registry=PROCESS)
REQUESTS = Counter("campaign_http_requests", "HTTP requests", ("route", "status"), registry=PROCESS)
REQUEST_SECONDS = Histogram(
    "campaign_http_request_seconds", "Time to answer", ("route",), registry=PROCESS, buckets=SECONDS
)
PAGE_SECONDS = Histogram("campaign_page_seconds", "One run of a page", ("page",), registry=PROCESS, buckets=SECONDS)
QUERY_SECONDS = Histogram("campaign_query_seconds", "One statement in the database", registry=PROCESS, buckets=SECONDS)


@contextmanager
def page(address: str) -> Iterator[None]:
    """Times one run of a page; ``address`` is one of those that are registered."""
    start = perf_counter()
    try:
        yield
    finally:
        PAGE_SECONDS.labels(address).observe(perf_counter() - start)


@sa.event.listens_for(sa.Engine, "before_cursor_execute")
def _begins(connection: sa.Connection, *_said: Any) -> None:
    connection.info["began"] = perf_counter()


@sa.event.listens_for(sa.Engine, "after_cursor_execute")
def _ends(connection: sa.Connection, *_said: Any) -> None:
    QUERY_SECONDS.observe(perf_counter() - connection.info.pop("began", perf_counter()))


class Observed:
    """Counts and times every request, whatever becomes of it. ``routes``: the addresses that have a name of their own."""

    def __init__(self, app: ASGIApp, routes: frozenset[str]) -> None:
        self.app, self.routes = app, routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start, status, route = perf_counter(), 500, self._route(scope["path"])

        async def send_with(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_with)
        finally:
            REQUESTS.labels(route, str(status)).inc()
            REQUEST_SECONDS.labels(route).observe(perf_counter() - start)

    def _route(self, path: str) -> str:
        if path in self.routes:
            return path
        return next((prefix for prefix in KNOWN_PREFIXES if path == prefix or path.startswith(f"{prefix}/")), "page")


def answer(now: Opened, at: int) -> Response:
    """The text form of Prometheus. ``at``: the moment of asking, UTC microseconds."""
    state = CollectorRegistry()
    state.register(_State(now, at))
    return Response(generate_latest(state) + generate_latest(PROCESS), headers={"Cache-Control": "no-store"}, media_type=CONTENT_TYPE_LATEST)  # fmt: skip


class _State(Collector):
    """What is in the store at a moment."""

    def __init__(self, now: Opened, at: int) -> None:
        self.now, self.at = now, at

    def collect(self) -> Iterator[GaugeMetricFamily]:
        store, c = self.now.store, imports.c
        with store.read() as connection:
            rows = connection.execute(
                sa.select(c.state, sa.func.count(), *(sa.func.sum(c[name]) for name in ("read", "new", "changed", "refused"))).group_by(c.state)
            ).all()  # fmt: skip
            latest = store.latest_moment(store.import_at(None))
            newest = (
                {}
                if latest is None
                else Recall(store.cache_key()).of(("newest", latest), lambda: newest_facts(connection, latest))
            )
            known = store.unit_rows()
        yield _labelled("campaign_imports", "Imports by state", "state", {row[0]: row[1] for row in rows})
        for place, name in enumerate(("read", "new", "changed", "refused"), start=2):
            yield GaugeMetricFamily(
                f"campaign_rows_{name}", f"Rows {name} by imports", sum(row[place] or 0 for row in rows)
            )
        if latest is None:
            return
        yield GaugeMetricFamily("campaign_latest_fact_timestamp_seconds", "Newest fact", latest // 1_000_000)
        codes = {number: code for number, code, _name in known}
        tree = store.tree(from_micros(latest, self.now.home.zone).date())
        of_unit = {codes[number]: moment for number, moment in newest.items()}
        ages = {}
        for code in sorted(tree.children.get(tree.root, ()))[:MOST_UNITS]:
            moments = [of_unit[unit] for unit in tree.below(code) if unit in of_unit]
            if moments and tree[code].valid:
                ages[code] = max(self.at - max(moments), 0) / 1_000_000
        yield _labelled("campaign_data_age_seconds", "Time since a unit's newest fact", "unit", ages)


def _labelled(name: str, words: str, label: str, values: dict[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=[label])
    for value, n in values.items():
        family.add_metric([value], n)
    return family

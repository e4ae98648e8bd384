"""What figures and campaigns mean, kept by version: a change of a definition or a rule is never silent."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import sqlalchemy as sa

from data.audit import Entry
from data.corrections import REDEFINED
from data.home import Campaign, Home
from data.schema import corrections, definitions
from data.store import Store
from kpi.catalog import FIGURES
from kpi.catalog.figure import Figure


def of_figure(declared: Figure) -> dict[str, Any]:
    """Words and terms of a figure as plain data."""
    labels = ("label", "numerator_text", "denominator_text", "exclusions", "noun", "legal_basis", "owner")
    terms = {
        side: [f"{'-' if term.sign < 0 else ''}{term.measure}@{term.span}" for term in getattr(declared, side)]
        for side in ("numerator", "denominator")
    }
    return {
        "key": declared.key, **{name: getattr(declared, name).model_dump() for name in labels}, "terms": terms, "unit": declared.unit,
        "direction": declared.direction, "reads": declared.reads, "services": declared.services, "reviewed_on": declared.reviewed_on.isoformat(),
        "version": declared.version, "fingerprint": declared.fingerprint,
    }  # fmt: skip


def of_campaign(campaign: Campaign) -> dict[str, Any]:
    """Span, rules and targets of a campaign as plain data."""
    return campaign.model_dump(mode="json", include={"key", "start", "end", "rules", "target", "report"})


def fingerprint(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def note(store: Store, home: Home, *, who: str, at: int) -> list[str]:
    """Keep the present definitions; gives in words what changed since they were last kept, which is logged as well."""
    wanted = [("figure", key, of_figure(declared)) for key, declared in FIGURES.items()]
    wanted += [("campaign", campaign.key, of_campaign(campaign)) for campaign in home.campaigns.values()]
    c = definitions.c
    with store.read() as connection:
        rows = connection.execute(sa.select(c.kind, c.key, c.fingerprint, c.content).order_by(c.id)).all()
    known = {(kind, key): (print_of, json.loads(content)) for kind, key, print_of, content in rows}
    fresh = [
        (kind, key, content)
        for kind, key, content in wanted
        if known.get((kind, key), ("",))[0] != fingerprint(content)
    ]
    if not fresh:
        return []
    changed = []
    keys = [key for kind, key, _content in fresh if (kind, key) in known]
    with store.write(Entry("definition", ", ".join(keys), at, who) if keys else None) as session:
        for kind, key, content in fresh:
            line = {"kind": kind, "key": key, "fingerprint": fingerprint(content), "at": at}
            session.insert(definitions, [{**line, "content": json.dumps(content, ensure_ascii=False)}])
            if (kind, key) in known:
                words = "; ".join(_differences(known[kind, key][1], content))
                changed.append(f"{key}: {words}")
                session.insert(corrections, [{"at": at, "who": who, "kind": REDEFINED, "n": 1, "what": changed[-1], "reason": ""}])  # fmt: skip
    return changed


def _differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    found = []
    for name in dict.fromkeys([*old, *new]):
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        if isinstance(before, dict) and isinstance(after, dict):
            found += [f"{name}.{part}" for part in _differences(before, after)]
        else:
            found.append(f"{name}: {_short(before)} → {_short(after)}")
    return found


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else text[:199] + "…"

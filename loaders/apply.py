"""Judged content → store: one transaction, one report."""

from __future__ import annotations

from data.home import Home
from data.known import Outdated
from data.locale import _
from data.store import Store
from loaders import held
from loaders.held import Judged
from loaders.report import LoadReport


def loaded_before(store: Store, before: int, name: str) -> LoadReport:
    """The report for a file that an import holds already."""
    past = next(one for one in store.loads() if one["id"] == before)
    reason = _("Tệp này đã được nạp (lần nạp {number}).", number=before)
    if past["refused"]:
        reason += " " + _(
            "Khi đó {rows} dòng bị từ chối; muốn nạp lại sau khi sửa danh mục thì hoàn tác lần nạp đó trước.",
            rows=past["refused"],
        )
    return LoadReport(
        name,
        "unchanged",
        past["read"],
        unchanged=past["read"] - past["refused"],
        refused=past["refused"],
        reason=reason,
        import_id=before,
        profile=past["profile"],
        kind=past["kind"],
    )


class _Meanwhile(Exception):
    """Another process has loaded this very file since it was looked for."""

    def __init__(self, import_id: int) -> None:
        self.import_id = import_id


class _Left(Exception):
    """Leaves the writer so that nothing is kept; says why the file is held, if it is."""


def apply(store: Store, home: Home, judged: Judged, *, accept: bool = False, dry_run: bool = False) -> LoadReport:
    """Put a file's content into the store. ``accept``: a person has said yes to it, however it looks.

    Raises Outdated when rows that are known from the file before have to be judged after all.
    """
    head = judged.head
    why = "" if accept else held.looks_cut_off(store, home, head, judged.read)
    nothing = judged.read > 0 and judged.refused == judged.read
    try:
        with store.writer(head, judged.facts.num_rows) as writer:
            if writer.loaded_before is not None:
                raise _Meanwhile(writer.loaded_before)
            writer.refused_codes = judged.refused_codes
            writer.add_units(judged.unit_names)
            if head.kind == "dossiers":
                writer.apply_dossiers(judged.facts, judged.told)
            elif judged.facts.num_rows:
                {"services": writer.apply_services, "series": writer.apply_series}[head.kind](judged.facts)
            writer.refuse(judged.refusals)
            counts = writer.finish(
                read=judged.read, refused=judged.refused, unchanged=judged.repeated, notes=judged.notes
            )
            if not (why or accept):
                seen = (writer.older, counts.new, counts.changed, writer.absent)
                why = held.looks_older(store, head, writer.latest, *seen)
            if dry_run or why:
                raise _Left
    except _Meanwhile as meanwhile:
        return loaded_before(store, meanwhile.import_id, head.file)
    except _Left:
        pass
    if why and judged.told and len(judged.told.again):
        # What waits must hold every row.
        raise Outdated
    flags = dict(judged.notes.get("flags", {}))
    flags |= {name: n for name, n in (("older_than_known", writer.older), ("absent_from_full", writer.absent)) if n}
    return LoadReport(
        file=head.file,
        status="held" if why else "refused" if nothing else "loaded",
        read=judged.read,
        new=counts.new,
        changed=counts.changed,
        unchanged=counts.unchanged,
        refused=judged.refused,
        reason=why or (_("Mọi dòng đều bị từ chối.") if nothing else ""),
        import_id=None if dry_run or why else writer.import_id,
        refusals=list(judged.refusals),
        flags=flags,
        merged=judged.notes.get("merged", 0),
        skipped=judged.notes.get("skipped", {}),
        profile=head.profile,
        kind=head.kind,
        held_id=held.hold(store, judged, why) if why and not dry_run else None,
    )

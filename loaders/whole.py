"""What can only be judged of a file as a whole: too many bad rows, procedures that the catalogue does not know."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from data.home import Home
from data.locale import _
from data.schema import FLAGS
from loaders.held import Judged

LEAST_ROWS = 100
"""Smaller files are judged row by row only: a handful of bad rows says little about the others."""


def refused_whole(home: Home, judged: Judged) -> tuple[Judged, str]:
    """The file with all its rows refused, and why, when more than the home's share of them is bad; else as it is.

    A file of which most rows cannot be read is the wrong file, or read by the wrong profile: the rows that happen to
    fit would be wrong as well.
    """
    most = home.file.loading.most_refused
    if judged.read < LEAST_ROWS or judged.refused <= most * judged.read or judged.refused == judged.read:
        return judged, ""
    reason = _(
        "{refused} trong {read} dòng bị từ chối, quá {share} %: không nạp dòng nào. Hãy xem lý do của từng dòng; có thể "
        "nhầm tệp, nhầm hồ sơ nguồn, hoặc thiếu tên đơn vị trong aliases.csv.",
        refused=judged.refused,
        read=judged.read,
        share=f"{100 * most:g}",
    )
    nothing = judged.facts.slice(0, 0)
    notes = {**judged.notes, "refused_whole": judged.refused}
    return replace(
        judged, facts=nothing, unit_names={}, refused=judged.read, repeated=0, notes=notes, told=None
    ), reason


def flag_unknown_procedures(facts: pa.Table, known: Collection[str]) -> pa.Table:
    """Dossiers of procedures that the catalogue of services does not have; ``known``: empty where there is no catalogue."""
    if not known or "procedure" not in facts.column_names:
        return facts
    missing = pc.invert(pc.is_in(facts["procedure"], pa.array(sorted(known), pa.string())))
    missing = pc.and_(missing, pc.is_valid(facts["procedure"]))
    flag = pa.scalar(FLAGS["unknown_procedure"], pa.int32())
    flags = pc.if_else(missing, pc.bit_wise_or(facts["flags"], flag), facts["flags"])
    return facts.set_column(facts.column_names.index("flags"), "flags", flags)


def flagged(flags: pa.ChunkedArray, name: str) -> int:
    """How many facts bear a flag."""
    return int(pc.sum(pc.not_equal(pc.bit_wise_and(flags, FLAGS[name]), 0)).as_py() or 0)

"""Dossiers that a full export no longer holds: flagged, never deleted."""

from __future__ import annotations

import pyarrow as pa
import sqlalchemy as sa

from data import codes
from data.known import Told
from data.records import Session
from data.schema import STILL_BELIEVED, absent, dossiers, imports, versions_by_code

_COLUMNS = ["code", "code_hash", "profile", "from_import", "to_import"]


def note(
    session: Session, met: sa.Table, import_id: int, profile: str, refused: list[str], told: Told | None = None
) -> int:
    """Mark what files of this profile had brought and this one lacks; take the mark off what is there again.

    ``met``: versions (``id``) of the dossiers that are in the file; ``refused``: codes of rows that were refused, which
    are there as well; ``told``: rows that read as in the file before, beside those that were met. Gives the number marked now.
    """
    c, v, again = absent.c, dossiers.c, dossiers.alias("again")
    # A dossier whose first import was taken back is new, and may bear a mark all the same.
    there = sa.or_(again.c.id.in_(sa.select(met.c.id)), again.c.from_import == import_id)
    of_code = sa.exists().where(codes.same(absent, versions_by_code, again), there)
    session.run(
        sa.update(absent)
        .where(c.profile == profile, c.to_import == STILL_BELIEVED, sa.or_(of_code, c.code.in_(refused)))
        .values(to_import=import_id)
    )
    of_profile = sa.select(imports.c.id).where(imports.c.profile == profile)
    marked = sa.exists().where(c.code == v.code, c.profile == profile, c.to_import == STILL_BELIEVED)
    for among in _among(session, told):
        lacking = sa.select(
            v.code, v.code_hash, sa.literal(profile), sa.literal(import_id), sa.literal(STILL_BELIEVED)
        ).where(
            among,
            v.to_import == STILL_BELIEVED,
            v.from_import < import_id,
            v.read_import.in_(of_profile),
            v.id.not_in(sa.select(met.c.id)),
            ~marked,
            v.code.not_in(refused),
        )
        session.run(sa.insert(absent).from_select(_COLUMNS, lacking))
    now = sa.select(sa.func.count()).where(c.profile == profile, c.to_import == STILL_BELIEVED)
    count: int = session.rows(now)[0][0]
    return count


def _among(session: Session, told: Told | None) -> list[sa.ColumnElement[bool]]:
    """Versions among which the lacking ones are: all of them, or what the file before held and what has come since."""
    v = dossiers.c
    if told is None or told.before is None:
        return [sa.true()]
    left = pa.table({"id": pa.array(told.ids_no_more)})
    stage = session.stage("absent_stage", left)
    return [v.id.in_(sa.select(stage.c.id)), v.id > told.before.last_id]

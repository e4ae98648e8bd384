"""A population of dossiers with what was known of it when: the rows of any export."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from data.replay import versions
from data.replay.model import Ints
from data.replay.population import Dossiers
from data.replay.sheets import HEADINGS, Register
from data.replay.versions import Knowledge


@dataclass
class Book:
    dossiers: Dossiers
    known: Knowledge
    register: Register

    def changed(self, since: int, until: int) -> Ints:
        """Places of the dossiers that became known or changed in (since, until], local seconds."""
        return versions.changed(self.dossiers, self.known, since, until)

    def table(self, rows: Ints, moment: int, with_names: bool = True, headings: tuple[str, ...] = HEADINGS) -> pa.Table:
        """The rows as they were known at a moment."""
        version = versions.at(self.dossiers, self.known, moment, rows)
        return self.register.table(version, self.dossiers, with_names, headings)


def with_repeats(random: np.random.RandomState, rows: Ints, yesterday: Ints) -> Ints:
    """Some rows of yesterday's export come again, and a few rows stand in the file twice."""
    again = yesterday[random.random_sample(len(yesterday)) < 0.01]
    twice = rows[random.random_sample(len(rows)) < 0.001]
    return np.concatenate([np.union1d(rows, again), twice])

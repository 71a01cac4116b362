"""Which faults `make test` plants: some of each area, others for each commit.

`make test-all` plants all.  The seed of the choice (`tests.faults.seed`) is printed at the end; with
``FAULTS_SEED=…`` in the environment the same are chosen again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import zip_longest

from tests.faults.areas import AREAS
from tests.faults.fault import Fault
from tests.faults.runs import SECONDS

BUDGET = 60.0
"""Seconds of a processor, about, that the chosen ones take, beside what is made once."""


def cases() -> Iterator[tuple[str, Fault, str]]:
    """Yield all faults with their areas, once for each run in which they show."""
    for area, faults in AREAS.items():
        for fault in faults:
            for run in fault.runs:
                yield area, fault, run


def chosen(by: str) -> frozenset[tuple[str, str]]:
    """Return names and runs of the faults that a seed chooses: of the areas in turn."""
    areas: dict[str, list[tuple[Fault, str]]] = {area: [] for area in AREAS}
    for area, fault, run in cases():
        areas[area].append((fault, run))
    for found in areas.values():
        found.sort(key=lambda case: _rank(by, *case))
    left, kept = BUDGET, set()
    for case in (c for turn in zip_longest(*areas.values()) for c in turn if c is not None):
        seconds = SECONDS[case[1].partition(" ")[0]]
        if seconds > left:
            break
        left -= seconds
        kept.add((case[0].name, case[1]))
    return frozenset(kept)


def _rank(by: str, fault: Fault, run: str) -> str:
    return hashlib.sha256(f"{by}/{fault.name}/{run}".encode()).hexdigest()

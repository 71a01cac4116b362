"""Faults in what is drawn: runs, examples and training that are of another seed than they say."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.faults.fault import Change, Fault, instead

CHAPTERS = "derive.chapters"
RUNS = "derive.gradientflow"

SEEDED = r"is not drawn from seed \d+|is drawn from seed \d+, and seed \d+ is meant"
TRAINED = r"is not that of the seed|are not those of the seed"


class _OtherSeed:
    """NumPy, whose generators are of the next seed where the stream is as long as is given."""

    def __init__(self, long: int) -> None:
        self.random, self._long = self, long

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def default_rng(self, stream: list[int]) -> np.random.Generator:
        first = stream[0] + (len(stream) == self._long)
        return np.random.default_rng([first, *stream[1:]])


def _drawn(name: str, target: str, run: str, refusal: str = SEEDED, *, long: int = 2) -> Fault:
    """Return a fault in the seed of what a module draws."""
    return Fault(name, f"{target}.np", lambda right: _OtherSeed(long), (run,), refusal)


def _next(at: int = 1) -> Change:
    """Give the right function the next seed, its argument number ``at``."""

    def changed(right: Any, *given: Any, **named: Any) -> Any:
        return right(*given[:at], given[at] + 1, *given[at + 1 :], **named)

    return instead(changed)


def _made(name: str, document: str, target: str, make: Change) -> Fault:
    return Fault(name, target, make, (f"make {document} markdown",), SEEDED)


FAULTS = (
    _drawn("experiments of another seed", f"{RUNS}.runs", "run flow vanishing typical --seed 5"),
    _drawn("runs of a cell of another seed", f"{RUNS}.own", "make gru-1/flow markdown"),
    _drawn("gated runs of another seed", f"{RUNS}.gated", "make gru-1/memory markdown"),
    _drawn("an example of another seed", f"{CHAPTERS}.exampledata", "make elman-2/example markdown"),
    _drawn("weights of training of another seed", f"{RUNS}.learning",
           "run learn --spans 5 --seeds 2 --seed 3 --json", TRAINED),
    _drawn("recurrent weights of training of another seed", f"{RUNS}.learning",
           "run learn --spans 5 --seeds 2 --json", TRAINED, long=3),
    Fault("training that passes a batch over", f"{RUNS}.learning.sequences", instead(
        lambda right, *given: (right(*given), right(*given))[1]),
        ("run learn --spans 5 --seeds 1 --json",), TRAINED),
    _made("networks compared from different seeds", "gru-1/memory", f"{CHAPTERS}.memory.run", instead(
        lambda right, cell, seed, **more: right(cell, seed + (cell.name == "gru"), **more))),
    _made("a run of the next seed", "gru-1/flow", f"{CHAPTERS}.ownflow.own_runs", _next()),
    _made("a spread of the next seed", "elman-2/flow", f"{CHAPTERS}.flow.carry_out", _next()),
    _made("regimes of the next seed", "elman-2/flow", f"{CHAPTERS}.flow.three_regimes", _next(0)),
    _made("initial weights of the next seeds", "elman-2/remedies", f"{CHAPTERS}.remedies.carry_out",
          _next()),
    _made("a landscape of the next seed", "elman-2/forward,landscape",
          f"{CHAPTERS}.landscape.carry_out", _next()),
)  # fmt: skip

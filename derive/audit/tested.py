"""The data on which claims were tested, held against the file of the claims.

What a trial was computed on is asked of its forward passes, and drawn a second time: the network, the
steps, where the states begin, the targets, what scales parameters, and the numbers that were given.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from derive import catalogue
from derive.arrays import Array
from derive.audit.claims import Claims
from derive.audit.judge import Judgement
from derive.audit.outcome import Trial
from derive.audit.taken import LEFT_OUT, OPTIONS, data_of, file_of
from derive.cells.cell import Cell
from derive.checks.chosen import unlike
from derive.checks.loaded import load
from derive.checks.seeded import require_run
from derive.errors import CheckError
from derive.numerics.trace import ForwardPass
from derive.resources import templates_root

SEEDS = 3
"""On the data of so many seeds a formula is tested: one that holds by chance on some fails on others."""

STARTS = {"zero": ("zero",), "random": ("random",), "both": ("zero", "random")}
"""Where the states begin on the data of each seed."""

DRAWN_AGAIN = 1000
"""How often numbers may be drawn until they are good ones."""

USUAL = 100
"""Numbers of fewer draws than these are of the usual size; of later ones they may all be smaller."""

NEAR = 1e-9

_LABEL = re.compile(r"seed (\d+)(?:, initial state (zero|random))?")


def require_tested(claims: Claims, findings: Sequence[Judgement]) -> None:
    """Raise a `CheckError` unless formulas were tested on the data that the file of their claim says."""
    file = file_of(claims)
    rows = {row["id"]: row for row in file.get("claim", [])}
    for finding in findings:
        row = rows[finding.claim.id]
        data = data_of(row, file)
        trials = [finding.written, *finding.readings.values()]
        tested = [(one.trial, data) for one in trials]
        if finding.right is not None:
            tested.append((finding.right.trial, data))
        if finding.condition is not None:
            tested.append((finding.condition.trial, {**data, **row.get("when", {})}))
        for trial, said in tested:
            for problem in _problems(trial, {**LEFT_OUT, "numbers": {}, **said}):
                raise CheckError(
                    f"the claim {finding.claim.id} was not tested on what its file says: {problem}. "
                    "Nothing is printed or written; please report it"
                )


def _problems(trial: Trial, said: Mapping[str, Any]) -> Iterator[str]:
    read = [(_LABEL.fullmatch(label), trace) for label, trace in trial.tested]
    found = [(int(one[1]), one[2], trace) for one, trace in read if one is not None]
    starts: tuple[str | None, ...] = (None,) if said["experiment"] else STARTS[said["start"]]
    first = min((seed for seed, _, _ in found), default=0)
    # Whether shapes fit, data of one seed tell.
    seeds = range(first, first + (1 if trial.misfit is not None else SEEDS))
    wanted = [(seed, start) for seed in seeds for start in starts]
    if [(seed, start) for seed, start, _ in found] != wanted:
        named = ", ".join(label for label, _ in trial.tested)
        yield f"on the data of {named or 'no seed'}, where it has {len(wanted)} sets of them"
    for seed, start, trace in found:
        if said["experiment"]:
            yield from _of_experiment(trace, seed, said["experiment"])
            continue
        yield from _of_network(trace, said)
        if trace.steps != said["T"]:
            yield f"T is {trace.steps}, and {said['T']} there"
        yield from _of_numbers(trace, said["numbers"])
        if not _drawn(trace, seed, start == "zero", said):
            yield (
                f"the numbers of seed {seed} with the initial state {start} are others, or "
                "multiplied by others"
            )


def _of_network(trace: ForwardPass, said: Mapping[str, Any]) -> Iterator[str]:
    """Yield how the network of a forward pass is not the one that is named."""
    name, cell = str(said["cell"]), trace.cell
    options = {key: said[key] for key in OPTIONS if key in said}
    plain = Path(name).stem
    if cell.written is not None:
        plain = tomllib.loads(cell.written.toml).get("name") or plain
    elif name in catalogue.names():
        options = {**catalogue.options_of(name), **options}
    meant = f"{plain}-scalar" if said["scalar"] else plain
    if cell.name != meant:
        yield f"the network is {cell.name}, and {meant} there"
        return
    yield from unlike(cell, options)
    if said["scalar"]:
        yield from _of_scalar(trace, load(name, **{k: said[k] for k in OPTIONS if k in said}))
    elif [trace.sizes[size] for size in cell.dimensions] != [*range(2, 2 + len(cell.dimensions))]:
        yield "sizes are alike, or others"


def _of_scalar(trace: ForwardPass, full: Cell) -> Iterator[str]:
    """Yield how a network of single numbers is not the full one with these sizes."""
    kept = {size for series in (full.output, full.target) for size in series.shape}
    for p, one in zip(full.parameters, trace.cell.parameters, strict=True):
        shape = trace.parameter(one).shape
        if any(n != 1 and size not in kept for n, size in zip(shape, p.shape, strict=True)):
            yield f"{one.name} is no single number"
            return
    if any(not size.is_Symbol and size != 1 for p in full.parameters for size in p.shape):
        # Sizes that are numbers cannot be other ones.
        return
    own = {
        p.name: trace.parameter(one)
        for p, one in zip(full.parameters, trace.cell.parameters, strict=True)
    }
    given = {s.name: _rows(trace, s) for s in trace.cell.given}
    again = ForwardPass(full, own, given, trace.begin())
    for mine, theirs in zip(full.equations, trace.cell.equations, strict=True):
        if not _near(_rows(again, mine.variable), _rows(trace, theirs.variable)):
            yield f"{theirs.variable.name} is not that of {full.name} where sizes are 1"


def _of_experiment(trace: ForwardPass, seed: int, name: str) -> Iterator[str]:
    row = _experiment(name)
    if trace.cell.name != row["cell"]:
        yield f"the network is {trace.cell.name}, and {row['cell']} there"
        return
    yield from unlike(trace.cell, {"activation": row["activation"]})
    if trace.steps != row["steps"]:
        yield f"T is {trace.steps}, and {row['steps']} there"
    square = next(p for p in trace.cell.parameters if p.shape[0] == p.shape[1])
    require_run(
        trace, seed, stream=row["n"], scale=row["scale"], inputs=row["inputs"],
        recurrent=square, kind=row["matrix"],
    )  # fmt: skip


def _experiment(name: str) -> Mapping[str, Any]:
    """Return the settings of an experiment, from the table of them, which is read a second time."""
    text = (templates_root() / "experiments.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    rows = {key: {**table["defaults"], **row} for key, row in table["experiment"].items()}
    for key, sweep in table.get("sweep", {}).items():
        lists = [one for one in sweep if isinstance(sweep[one], list)]
        for values in product(*(sweep[one] for one in lists)):
            ending = "-".join(map(str, values))
            rows[f"{key}-{ending}"] = {
                **table["defaults"], **sweep, **dict(zip(lists, values, strict=True)),
            }  # fmt: skip
    return rows[name]


# -- numbers ---------------------------------------------------------------------------------------


def _of_numbers(trace: ForwardPass, numbers: Mapping[str, Any]) -> Iterator[str]:
    """Yield which numbers that were given are not those of a forward pass."""
    found = _all(trace)
    for name, value in numbers.items():
        array = np.asarray(value, dtype=float)
        own = found.get(name)
        if own is None:
            yield f"there is no {name}"
        elif array.size == own.size:
            if [*array.ravel()] != [*own.ravel()]:
                yield f"{name} has other numbers"
        # One number is that of all entries, and a row that of all steps.
        elif any(
            [*row] != [*array.ravel()] * (len(row) // array.size) for row in np.atleast_2d(own)
        ):
            yield f"{name} has other numbers"


def _all(trace: ForwardPass) -> dict[str, Array]:
    """Return parameters, what is given at each step, and where states begin, by their names."""
    cell, begun = trace.cell, trace.begin()
    found = {p.name: trace.parameter(p) for p in cell.parameters}
    found |= {s.name: _rows(trace, s) for s in cell.given}
    return found | {f"{s.name}0": np.atleast_1d(np.asarray(begun[s.name])) for s in cell.states}


def _rows(trace: ForwardPass, series: Any) -> Array:
    return np.array([trace.value(series, n)[:, 0] for n in range(1, trace.steps + 1)])


def _drawn(trace: ForwardPass, seed: int, zero: bool, said: Mapping[str, Any]) -> bool:
    """Tell whether what was not given is what a seed draws, times what scales it.

    Numbers are drawn anew until they are good ones: the first that are the same are meant.
    """
    cell, generator = trace.cell, np.random.default_rng([seed, trace.steps])
    found = {name: one for name, one in _all(trace).items() if name not in said["numbers"]}
    scales = said["scales"]
    inputs = [s.name for s in cell.inputs]
    for n in range(DRAWN_AGAIN):
        drawn = dict(_draw(cell, generator, _all(trace), zero))
        if said["targets"] == "any":
            others = np.random.default_rng([seed, 7])
            shape = drawn[cell.target.name].shape
            drawn[cell.target.name] = others.uniform(0.1, 1.0, size=shape)
        smaller = 1.0
        if n >= USUAL and (fed := [name for name in inputs if name in found]):
            smaller = float(np.abs(found[fed[0]]).max() / np.abs(drawn[fed[0]]).max())
        kept = (cell.target.name, getattr(cell.weight, "name", ""))
        if all(
            _alike(one, drawn[name] * scales.get(name, 1.0) * (1 if name in kept else smaller))
            for name, one in found.items()
        ):
            return True
    return False


def _draw(
    cell: Cell, generator: np.random.Generator, like: Mapping[str, Array], zero: bool
) -> Iterator[tuple[str, Array]]:
    """Yield the numbers that are drawn, in the order in which they are."""
    for p in cell.parameters:
        shape = like[p.name].shape
        yield p.name, generator.normal(size=shape) * 0.9 / shape[1] ** 0.5
    for s in cell.inputs:
        yield s.name, generator.normal(size=like[s.name].shape)
    steps, rows = like[cell.target.name].shape
    if cell.loss.assumes:
        yield cell.target.name, generator.dirichlet([1.0] * rows, size=steps)
    else:
        yield cell.target.name, generator.uniform(0.1, 0.9, size=(steps, rows))
    if cell.weight is not None and cell.weight in cell.given:
        yield cell.weight.name, generator.uniform(0.5, 1.5, size=(steps, 1))
    for s in cell.states:
        shape = like[f"{s.name}0"].shape
        yield f"{s.name}0", np.zeros(shape) if zero else generator.normal(size=shape) / 2


def _alike(found: Array, drawn: Array) -> bool:
    """Tell whether numbers are those that were drawn; some are made positive."""
    same = found.shape == drawn.shape and _near(np.abs(found), np.abs(drawn))
    return same and bool(((found >= 0) | (drawn <= 0)).all())


def _near(found: Array, meant: Array) -> bool:
    return bool(np.allclose(found, meant, rtol=NEAR, atol=NEAR * 1e-3))

"""Cells that ship, each against its equations as they were written a second time, from its paper.

Those stand in ``templates/zoo``, a file for each cell, in the words of a user's cell file: the
``options`` with what they are if nobody asks, ``parameters`` and, where there are ``biases``, these,
what the field calls its ``gates`` and other quantities, its ``papers``, and what is remarked on it.  A
constant has its rows, or is the option it names; where that is none, it is trained.  f is the
activation that is chosen.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from random import Random
from typing import Any

import numpy as np

from derive.arrays import Array
from derive.cells.cell import Cell, ConstantValue
from derive.checks.comparing import SecondWording, names_in, outputs, said
from derive.errors import CheckError
from derive.expressions.quantities import Parameter, Series
from derive.numerics.trace import ForwardPass
from derive.resources import templates_root

FOLDER = "zoo"

STEPS = 2
"""The first step reads the initial state, and the second what a step hands on."""

USUAL = {"output_layer": "cross_entropy", "loss": "every", "initial": "zero"}
"""The options of every cell, with what they are if nobody asks."""


def confirm(cell: Cell, name: str, options: Mapping[str, object]) -> None:
    """Check a cell that ships, with its options; a `CheckError` where it is not what its text says."""
    text = _text(name)
    source = _Source(name, text, {**USUAL, **text["options"], **options})
    # What has another shape, or is not there, has no place in the data.
    for found in source.unlike(cell) or source.differing(cell):
        raise CheckError(
            f"cell {name} is not what {FOLDER}/{name}.toml says that it is: {found}; this is a fault "
            "of the program"
        )


def wording(name: str, options: Mapping[str, object], sizes: Mapping[str, int]) -> SecondWording:
    """Return the equations of a cell that ships, of any sizes, as they were written a second time."""
    text = _text(name)
    return _Source(name, text, {**USUAL, **text["options"], **options}).wording(sizes)


def papers(name: str) -> list[str]:
    """Return the papers of a cell: first author, year and what a title begins with.

    None of one that does not ship.
    """
    ships = (templates_root() / FOLDER / f"{name}.toml").exists()
    return [*_text(name)["papers"]] if ships else []


@cache
def _text(name: str) -> dict[str, Any]:
    path = templates_root() / FOLDER / f"{name}.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CheckError(
            f"cell {name} has no second source: {path} cannot be read ({error.strerror}). Nothing is "
            "said of it; write its equations there, from its paper"
        ) from error
    return tomllib.loads(text)


@dataclass(frozen=True)
class _Source:
    """The text of a cell, with the options that are chosen."""

    name: str
    text: Mapping[str, Any]
    options: Mapping[str, Any]

    @cached_property
    def constants(self) -> dict[str, ConstantValue]:
        """Return the values of the constants."""
        named = self.text.get("constants", {}).items()
        values = {name: o if isinstance(o, list) else self.options[o] for name, o in named}
        return {name: value for name, value in values.items() if value is not None}

    @cached_property
    def left_out(self) -> dict[str, str]:
        """Return the shapes of the biases that the cell does not have."""
        return {} if self.options["bias"] else names_in(self.text["biases"])

    @cached_property
    def parameters(self) -> dict[str, str]:
        """Return the shapes of what is trained."""
        trained = {n: "1" for n in self.text.get("constants", {}) if n not in self.constants}
        biases = names_in(self.text["biases"]) if self.options["bias"] else {}
        return {**names_in(self.text["parameters"]), **biases, **trained}

    def unlike(self, cell: Cell) -> list[str]:
        """Return what the cell has that its text has not, or otherwise."""
        computed = {e.variable.name for e in cell.equations} - {"o", "L", "w"}
        given = {"y": "m"} | ({"w": "1"} if self.options["loss"] == "weighted" else {})
        pairs: dict[str, tuple[object, object]] = {
            "name": (self.name, cell.name),
            "inputs": (names_in(self.text["inputs"]), _shapes(cell.inputs)),
            "given series": (names_in(self.text["inputs"]) | given, _shapes(cell.given)),
            "states": (names_in(self.text["states"]), _shapes(cell.states)),
            "parameters": (self.parameters, _shapes(cell.parameters)),
            "quantities computed": (self._wording.names, computed),
            "constants": (self.constants, {p.name: v for p, v in cell.constants.items()}),
            "initial state": (self.options["initial"], cell.initial),
            "gates": (self.text.get("gates", {}), dict(cell.gate_kinds)),
            "names of quantities": (self.text.get("called", {}), dict(cell.called)),
            "remarks": (self.text.get("remarks", []), [*cell.remarks]),
            "title": (None, cell.title),
            "meanings": ({}, dict(cell.meanings)),
        }
        return [_apart(what, *pair) for what, pair in pairs.items() if pair[0] != pair[1]]

    def differing(self, cell: Cell) -> Iterator[str]:
        """Yield how what a cell computes differs from what its text computes, on random data."""
        # Another cell may divide by zero on the way, which what it gives will say.
        with np.errstate(all="ignore"):
            trace = ForwardPass(cell, *self._drawn())
        for step in range(1, STEPS + 1):
            for name, value, made in self._wording.differing(trace, step):
                yield (
                    f"at step {step} of random data {name}[t] should be {said(value)}, and is "
                    f"{said(made)}"
                )
        yield from outputs(trace, self.options["output_layer"], self.options["loss"])

    @cached_property
    def _wording(self) -> SecondWording:
        return self.wording(self._sizes)

    def wording(self, sizes: Mapping[str, int]) -> SecondWording:
        """Return the equations with their constants, and zeros for the biases that are left out."""
        zeros = {name: np.zeros(_size(shape, sizes)) for name, shape in self.left_out.items()}
        values = {name: np.atleast_2d(value) for name, value in self.constants.items()}
        functions = {"f(a)": f"{self.options.get('activation')}(a)"}
        return SecondWording(self.text["equations"], functions, zeros | values)

    @cached_property
    def _sizes(self) -> dict[str, int]:
        tables = [names_in(self.text[t]) for t in ("inputs", "states", "parameters")]
        words = dict.fromkeys(
            n for table in tables for shape in table.values() for n in shape.split()
        )
        # All are different, and none is 1: what has another size does not fit.
        return {word: n for n, word in enumerate(words, 2)}

    def _drawn(self) -> tuple[dict[str, Array], dict[str, Array], dict[str, Array]]:
        # Python's own generator is loaded already, and NumPy's takes longer than all that is drawn.
        rng = Random(0)

        def draw(shape: str) -> Array:
            rows, columns = _size(shape, self._sizes)
            return np.array([[rng.gauss(0, 1) for _ in range(columns)] for _ in range(rows)])

        parameters = {name: draw(shape) for name, shape in self.parameters.items()}
        series = {
            name: np.array([draw(shape)[:, 0] for _ in range(STEPS)])
            for name, shape in names_in(self.text["inputs"]).items()
        }
        series["y"] = np.array([_shares(draw("m")) for _ in range(STEPS)])
        series["w"] = np.abs(np.array([draw("1")[0] for _ in range(STEPS)]))
        initial = {name: draw(shape) for name, shape in names_in(self.text["states"]).items()}
        return parameters, series, initial


def _size(shape: str, sizes: Mapping[str, int]) -> tuple[int, ...]:
    found = tuple(int(n) if n.isdigit() else sizes[n] for n in shape.split())
    return found if len(found) == 2 else (*found, 1)


def _shares(column: Array) -> Array:
    """Return numbers above 0 with a sum of 1, as targets of any loss can be."""
    sized: Array = np.abs(column[:, 0])
    return sized / sized.sum()


def _apart(what: str, wanted: object, found: object) -> str:
    """Return in words how two things differ; of sets and tables, in what one of them has alone."""
    if isinstance(wanted, set) and isinstance(found, set):
        pair: tuple[object, object] = (sorted(wanted - found), sorted(found - wanted))
    elif isinstance(wanted, dict) and isinstance(found, dict):
        first, second = wanted.items() - found.items(), found.items() - wanted.items()
        pair = (dict(sorted(first)), dict(sorted(second)))
    else:
        pair = (wanted, found)
    return f"the {what} should be {pair[0] or 'none'}, and is {pair[1] or 'none'}"


def _shapes(quantities: tuple[Parameter, ...] | tuple[Series, ...]) -> dict[str, str]:
    found = {q.name: [str(size) for size in q.shape] for q in quantities}
    return {name: " ".join(s[:1] if s[1] == "1" else s) for name, s in found.items()}

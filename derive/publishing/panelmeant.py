"""What the panel that computes is about, told once more: by numbers, and by the scripts of the page.

Who writes the panel looks at the form of the equations. Here a network is taken whose state and output
are computed on numbers, and which of its quantities the settings are, is seen by what they do there; how
many steps the panel takes, and of which curve at which lag a number is told, by what the scripts do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from derive.arrays import Array
from derive.bptt.derivation import Derivation
from derive.cells.cell import Cell
from derive.checks.probe import NOW, StepProbe, only_multiplies, places
from derive.checks.secondarithmetic import FUNCTIONS
from derive.document.text import Text, Value
from derive.errors import CheckError
from derive.expressions.algebra import mul
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import Parameter, ParameterCopy, j, k, t
from derive.expressions.spectra import Norm
from derive.expressions.types import Column

_Found = TypeVar("_Found")

_STEPS = re.compile(r"\bconst STEPS = (\d+);")
_TOLD = re.compile(r'\bat\("(\w+)"\)\.textContent = written\(found\.(\w+)\.at\((-\d+)\)\);')

_CURVES: Mapping[str, str] = {"norms": "norm", "bound": "bound", "terms": "term"}
"""The curves of the script, with the sentence that stands before a number of each."""

NEAR = 1e-9


@dataclass(frozen=True)
class MeantPanel:
    """What the panel is to say: its sentences, what stands beside each setting and before each number.

    ``activation`` is the one that is chosen first.
    """

    activation: str
    sentences: tuple[Text, ...]
    labels: tuple[tuple[str, Text], ...]
    results: tuple[tuple[str, Text], ...]


def meant_panel(derivation: Derivation, activation: str, scripts: str) -> MeantPanel:
    """Return what the panel is to say of a network on a page with these scripts.

    A `CheckError` if the network is another than the panel computes with this activation.
    """
    cell = derivation.cell
    weights = _multiplying(cell, cell.state[t - 1])
    drives, reads = (_multiplying(cell, c) for c in (cell.inputs[0][t], cell.state[t]))
    _require_network(cell, activation, (weights, drives, reads))
    steps = int(_only(_STEPS.findall(scripts), "number of steps"))
    s, driven = cell.state, mul(drives, cell.inputs[0][t])
    J = _only(
        [
            n.series
            for n in derivation.definitions
            if isinstance(n.series, Introduced) and n.series.role is Role.STEP_JACOBIAN
        ],
        "step Jacobian",
    )
    network: dict[str, Value] = {"steps": steps, "weights": weights, "driven": driven}
    curves: dict[str, Value] = {
        "k": k, "jacobian": J[j], "norm": Norm(Partial(s[steps], s[k])),
        "term": Norm(Gradient(cell.loss_series[steps], ParameterCopy(weights, k))),
    }  # fmt: skip
    return MeantPanel(
        activation,
        (Text("ui.live.intro", network), Text("ui.live.curves", curves)),
        (
            ("scale", Text("ui.live.scale", {"weights": weights})),
            ("kind", Text("ui.live.kind")),
            ("inputs", Text("ui.live.inputs", {"driven": driven})),
            ("activation", Text("ui.live.activation")),
            ("seed", Text("ui.live.seed")),
        ),
        tuple(_results(scripts, steps)),
    )


def _results(scripts: str, steps: int) -> Iterator[tuple[str, Text]]:
    """Yield the places of numbers, and what each is: a curve begins at lag 0, with one for each step."""
    for place, curve, behind in _TOLD.findall(scripts):
        yield place, Text(f"ui.live.{_CURVES[curve]}", {"lag": steps + int(behind)})


def _multiplying(cell: Cell, column: Column) -> Parameter:
    """Return the parameter that does nothing but multiply a column, in one place."""
    found = []
    for parameter in cell.parameters:
        there = [p for e in cell.equations for p in places(cell, e.expr, parameter)]
        if len(there) == 1 and only_multiplies(there[0], column):
            found.append(parameter)
    return _only(found, f"parameter that multiplies {column}")


def _require_network(
    cell: Cell, activation: str, parameters: tuple[Parameter, Parameter, Parameter]
) -> None:
    """Raise a `CheckError` unless a step without biases is an activation, and a softmax behind it."""
    W, U, V = parameters
    for seed in (0, 2):
        probe = StepProbe(cell, seed, 0.5)
        found: dict[Column, Array] = {
            p: np.zeros_like(probe.parameter(p)) for p in cell.parameters if p not in parameters
        }
        before, given = (
            probe.of(c[NOW + n], {}) for c, n in ((cell.state, -1), (cell.inputs[0], 0))
        )
        for equation in cell.equations:
            found[equation.variable[NOW]] = probe.of(equation.expr, found)
        s = FUNCTIONS[activation](probe.parameter(W) @ before + probe.parameter(U) @ given)
        o = FUNCTIONS["softmax"](probe.parameter(V) @ s)
        for meant, series in ((s, cell.state), (o, cell.output)):
            if not np.abs(found[series[NOW]] - meant).max() <= NEAR * max(1.0, np.abs(meant).max()):
                raise _wrong(f"{series.name} of {cell.name} is not what the panel computes")


def _only(found: Sequence[_Found], what: str) -> _Found:
    if len(found) != 1:
        raise _wrong(f"there are {len(found)} of what is to be one {what}")
    return found[0]


def _wrong(problem: str) -> CheckError:
    return CheckError(
        f"the panel that computes is not about this network: {problem}. Nothing is written; correct "
        "what tells for which networks there is one, or its scripts"
    )

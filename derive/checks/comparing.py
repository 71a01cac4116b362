"""What a text says of a cell, by the second reader, compared with what the cell computes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from derive.arrays import Array
from derive.checks.secondreading import SecondReader
from derive.expressions.quantities import Series
from derive.numerics.trace import ForwardPass

TOLERANCE = 1e-9
"""Of the largest entry of a quantity: both evaluate one formula, in another order."""

LOST = 100.0
"""Times what changes if all that is read is rounded otherwise: differences of large numbers."""


@dataclass(frozen=True)
class SecondWording:
    """The equations of a text, with the functions and the constants that they are written in."""

    equations: str
    functions: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Array] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        """Return the names that have an equation."""
        return set(re.findall(r"^\s*(\w+)\[t\] = ", self.equations, re.MULTILINE))

    def differing(self, trace: ForwardPass, step: int) -> Iterator[tuple[str, Array, Array]]:
        """Yield what is another quantity in the cell: its name, what the text gives, and the cell."""
        series = {s.name: s for s in trace.columns}
        found = self._evaluated(trace, step, None)
        apart = {
            name: made
            for name, value in found.items()
            if not _same(made := _made(trace, series.get(name), step), value, 0.0)
        }
        # Differences of large numbers: what rounding may change is looked at where it matters.
        near = self._evaluated(trace, step, np.random.default_rng(step)) if apart else {}
        for name, made in apart.items():
            value = found[name]
            if not _same(made, value, LOST * float(np.abs(value - near[name]).max())):
                yield name, value, made

    def _evaluated(
        self, trace: ForwardPass, step: int, rng: np.random.Generator | None
    ) -> dict[str, Array]:
        with np.errstate(all="ignore"):
            return SecondReader(
                self.equations, trace, step, self.functions, constants=self.constants, rng=rng
            ).equations()


def _same(made: Array, value: Array, lost: float) -> bool:
    allowed = max(TOLERANCE * float(np.abs(value).max()), lost)
    return made.shape == value.shape and float(np.abs(made - value).max()) <= allowed


def _made(trace: ForwardPass, series: Series | None, step: int) -> Array:
    if series is None or not trace.cell.defines(series):
        return np.array(np.nan)
    return trace.value(series, step)


OUTPUTS: Mapping[str, tuple[str, str]] = {
    "softmax": ("cross_entropy", "o[t] = softmax(z[t])\nL[t] = -y[t]'*log(o[t])"),
    "linear": ("mse", "o[t] = z[t]\nL[t] = (o[t] - y[t])'*(o[t] - y[t])/2"),
    "sigmoid": (
        "bce",
        "o[t] = sigmoid(z[t])\nL[t] = -y[t]'*log(o[t]) - (1 - y[t])'*log(1 - o[t])",
    ),
}
"""What each output is, and the loss that it has: written once more."""


def outputs(trace: ForwardPass, output: object, loss: object) -> Iterator[str]:
    """Yield how the output and the losses of a forward pass are not those that are named."""
    layer = next((o for o, (name, _) in OUTPUTS.items() if output in (o, name)), "")
    # What a network calls its output is its own affair where it calls something else o.
    wording = SecondWording(re.sub(r"\bo\b", trace.cell.output.name, OUTPUTS[layer][1]))
    steps = range(1, trace.steps + 1)
    for step in steps:
        for name, value, made in wording.differing(trace, step):
            yield (
                f"{name}[t] is not that of the output {output}: at step {step} it should be "
                f"{said(value)}, and is {said(made)}"
            )
    given = trace.cell.weight if loss == "weighted" else None
    weights = [
        trace.value(given, n).item() if given is not None else _weight(loss, n, trace.steps)
        for n in steps
    ]
    losses = [trace.value(trace.cell.loss_series, n).item() for n in steps]
    wanted = sum(w * one for w, one in zip(weights, losses, strict=True))
    total = trace.parameter(trace.cell.total).item()
    if not abs(total - wanted) <= TOLERANCE * sum(map(abs, losses)):
        yield f"the total loss is not that of {loss}: it should be {wanted:.9g}, and is {total:.9g}"


def _weight(loss: object, step: int, steps: int) -> float:
    """Return by how much the loss of a step counts in the total."""
    return {"every": 1.0, "last": float(step == steps), "mean": 1 / steps}.get(str(loss), np.nan)


def names_in(table: Mapping[str, object]) -> dict[str, str]:
    """Return the shapes of a table by single names: several may stand before one shape."""
    return {
        name: str(shape) for names, shape in table.items() for name in re.split(r"[\s,]+", names)
    }


def said(value: Array) -> str:
    """Return numbers as an error shows them."""
    return np.array2string(value.ravel(), precision=6, threshold=6)

"""The options of a network, looked for in its equations and in what these compute.

Nothing here is taken from the options of which the network was built: whether it has biases, its
equations say, and what its output, its loss and its activation are, is seen on random data.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache

import numpy as np
from sympy import MatAdd

from derive.arrays import Array
from derive.cells.cell import Cell
from derive.checks.secondarithmetic import FUNCTIONS
from derive.errors import CheckError
from derive.expressions.functions import Apply
from derive.expressions.quantities import t
from derive.expressions.walk import atoms_of
from derive.numerics.evaluate import Evaluator
from derive.numerics.sample import sample
from derive.numerics.trace import ForwardPass

STEPS = 3
"""A first, an inner and a last step: places of the loss differ there."""

_STEPS = [{t: step} for step in range(1, STEPS + 1)]

MOST_KEPT = 64
"""Networks that are asked about more than once, as a page has several parts of each."""

CLOSE = 1e-9
"""Of the largest entry: what another order of the same operations may change."""

OUTPUTS: dict[str, tuple[str, Callable[[Array, Array], Array]]] = {
    "softmax": ("softmax", lambda y, o: -(y * np.log(o)).sum()),
    "linear": ("identity", lambda y, o: ((o - y) ** 2).sum() / 2),
    "sigmoid": ("sigmoid", lambda y, o: -(y * np.log(o) + (1 - y) * np.log(1 - o)).sum()),
}
"""What an output layer makes of the logits, and what its loss makes of targets and outputs."""

OTHERWISE = {"cross_entropy": "softmax", "mse": "linear", "bce": "sigmoid"}
"""Output layers by the names of their losses."""

ACTIVATIONS = frozenset(
    "bipolar elu gelu identity leaky_relu relu sigmoid silu softplus tanh".split()
)
"""The functions of `FUNCTIONS` that a network can be asked to have between its steps."""

PLACES: dict[str, Callable[[int, int], float] | None] = {
    "every": lambda t, last: 1.0,
    "last": lambda t, last: float(t == last),
    "mean": lambda t, last: 1 / last,
    "weighted": None,
}
"""The weight of the loss of a step in the total, by where the loss stands; None if it is given."""


STARTS = ("zero", "given", "trainable")
"""What an initial state can be."""


def require_chosen(cell: Cell, wanted: Mapping[str, object]) -> None:
    """Raise a `CheckError` unless a cell is what was asked for, option by option."""
    for said in unlike(cell, wanted):
        raise CheckError(
            f"the network {cell.name} is not what was asked for: {said}. This is a fault of the "
            "program; please report it"
        )


def unlike(cell: Cell, wanted: Mapping[str, object]) -> tuple[str, ...]:
    """Return which of some options a cell does not have, in words."""
    return _unlike(cell, tuple(wanted.items()))


@lru_cache(maxsize=MOST_KEPT)
def _unlike(cell: Cell, wanted: tuple[tuple[str, object], ...]) -> tuple[str, ...]:
    return tuple(_problems(cell, dict(wanted)))


def _problems(cell: Cell, wanted: Mapping[str, object]) -> Iterator[str]:
    if wanted.keys() <= {"initial", "bias"}:
        trace = None
    else:
        with np.errstate(all="ignore"):
            trace = sample(cell, STEPS, seed=0, zero_start=False).trace
    for option, value in wanted.items():
        if option == "initial":
            holds = cell.initial == value
        elif option == "bias":
            holds = bool(added(cell)) == value
        elif value is None:
            # What is no constant is trained.
            holds = any(p.shape == (1, 1) for p in cell.parameters)
        else:
            assert trace is not None
            with np.errstate(all="ignore"):
                holds = _ON_DATA.get(option, _constant)(trace, value)
        if not holds:
            yield f"{option.replace('_', '-')} {_word(value)} was asked for, and it is another"


def known(options: Mapping[str, object]) -> bool:
    """Tell whether options have values that any network can have."""
    names: dict[str, Collection[object]] = {
        "output_layer": {*OUTPUTS, *OTHERWISE}, "loss": PLACES, "activation": ACTIVATIONS,
        "initial": STARTS, "bias": (True, False),
    }  # fmt: skip
    return all(value in names.get(option, ()) for option, value in options.items())


def added(cell: Cell) -> list[str]:
    """Return the names of the parameters that are terms of a sum by themselves: the biases."""
    terms = {term for e in cell.equations for s in atoms_of(e.expr, MatAdd) for term in s.args}
    return [p.name for p in cell.parameters if p in terms]


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _same(found: Array, wanted: Array | float) -> bool:
    right = np.asarray(wanted)
    scale = float(np.abs(right).max()) or 1.0
    return bool(np.abs(found - right).max() <= CLOSE * scale)


def _output(trace: ForwardPass, value: object) -> bool:
    """Tell whether outputs and losses are those of an output layer, at every step."""
    function, loss = OUTPUTS[OTHERWISE.get(str(value), str(value))]
    cell = trace.cell
    for step in range(1, STEPS + 1):
        z, o, y, found = (
            trace.value(s, step) for s in (cell.logits, cell.output, cell.target, cell.loss_series)
        )
        if not (_same(o, FUNCTIONS[function](z)) and _same(found, loss(y, o))):
            return False
    return True


def _place(trace: ForwardPass, value: object) -> bool:
    """Tell whether the losses of the steps count as they do where the loss stands there."""
    cell, weight = trace.cell, PLACES[str(value)]
    if weight is None:
        return cell.weight in cell.given
    losses = [float(trace.value(cell.loss_series, step)[0, 0]) for step in range(1, STEPS + 1)]
    meant = sum(weight(n, STEPS) * loss for n, loss in enumerate(losses, 1))
    return cell.weight not in cell.given and _same(trace.parameter(cell.total), meant)


def _activation(trace: ForwardPass, value: object) -> bool:
    """Tell whether what is applied to the quantities of a step is this function; gates may be others."""
    cell, evaluator, function = trace.cell, Evaluator(trace), FUNCTIONS[str(value)]
    own = [e.expr for e in cell.equations if e.variable not in (cell.output, cell.loss_series)]
    applied = {node for expr in own for node in atoms_of(expr, Apply)}

    def fits(node: Apply, function: Callable[[Array], Array]) -> bool:
        places = [(evaluator.at(node, at), evaluator.at(node.arg, at)) for at in _STEPS]
        return all(_same(found, function(argument)) for found, argument in places)

    others = [node for node in applied if not fits(node, function)]
    if value == "identity":
        # It leaves no sign in an equation.
        return not others
    return len(others) < len(applied) and all(fits(node, FUNCTIONS["sigmoid"]) for node in others)


def _constant(trace: ForwardPass, value: object) -> bool:
    """Tell whether a cell has a constant of that value."""
    return any(
        isinstance(known, float) and known == value for known in trace.cell.constants.values()
    )


_ON_DATA: dict[str, Callable[[ForwardPass, object], bool]] = {
    "output_layer": _output,
    "loss": _place,
    "activation": _activation,
}

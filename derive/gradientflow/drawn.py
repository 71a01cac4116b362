"""How the numbers of a run are said to be drawn, and whether they can have been.

Each bound holds for what is drawn as it is said but in one case of a thousand millions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from derive.arrays import Array
from derive.cells.cell import Cell
from derive.cells.describe import divisors
from derive.errors import CheckError
from derive.expressions.quantities import Parameter
from derive.gradientflow.weights import APART
from derive.numerics.trace import ForwardPass

RARE = float(np.log(1e9))
"""The logarithm of how rarely a true draw breaks a bound."""

NEAR = 1e-9

BEYOND = 0.0833
"""The part of normal numbers beyond √3, the end of uniform ones of the same variance."""


def normal_problem(values: Array) -> str | None:
    """Return why numbers are no draw of the standard normal distribution, or None."""
    if not values.size:
        # Of a single unit a nilpotent matrix is 0: nothing was drawn.
        return None
    count, mean, square = values.size, float(values.mean()), float((values**2).mean())
    # Chernoff's bound for a sum of squares.
    if not square > 0 or count / 2 * (square - 1 - np.log(square)) > RARE:
        return f"their mean square is {square:.3g}, not about 1"
    if mean**2 * count / 2 > RARE:
        return f"their mean is {mean:.3g}, not about 0"
    if -count * np.log(1 - BEYOND) > RARE and not (np.abs(values) > np.sqrt(3)).any():
        return "none lies beyond √3"
    return None


def uniform_problem(values: Array) -> str | None:
    """Return why numbers are no draw of the uniform distribution from −1 to 1, or None."""
    count, largest = values.size, float(np.abs(values).max())
    spread = np.sqrt(RARE / (2 * count))
    if not np.exp(-RARE / count) <= largest <= 1:
        return f"the largest is {largest:.3g}, not just below 1"
    # Hoeffding's bounds for numbers between two others.
    if abs(float((values**2).mean()) - 1 / 3) > spread or abs(float(values.mean())) > 2 * spread:
        return "their mean and mean square are not about 0 and 1/3"
    return None


def _orthogonal(W: Array) -> str | None:
    return None if np.allclose(W.T @ W, np.eye(len(W)), atol=NEAR) else "it changes lengths"


def _gaussian(W: Array) -> str | None:
    return normal_problem(W * np.sqrt(len(W)))


def _uniform(W: Array) -> str | None:
    return uniform_problem(W * np.sqrt(len(W)))


def _identity(W: Array) -> str | None:
    return None if np.allclose(W, np.eye(len(W)), atol=NEAR) else "it changes vectors"


def _nilpotent(W: Array) -> str | None:
    above = W[np.triu_indices(len(W), 1)]
    if np.count_nonzero(W) > above.size:
        return "it has entries on or below the diagonal"
    return normal_problem(above)


def _jordan(W: Array) -> str | None:
    moved = W - np.diag(np.diag(W))
    ones = np.allclose(np.diag(W), 1, atol=NEAR) and np.allclose(np.diag(W, 1), 1, atol=NEAR)
    return None if ones and np.count_nonzero(moved) == len(W) - 1 else "it is no Jordan block of 1"


def _nonnormal(W: Array) -> str | None:
    values, norm = np.linalg.eigvals(W), float(np.linalg.norm(W, 2))
    # A double eigenvalue is found to the root of the precision only.
    small = np.allclose(values, 0.9, atol=1e-6) and norm > 10
    return None if small else f"it has the eigenvalues {values} and the norm {norm:.3g}"


def _square_zero(W: Array) -> str | None:
    return None if W.any() and not (W @ W).any() else "its square is not zero"


KINDS: Mapping[str, Callable[[Array], str | None]] = {
    "orthogonal": _orthogonal,
    "gaussian": _gaussian,
    "uniform": _uniform,
    "identity": _identity,
    "nilpotent": _nilpotent,
    "jordan": _jordan,
    "nonnormal": _nonnormal,
    "square_zero": _square_zero,
}
"""Why a matrix is none of a kind, or None."""


def require_kind(what: str, kind: str, scale: float, W: Array) -> None:
    """Raise a `CheckError` unless a matrix is ``scale`` times one of a kind."""
    problem = "no matrix is known of that kind" if kind not in KINDS else KINDS[kind](W / scale)
    if problem is not None:
        raise _failed(
            what, f"its recurrent weights are no {kind} matrix times {scale:g}: {problem}"
        )


def require_drawn(
    trace: ForwardPass, recurrent: Parameter, kind: str, scale: float, inputs: float
) -> None:
    """Raise a `CheckError` unless the data of an experiment are drawn as it says.

    Its recurrent weights are of a kind, the others normal; ``inputs`` is the size of its inputs.
    """
    cell = trace.cell
    require_kind(cell.name, kind, scale, trace.parameter(recurrent))
    require_weights(trace, [p for p in cell.parameters if p != recurrent], 1.0)
    require_given(trace, inputs)


def require_weights(trace: ForwardPass, parameters: Sequence[Parameter], scale: float) -> None:
    """Raise a `CheckError` unless weights are normal, with the variance scale²/columns.

    All together and each alone. A column may be zero, as biases are at the start; what something is
    divided by is near one.
    """
    drawn, below = [], divisors(trace.cell)
    for p in parameters:
        weights = trace.parameter(p)
        if p in below:
            problem = normal_problem((weights - 1.0) / APART)
            if problem is not None:
                raise _failed(trace.cell.name, f"{p.name}, which divides, is not near 1: {problem}")
            continue
        if weights.shape[1] == 1 and not weights.any():
            continue
        drawn.append((weights * np.sqrt(weights.shape[1]) / scale).ravel())
        problem = normal_problem(drawn[-1])
        if problem is not None:
            raise _failed(trace.cell.name, f"the weights {p.name} are not drawn so: {problem}")
    problem = normal_problem(np.concatenate(drawn)) if drawn else None
    if problem is not None:
        raise _failed(
            trace.cell.name, f"its weights are not drawn as they are said to be: {problem}"
        )


def require_given(trace: ForwardPass, size: float) -> None:
    """Raise a `CheckError` unless inputs are normal of a size, and targets have a single one each.

    The initial state is zero, or normal where there is no input.
    """
    for problem in _given_problems(trace, trace.cell, size):
        raise _failed(trace.cell.name, problem)


def _given_problems(trace: ForwardPass, cell: Cell, size: float) -> Iterator[str]:
    steps = np.arange(1, trace.steps + 1)
    for s in cell.inputs:
        values = trace.value(s, steps)
        problem = (
            normal_problem(values / size) if size else ("they are not 0" if values.any() else None)
        )
        if problem is not None:
            yield f"its inputs {s.name} have not the size {size:g}: {problem}"
    targets = trace.value(cell.target, steps)
    if not (np.isin(targets, (0, 1)).all() and (targets.sum(axis=-2) == 1).all()):
        yield "its targets have not a single one each"
    starts = np.concatenate([trace.value(s, 0).ravel() for s in cell.states])
    if cell.inputs and starts.any():
        yield "its initial state is not zero"
    problem = None if cell.inputs else normal_problem(starts)
    if problem is not None:
        yield f"its initial state is not drawn as it is said to be: {problem}"


def _failed(what: str, problem: str) -> CheckError:
    return CheckError(
        f"a run of {what} is not what it is said to be: {problem}. Nothing is said of it; correct "
        "what draws it"
    )

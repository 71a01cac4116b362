"""What is trained with and what is measured, checked before anything is said of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from derive.arrays import Array
from derive.bptt.derivation import Derivation
from derive.checks.slopes import steepest
from derive.checks.verify import TOLERANCE
from derive.errors import CheckError
from derive.expressions.derivatives import Gradient
from derive.expressions.equation import identifier
from derive.gradientflow.measure import Flow
from derive.gradientflow.stepwise import require_jacobians
from derive.gradientflow.training import Batch
from derive.numerics.evaluate import Evaluator
from derive.numerics.sample import sample
from derive.numerics.trace import ForwardPass


def require_gradients(derivation: Derivation, steps: int = 3, seed: int = 0) -> None:
    """Check the gradients of a batch against the forward passes of its sequences, one by one.

    A `CheckError` names the gradient that differs.
    """
    data = [sample(derivation.cell, steps, seed + i, zero_start=True).trace for i in range(2)]
    cell, count = derivation.cell, len(data)
    parameters = {p.name: data[0].parameter(p) for p in cell.parameters}
    rows = {
        s.name: np.array([[d.value(s, n)[:, 0] for d in data] for n in range(1, steps + 1)])
        for s in cell.given
    }
    batch = Batch(derivation, steps)
    columns = {name: values.swapaxes(1, 2) for name, values in rows.items()}
    batch.forward(parameters, columns, count)
    found = batch.gradients()
    initial = {s.name: np.zeros(len(data[0].value(s, 0))) for s in cell.states}
    each = [
        Evaluator(
            ForwardPass(cell, parameters, {n: v[:, i] for n, v in rows.items()}, initial),
            derivation.definitions,
        )
        for i in range(count)
    ]
    for p in cell.parameters:
        wanted = sum(one.value(Gradient(cell.total, p)) for one in each)
        error = float(np.abs(found[p.name] - wanted).max() / np.abs(wanted).max())
        if not error <= TOLERANCE:
            raise CheckError(
                f"equation {identifier(cell.name, 'grad', p.name)} does not hold for a batch: the "
                f"gradients differ by {error:.3g} of the largest entry from those of the forward "
                f"passes, allowed {TOLERANCE:.0e}. Nothing is trained; please report it"
            )


NEAR = 1e-6
"""By how much a logarithm of a norm may differ that is computed in two ways."""

ROUNDING = float(np.finfo(float).eps)
"""By how much a product of two numbers may be off, beside its size."""

CANCELLED = 8.0
"""By how many orders of ten a norm may lie below its bound and still have digits to compare."""


def require_flow(flow: Flow) -> None:
    """Check the norms of a run, and what is concluded from them; a `CheckError` if one is wrong.

    The step Jacobians are the derivatives of the forward pass; norms and bounds are multiplied up
    again, one product after the other.
    """
    require_jacobians(flow)
    norms, bounds = [0.0], [0.0]
    product: Array = np.eye(len(flow.jacobians[0]))
    size = 0.0
    for jacobian in reversed(flow.jacobians):
        product = product @ jacobian
        largest = float(np.abs(product).max())
        bounds.append(bounds[-1] + _log(float(np.linalg.norm(jacobian, 2))))
        if largest == 0.0:
            norms += [-np.inf] * (flow.steps + 1 - len(norms))
            break
        product, size = product / largest, size + np.log10(largest)
        norms.append(size + _log(float(np.linalg.norm(product, 2))))
    seen = np.array(norms) > -200
    # What is so far below the product of the norms has cancelled: its digits are rounding.
    floor = np.full(len(norms), -np.inf)
    floor[: len(bounds)] = np.array(bounds) - CANCELLED
    found, wanted = (np.maximum(of, floor)[seen] for of in (flow.log_norms, np.array(norms)))
    _require_close("the norms by lag", found, wanted, NEAR)
    found = flow.log_bound[: len(bounds)]
    _require_close("the bounds by lag", found[seen[: len(bounds)]],
                   np.array(bounds)[seen[: len(bounds)]], NEAR)  # fmt: skip
    _require_uniform(flow)
    _require_verdict(flow)


def _require_uniform(flow: Flow) -> None:
    """Check the bound that holds for all states: no slope is larger, and W stretches nothing more."""
    if flow.log_uniform is None or flow.shape is None:
        return
    W = flow.trace.parameter(flow.shape.weights)
    stretch = float(np.sqrt(np.linalg.eigvalsh(W.T @ W).max()))
    log = _log(stretch * steepest(flow.shape.activation.name))
    wanted = np.array([0.0, *(lag * log for lag in range(1, flow.steps + 1))])
    found = flow.log_uniform
    seen = np.isfinite(found)
    _require_close("the bounds for all states", found[seen], wanted[seen], NEAR)


def require_blocks(flow: Flow, rows: slice, block: Array, product: Array) -> None:
    """Check the norms by lag of a block of each product, and of the product of the blocks.

    Both are multiplied up again; a `CheckError` if one is another.
    """
    whole: Array = np.eye(len(flow.jacobians[0]))
    size, logs = 0.0, [0.0]
    diagonal: Array = np.zeros(len(flow.jacobians[0][rows, rows]))
    sums, floor = [0.0], [-np.inf]
    rounded: Array = np.zeros_like(whole)
    for jacobian in reversed(flow.jacobians):
        # What rounding leaves of each entry: of this product, and of those before.
        made = len(whole) * ROUNDING * np.abs(whole)
        rounded = (rounded + made) @ np.abs(jacobian)
        whole = whole @ jacobian
        largest = float(np.abs(whole).max()) or 1.0
        whole, rounded = whole / largest, rounded / largest
        size += np.log10(largest)
        logs.append(size + _log(float(np.linalg.norm(whole[rows, rows], 2))))
        floor.append(size + _log(float(np.linalg.norm(rounded[rows, rows], 2)) / NEAR))
        diagonal = diagonal + [_log(abs(value)) for value in np.diag(jacobian[rows, rows])]
        sums.append(float(diagonal.max()))
    exact = np.full(len(sums), -np.inf)
    for what, found, wanted, least in (
        ("a block", block, logs, np.array(floor)),
        ("blocks", product, sums, exact),
    ):
        seen = np.array(wanted) > -200
        # Where no digit is left that rounding did not reach, there is none to compare.
        told, again = (np.maximum(of, least)[seen] for of in (found, np.array(wanted)))
        _require_close(f"the norms of {what} by lag", told, again, NEAR)


def _require_verdict(flow: Flow) -> None:
    """Check that a verdict has its condition, computed from the numbers of the run alone."""
    verdict = flow.verdict
    if verdict.says == "measured":
        return
    W = flow.trace.parameter(flow.shape.weights) if flow.shape is not None else np.eye(1)
    gamma = np.inf if flow.shape is None else flow.shape.activation.gamma
    singular = [np.linalg.svd(J, compute_uv=False) for J in flow.jacobians]
    conditions = {
        "isometry": (1 + max(float(np.abs(values - 1).max()) for values in singular), "keeps"),
        "norm-bound": (gamma * np.linalg.svd(W, compute_uv=False)[0], "vanishes"),
        "linear-radius": (np.abs(np.linalg.eigvals(W)).max(), ""),
        "smallest-singular": (min(values[-1] for values in singular), "explodes"),
    }
    number, says = conditions[verdict.because]
    if verdict.because == "linear-radius":
        # Of matrices that differ from step to step, or are others than W, its eigenvalues tell nothing.
        apart = max(float(np.abs(J - W).max()) for J in flow.jacobians)
        number = np.nan if apart else number
    if verdict.says == "keeps":
        holds = number - 1 < NEAR
    else:
        holds = number < 1 if verdict.says == "vanishes" else number > 1
    if not holds or says not in ("", verdict.says) or abs(number - verdict.number) > NEAR * number:
        raise CheckError(
            f"it is not shown that the gradient of {flow.derivation.cell.name} {verdict.says}: "
            f"{verdict.because} is {number:.9g}, given as {verdict.number:.9g}. Nothing is said; "
            "please report it"
        )


def _require_close(what: str, found: Array, wanted: Array, allowed: float) -> None:
    scale = max(1.0, float(np.abs(wanted).max(initial=0.0)))
    if found.shape != wanted.shape or not np.all(np.abs(found - wanted) <= allowed * scale):
        apart = np.ones(1, bool)
        if found.shape == wanted.shape:
            apart = ~(np.abs(found - wanted) <= allowed * scale)
        raise CheckError(
            f"{what} are not those of the forward pass: {_some(found, apart)} instead of "
            f"{_some(wanted, apart)}, allowed {allowed:.0e}. Nothing is said; please report it"
        )


def _some(values: Array, apart: NDArray[np.bool_]) -> Array:
    """Return the first few of those that are wrong, or of all where the shape is wrong."""
    chosen = values[apart] if apart.shape == values.shape else values.ravel()
    return chosen[:4]


def _log(value: float) -> float:
    return float(np.log10(value)) if value > 0 else -np.inf

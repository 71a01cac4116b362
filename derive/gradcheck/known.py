"""Whether each mistake that is known is looked for, and would be recognised on these numbers.

A mistake whose name is never tried, or whose gradient is another than its name says, would be found in
nobody's gradients.  What a name says is computed here a second time: contributions by moving the
parameter at one step only, and, for a state of one activation, Jacobians from the forward pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

import numpy as np

from derive.arrays import Array
from derive.errors import CheckError
from derive.expressions.functions import Apply, Softmax
from derive.expressions.quantities import t
from derive.gradcheck import wordings
from derive.gradcheck.naming import CONTRIBUTIONS, FACTORS, UNWEIGHTED, NamedGradient
from derive.gradcheck.plain import PlainState
from derive.gradcheck.values import Values

NEAR = 1e-7

SINGLE = tuple(pattern for pattern in CONTRIBUTIONS if "to the loss of step" in pattern)

Tried = Mapping[str, Mapping[str, Array]]
"""The gradients that mistakes give, by the name of the mistake and of the parameter."""


ONE_BY_ONE = 5_000_000
"""As many numbers all contributions may have that are looked at one by one."""

Planted = Callable[[str, Array], Iterable[str]]
"""What would be said of a parameter if the user's gradient were this; "" if it is as tried."""


def has_contributions(values: Values) -> bool:
    """Tell whether there are step Jacobians, and with them contributions: no matrices are made."""
    return all(e.variable.shape[1] == 1 for e in values.cell.equations)


def one_by_one(values: Values) -> bool:
    """Tell whether every contribution of a step to a loss is to be looked at by itself.

    There are as many as pairs of steps, each as large as a parameter, or as a step Jacobian.
    """
    if not has_contributions(values):
        return False
    units = sum(np.size(start) for start in values.initial.values())
    each = max(units * units, *(np.size(one) for one in values.parameters.values()))
    return each * values.steps * values.steps <= 2 * ONE_BY_ONE


def require_known(
    tried: Tried, values: Values, right: Mapping[str, Array], every: bool, fits: bool
) -> None:
    """Raise a `CheckError` unless all known mistakes were tried, each with the gradient it names.

    ``every``: those too that look at the contributions one by one; ``fits``: where one of the
    gradients has the shape of its parameter.
    """
    if every is not one_by_one(values):
        raise unrecognised(f"contributions were {'' if every else 'not '}looked at one by one")
    if not has_contributions(values):
        return
    for pattern in (*_expected(values, every), *(SINGLE if every and fits else ())):
        if not any(re.fullmatch(pattern, says) for says in tried):
            raise unrecognised(f"'{pattern}' was not looked for")
    wrong = {name for found in tried.values() for name in found}
    known = {name: NamedGradient(values, name, right[name], right[name], NEAR) for name in wrong}
    for one in known.values() if every else ():
        # Computed before it is shared.
        _ = one.along
    for says, found in tried.items():
        if says == UNWEIGHTED or any(re.fullmatch(p, says) for p in CONTRIBUTIONS):
            for name, array in found.items():
                if not known[name].of(array).is_true(says):
                    raise unrecognised(f"'{says}' was looked for in {name} by another gradient")
    plain = PlainState.of(values)
    if plain is not None:
        for says, found in tried.items():
            for name, array in found.items():
                if not plain.gives(says, name, array, NEAR):
                    raise unrecognised(f"'{says}' was looked for in {name} by another gradient")


def require_recognised(
    tried: Tried, values: Values, right: Mapping[str, Array], tolerance: float, planted: Planted
) -> None:
    """Raise a `CheckError` unless each mistake would be named, were its gradient the user's."""
    near = 100 * tolerance
    for says, found in tried.items():
        for name, array in found.items():
            far = np.isfinite(array).all() and not _close(array, right[name], near)
            if far and "" not in planted(name, array):
                raise unrecognised(f"'{says}' is not named where {name} has it")
    m = values.series[values.cell.target.name].shape[1]
    factors = {pattern: factor(values.steps, m) for pattern, factor in FACTORS.items()}
    for name in {name for found in tried.values() for name in found if right[name].any()}:
        for pattern, factor in factors.items():
            # Two mistakes may be one number: then the first of the names is given.
            same = [other for other, number in factors.items() if number == factor]
            said = [*planted(name, factor * right[name])]
            if abs(factor - 1) > near and not any(
                re.fullmatch(p, says) for p in same for says in said
            ):
                raise unrecognised(f"'{pattern}' is not named where {name} has it")


def _close(found: Array, wanted: Array, near: float) -> bool:
    scale = float(np.abs(wanted).max()) or 1.0
    return found.shape == wanted.shape and bool(np.abs(found - wanted).max() <= near * scale)


def _expected(values: Values, every: bool) -> Iterator[str]:
    """Yield the names of the mistakes that can be made in this network over so many steps."""
    cell, T = values.cell, values.steps
    output = cell.definition(cell.output).expr
    for pattern in CONTRIBUTIONS if every else ():
        yield from _numbered(pattern, T)
    if every:
        yield UNWEIGHTED
    for pattern in wordings.others(cell):
        if pattern in (wordings.TURNED, wordings.TURNED_PRODUCT):
            # A transposed Jacobian has one of two names, by whether it is a product.
            if every:
                yield f"{wordings.TURNED}|{wordings.TURNED_PRODUCT}"
            continue
        lagged = any(word in pattern for word in ("Jacobian are", "step Jacobian", "Jacobian too"))
        if pattern.startswith(("∂L/∂o", "the Jacobian of the", "o − y")):
            if output != cell.logits[t] and (
                "softmax" not in pattern or isinstance(output, Softmax)
            ):
                yield pattern
        elif "activation" in pattern and ("only" in pattern or "before" in pattern) and not every:
            continue
        elif "activation" in pattern:
            if any(isinstance(e.expr, Apply) for e in cell.equations if e.variable in cell.states):
                yield pattern
        elif every or (not lagged and "wrong order" not in pattern):
            yield pattern


def _numbered(pattern: str, T: int) -> Iterator[str]:
    """Yield the names that a pattern stands for over T steps."""
    if pattern.count(r"(\d+)") > 1:
        # The one that is left out or repeated is looked for where it fits best.
        return
    numbers: Iterable[int] = range(1, T + 1)
    if pattern.startswith("truncated"):
        numbers = range(2, T)
    elif "of lag" in pattern:
        numbers = range(T)
    elif pattern.startswith("only the use"):
        numbers = (1, T)
    for number in numbers:
        yield pattern.replace(r"(\d+)", str(number))


def require_all_named(
    named: Mapping[str, Collection[str]],
    mine: Mapping[str, Array],
    right: Mapping[str, Array],
    tried: Tried,
    tolerance: float,
) -> None:
    """Raise a `CheckError` for a gradient that a tried mistake gives, or that is one turned, unnamed.

    ``named`` are what the gradients that differ are said to look like.
    """
    for name, said in named.items():
        turned = {"transposed": {name: right[name].T}} if right[name].ndim == 2 else {}
        for says, found in (*turned.items(), *tried.items()):
            array = found.get(name)
            if array is None or array.shape != mine[name].shape:
                continue
            largest = float(np.abs(array).max()) or 1.0
            close = np.abs(array - mine[name]).max() <= 0.5 * tolerance * largest
            apart = array.shape != right[name].shape or (
                np.abs(array - right[name]).max() > 20 * tolerance * np.abs(right[name]).max()
            )
            if close and apart and says not in said:
                raise unrecognised(f"{name} is as '{says}' gives it, which is not said")


def unrecognised(problem: str) -> CheckError:
    """Return the error for a mistake that would not be found, and why."""
    return CheckError(
        f"a typical mistake would not be recognised: {problem}. Nothing is printed; please report it"
    )

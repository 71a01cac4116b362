"""Formulas of claims, read a second time: what was tested is what is written, and the verdict fits.

The reader shares nothing with the parser, and the rules here nothing with those of the first verdict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import isclose, isfinite

import numpy as np

from derive.arrays import Array
from derive.audit.claims import Formula
from derive.audit.outcome import TestedPlace, Trial
from derive.audit.shapes import untrue_shapes
from derive.checks.comparing import said
from derive.checks.secondclaims import ClaimReader, RelationSides, ranges
from derive.checks.secondpasses import Passes
from derive.checks.secondshapes import ShapeMisfit, SidesMisfit
from derive.errors import CheckError
from derive.expressions.types import IndexValues
from derive.numerics.trace import ForwardPass

ALIKE = 1e-7
"""How far values may differ that two readers compute, beside the largest: they round otherwise."""

NOTHING = 1e-11
"""What rounding may leave of 0 where much is added up."""

LEAST, MOST = 1e-11, 1e-7
"""Below the one the sides of a formula agree, above the other they do not; between, nothing is said."""

SAME, SMALLEST = 1e-9, 1e-300
"""How far an error may be from itself that is computed in two ways, relatively and at all."""

READ = 24
"""Of more places than these, only some are read again."""

EVERY = 100
"""Of more values of the indices than these, some are chosen."""


def require_read(
    formula: Formula,
    sign: str,
    places: Sequence[TestedPlace],
    points: Sequence[IndexValues],
    trial: Trial,
) -> None:
    """Raise a `CheckError` unless a formula, read a second time, has the values that were tested.

    The trial must tell of the worst of the places, by how much it fails there, and of its values.
    """
    kept = {id(place.trace): Passes(place.trace) for place in places}
    _require_points(formula, kept[id(places[0].trace)], points)
    worst = _require_worst(formula, places, trial, sign)
    found: list[bool | None] = []
    for place in [*_some(places, len(points)), worst]:
        passes = kept[id(place.trace)]
        sides = _read(formula, passes, {str(s): int(v) for s, v in place.indices.items()})
        if isinstance(sides, ShapeMisfit) or sides.sign != sign:
            raise _fault(formula, f"its sign, or a shape, is another than {sign} at {place.where}")
        for what, tested, again in (
            ("left", place.left, sides.left), ("right", place.right, sides.right),
        ):  # fmt: skip
            if not _alike(tested, again):
                raise _fault(
                    formula,
                    f"at {place.where} its {what} side is {said(again)}, and {said(tested)} was tested",
                )
        found.append(_holds(sides))
    against = False in found if trial.holds else found[-1] is True
    if against:
        raise _fault(formula, f"it is said to {'hold' if trial.holds else 'fail'}, and does not")
    if trial.overflows and (False in found or found[-1] is not None):
        raise _fault(formula, "it is said to fail only by what is no finite number, and does not")


def _some(places: Sequence[TestedPlace], points: int) -> Sequence[TestedPlace]:
    """Return the places that are read again: all, or of many the first and last on each trace."""
    if len(places) <= READ:
        return places
    return [place for n, place in enumerate(places) if n % points in (0, points - 1)]


def _require_worst(
    formula: Formula, places: Sequence[TestedPlace], trial: Trial, sign: str
) -> TestedPlace:
    """Return the place that a trial tells of, a `CheckError` if another is worse or it is not so there.

    Where the formula fails at some places, the worst is the one of those at which its sides are
    furthest apart.
    """
    if trial.count != len(places):
        raise _fault(formula, f"it was tested at {len(places)} places, and {trial.count} are said")
    told = [place for place in places if place.where == trial.where]
    if len(told) != 1:
        raise _fault(formula, f"it was tested at no place {trial.where!r}, or twice")
    worst, error = told[0], _error(told[0], sign)
    if not isclose(trial.error, error, rel_tol=SAME, abs_tol=SMALLEST):
        raise _fault(
            formula, f"at {trial.where} its error is {error:.9g}, and {trial.error:.9g} is said"
        )
    single = worst.left.size == worst.right.size == 1
    values = (
        [float(side.item().real) for side in (worst.left, worst.right)] if single else [None] * 2
    )
    if [trial.left, trial.right] != values and not np.isnan(np.array(values, dtype=float)).any():
        raise _fault(
            formula,
            f"at {trial.where} its sides are {values}, and {trial.left}, {trial.right} are said",
        )
    for place in places:
        fails = _holds(RelationSides(place.left, sign, place.right)) is False
        if _error(place, sign) > error * (1 + SAME) + SMALLEST and (trial.holds or fails):
            raise _fault(formula, f"it fails by more at {place.where} than at {trial.where}")
    return worst


def _error(place: TestedPlace, sign: str) -> float:
    """Return by how much the sides are apart, relative to the right one; absolutely where that is 0."""
    pairs = [
        (float(a.real), float(b.real))
        for a, b in zip(*(part.ravel() for part in np.broadcast_arrays(place.left, place.right)),
                        strict=True)
    ]  # fmt: skip
    if not all(isfinite(a) and isfinite(b) for a, b in pairs):
        return float("inf")
    gap = max(a - b if sign == "<=" else abs(a - b) for a, b in pairs)
    return max(0.0, gap) / (max(abs(b) for _, b in pairs) or 1.0)


def require_misfit(
    formula: Formula, traces: Sequence[ForwardPass], misfit: str, sides_differ: bool
) -> None:
    """Raise a `CheckError` if the shapes of a formula fit that is said to be wrong in shape.

    So it is where each side is said to have a value, and has none, or the other way round, and where
    the ``misfit`` tells of other shapes.
    """
    trace = traces[0]
    sizes = [*trace.sizes.values()]
    single = all(p.shape[i].is_Symbol or p.shape[i] == 1 for p in trace.parameters for i in (0, 1))
    # Sizes that are equal here, or written as numbers, fit by chance.
    if len({*sizes}) < len(sizes) or not single or re.search(r"\b(ones|I)\(\s*\d", formula.text):
        return
    passes = Passes(trace)
    for indices in ranges(formula.ranges, passes)[:1]:
        found = _read(formula, passes, indices)
        if isinstance(found, RelationSides):
            raise _fault(formula, "its shapes fit, and are said not to")
        if isinstance(found, SidesMisfit) is not sides_differ:
            said_of_both = "each side has a value" if sides_differ else "a side has no value"
            raise _fault(formula, f"it is said that {said_of_both}, and that is not so")
        names = {str(size): number for size, number in trace.sizes.items()}
        if (problem := untrue_shapes(misfit, found, names)) is not None:
            raise _fault(formula, problem)


def _require_points(formula: Formula, passes: Passes, points: Sequence[IndexValues]) -> None:
    every = ranges(formula.ranges, passes)
    tested = [{str(s): int(v) for s, v in point.items()} for point in points]
    if any(point not in every for point in tested) or len(tested) < min(len(every), EVERY):
        raise _fault(formula, f"it has {len(every)} values of its indices, and others were tested")


def _read(formula: Formula, passes: Passes, indices: dict[str, int]) -> RelationSides | ShapeMisfit:
    """Return the sides of a formula, or what does not fit in shape."""
    where = {name: text for name, (text, _) in formula.where.items()}
    with np.errstate(all="ignore"):
        try:
            return ClaimReader(formula.text, passes, indices, where).relation()
        except ShapeMisfit as misfit:
            return misfit
        except np.linalg.LinAlgError:
            nothing = np.full((1, 1), np.nan)
            return RelationSides(nothing, "=", nothing)


def _fault(formula: Formula, how: str) -> CheckError:
    text = " ".join(formula.text.split())
    return CheckError(
        f"{formula.origin.where}: the formula {text} was not understood as it is written: {how}; "
        "this is a fault of the program, not of the file"
    )


def _alike(tested: Array, again: Array) -> bool:
    if not (np.isfinite(tested).all() and np.isfinite(again).all()):
        # What overflows in one order of computing may have a value in another.
        return True
    apart = float(np.abs(tested - again).max()) if tested.shape == again.shape else np.inf
    return apart <= NOTHING + ALIKE * float(np.abs(again).max())


def _holds(sides: RelationSides) -> bool | None:
    """Tell whether a relation holds by the second reading; None where it is too close to tell."""
    if not (np.isfinite(sides.left).all() and np.isfinite(sides.right).all()):
        return None
    gap = sides.left - sides.right
    worst = float((gap if sides.sign == "<=" else np.abs(gap)).max())
    size = max(float(np.abs(sides.right).max()), NOTHING)
    if LEAST * size < worst <= max(MOST * size, NOTHING):
        return None
    return (worst <= LEAST * size) is not (sides.sign == "!=")


def implied(written: Sequence[Trial], condition: Trial | None, corrected: bool) -> Iterator[str]:
    """Yield the verdicts that trials allow: of one formula, or of all its readings."""
    failing = [trial for trial in written if not trial.holds]
    rows = (
        ("convention", bool(failing) and len(failing) != len(written)),
        ("harmless", not failing and corrected),
        ("right", not failing and not corrected),
        ("conditional", _all_under(failing, written, condition) and not failing[0].overflows),
        ("overflow", _all_under(failing, written, condition) and failing[0].overflows),
        ("shape", _all_fail(failing, written, condition) and failing[0].misfit is not None),
        ("value", _all_fail(failing, written, condition) and failing[0].misfit is None),
    )
    yield from (name for name, so in rows if so)


def _all_under(failing: Sequence[Trial], written: Sequence[Trial], condition: Trial | None) -> bool:
    return bool(failing) and len(failing) == len(written) and condition is not None


def _all_fail(failing: Sequence[Trial], written: Sequence[Trial], condition: Trial | None) -> bool:
    return len(failing) == len(written) and condition is None

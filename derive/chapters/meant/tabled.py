"""What numbers are that stand in tables and figures of runs, and what guessing gives."""

from __future__ import annotations

from itertools import pairwise
from math import lgamma

import numpy as np
from sympy import MatrixExpr

from derive.calculus.activations import activation, usable
from derive.chapters.meant.place import Occurrence
from derive.chapters.meant.rules import MeantRule, is_number, said, texts
from derive.document.figures import Curve
from derive.document.text import Number, Text, Value, numeric
from derive.expressions.quantities import At, t
from derive.gradientflow import learning


def guessing(end: int) -> MeantRule:
    """Return the rule that a number is an end of the span in which 95 of 100 guessed tests lie."""

    def rule(place: Occurrence, value: Value) -> bool:
        tested, chance = learning.TESTED, 1 / learning.CLASSES
        right = np.arange(tested + 1)
        logs = np.array(
            [lgamma(tested + 1) - lgamma(n + 1) - lgamma(tested - n + 1) for n in right]
        )
        shares = np.exp(logs + right * np.log(chance) + (tested - right) * np.log(1 - chance))
        wanted = int(np.searchsorted(shares.cumsum(), (0.025, 0.975)[end]))
        return is_number(lambda place: 100 * wanted / tested)(place, value)

    return rule


def smallest_share(place: Occurrence, value: Value) -> bool:
    """Tell whether a number is the smallest in the column of smallest shares of the table."""
    table = place.speaker.table("learning-outcomes")
    column = [row[[h.key for h in table.header].index("table.learning.low")] for row in table.rows]
    shares = [float(cell.value) for cell in column if isinstance(cell, Number)]
    return is_number(lambda place: min(shares))(place, value)


def _with_bounds(place: Occurrence) -> list[tuple[Curve, Curve]]:
    """Return the curves of the figure of norms, each with its bound, which is drawn before it."""
    items = [c for p in place.speaker.plot("flow-norms").panels for c in p.items]
    curves = [c for c in items if isinstance(c, Curve) and c.x]
    return [pair for pair in pairwise(curves) if pair[0].colour == pair[1].colour]


def bounded(place: Occurrence) -> int:
    """Return how many curves have a bound."""
    return len(_with_bounds(place))


def attained(place: Occurrence) -> int:
    """Return how many curves lie on their bound from the first lag to the last."""
    return sum(_apart(a, b) < 1e-5 for a, b in _with_bounds(place))


def _apart(one: Curve, other: Curve) -> float:
    """Return how far two curves are apart at most; where both have ended they are not."""
    with np.errstate(invalid="ignore"):
        gaps = np.abs(np.subtract(one.y, other.y))
    return float(np.where(np.isneginf(one.y) & np.isneginf(other.y), 0.0, gaps).max())


def ended(id: str) -> MeantRule:
    """Return the rule that a number counts the curves of a figure with fewer points than lags."""

    def rule(place: Occurrence, value: Value) -> bool:
        items = [c for p in place.speaker.plot(id).panels for c in p.items]
        curves = [c for c in items if isinstance(c, Curve) and c.x and c.label is not None]
        shown = [int(np.isfinite(np.array(c.y)).sum()) for c in curves]
        return is_number(lambda place: sum(n < len(curves[0].x) for n in shown))(place, value)

    return rule


def compared_with(place: Occurrence, value: Value) -> bool:
    """Tell whether these are the networks of the other rows of the table, by their names."""
    labels = [row[0] for row in place.speaker.table("memory-runs").rows]
    names = [one.key.rpartition(".")[2] for one in labels if isinstance(one, Text)]
    wanted = [name for name in names if name not in ("this", "opened", "block", "product")]
    named = [one.key.rpartition(".") for one in texts(value)]
    return [name for table, _, name in named if table == "cell"] == wanted


def at_kinks(place: Occurrence) -> int:
    """Return in how many rows of the table a norm is zero without inputs, and the slope jumps at 0."""
    table = place.speaker.table("all-experiments")
    heads = [head.key.rpartition(".")[2] for head in table.header]
    rows = [dict(zip(heads, row, strict=True)) for row in table.rows]
    names = [name for name in usable() if 0.0 in activation(name).kinks]
    zero = Text("landscape.zero")
    still = [r["activation"] for r in rows if numeric(r["inputs"]) == 0 and r["last"] == zero]
    return sum(isinstance(one, Text) and one.key.rpartition(".")[2] in names for one in still)


def _shares(place: Occurrence) -> dict[int, Value]:
    """Return what the table says that the latest contributions hold, by how many they are."""
    rows = place.speaker.table("flow-shares").rows
    return {row[0]: row[1] for row in rows if isinstance(row[0], int)}


def latest(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the largest number of the latest contributions in the table."""
    return value == max(_shares(place))


def share_of_latest(place: Occurrence, value: Value) -> bool:
    """Tell whether this is what these contributions hold in the table."""
    return value == _shares(place)[max(_shares(place))]


def of_this(label: Text) -> bool:
    """Tell whether a row is that of the network of the handout, as it is at the start."""
    return label.key == "label.memory.this"


def rest_of_norm(place: Occurrence, value: Value) -> bool:
    """Tell whether a number is hardly below what one norm has more than another, and not above."""
    rest = said("norm")(place) - said("left")(place)
    return isinstance(value, Number) and 0.989 * rest < value.value <= rest


def left_alone(place: Occurrence, value: Value) -> bool:
    """Tell whether a number is a power of the factor: of its value on the data, as often as the lag."""
    factor, lag = place.values["factor"], place.values["lag"]
    if not isinstance(factor, MatrixExpr) or not isinstance(lag, int) or factor.atoms(At):
        return False
    found = float(np.max([e.at(factor, {t: 1}) for e in place.facts.evaluators]))
    return is_number(lambda place: found**lag)(place, value)

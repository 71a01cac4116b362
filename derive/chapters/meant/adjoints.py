"""What is meant where the algorithm is announced: its adjoints, and what each is of."""

from __future__ import annotations

from collections import Counter

from derive.chapters.meant.place import Occurrence, handed_on
from derive.chapters.meant.rules import Meanings, MeantRule, all_of, introduced_as, is_, letter, to
from derive.checks.tables import members
from derive.document.text import Value
from derive.expressions.derivatives import Gradient
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import At, T, t


def _delta(place: Occurrence, value: Value) -> bool:
    """Tell whether this is an adjoint that the algorithm computes."""
    return bool(introduced_as(Role.ADJOINT, value)) and value in place.speaker.adjoints


def _whole(place: Occurrence, value: Value) -> bool:
    """Tell whether an adjoint is that of a state, or of what a state of the step is computed from.

    All paths lead through these, several of them through a state that is handed on; what acts on the
    loss of its own step alone has one path.
    """
    for states in (handed_on(place.cell), place.cell.states):
        found = [delta for delta in place.speaker.adjoints if delta.series.of[0] in states]
        if found:
            return value in found
    if not (isinstance(value, At) and isinstance(value.series, Introduced)):
        return False
    known = {value.series.of[0][t]}
    for equation in place.cell.equations:
        known |= {equation.left} if known & equation.expr.atoms(At) else set()
    return any(s[t] in known for s in place.cell.states)


def _host(place: Occurrence, value: Value) -> bool:
    delta = place.values["delta"]
    if not (isinstance(delta, At) and isinstance(delta.series, Introduced)):
        return False
    return bool(value == delta.series.of[0][t])


def _full(place: Occurrence, value: Value) -> bool:
    return bool(value == Gradient(place.cell.total, place.values["host"]))


def _next(place: Occurrence, value: Value) -> bool:
    delta = place.values["delta"]
    return isinstance(delta, At) and value == delta.series[t + 1]


def _adjoints(place: Occurrence) -> int:
    return len(place.speaker.adjoints)


def _each(place: Occurrence, value: Value) -> bool:
    """Tell whether each adjoint of the algorithm is named, once, in whatever order."""
    return Counter(members(value)) == Counter(place.speaker.adjoints)


def _hosts(place: Occurrence, value: Value) -> bool:
    """Tell whether quantities are what the adjoints in their order are of."""
    return [*members(value)] == [
        delta.series.of[0][t]
        for delta in members(place.values["adjoints"])
        if isinstance(delta, At) and isinstance(delta.series, Introduced)
    ]


RECURSION: dict[str, MeantRule] = {
    "delta": _delta, "host": _host, "full": _full, "algorithm": to("backward"), "next": _next,
    "count": is_(_adjoints), "adjoints": _each, "hosts": _hosts,
}  # fmt: skip

FOUND: Meanings = {
    "prose.recursion.why": RECURSION,
    "prose.recursion.why_many": RECURSION | {"delta": all_of(_delta, _whole)},
    "prose.recursion.cost": {"delta": _delta, "T": letter(T)},
    "prose.recursion.cost_many": {"delta": all_of(_delta, _whole), "T": letter(T)},
}

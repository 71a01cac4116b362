"""What is meant in the captions of small pictures, and in the sentences that point at them."""

from __future__ import annotations

from derive.chapters.meant.network import LEAD
from derive.chapters.meant.place import Occurrence
from derive.chapters.meant.rules import Meanings, MeantRule, at, is_lead, loss, state, to
from derive.document.text import Ref, Value
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Equation
from derive.expressions.quantities import ParameterCopy, T, k, t


def _on_way(back: int) -> MeantRule:
    """Return the rule that a value is the state of the picture's own name, so many steps back."""

    def rule(place: Occurrence, value: Value) -> bool:
        id = getattr(place.block, "id", "")
        return any(id == f"highway-{s.name}" and value == s[t - back] for s in place.cell.states)

    return rule


def _ways_of(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the equation above the picture: the derivative over two steps."""
    first, last = place.values["first"], place.values["last"]
    lefts = {e.id: e.left for e in place.speaker.equations}
    left = lefts.get(value.target) if isinstance(value, Ref) else None
    return isinstance(left, Partial) and (left.num, left.den) == (last, first)


def _contribution(place: Occurrence) -> Equation:
    """Return the equation of the contribution of step k to the gradient by the first parameter."""
    copies = [ParameterCopy(p, k) for p in place.speaker.recurrent if is_lead(place, p)]
    wanted = [Gradient(place.cell.loss_series[T], copy) for copy in copies]
    (found,) = [e for e in place.speaker.equations if e.left in wanted]
    return found


def _factor(which: int) -> MeantRule:
    """Return the rule that a value is the one or the other factor of the contribution of step k."""

    def rule(place: Occurrence, value: Value) -> bool:
        factors: tuple[Value, ...] = _contribution(place).sides[-1].args
        return len(factors) == 2 and value == factors[which]

    return rule


def _of_copy(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the reference to the contribution of step k."""
    return value == Ref(_contribution(place).id)


FOUND: Meanings = {
    "caption.arrows": {"state": state(at(t)), "next": state(at(t + 1)), "own": loss(at(t))},
    "caption.highway": {"first": _on_way(2), "last": _on_way(0), "equation": _ways_of},
    "prose.shape.blocks": {"figure": to("blocks"), "column": _factor(0), "row": _factor(1)},
    "caption.blocks": {"equation": _of_copy, "parameter": LEAD},
}

"""What is meant in the numeric example, of what was checked and proved, and in the glossary."""

from __future__ import annotations

from collections.abc import Mapping
from math import isclose

import numpy as np
from sympy import Symbol

from derive.chapters.meant.gradients import LETTER
from derive.chapters.meant.network import LEAD, TOTAL, start
from derive.chapters.meant.place import Occurrence
from derive.chapters.meant.rules import (
    Meanings,
    MeantRule,
    introduced,
    is_,
    is_number,
    letter,
    to,
)
from derive.checks.tables import members
from derive.checks.verify import TOLERANCE
from derive.document.text import Bound, Number, Text, Value
from derive.expressions.derivatives import Gradient
from derive.expressions.introduced import Role
from derive.expressions.quantities import At, ParameterCopy, T, k, t
from derive.numerics.evaluate import Evaluator
from derive.numerics.trace import ForwardPass


def _numbers(place: Occurrence) -> ForwardPass:
    found = place.facts.example
    assert found is not None, "the chapter notes its numbers before it speaks of them"
    return found


def _sizes(place: Occurrence) -> dict[Symbol, int]:
    """Return what each letter of a size is in the arrays of the numbers."""
    trace = _numbers(place)
    arrays = [(p.shape, trace.parameter(p)) for p in trace.cell.parameters]
    series = (*trace.cell.given, *(e.variable for e in trace.cell.equations))
    arrays += [(s.shape, trace.value(s, 1)) for s in series]
    sizes = {
        letter: size
        for shape, array in arrays
        for letter, size in zip(shape, array.shape, strict=True)
        if letter in place.cell.dimensions
    }
    return {letter: sizes[letter] for letter in place.cell.dimensions}


def _example_sizes(place: Occurrence, value: Value) -> bool:
    """Tell whether each letter of a size is told, in their order."""
    said = [one for pair in _sizes(place).items() for one in pair]
    return list(members(value)) == said


def _example_steps(place: Occurrence, value: Value) -> bool:
    return value == Text("list.steps", {"count": _numbers(place).steps})


def _decimals(place: Occurrence, value: Value) -> bool:
    """Tell whether all numbers that were given have so many decimals, and one needs them."""
    trace = _numbers(place)
    given = [trace.parameter(p) for p in trace.cell.parameters]
    given += [trace.value(s, 0) for s in trace.cell.states]
    given += [trace.value(s, n) for s in trace.cell.inputs for n in range(1, trace.steps + 1)]

    def fit(places: int) -> bool:
        return all(np.allclose(np.round(v, places), v, rtol=0, atol=1e-12) for v in given)

    return isinstance(value, int) and fit(value) and not fit(value - 1)


def _seed(place: Occurrence) -> int:
    return min(sample.seed for sample in place.facts.samples)


def _last_loss(place: Occurrence, value: Value) -> bool:
    cell, steps = place.cell, _numbers(place).steps
    # Where no contribution passes through a state, or none is written, it is about the total loss.
    whole = cell.has_matrices or not place.speaker.recurrent
    return value == (cell.total if whole else cell.loss_series[steps])


def _example_slope(place: Occurrence, value: Value) -> bool:
    return introduced(Role.SLOPE, t)(place, value)


def _checked(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the parameter of the gradient that is checked below, the first if any is."""
    wanted = Gradient(place.values["loss"], value)
    id = f"{place.cell.name}-example-check"
    return LEAD(place, value) and any(
        e.id == id and e.left == wanted for e in place.speaker.equations
    )


def _agree(place: Occurrence, value: Value) -> bool:
    """Tell whether two ways to the gradient on the numbers differ by less than is said.

    One is by the parameter, the other by its copies, added up.
    """
    trace, checked = _numbers(place), f"{place.cell.name}-example-check"
    gradient = next(e.left for e in place.speaker.equations if e.id == checked)
    evaluator = Evaluator(trace, {})
    whole = evaluator.value(gradient)
    steps = range(1, trace.steps + 1)
    copies = [Gradient(gradient.num, ParameterCopy(gradient.den, n)) for n in steps]
    difference = np.abs(whole - sum(map(evaluator.value, copies))).max()
    said = value.value if isinstance(value, Bound) else np.nan
    return bool(difference <= said <= TOLERANCE * max(1.0, np.abs(whole).max()))


SEED = is_(_seed)

EXAMPLE = {
    "T": _example_steps, "decimals": _decimals,
    "seed": SEED, "start": start,
}  # fmt: skip


# -- the checks


def _displayed(place: Occurrence) -> int:
    """Return how many equations have a number: those of single gates stand behind one."""
    return len(place.speaker.document.displays())


def _tolerance(place: Occurrence, value: Value) -> bool:
    return isinstance(value, Number) and isclose(float(value.value), TOLERANCE)


def _shrunk(place: Occurrence, value: Value) -> bool:
    return isinstance(value, Number) and value.value == min(s.shrunk for s in place.facts.samples)


CHECKS = {
    "count": is_(_displayed), "seed": SEED, "tolerance": _tolerance,
    "table": to("all-checks"),
}  # fmt: skip


def _proved(place: Occurrence) -> int:
    """Return how many entries what was proved has, at the sizes of each proof."""
    shapes = (
        [int(n.subs(proof.sizes)) for n in one.gradient.den.shape]
        for proof in place.facts.proofs
        for one in proof.proved
    )
    return sum(rows * columns for rows, columns in shapes)


def _of_total(place: Occurrence) -> list[bool]:
    """Return of each gradient that was proved whether it is of the total loss, by its letter."""
    proved = [one for proof in place.facts.proofs for one in proof.proved]
    return [not isinstance(one.gradient.num, At) for one in proved]


def _sizes_of_proofs(place: Occurrence, value: Value) -> bool:
    """Tell whether these are the steps and sizes of each proof."""
    wanted: list[Value] = []
    for one in place.facts.proofs:
        wanted += [one.steps, *([_spelled(one.sizes)] if one.sizes else [])]
    return [*members(value)] == wanted


def _of_a_proof(name: str) -> MeantRule:
    """Return the rule that a proof is for these steps with these sizes."""

    def rule(place: Occurrence, value: Value) -> bool:
        said: dict[str, Value] = {**place.values, name: value}
        known: list[dict[str, Value]] = [
            {
                "steps": Text("list.steps", {"count": one.steps}),
                "sizes": (
                    Text("list.sizes", {"sizes": _spelled(one.sizes)})
                    if one.sizes
                    else Text("list.own_sizes")
                ),
            }
            for one in place.facts.proofs
        ]
        return said in known

    return rule


def _spelled(sizes: Mapping[Symbol, int]) -> str:
    return ", ".join(f"{size} = {sizes[size]}" for size in sizes)


COUNTED = {
    "total": TOTAL,
    "own": is_number(lambda place: sum(_of_total(place))),
    "late": is_number(lambda place: sum(not own for own in _of_total(place))),
}
PROVED = {"entries": is_(_proved), "table": to("proved"), "sizes": _sizes_of_proofs}

FOUND: Meanings = {
    "prose.matrices.example": EXAMPLE,
    "prose.matrices.example_plain": EXAMPLE,
    "prose.matrices.example_given": {"T": _example_steps},
    "prose.example.intro": EXAMPLE,
    "prose.example.intro_plain": EXAMPLE,
    "prose.example.given": EXAMPLE,
    "prose.example.slopes": {"slope": _example_slope},
    "prose.example.adjoints": {
        "loss": _last_loss, "adjoint": introduced(Role.LAGGED_ADJOINT, t, k),
    },
    "prose.example.adjoint_one": {
        "loss": _last_loss, "adjoint": introduced(Role.LAGGED_ADJOINT, t, k),
    },
    "prose.example.term_one": {"parameter": LEAD, "loss": _last_loss},
    "prose.example.horizon": {"T": letter(T), "steps": is_(lambda place: _numbers(place).steps)},
    "prose.example.deltas": {"delta": introduced(Role.ADJOINT, t), "total": TOTAL},
    "prose.example.forward": {"table": to("example-forward")},
    "prose.example.forward_within": {
        "table": to("example-forward"), "within": to("example-within"),
    },
    "prose.example.parameters": {"table": to("example-parameters")},
    "prose.example.terms": {"parameter": LEAD, "loss": _last_loss},
    "prose.example.sizes": {"sizes": _example_sizes},
    "prose.example.size": {
        "letter": lambda place, value: value in _sizes(place),
        "value": lambda place, value: value == _sizes(place).get(place.values["letter"]),
    },
    "prose.example.some_zero": {"parameter": LEAD},
    "prose.example.check": {"parameter": _checked, "loss": _last_loss},
    "prose.example.sum_check": {"parameter": _checked, "loss": _last_loss},
    "prose.example.agree": {"bound": _agree},
    "prose.example.total": {"total": TOTAL},
    "prose.checks.intro": CHECKS,
    "prose.checks.line": CHECKS,
    "prose.checks.intro_nonzero": CHECKS,
    "prose.checks.line_nonzero": CHECKS,
    "prose.proof.line": PROVED,
    "prose.proof.counted": COUNTED,
    "prose.proof.counted_alone": COUNTED,
    "prose.proof.counted_total": COUNTED,
    "prose.proof.counted_total_alone": COUNTED,
    "prose.proof.sizes": {"steps": _of_a_proof("steps"), "sizes": _of_a_proof("sizes")},
    "prose.proof.line_kinks": PROVED,
    "prose.proof.intro": PROVED,
    "prose.proof.intro_kinks": PROVED,
    "prose.checks.shrunk": {"factor": _shrunk},
    "prose.checks.shrunk_alone": {"factor": _shrunk},
    "prose.glossary.intro": {"table": to("symbols"), "glossary": to("glossary-table")},
    "prose.glossary.letter": {"letter": LETTER},
}  # fmt: skip

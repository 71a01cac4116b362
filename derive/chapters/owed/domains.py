"""The domains over which something is owed: each parameter, each step that is shown, each block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sympy import Integer

from derive.bptt import unroll
from derive.bptt.derivation import Derivation
from derive.calculus.activations import Standing, activation
from derive.cells.describe import carried, carried_alike
from derive.chapters.context import listed
from derive.chapters.meant.place import handed_on
from derive.chapters.meant.returned import steps_to_return
from derive.chapters.owed.owing import Owing
from derive.document.text import Value
from derive.expressions.elision import shown_steps
from derive.expressions.equation import Equation
from derive.expressions.functions import Apply
from derive.expressions.quantities import Parameter, Series, j, k, t
from derive.expressions.sums import instantiate
from derive.expressions.walk import atoms_of, series_in
from derive.gradientflow.carousel import carousels
from derive.typesetting.lettering import letter_of


@dataclass(frozen=True)
class Member:
    """A member of a domain.

    ``name`` stands in ids, conditions are about ``about``, and sentences have the ``values``; an
    ``equation`` is known by its sides, too, as letters in ids follow what else has been introduced.
    """

    name: str
    about: Value = ""
    values: Mapping[str, Value] = field(default_factory=dict)
    equation: Equation | None = None


Domain = Callable[[Owing], Iterable[Member]]


def _parameters(found: Callable[[Owing], Iterable[Parameter | None]]) -> Domain:
    return lambda o: [Member(p.name, p, {"parameter": p}) for p in found(o) if p is not None]


def _series(found: Callable[[Owing], Iterable[Series]]) -> Domain:
    return lambda o: [Member(s.name, s[t], {"state": s[t]}) for s in found(o)]


def _ids(found: Callable[[Owing], Iterable[Equation | None]]) -> Domain:
    """Return the domain of equations by their ids, without the name of the cell before them."""

    def domain(o: Owing) -> Iterator[Member]:
        for equation in found(o):
            if equation is not None:
                name = equation.id.removeprefix(f"{o.facts.cell.name}-")
                yield Member(name, equation=equation)

    return domain


def _d(o: Owing) -> Derivation:
    return o.facts.derivation


def _steps(steps: Callable[[Owing], Iterable[int]]) -> Domain:
    return lambda o: [Member(str(n), Integer(n)) for n in steps(o)]


def _starts(o: Owing) -> list[Parameter]:
    """Return the parameter that is treated first, if its first contribution is 0 from a zero start."""
    lead = o.subject.lead
    zero = lead is not None and _d(o).substitution.vanishes_at_start(lead)
    return [lead] if zero and lead is not None else []


def _beside(o: Owing) -> list[Member]:
    """Return the other parameters, each beside the one that is treated first."""
    lead = o.subject.lead
    if lead is None:
        return []
    return [Member(p.name, p, {"parameter": p, "lead": lead}) for p in o.others]


def _carried(index: Any) -> Domain:
    """Return the states that are handed on by factors, those by the same together, at such a step."""

    def domain(o: Owing) -> Iterator[Member]:
        for states, factor in carried_alike(o.facts.cell):
            named = listed([s[index] for s in states])
            about = {"state": named, "factor": instantiate(factor, {t: index})}
            yield Member("-".join(s.name for s in states), named, about)

    return domain


def _ahead(o: Owing) -> Iterator[Member]:
    """Yield the adjoints for all losses in gradients that stand before the recursion."""
    recursion = _d(o).recursion
    sums = [recursion.accumulated(p).right for p in o.subject.direct]
    for series in recursion.deltas.values():
        if any(at == series[t] for right in sums for at in series_in(right)):
            yield Member(letter_of(series).word, series[t], {"adjoint": series[t]})


def _activations(o: Owing) -> Iterator[Member]:
    """Yield the activations that act on anything before the output."""
    cell, a = o.facts.cell, Parameter("a", 1, 1)
    made = [e.expr for e in cell.equations if e.variable not in (cell.output, cell.loss_series)]
    for name in dict.fromkeys(node.function for expr in made for node in atoms_of(expr, Apply)):
        if activation(name).use is Standing.ACTIVATION:
            yield Member(name, Apply(name, a), {"value": Apply(name, a)})


def _landmarks(o: Owing) -> list[Series]:
    cell = o.facts.cell
    keep = unroll.landmarks(cell) - {cell.loss_series}
    return [e.variable for e in cell.equations if e.variable in keep]


def _computed(o: Owing) -> list[Series]:
    cell = o.facts.cell
    beside = (cell.loss_series, cell.weight)
    return [e.variable for e in cell.equations if e.variable not in beside]


def _start(o: Owing) -> list[Equation]:
    """Return the gradients by the initial state, for each step."""
    given = _d(o).given
    name = f"{letter_of(_d(o).shared.state).word}0"
    return [given.initial_sum(), given.initial_substituted(), given.total(given.start, name)]


def _inputs(o: Owing) -> Iterator[Equation | None]:
    for series in o.facts.cell.inputs:
        yield _d(o).given.input_sum(series)
        yield _d(o).given.input_substituted(series)


def _spelled(o: Owing) -> Iterator[Equation]:
    for step in shown_steps(o.steps):
        yield from _d(o).substitution.spelled_adjoints(o.steps, step)


def _scalar(o: Owing) -> Derivation:
    return o.scalar


def _example_steps(o: Owing) -> Iterable[int]:
    trace = o.facts.example
    return () if trace is None else shown_steps(trace.steps)


def _trained(o: Owing) -> list[Series]:
    cell = o.facts.cell
    return handed_on(cell) if cell.initial == "trainable" else []


def _carousels(o: Owing) -> list[Series]:
    cell = o.facts.cell
    if o.holds("makes-matrices") or not carried(cell):
        return []
    return [each.state for each in carousels(_d(o))]


def _returning(at_once: bool) -> Callable[[Owing], list[Series]]:
    """Return what gives the states that act on themselves through others over two steps, or more."""

    def found(o: Owing) -> list[Series]:
        cell = o.facts.cell
        return [s for s in _carousels(o) if (steps_to_return(cell, s) == 2) is at_once]

    return found


DOMAINS: Mapping[str, Domain] = {
    "parameter": _parameters(lambda o: o.facts.cell.parameters),
    "direct": _parameters(lambda o: o.subject.direct),
    "first_direct": _parameters(lambda o: o.subject.direct[:1]),
    "later_direct": _parameters(lambda o: o.subject.direct[1:]),
    "recurrent": _parameters(lambda o: o.subject.recurrent),
    "adjoint_ahead": _ahead,
    "lead": _parameters(lambda o: [o.subject.lead]),
    "other": _parameters(lambda o: o.others),
    "other_beside": _beside,
    "start_zero": _parameters(_starts),
    "carried": _carried(t),
    "carried_back": _carried(j),
    "activation": _activations,
    "carousel": _series(_carousels),
    "carousel_at_once": _series(_returning(at_once=True)),
    "carousel_later": _series(_returning(at_once=False)),
    "shown": _steps(lambda o: shown_steps(o.steps)),
    "T": _steps(lambda o: [o.steps]),
    "example_step": _steps(_example_steps),
    "variable": _series(_computed),
    "landmark": _series(_landmarks),
    "input": _series(lambda o: o.facts.cell.inputs),
    "input_back": lambda o: [Member(x.name, x[k], {"input": x[k]}) for x in o.facts.cell.inputs],
    "handed": _series(lambda o: handed_on(o.facts.cell)),
    "trained_start": _series(_trained),
    "lagged": _ids(lambda o: unroll.lagged(o.facts.cell)),
    "constant": _ids(lambda o: unroll.constants(o.facts.cell)),
    "function": _ids(lambda o: unroll.functions(o.facts.cell)),
    "stacked": _ids(lambda o: unroll.stacked(o.facts.cell)),
    "derivative_of_loss": _ids(
        lambda o: (e for e in _d(o).chains.loss_equations() if not e.id.endswith("-general"))
    ),
    "entry_of_softmax": _ids(lambda o: _d(o).entries.softmax()),
    "slope": _ids(lambda o: _d(o).substitution.diagonals()),
    "block": _ids(lambda o: _d(o).substitution.blocks()),
    "transposed": _ids(lambda o: _d(o).lines.adjoints()),
    "lag": _ids(lambda o: _d(o).substitution.lagged_adjoints()),
    "spelled": _ids(_spelled),
    "into": _ids(lambda o: _d(o).substitution.into_state()),
    "summed": _ids(lambda o: _d(o).lines.summed_adjoints()),
    "added": _ids(lambda o: [e for p in [o.subject.lead] if p for e in _d(o).lines.added_up(p)]),
    "into_lines": _ids(lambda o: _d(o).lines.into_state()),
    "within": _ids(lambda o: _d(o).lines.within()),
    "columns": _ids(lambda o: _d(o).lines.recursion_in_columns()),
    "end": _ids(lambda o: _d(o).recursion.ends()),
    "adjoint": _ids(lambda o: _d(o).recursion.steps()),
    "unnamed": _ids(lambda o: _d(o).recursion.unnamed()),
    "start_terms": _ids(lambda o: [_d(o).given.initial_terms(o.steps)]),
    "start_general": _ids(_start),
    "of_inputs": _ids(_inputs),
    "scalar_variable": _series(
        lambda o: [
            e.variable
            for e in _scalar(o).cell.equations
            if e.variable
            not in (_scalar(o).cell.output, _scalar(o).cell.loss_series, _scalar(o).cell.weight)
        ]
    ),
    "scalar_slope": _ids(lambda o: _scalar(o).substitution.diagonals()),
    "scalar_block": _ids(lambda o: _scalar(o).substitution.blocks()),
    "scalar_lead": _parameters(
        lambda o: [
            one
            for one, of in zip(_scalar(o).cell.parameters, o.facts.cell.parameters, strict=True)
            if of == o.subject.lead
        ]
    ),
}
"""The domains by their names in owed.toml."""

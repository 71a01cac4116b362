"""Meanings of placeholders, and what makes them: whether a value is what a sentence means by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import isclose
from typing import TypeAlias

from sympy import Basic, MatAdd, MatrixExpr, Symbol

from derive.chapters.meant.place import Occurrence
from derive.checks.tables import members
from derive.document.text import Number, Ref, Text, Value
from derive.expressions.algebra import Hadamard
from derive.expressions.derivatives import Partial
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import At, Parameter, ParameterCopy, Series, k, t

MeantRule: TypeAlias = Callable[[Occurrence, Value], bool]
"""Tells whether the value of a placeholder is what the sentence means by it."""

Meanings: TypeAlias = Mapping[str, Mapping[str, MeantRule]]
"""For the key of each sentence, the rules of its placeholders."""


def is_(meant: Callable[[Occurrence], object]) -> MeantRule:
    """Return the rule that a value is what is computed anew."""

    def rule(place: Occurrence, value: Value) -> bool:
        wanted = meant(place)
        return bool(value == wanted) and isinstance(value, type(wanted) | Basic)

    return rule


def listed(meant: Callable[[Occurrence], list[object]]) -> MeantRule:
    """Return the rule that a list in words has these members, in this order."""
    return lambda place, value: list(members(value)) == meant(place)


def to(target: str) -> MeantRule:
    """Return the rule that a value is the reference to a block that the document has."""
    return is_(lambda place: Ref(target))


def letter(symbol: Symbol) -> MeantRule:
    """Return the rule that a value is a letter of its own."""
    return is_(lambda place: symbol)


def state(index: Callable[[Occurrence], object]) -> MeantRule:
    """Return the rule that a value is the state at a step."""
    return is_(lambda place: place.cell.state[index(place)])


def output(index: Callable[[Occurrence], object]) -> MeantRule:
    """Return the rule that a value is the output at a step."""
    return is_(lambda place: place.cell.output[index(place)])


def loss(index: Callable[[Occurrence], object]) -> MeantRule:
    """Return the rule that a value is the loss of a step."""
    return is_(lambda place: place.cell.loss_series[index(place)])


def at(index: object) -> Callable[[Occurrence], object]:
    """Return a step that is the same everywhere."""
    return lambda place: index


def last(back: int = 0) -> Callable[[Occurrence], object]:
    """Return the last step, or one before it."""
    return lambda place: place.steps - back


def across(index: Basic) -> MeantRule:
    """Return the rule that a value is the derivative of the state by the one before, at a step."""
    return is_(lambda place: Partial(place.cell.state[index], place.cell.state[index - 1]))


def introduced_as(role: Role, value: Value) -> tuple[Basic, ...]:
    """Return what a value belongs to that is introduced with a role, nothing of another."""
    if not (isinstance(value, At) and isinstance(value.series, Introduced)):
        return ()
    return value.series.of if value.series.role is role else ()


def introduced(role: Role, *index: object) -> MeantRule:
    """Return the rule that a value is introduced with a role, at such indices."""

    def rule(place: Occurrence, value: Value) -> bool:
        of = introduced_as(role, value)
        return bool(of) and isinstance(value, At) and value.indices == index

    return rule


def of_the_state(role: Role, *index: object) -> MeantRule:
    """Return the rule that a value is introduced with a role, for the state of the cell."""
    made = introduced(role, *index)

    def rule(place: Occurrence, value: Value) -> bool:
        return made(place, value) and {*introduced_as(role, value)} == {place.cell.state}

    return rule


def belongs(role: Role, placeholder: str, *index: object) -> MeantRule:
    """Return the rule that a value is introduced for what another placeholder names."""
    made = introduced(role, *index)

    def rule(place: Occurrence, value: Value) -> bool:
        other = place.values[placeholder]
        if not (made(place, value) and isinstance(other, At)):
            return False
        return bool(introduced_as(role, value)[0] == other.series)

    return rule


def copy_of(name: str) -> MeantRule:
    """Return the rule that a value is the copy for step k of the parameter of another placeholder."""

    def rule(place: Occurrence, value: Value) -> bool:
        parameter = place.values[name]
        return isinstance(parameter, Parameter) and value == ParameterCopy(parameter, k)

    return rule


def immediate(index: Basic, of: Callable[[Occurrence], Parameter | None]) -> MeantRule:
    """Return the rule that a value is the derivative of the state at a step, all before held fixed."""

    def rule(place: Occurrence, value: Value) -> bool:
        if not isinstance(value, Partial) or not _is_or_recurrent(place, of(place), value.den):
            return False
        held: tuple[MatrixExpr, ...] = (place.cell.state[index - 1],)
        return (value.num, value.held) == (place.cell.state[index], held)

    return rule


def lead(place: Occurrence) -> Parameter | None:
    """Return the parameter that is treated first."""
    return place.speaker.lead


def _is_or_recurrent(place: Occurrence, wanted: Parameter | None, value: Value) -> bool:
    """Tell whether this is the parameter, or, in a document without a section on one, recurrent.

    Where no parameter is, it is any.
    """
    own = place.speaker.recurrent or place.speaker.direct
    return value in (own if wanted is None else [wanted])


def is_lead(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the parameter that is treated first, or could be."""
    return _is_or_recurrent(place, place.speaker.lead, value)


def own(place: Occurrence) -> Parameter | None:
    """Return the parameter of the section."""
    return place.section


def all_of(*rules: MeantRule) -> MeantRule:
    """Return the rule that all of these hold."""
    return lambda place, value: all(rule(place, value) for rule in rules)


def quantity(
    series: Callable[[Occurrence], Series], index: Callable[[Occurrence], object]
) -> MeantRule:
    """Return the rule that a value is a quantity at a step."""
    return is_(lambda place: series(place)[index(place)])


def now(place: Occurrence) -> Symbol:
    """Return any step t."""
    return t


def within(choice: Callable[[Occurrence], Iterator[MatrixExpr]]) -> MeantRule:
    """Return the rule that a value is one of several that fit."""
    return lambda place, value: any(value == one for one in choice(place))


def texts(value: Value) -> Iterator[Text]:
    """Yield a sentence and all that are in it."""
    if isinstance(value, Text):
        yield value
        for inner in value.values.values():
            yield from texts(inner)


def is_number(meant: Callable[[Occurrence], float]) -> MeantRule:
    """Return the rule that a number, or a count, is what is computed anew."""

    def rule(place: Occurrence, value: Value) -> bool:
        found = value.value if isinstance(value, Number) else value
        if not isinstance(found, int | float) or isinstance(found, bool):
            return False
        return isclose(float(found), meant(place), rel_tol=1e-9)

    return rule


def said(name: str) -> Callable[[Occurrence], float]:
    """Return what reads a number that the same sentence says."""

    def read(place: Occurrence) -> float:
        value = place.values[name]
        if isinstance(value, Number):
            return float(value.value)
        assert isinstance(value, int), f"{name} is no number"
        return float(value)

    return read


def some_states(index: object) -> MeantRule:
    """Return the rule that a value names states at a step, each once."""

    def rule(place: Occurrence, value: Value) -> bool:
        named = [*members(value)]
        return bool(named) and named == [s[index] for s in place.cell.states if s[index] in named]

    return rule


def how_many(name: str) -> MeantRule:
    """Return the rule that a count is that of what another placeholder names."""
    return lambda place, value: value == len([*members(place.values[name])])


def kept(index: MatrixExpr | object) -> MeantRule:
    """Return the rule that a value is by what a state of the step before is multiplied, in the state."""

    def rule(place: Occurrence, value: Value) -> bool:
        named = [*members(place.values["state"])]
        return bool(named) and all(by(place, each, value) for each in named)

    def by(place: Occurrence, named: Value, value: Value) -> bool:
        if not (isinstance(named, At) and named.indices == (index,)):
            return False
        expr = place.cell.definition(named.series).expr
        terms = expr.args if isinstance(expr, MatAdd) else (expr,)
        before = named.series[t - 1]
        shifted = value.xreplace({index: t}) if isinstance(value, MatrixExpr) else value
        return any(before in _factors(term) and _is_rest(term, before, shifted) for term in terms)

    return rule


def _factors(term: MatrixExpr) -> list[MatrixExpr]:
    inner = [_factors(a) if isinstance(a, Hadamard) else [a] for a in term.args]
    return [one for several in inner for one in several]


def _is_rest(term: MatrixExpr, before: MatrixExpr, value: object) -> bool:
    """Tell whether a value is the product of all factors of a term but one."""
    rest = [factor for factor in _factors(term) if factor != before]
    wanted = _factors(value) if isinstance(value, Hadamard) else [value]
    return sorted(map(str, rest)) == sorted(map(str, wanted))

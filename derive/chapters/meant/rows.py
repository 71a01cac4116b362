"""What is meant in the rows of the tables of symbols, of uses, and of the glossary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from sympy import MatrixExpr

from derive.bptt.gatewise import LETTERS, Gatewise
from derive.chapters.facts.facts import small
from derive.chapters.meant.general import of_assumed, of_checks, of_obligations
from derive.chapters.meant.headed import require_heads
from derive.chapters.meant.place import Subject, handed_on
from derive.checks.probe import acts_in
from derive.checks.tables import members
from derive.document.blocks import TableBlock
from derive.document.conditions import said
from derive.document.text import Number, PageRef, Ref, Text, Value
from derive.errors import CheckError
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import At, Parameter, ParameterCopy, Series, T, k, t
from derive.expressions.walk import atoms_of, series_in


def require_rows(table: TableBlock, speaker: Subject) -> None:
    """Raise a `CheckError` for a row that says of its quantity what it is not, or a wrong head."""
    require_heads(table)
    for problem in _PROBLEMS.get(table.id, _none)(table, speaker):
        raise CheckError(
            f"table {table.id} does not hold what its head says: {problem}. Nothing is written; "
            "correct what fills it"
        )


def require_letters(speaker: Subject) -> None:
    """Raise a `CheckError` unless of each formula with a letter it is said once what that stands for."""
    sentences = (
        values for key, values in said(speaker.document.blocks) if key == "prose.shared.range"
    )
    named = [
        ref.target for v in sentences for ref in members(v["equations"]) if isinstance(ref, Ref)
    ]
    lettered = [id for id, display in speaker.displays.items() if display.instances]
    if sorted(named) != sorted(lettered):
        wrong = next(
            (id for id in (*lettered, *named) if named.count(id) != lettered.count(id)), ""
        )
        raise CheckError(
            f"document {speaker.document.id} does not say once for which gates {wrong} stands. Nothing "
            "is written; correct what says it"
        )


def _none(table: TableBlock, speaker: Subject) -> Iterator[str]:
    yield from ()


def _of_symbols(table: TableBlock, speaker: Subject) -> Iterator[str]:
    """Yield what is wrong with the values of constants, and what is left out."""
    cell, found = speaker.cell, []
    for symbols, meaning, *_ in table.rows:
        found += list(members(symbols))
        yield from _of_own_words(list(members(symbols)), meaning, speaker)
        if isinstance(meaning, Text) and meaning.key == "symbol.constant":
            for symbol in members(symbols):
                value = meaning.values["value"]
                wanted = cell.constants.get(symbol) if isinstance(symbol, Parameter) else None
                if not isinstance(value, Number) or _written(value) != wanted:
                    yield f"{symbol} is {wanted}, {value} is written"
    missing = [p for p in (*cell.parameters, *cell.constants) if p not in found]
    missing += [s for s in (*cell.inputs, *cell.states, cell.output) if s[t] not in found]
    if missing:
        yield f"{missing[0]} is left out"


def _of_own_words(symbols: list[Value], meaning: Value, speaker: Subject) -> Iterator[str]:
    """Yield what is said of a quantity in other words than those of its user, or in another's."""
    cell = speaker.cell
    for symbol in symbols:
        named = symbol.series if isinstance(symbol, At) and symbol.indices == (t,) else symbol
        own = isinstance(named, Series) or named in cell.parameters
        wanted = cell.meanings.get(named.name) if isinstance(named, Series | Parameter) else None
        if (isinstance(meaning, str) or (own and wanted is not None)) and meaning != wanted:
            yield f"{symbol} is said to be {meaning}, and its file says {wanted}"


def _written(number: Number) -> float:
    """Return the number that is read where this one is printed."""
    return float(f"{number.value:.{number.printed - 1}e}")


# -- where parameters are used


def _of_uses(table: TableBlock, speaker: Subject) -> Iterator[str]:
    """Yield what is wrong with where a parameter enters, its last factor, and its first contribution."""
    lettered = len(table.rows) > 0 and len(table.align) > (
        4 if speaker.cell.initial == "zero" else 3
    )
    letter, found = LETTERS.get(str(speaker.letter), ""), []
    for row in table.rows:
        gates, (parameter, entries, factor, *first) = (row[0], row[1:]) if lettered else ("", row)
        marks = [str(mark) for mark in members(gates)] if gates != "" else [letter]
        for mark in marks:
            named = {p.name: p for p in speaker.cell.parameters}
            own = named.get(_of_gate(getattr(parameter, "name", ""), letter, mark))
            if own is None:
                yield f"{parameter} is no parameter for the gate {mark}"
                continue
            found.append(own)
            yield from _of_use(
                own, [_of_gate(_name(e), letter, mark) for e in members(entries)], speaker
            )
            if first:
                yield from _of_first(own, first[0], speaker)
        if not _is_immediate(factor, parameter, speaker):
            yield f"{factor} is no immediate derivative by {parameter}"
    if sorted(found, key=str) != sorted(speaker.recurrent, key=str):
        yield f"it is about {found}, where {speaker.recurrent} act on the states"


def _is_immediate(factor: Value, parameter: Value, speaker: Subject) -> bool:
    if not isinstance(factor, Partial):
        return False
    s = speaker.cell.state
    return (factor.num, factor.den, factor.held) == (s[k], parameter, (s[k - 1],))


def _name(at: object) -> str:
    return str(at.series.name) if isinstance(at, At) and at.indices == (k,) else ""


def _of_gate(name: str, letter: str, mark: str) -> str:
    """Return a name with the mark of a gate for the letter, which stands at its end."""
    return name.removesuffix(letter) + mark if letter and name.endswith(letter) else name


def _of_use(parameter: Parameter, entries: list[str], speaker: Subject) -> Iterator[str]:
    entered = acts_in(speaker.cell, parameter)
    known, owed = {series.name for series in entered}, _read_by_states(speaker)
    if len({*entries}) < len(entries):
        yield f"an equation in which {parameter} stands is named twice"
    for entry in entries:
        if entry not in known:
            yield f"{parameter} does not stand in the equation of {entry or 'what is written'}"
    for name in (series.name for series in entered if series in owed):
        if name not in entries:
            yield f"{parameter} stands in the equation of {name} too, which is left out"


def _read_by_states(speaker: Subject) -> set[Series]:
    """Return the states, and what they are computed from within their step."""
    found = {*speaker.cell.states}
    for equation in reversed(speaker.cell.equations):
        if equation.variable in found:
            found |= {at.series for at in series_in(equation.expr) if at.indices == (t,)}
    return found


def _of_first(parameter: Parameter, said: Value, speaker: Subject) -> Iterator[str]:
    last = speaker.cell.loss_series[speaker.steps]
    first = speaker.facts.on_zero_start(Gradient(last, ParameterCopy(parameter, 1)))
    # Terms that cancel leave a rounding error, and what is not zero may be small over many steps.
    fits = {"list.zero": all(map(small, first)), "list.not_zero": any(map(np.any, first))}
    if not (isinstance(said, Text) and first and fits.get(said.key, False)):
        yield f"of the first contribution of {parameter} {said} is written, which it is not"


# -- the glossary


def _of_glossary(table: TableBlock, speaker: Subject) -> Iterator[str]:
    """Yield what is wrong with what a letter means, and where it first stands."""
    for symbol, meaning, page in table.rows:
        if not isinstance(symbol, At):
            yield from _of_convention(symbol, meaning, page, speaker)
            continue
        where = _first_with(symbol, speaker)
        if page != PageRef(where):
            yield f"{symbol} stands first in {where}, {page} is written"
        if meaning != _MEANING[symbol.series.role](symbol, speaker):
            yield f"{symbol} belongs to {symbol.series.of}, {meaning} is written"


def _first_with(symbol: At, speaker: Subject) -> str:
    """Return the equation of the cell that first has a letter, for whatever gate; "" if none has it."""
    gatewise = Gatewise(speaker.cell)
    stands = [
        (at, id)
        for id, display in speaker.displays.items()
        if not speaker.is_aside(id)
        for side in display.equation.sides
        for at in atoms_of(side, At)
        if isinstance(at.series, Introduced)
    ]
    if symbol.series not in {at.series for at, _ in stands}:
        return ""
    sides = {id: {*d.equation.sides} for id, d in speaker.displays.items()}
    own = [
        (at, id)
        for at, id in stands
        if symbol.series in (at.series, *gatewise.of_any_gate(at.series))
    ]
    # Where it is made, in words of other quantities; what is set after the last step is not made.
    made = [id for at, id in own if at in sides[id] and not at.indices[0].has(T)]
    return next(iter(made), own[0][1])


def _of_convention(symbol: Value, meaning: Value, page: Value, speaker: Subject) -> Iterator[str]:
    s, lead = speaker.cell.state, speaker.lead
    assert lead is not None, "a handout with step Jacobians has a section on a parameter"
    wanted: dict[Value, tuple[Text, str]] = {
        Partial(s[k], lead, s[k - 1]): (
            Text("glossary.immediate", {"k": k}), "prose.conventions.immediate"
        ),
        ParameterCopy(lead, k): (
            Text("glossary.copy", {"parameter": lead, "k": k}), "prose.conventions.copy"
        ),
    }  # fmt: skip
    said, sign = wanted.get(symbol, (None, ""))
    spot = speaker.spots.get(sign)
    if said != meaning or spot is None or page != PageRef("conventions", spot):
        yield f"{symbol} is said to be {meaning}"


def _between(key: str, back: int) -> Callable[[At, Subject], Text]:
    """Return what says of a derivative what it is of, and by what, so many steps before."""
    by = "before" if back else "by"

    def made(symbol: At, speaker: Subject) -> Text:
        step, ends = symbol.indices[0], symbol.series.of
        return Text(key, {"of": ends[0][step], by: ends[-1][step - back]})

    return made


def _block(symbol: At, speaker: Subject) -> Text:
    made = _between("glossary.block", 1)(symbol, speaker)
    before = speaker.cell.state[symbol.indices[0] - 1]
    return Text(made.key, {**made.values, "state": before})


def _stack(symbol: At, speaker: Subject) -> Text:
    parts: list[MatrixExpr] = [s[symbol.indices[0]] for s in speaker.cell.states]
    said = Text("list.two", {"a": parts[-2], "b": parts[-1]})
    for part in reversed(parts[:-2]):
        said = Text("list.many", {"a": part, "rest": said})
    handed = len(handed_on(speaker.cell)) == len(parts)
    return Text("glossary.stack" if handed else "glossary.stack_beside", {"all": said})


def _adjoint(symbol: At, speaker: Subject) -> Text:
    (of,), (step,) = symbol.series.of, symbol.indices
    return Text("glossary.adjoint", {"total": speaker.cell.total, "of": of[step]})


def _lagged(symbol: At, speaker: Subject) -> Text:
    (of,), (step, use) = symbol.series.of, symbol.indices
    # Where no part is made of another of its step, they are independent without being taken so.
    parted = of == speaker.cell.state and speaker.facts.holds("parts-of-parts")
    key = "glossary.lagged_parts" if parted else "glossary.lagged"
    return Text(key, {"loss": speaker.cell.loss_series[step], "of": of[use]})


_MEANING: Mapping[Role, Callable[[At, Subject], Text]] = {
    Role.STACK: _stack,
    Role.ADJOINT: _adjoint,
    Role.LAGGED_ADJOINT: _lagged,
    Role.STEP_JACOBIAN: _between("glossary.step_jacobian", 1),
    Role.BLOCK: _block,
    Role.SLOPE: _between("glossary.slope", 0),
    Role.PART: _between("glossary.within", 0),
    Role.PATH: _between("glossary.within", 0),
}

_PROBLEMS: Mapping[str, Callable[[TableBlock, Subject], Iterator[str]]] = {
    "symbols": _of_symbols, "uses": _of_uses, "glossary-table": _of_glossary,
    "obligations": of_obligations, "all-checks": of_checks,
    "assumed": of_assumed,
}  # fmt: skip

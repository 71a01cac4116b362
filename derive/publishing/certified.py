"""A certificate, held against the network that it is of, as it is read from its text.

A checker proves what is stated. That it is stated of this network, of all that is owed and for all the
steps for which it is printed, is told here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from unicodedata import lookup

from derive.bptt.derivation import Derivation
from derive.catalogue import names, options_of
from derive.cells.cell import Cell
from derive.checks.chosen import unlike
from derive.checks.listedids import require_listed
from derive.checks.verify import Verifier
from derive.errors import CheckError
from derive.expressions.equation import Equation
from derive.expressions.functions import Softmax
from derive.expressions.quantities import Parameter, Series
from derive.numerics.sample import sample
from derive.publishing.shown import ShownEquations
from derive.resources import equation_ids
from derive.typesetting import notation
from derive.typesetting.printing import plain

STEPS = 3
"""Steps of the derivation whose equations are stated, as in the file of ids."""

KEYS = (
    "format", "cell", "sizes", "introduced", "states", "equations", "functions", "hypotheses",
    "statements", "sha256",
)  # fmt: skip

_OF_KNOWN_STEPS = re.compile(r"-\d+(?=-|$)|^steps-(through|unrolled)-")
"""In an id: a step by its number, or a sum that is written out."""

_SAYS_WHAT = re.compile(r"-function-\w+$")
"""In an id: a function by its definition."""

_OF_THE_STEP = re.compile(r"forward-|loss-(step|total|weight)$|stacked$|constant")
"""Beginnings of the ids of what a network is defined by."""

_TERM = re.compile(r"([+-]?)\s*(\w+)")


def require_certificate(derivation: Derivation, derived: Sequence[Equation], text: str) -> None:
    """Raise a `CheckError` unless a certificate states what is owed of this network, and of no other."""
    made, cell = json.loads(text), derivation.cell
    if derivation.steps != STEPS:
        raise CheckError(f"a certificate is made of {STEPS} steps; please report it")
    equations = {equation.id: equation for equation in derived}
    require_listed([*equations], derivation)
    for problem in (
        *_of_the_whole(made, cell),
        *_left_out(made, cell, equations),
        *_misstated(made, equations),
        *_of_sizes(made, cell, derivation, equations),
    ):
        raise CheckError(
            f"the certificate of {cell.name} is not what it must be: {problem}. Nothing is written; "
            "please report it"
        )


def _of_the_whole(made: Mapping[str, Any], cell: Cell) -> Iterator[str]:
    if sorted(made) != sorted(KEYS):
        yield f"it has {', '.join(sorted({*made} ^ {*KEYS}))}, or not"
        return
    if made["format"] != "derive-proof/1":
        yield f"its format is {made['format']}"
    if made["cell"] != cell.name:
        yield f"it is said to be of {made['cell']}"
    # With targets of any sum the residual is in its general form, which takes nothing for granted.
    soft = isinstance(cell.definition(cell.output).expr, Softmax)
    soft = soft and cell.loss.residual is not cell.loss.general
    if len(made["hypotheses"]) != soft:
        yield f"it has {len(made['hypotheses'])} hypotheses, and a softmax has one"
    if len(made["states"]) != len(cell.states):
        yield f"it has {len(made['states'])} states"
    # What they are, the checker compares with the equations that say so.
    defined = {_called(text) for text in made["functions"]}
    stated = {_called(one["text"]) for one in made["statements"] if _SAYS_WHAT.search(one["id"])}
    if len(defined) < len(made["functions"]) or not defined <= stated:
        yield f"it defines the functions {', '.join(map(_called, made['functions']))}"


def _called(definition: str) -> str:
    return definition.partition("(")[0]


def _left_out(
    made: Mapping[str, Any], cell: Cell, equations: Mapping[str, Equation]
) -> Iterator[str]:
    """Yield which statements are there that are not owed, or the other way round."""
    found = [one["id"] for one in made["statements"]]
    sources = [*equations]
    if cell.written is None and cell.name in names() and not unlike(cell, options_of(cell.name)):
        every = equation_ids().read_text(encoding="utf-8").split()
        sources = [id_ for id_ in every if id_.partition("-")[0] == cell.name]
    owed = {id_ for id_ in sources if not _OF_KNOWN_STEPS.search(id_.removeprefix(f"{cell.name}-"))}
    if not cell.loss.assumes:
        owed.discard(f"{cell.name}-loss-logits-general")
    if sorted(found) != sorted(owed):
        twice = {id_ for id_ in found if found.count(id_) > 1}
        wrong = sorted({*found} ^ owed | twice)
        yield f"{wrong[0]} is left out, or there and not owed, or there twice"


def _misstated(made: Mapping[str, Any], equations: Mapping[str, Equation]) -> Iterator[str]:
    """Yield which statements are not as their equations are printed, or not for all their steps."""
    for one in made["statements"]:
        equation = equations.get(one["id"])
        if equation is None:
            continue
        if one["text"] != plain(equation):
            yield f"{one['id']} says {one['text']}, and {plain(equation)} is printed"
        if not is_claimed_for(one["for"], equation):
            free = ", ".join(f"{i.symbol}={i.low}..{i.high}" for i in equation.free)
            yield f"{one['id']} is stated for {', '.join(one['for'])}, and holds for {free}"
        assumed = {*equation.assumes} - {"targets-sum-to-one"}
        if {*one["assumes"]} != assumed:
            yield f"{one['id']} assumes {', '.join(one['assumes']) or 'nothing'}"


def is_claimed_for(texts: list[str], equation: Equation) -> bool:
    """Tell whether ranges are those of the free indices, at some numbers for their letters."""
    letters = {letter for i in equation.free for end in (i.low, i.high) for letter in _free(end)}
    letters |= {i.symbol for i in equation.free}
    # Numbers far apart, so that no sum of two is another.
    values = {letter: 1000 + 10 ** (n % 3 + 3) * (n + 2) for n, letter in enumerate(letters)}
    named = {_written(str(letter)): value for letter, value in values.items()}
    wanted = [
        (_written(str(i.symbol)), *(int(_at(end, values)) for end in (i.low, i.high)))
        for i in equation.free
    ]
    found = []
    for text in texts:
        name, _, ends = text.partition("=")
        low, _, high = ends.partition("..")
        found.append((name, _value(low, named), _value(high, named)))
    return found == wanted


def _written(name: str) -> str:
    """Return an index as it is printed: Greek letters have names."""
    # Its name in Unicode has no b.
    base, mark, rest = ("lamda" if name == "lambda" else name).partition("_")
    return (lookup(f"GREEK SMALL LETTER {base}") if len(base) > 1 else base) + mark + rest


def _free(end: Any) -> Any:
    return getattr(end, "free_symbols", set())


def _at(end: Any, values: Mapping[Any, int]) -> Any:
    return end.subs(values) if _free(end) else end


def _value(text: str, values: Mapping[str, int]) -> int | None:
    total, parts = 0, _TERM.findall(text)
    if "".join(sign + name for sign, name in parts) != text.replace(" ", "") or not parts:
        return None
    for sign, name in parts:
        # A number may stand before a letter, as in 2d.
        letter = name if name in values else name.lstrip("0123456789")
        if letter and letter not in values:
            return None
        number = name.removesuffix(letter)
        total += (-1 if sign == "-" else 1) * int(number or 1) * (values[letter] if letter else 1)
    return total


def _of_sizes(
    made: Mapping[str, Any], cell: Cell, derivation: Derivation, equations: Mapping[str, Equation]
) -> Iterator[str]:
    """Yield what the network of a certificate has that this one has not: sizes, or equations."""
    found = sample(cell, STEPS, seed=0, zero_start=False)
    trace = found.trace
    sizes = {str(symbol): size for symbol, size in trace.sizes.items()}
    own: list[Series | Parameter] = [
        *cell.given,
        *(e.variable for e in cell.equations),
        *cell.parameters,
    ]
    shapes = [
        tuple(1 if size == "1" else _sum(size, sizes) for size in said)
        for said in made["sizes"].values()
    ]
    for one, shape in zip(own, shapes, strict=False):
        array = trace.parameter(one) if isinstance(one, Parameter) else trace.value(one, 1)
        if array.shape[-2:] != shape:
            yield f"{one.name} has other sizes"
    if len(shapes) != len(own) + len(cell.constants) + 1:
        yield f"it has {len(shapes)} letters"
    defining = [
        one["text"]
        for one in made["statements"]
        if _OF_THE_STEP.match(one["id"].removeprefix(f"{cell.name}-"))
    ]
    for wrong in sorted({*made["equations"]} ^ {*defining}):
        yield f"{wrong} is an equation of it and not stated, or the other way round"
    source = ShownEquations(Verifier(derivation, [found]), notation.load())
    for one in made["statements"]:
        if one["text"] in defining and one["id"] in equations:
            source.require(equations[one["id"]], one["text"], "plain")


def _sum(text: str, sizes: Mapping[str, int]) -> int:
    parts = re.split(r"\s*\+\s*", text)
    return sum(_times(part, sizes) for part in parts)


def _times(part: str, sizes: Mapping[str, int]) -> int:
    """Return what a term of a size is: a number, a letter, or a number of times one, as ``2*d``."""
    if part.isdigit():
        return int(part)
    number, _, letter = part.rpartition("*")
    return int(number or 1) * sizes[letter]

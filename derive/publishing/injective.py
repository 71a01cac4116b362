"""Whether each quantity of a document has a text of its own, under the notation it is printed in.

Asked of the finished document, over all indices that stand in it: the parameter ``s_1`` and the state
s at step 1 have different names, and the same text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from itertools import product
from typing import get_args

from sympy import Basic, Identity, Integer, Symbol

from derive.document.blocks import Block, Document, Heading
from derive.errors import UsageError, shown
from derive.expressions.elision import shown_steps
from derive.expressions.equation import Equation
from derive.expressions.introduced import Introduced
from derive.expressions.quantities import At, Parameter, ParameterCopy, Series
from derive.typesetting.notation import Notation
from derive.typesetting.printing import Dialect, Printer

DIALECTS: tuple[Dialect, ...] = get_args(Dialect)


@dataclass(frozen=True)
class Quantity:
    """Something that has letters: what it is called, and at which indices it stands."""

    what: str
    name: str
    indices: tuple[str, ...] = ()

    def __str__(self) -> str:
        called = f"{self.what} {shown(self.name)}".strip()
        return f"{called} at {', '.join(self.indices)}" if self.indices else called


def require_injective(
    document: Document, notation: Notation, network: tuple[str, int] | None = None
) -> None:
    """Raise a `UsageError` that names two quantities of a document that print alike.

    ``network`` is the cell and T of a handout.  Its quantities are told apart throughout; a chapter
    about another network, such as the simple one beside an LSTM, may call that one's state h as well,
    if it does not show both.
    """
    chapters = _chapters(document)
    printers = [Printer(notation, dialect) for dialect in DIALECTS]
    if network is None:
        for chapter in chapters:
            _require_apart(_nodes(chapter), printers, None)
        return
    cell, steps = network
    equations = [e for e in document.equations() if e.id.startswith(f"{cell}-")]
    own = {_quantity(node).name for node in _nodes(equations)}
    _require_apart([n for n in _nodes(document) if _quantity(n).name in own], printers, steps)
    for chapter in chapters:
        _require_apart(_nodes(chapter), printers, steps)


def _chapters(document: Document) -> list[list[Block]]:
    """Return the blocks of each chapter."""
    found: list[list[Block]] = [[]]
    for block in document.blocks:
        if isinstance(block, Heading) and block.level == 1:
            found.append([])
        found[-1].append(block)
    return found


def _require_apart(nodes: list[Basic], printers: list[Printer], steps: int | None) -> None:
    quantities = list(_quantities(nodes, steps))
    for printer in printers:
        known: dict[str, Quantity] = {}
        for quantity, node in quantities:
            text = unicodedata.normalize("NFC", printer.text(node))
            other = known.setdefault(text, quantity)
            if other != quantity:
                raise UsageError(
                    f"under the notation {printer.notation.name!r} {other} and {quantity} are both "
                    f"printed as {shown(text)}: rename one of them, or choose another notation. "
                    "Nothing is written, as no reader could tell them apart"
                )


def _nodes(part: object) -> list[Basic]:
    """Return the quantities of a part of a document, each once, in the order of their first place."""
    found: dict[Basic, None] = {}
    seen: set[Basic] = set()
    waiting = list(_expressions(part))[::-1]
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if isinstance(node, (At, Parameter, ParameterCopy, Series, Symbol, Identity)):
            found[node] = None
            continue
        waiting += [arg for arg in reversed(node.args) if isinstance(arg, Basic)]
    return list(found)


def _expressions(value: object) -> Iterator[Basic]:
    """Yield the expressions in a part of a document, wherever in it they are."""
    if isinstance(value, Basic):
        yield value
    elif isinstance(value, Equation):
        yield from value.sides
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _expressions(part)
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from _expressions(part)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _expressions(getattr(value, field.name))


def _quantities(nodes: list[Basic], steps: int | None) -> Iterator[tuple[Quantity, Basic]]:
    """Yield the quantities with what prints them, a series at every step that may be written out.

    One with two indices is not paired with all steps at which others stand: of a formula that is nested
    over T steps these are T, and their pairs are T squared.
    """
    often = () if steps is None else {s - back for s in shown_steps(steps) for back in (0, 1)}
    numbers: dict[int, set[int]] = {}
    every: dict[tuple[Series, int], None] = {}
    for node in nodes:
        if isinstance(node, At):
            count = len(node.indices)
            every[node.series, count] = None
            own = numbers.setdefault(count, {*often})
            own.update(int(i) for i in node.indices if i.is_Integer)
        yield _quantity(node), node
    for series, count in every:
        for indices in product(sorted(numbers[count]), repeat=count):
            at = series[tuple(map(Integer, indices))]
            yield _quantity(at), at


def _quantity(node: Basic) -> Quantity:
    """Return what a node is, whatever size it has: the scalar case is about the same quantities."""
    if isinstance(node, At):
        return Quantity("", _called(node.series), tuple(map(str, node.indices)))
    if isinstance(node, ParameterCopy):
        return Quantity("the copy of", node.args[0].name, (str(node.args[1]),))
    if isinstance(node, (Parameter, Series)):
        return Quantity("", _called(node))
    if isinstance(node, Symbol):
        return Quantity("the number", node.name)
    return Quantity("the identity matrix", "")


def _called(quantity: Parameter | Series) -> str:
    """Return words for a quantity that no other has; what is introduced has a role and no name."""
    if not isinstance(quantity, Introduced):
        return str(quantity.name)
    return f"{quantity.role.name.lower().replace('_', ' ')} of {' and '.join(map(_called, quantity.of))}"

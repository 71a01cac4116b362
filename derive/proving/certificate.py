"""The certificate of a derivation: statements, no steps, each as it is printed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sympy import Basic, OneMatrix, Symbol

from derive.bptt import unroll
from derive.cells.cell import Cell
from derive.expressions.algebra import Times, transpose
from derive.expressions.derivatives import Partial
from derive.expressions.equation import Equation
from derive.expressions.introduced import Introduced
from derive.expressions.named import Named, named_in
from derive.expressions.quantities import At, Parameter, ParameterCopy, Series, t
from derive.expressions.sums import OrderedProduct, TimeSum
from derive.expressions.walk import atoms_of
from derive.proving.judged import checker
from derive.record import digest, dump
from derive.typesetting.printing import Printer

FORMAT = "derive-proof/1"

STEPS = 3
"""The number of steps of the derivation; what is stated of every number is the same for any."""


def certificate(cell: Cell, equations: Iterable[Equation]) -> dict[str, Any]:
    """Return what a checker needs: letters with their sizes, the cell's equations, the statements."""
    printer = Printer(dialect="plain")
    statements = list(general(equations))
    return {
        "format": FORMAT,
        "cell": cell.name,
        "sizes": {_letter(printer, one): _size(one) for one in _own(cell)},
        "introduced": _introduced(printer, statements),
        "states": [_letter(printer, state) for state in cell.states],
        "equations": list(_equations(printer, cell)),
        "functions": list(_functions(printer, cell)),
        "hypotheses": _hypotheses(printer, cell),
        "statements": [statement(printer, one) for one in statements],
    }


def text_of(cell: Cell, equations: Iterable[Equation]) -> str:
    """Return the text of the file, sealed by a digest of its content."""
    made = certificate(cell, equations)
    return dump({**made, "sha256": digest(dump(made))}).decode("utf-8")


def own(path: Path) -> dict[str, str]:
    """Return the digest of a certificate, or of the checker, that stands at a path as it was written."""
    if path.is_symlink() or not path.is_file():
        return {}
    content = path.read_bytes()
    if content == checker().encode():
        return {path.name: digest(content)}
    try:
        made = json.loads(content)
        seal = made.pop("sha256")
    except (ValueError, KeyError, AttributeError, TypeError):
        return {}
    return {path.name: digest(content)} if digest(dump(made)) == seal else {}


def general(equations: Iterable[Equation]) -> Iterator[Equation]:
    """Yield the equations that hold for every number of steps; the others are instances of them."""
    seen: set[str] = set()
    for equation in equations:
        if not _of_known_steps(equation) and equation.id not in seen:
            seen.add(equation.id)
            yield equation


def _of_known_steps(equation: Equation) -> bool:
    """Tell whether an equation speaks of steps by their numbers: of step 3, or of a sum of 3 terms."""
    if equation.step.rule in ("initial-state", "zero-start"):
        return False
    return any(
        _is_number(step) for side in equation.sides for node in atoms_of(side, _STEPPED)
        for step in (node.args[-1:] if isinstance(node, _SPANNING) else node.args[1:])
    )  # fmt: skip


_SPANNING = (TimeSum, OrderedProduct)
_STEPPED = (At, ParameterCopy, *_SPANNING)


def _is_number(step: Basic) -> bool:
    return bool(step.is_Integer) and step != 0


def _own(cell: Cell) -> Iterator[Series | Parameter]:
    """Yield the cell's own quantities, the total loss last."""
    yield from cell.given
    yield from (e.variable for e in cell.equations)
    yield from (*cell.parameters, *cell.constants, cell.total)


def _letter(printer: Printer, one: Series | Parameter, indices: int = 1) -> str:
    """Return a letter as it is printed, with an @ for each step."""
    if isinstance(one, Parameter):
        return printer.text(one)
    return printer.text(one[(Symbol("@"),) * indices])


def _size(one: Series | Parameter) -> list[str]:
    return [str(size) for size in one.shape]


def _equations(printer: Printer, cell: Cell) -> Iterator[str]:
    """Yield the equations of a step and the total loss, and what a stack is made of."""
    for made in cell.equations:
        yield f"{printer.text(made.left)} = {printer.text(made.expr)}"
    for equation in (*unroll.loss(cell)[-1:], *([] if cell.has_matrices else unroll.stacked(cell))):
        yield printer.inline(equation)
    for equation in unroll.constants(cell):
        yield printer.inline(equation)


def _functions(printer: Printer, cell: Cell) -> Iterator[str]:
    """Yield the definitions of the functions that a user defined, each of a."""
    a = Parameter("a", Symbol("n"), 1)
    for node in named_in(e.expr for e in cell.equations):
        one = Named(node.formula, a)
        yield f"{printer.text(one)} = {printer.text(one.expanded)}"


def _introduced(printer: Printer, equations: list[Equation]) -> dict[str, str]:
    """Return the letters of a derivation, each with the id of the statement that says what it is."""
    made: dict[str, str] = {}
    for equation in equations:
        at = 0 if equation.step.rule == "stack" else 1
        side = equation.sides[at]
        if (
            isinstance(side, At)
            and isinstance(side.series, Introduced)
            and at < len(equation.sides) - 1
        ):
            made.setdefault(_letter(printer, side.series, len(side.indices)), equation.id)
    return made


def _hypotheses(printer: Printer, cell: Cell) -> list[str]:
    ones = transpose(OneMatrix(*cell.target.shape))
    sums = Times(ones, cell.target[t])
    return [f"{printer.text(sums)} = 1" for key in cell.loss.assumes if key == "targets-sum-to-one"]


def statement(printer: Printer, equation: Equation) -> dict[str, Any]:
    """Return an equation as a statement: its text, and what the text alone does not say."""
    index = printer.index
    return {
        "id": equation.id,
        "for": [f"{index(i.symbol)}={index(i.low)}..{index(i.high)}" for i in equation.free],
        "assumes": [key for key in equation.assumes if key != "targets-sum-to-one"],
        "held": {
            printer.text(one)[1:-1]: [printer.text(at) for at in one.held]
            for side in equation.sides
            for one in sorted(atoms_of(side, Partial), key=str)
            if one.held
        },
        "text": printer.inline(equation),
    }

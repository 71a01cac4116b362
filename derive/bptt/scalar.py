"""The same cell with some sizes set to one: its derivation is the scalar case."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sympy import Integer, MatrixExpr

from derive.cells.cell import Assignment, Cell
from derive.expressions.averages import LayerNorm
from derive.expressions.folding import refold
from derive.expressions.functions import Softmax
from derive.expressions.quantities import Parameter, Series, T, j, k, t
from derive.expressions.rewrite import rewrite
from derive.expressions.walk import atoms_of, hashed


def scalar(cell: Cell) -> Cell:
    """Return the cell with every size but that of the output one, its matrices in small letters.

    The output keeps its size: a softmax over one component is constant, and all gradients 0.
    """
    kept = cell.output.shape[0].free_symbols
    sizes = {size: Integer(1) for size in cell.dimensions if size not in kept}

    own: tuple[MatrixExpr, ...] = (*cell.given, *cell.states, *cell.constants)
    computed = {e.variable.name for e in cell.equations} | {quantity.name for quantity in own}
    # Its letter tells a name as well: u_r would be read as a value of the gate u.
    taken = computed | {name.partition("_")[0] for name in computed}
    # Those of the time indices and of the sizes: J j would be a step, and D d the size of the input.
    taken |= {symbol.name for symbol in (t, T, k, j, *cell.dimensions)}
    wished = [_in_small_letters(p.name) for p in cell.parameters]

    def small(parameter: Parameter) -> Parameter:
        name = _in_small_letters(parameter.name)
        # V stays V where v is something else: one symbol has one meaning.
        letter = name.partition("_")[0]
        name = parameter.name if letter in taken or wished.count(name) > 1 else name
        return Parameter(name, *(s.xreplace(sizes) for s in parameter.shape))

    def sized(series: Series) -> Series:
        return Series(series.name, *(s.xreplace(sizes) for s in series.shape))

    rule: dict[Any, Any] = {p: small(p) for p in cell.parameters}
    every = [e.variable for e in cell.equations] + [*cell.inputs, cell.target, *cell.states]
    rule |= {s: sized(s) for s in every}
    return replace(
        cell,
        name=f"{cell.name}-scalar",
        # A size that is a number is none to be chosen; that of a stack has several letters.
        dimensions=tuple(size for size in cell.dimensions if size in kept),
        parameters=tuple(rule[p] for p in cell.parameters),
        inputs=tuple(rule[s] for s in cell.inputs),
        target=rule[cell.target],
        states=tuple(rule[s] for s in cell.states),
        equations=tuple(
            Assignment(rule[e.variable], _rebuilt(e.expr, rule, sizes)) for e in cell.equations
        ),
        logits=rule[cell.logits],
        output=rule[cell.output],
        loss_series=rule[cell.loss_series],
    )


def _in_small_letters(name: str) -> str:
    base, mark, rest = name.partition("_")
    return base.lower() + mark + rest


def kept_letters(cell: Cell) -> list[Parameter]:
    """Return the weights of the scalar case whose small letter means something else."""
    found = scalar(cell).parameters
    return [p for p in found if p.name != _in_small_letters(p.name)]


def can_be_scalar(cell: Cell) -> bool:
    """Tell whether the scalar case says something.

    It wants states of one component, and no operation that is constant on a single one.  What has sizes
    of one alone is its own scalar case.
    """
    constant = (LayerNorm, Softmax)
    inner = [e for e in cell.equations if e.variable != cell.output]
    return (
        bool(cell.dimensions)
        and all(s.shape == (1, 1) for s in scalar(cell).states)
        and not any(True for e in inner for _ in atoms_of(e.expr, constant))
    )


def _rebuilt(expr: Any, rule: dict[Any, Any], sizes: dict[Any, Any]) -> Any:
    """Return an expression over the resized quantities, through the constructors that fold."""
    return rewrite(hashed(expr), (rule | sizes).get, refold)

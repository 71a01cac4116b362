"""What the equations of a cell say: where each parameter acts, and what is linear in what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sympy import Identity, MatAdd, MatMul, MatrixExpr, OneMatrix, Transpose, ZeroMatrix
from sympy.matrices.expressions import HadamardProduct

from derive.calculus.activations import activation
from derive.calculus.adjoints import contributions, on_matrices
from derive.calculus.pullbacks import Pullback, depends, jacobian, pullbacks
from derive.cells.cell import Assignment, Cell
from derive.expressions.algebra import add, had, mul, transpose
from derive.expressions.functions import Slope
from derive.expressions.named import Named, NamedSlope
from derive.expressions.quantities import At, Parameter, Series, t
from derive.expressions.walk import atoms_of, series_in


@dataclass(frozen=True)
class Linearity:
    """What an equation reads, apart by whether it is linear in it, what else it reads held fixed."""

    equation: Assignment
    linear: tuple[At, ...]
    other: tuple[At, ...]


@dataclass(frozen=True)
class Action:
    """One place where a parameter acts: the quantity there, and what it is multiplied with.

    ``on`` is None where it is not a matrix times something; ``added`` where it is a term by itself,
    which a number is in every entry.  ``turned`` is where its transpose acts.
    Of a matrix that is multiplied entry by entry ``on`` is with what.
    """

    entry: Series
    on: MatrixExpr | None
    added: bool
    entrywise: bool = False
    turned: bool = False


def readings(cell: Cell) -> list[Linearity]:
    """Return what each equation of a step reads, the output and the loss left out."""
    found = []
    for equation in cell.equations:
        if equation.variable in (cell.output, cell.loss_series, cell.weight):
            continue
        reads = list(dict.fromkeys(series_in(equation.expr)))
        straight = [at for at in reads if _linear(equation.expr, at)]
        bent = [at for at in reads if at not in straight]
        found.append(Linearity(equation, tuple(straight), tuple(bent)))
    return found


def _linear(expr: MatrixExpr, read: At) -> bool:
    """Tell whether an expression is linear in what it reads: its Jacobian does not depend on it."""
    return not depends(_slope(expr, read), read) and not _steps_with(expr, read)


def _steps_with(expr: MatrixExpr, read: At) -> bool:
    """Tell whether an expression has steps in what it reads, as relu'(s) has: no slope tells of them."""
    for node in atoms_of(expr, (Slope, Named, NamedSlope)):
        if not depends(node, read):
            continue
        if isinstance(node, Slope):
            row = activation(node.function)
            if row.in_output is None and row.in_argument is None:
                return True
        elif _steps_with(node.expanded, read):
            return True
    return False


def _slope(expr: MatrixExpr, read: At) -> MatrixExpr:
    """Return what says how an expression changes with what it reads, and changes itself if it bends.

    That is its Jacobian; of an expression on matrices, what a gradient by it, any, is to what is read.
    """
    if not on_matrices(expr):
        return jacobian(expr, read)
    arriving = Parameter("…", *expr.shape)
    return add(ZeroMatrix(*read.shape), *contributions(expr, read, arriving))


def actions(cell: Cell, parameter: Parameter) -> list[Action]:
    """Return where a parameter acts, in the order of the equations."""
    found = []
    for e in cell.equations:
        if on_matrices(e.expr):
            found += list(_on_matrices(e.expr, parameter, e.variable, added=True))
            continue
        found += [
            Action(e.variable, path.right, _is_term(path), turned=path.transposed)
            for path in pullbacks(e.expr, parameter, e.left)
        ]
    return found


def _is_term(path: Pullback) -> bool:
    """Tell whether a path leads to a term of a sum, which nothing is done with."""
    return path.right is None and isinstance(path.left, (Identity, OneMatrix))


def _on_matrices(
    expr: MatrixExpr,
    parameter: Parameter,
    entry: Series,
    added: bool,
    behind: MatrixExpr | None = None,
) -> Iterator[Action]:
    """Yield where a parameter acts in an equation on matrices: before what, or beside it.

    ``behind`` is what stands behind a sum with the parameter, as in (W + P) h.
    """
    spread = mul(parameter, OneMatrix(*expr.shape)) if parameter.shape == (1, 1) else parameter
    if expr in (parameter, spread):
        yield Action(entry, None, added)
        return
    turned = transpose(parameter)
    for i, operand in enumerate(expr.args):
        others = (*expr.args[:i], *expr.args[i + 1 :])
        across = operand == turned != parameter
        if operand not in (parameter, turned):
            if hasattr(operand, "shape"):
                stays = added and isinstance(expr, MatAdd | Transpose)
                after = expr.args[i + 1 :] if isinstance(expr, MatMul) else ()
                follows = mul(*after) if after else None
                if isinstance(expr, MatAdd):
                    follows = behind
                yield from _on_matrices(operand, parameter, entry, stays, follows)
        elif isinstance(expr, MatMul):
            after = expr.args[i + 1 :] or [a for a in others if not a.is_number]
            yield Action(entry, mul(*after) if after else None, False, turned=across)
        elif isinstance(expr, HadamardProduct):
            yield Action(entry, had(*others), False, entrywise=True, turned=across)
        else:
            within = isinstance(expr, MatAdd) and behind is not None
            is_term = added and isinstance(expr, MatAdd)
            yield Action(entry, behind if within else None, is_term, turned=across)


def _leading(cell: Cell) -> set[Series]:
    """Return the states and what they are computed from in their own step."""
    found = {*cell.states}
    for equation in reversed(cell.equations):
        if equation.variable in found:
            found |= {at.series for at in series_in(equation.expr) if at.indices[0] == t}
    return found


def recurrence_is_linear(cell: Cell) -> bool:
    """Tell whether the states are linear in those of the step before, whatever the inputs.

    So they are if each equation is, in all that depends on the step before: a product of two such
    quantities is linear in each of them, and not in both.
    """
    moved: set[Series] = set()
    leading = _leading(cell)
    for equation in cell.equations:
        if equation.variable not in leading:
            continue
        past = [
            at
            for at in dict.fromkeys(series_in(equation.expr))
            if at.indices[0] != t or at.series in moved
        ]
        for at in past:
            slope = _slope(equation.expr, at)
            steps = _steps_with(equation.expr, at)
            if steps or any(depends(slope, other) for other in past):
                return False
        if past:
            moved.add(equation.variable)
    return True

"""How large the derivation of a cell would become, found before it is derived."""

from __future__ import annotations

from collections import Counter

from sympy import Expr, MatrixExpr, Symbol, preorder_traversal

from derive.budgets import exceeded, most
from derive.cells.cell import Assignment, Cell
from derive.errors import SpecError
from derive.expressions.quantities import At, Parameter, Series, t


class GrowthError(SpecError):
    """A cell whose derivation would be too large; ``variable`` is where it becomes so, if anywhere."""

    def __init__(self, problem: str, variable: Series | None = None) -> None:
        self.variable = variable
        super().__init__(problem)


def check_states(count: int) -> None:
    """Check the number of states of a cell; a `GrowthError` if it has too many."""
    if count > most("states"):
        raise GrowthError(exceeded("states", f"the cell has {count} states"))


def check_equations(equations: list[Assignment], states: set[Series]) -> None:
    """Check the equations of a step, before anything is derived; a `GrowthError` at the first.

    The chain rule has a term for each path from one quantity to another within a step: a few lines
    that each read the line before twice have millions.  Paths end at states where there are several,
    as the Jacobians between these have names.
    """
    paths: dict[Series, int] = {}
    for number, equation in enumerate(equations, 1):
        if number > most("equations"):
            said = f"a step has more than {number - 1} equations"
            raise GrowthError(exceeded("equations", said), equation.variable)
        size, count = _measured(equation.expr)
        if size > most("formula-size"):
            said = f"the equation of {equation.variable.name} has {size} operations"
            raise GrowthError(exceeded("formula-size", said), equation.variable)
        cut = states if len(states) > 1 else set()
        through = sum(
            1 if at.indices[0] != t or at.series in cut else paths.get(at.series, 1)
            for at in count.elements()
        )
        paths[equation.variable] = through = max(1, through)
        if through > most("paths"):
            said = f"{equation.variable.name} depends on what stands before it in {through} ways"
            raise GrowthError(exceeded("paths", said), equation.variable)


def _measured(expr: MatrixExpr) -> tuple[int, Counter[At]]:
    """Return the operations of an expression, and what it reads."""
    size, reads = 0, Counter[At]()
    walk = preorder_traversal(expr)
    for node in walk:
        if isinstance(node, At):
            reads[node] += 1
            walk.skip()
        elif isinstance(node, Parameter):
            walk.skip()
        else:
            size += 1
    return size, reads


def check_sizes(cell: Cell) -> None:
    """Check the components of the quantities, with the sizes that the checks take for letters."""
    letters: dict[Expr, int] = {size: number for number, size in enumerate(cell.dimensions, 2)}

    def components(size: Expr) -> int:
        terms = size.as_coefficients_dict().items()
        return sum(int(n) * (letters.get(s, 1) if isinstance(s, Symbol) else 1) for s, n in terms)

    for p in cell.parameters:
        for size in p.shape:
            _within(components(size), f"{p.name} is {p.shape[0]} × {p.shape[1]}, which")
    for equation in cell.equations:
        rows, columns = equation.variable.shape
        _within(
            components(rows) * components(columns),
            f"{equation.variable.name} is {rows if columns == 1 else f'{rows} × {columns}'}, which",
            equation.variable,
        )
    whole = sum(components(s.shape[0]) * components(s.shape[1]) for s in cell.states)
    _within(whole, "all states together, which")


def _within(amount: int, what: str, variable: Series | None = None) -> None:
    if amount > most("size"):
        raise GrowthError(exceeded("size", f"{what} is {amount} components in a check"), variable)

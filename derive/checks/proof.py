"""Level 5: element by element.  The derived gradients proved equal to SymPy's, entry by entry.

The unrolled loss is written out in scalars for small sizes and differentiated by ``sympy.diff``;
the derivation's gradients are written out in the same scalars; the difference is proved to be
exactly 0 (`derive.checks.rational`).  With relu the proof holds on every branch, away from the kink:
SymPy's Heaviside(a) stands for the slope there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sympy import Basic, DiracDelta, ImmutableDenseMatrix, Integer, MatrixExpr, Symbol, exp, tanh

from derive.bptt.derivation import Derivation
from derive.cells.cell import Cell
from derive.checks.differential import Differential
from derive.checks.explicit import Explicit
from derive.checks.order import require_order
from derive.checks.rational import Effort, Rationals, TooLongError
from derive.checks.scalars import Exp, Tanh, differ
from derive.errors import CheckError, SpecError
from derive.expressions.averages import LayerNorm, LogSumExp, Mean
from derive.expressions.derivatives import Gradient
from derive.expressions.equation import Equation
from derive.expressions.functions import Softmax
from derive.expressions.quantities import At, Parameter, T, t
from derive.expressions.sums import instantiate
from derive.expressions.walk import atoms_of


class UndecidedError(Exception):
    """Two expressions are equal at a point, and it is not seen that they are equal everywhere."""


@dataclass(frozen=True)
class Proved:
    """One gradient that was proved: how many entries were compared, and how many are not 0."""

    id: str
    gradient: Gradient
    entries: int
    nonzero: int


@dataclass(frozen=True)
class Proof:
    """What was proved for one cell, horizon and choice of sizes, and what was not decided."""

    cell: str
    steps: int
    sizes: Mapping[Symbol, int]
    proved: tuple[Proved, ...]
    unproved: tuple[Gradient, ...] = ()

    @property
    def entries(self) -> int:
        """Return the number of scalar identities."""
        return sum(p.entries for p in self.proved)

    @property
    def nonzero_entries(self) -> int:
        """Return how many of them compare something that is not 0."""
        return sum(p.nonzero for p in self.proved)


def work(
    cell: Cell, steps: int, sizes: Mapping[Symbol, int], derivation: Derivation | None = None
) -> int:
    """Return how long a proof takes, in operations: those of the loss in scalars, for each entry.

    SymPy's derivative by one entry walks through all of the loss; some 10 000 operations a second.
    """
    made = derivation or Derivation(cell, steps)
    explicit = Explicit(cell, steps, sizes, made.definitions)
    counts: dict[Basic, int] = {}

    def count(expr: Basic) -> int:
        if expr not in counts:
            counts[expr] = 1 + sum(count(arg) for arg in expr.args)
        return counts[expr]

    entries = sum(int((p.shape[0] * p.shape[1]).subs(sizes)) for p in cell.parameters)
    return count(explicit.value(cell.total)[0]) * entries


def smallest(cell: Cell) -> dict[Symbol, int]:
    """Return one for every size but those of the output and of means, which are 2.

    Softmax over one component is constant, and so is what its mean is taken off.
    """
    wide = {cell.output.shape[0]}
    for equation in cell.equations:
        for node in atoms_of(equation.expr, (Softmax, Mean, LogSumExp, LayerNorm)):
            wide |= node.arg.shape[0].free_symbols
    return {size: 2 if size in wide else 1 for size in cell.dimensions}


def prove(
    cell: Cell,
    steps: int,
    sizes: Mapping[Symbol, int] | None = None,
    derivation: Derivation | None = None,
    free_targets: bool = False,
    telling: bool = True,
    most: int | None = None,
) -> Proof:
    """Return the proof that every derived gradient of a parameter, input or s_0 equals SymPy's.

    ``sizes`` are small numbers for the cell's dimensions (see `smallest`); ``derivation`` is the
    one to be proved, if not the cell's own.  ``free_targets`` drops the assumption that targets
    sum to one.  A `CheckError` names the entry and both expressions where they differ, or a
    gradient that is 0 throughout and so proves nothing, unless ``telling`` is false.  ``most`` is how
    many products of terms the polynomials may take; a gradient that needs more than its share of what
    is left is not proved.
    """
    chosen = dict(smallest(cell) if sizes is None else sizes)
    missing = set(cell.dimensions) - set(chosen)
    if missing:
        listed = ", ".join(sorted(size.name for size in missing))
        raise SpecError(
            f"cell {cell.name}: no size is given for {listed}; expected a small number each"
        )
    made = derivation or Derivation(cell, steps)
    explicit = Explicit(cell, steps, chosen, made.definitions, free_targets)
    claims = list(_claims(made))
    if not cell.has_matrices:
        # Without step Jacobians there are no products of them.
        require_order(made, [equation for equation, _, _ in claims])
    proved, unproved = [], []
    for number, (equation, left, right) in enumerate(claims):
        effort = Effort(None if most is None else most // (len(claims) - number))
        try:
            proved.append(_proved(explicit, equation.id, left, right, telling, effort))
        except (TooLongError, UndecidedError):
            unproved.append(left)
        most = None if most is None else most - effort.spent
    return Proof(cell.name, steps, chosen, tuple(proved), tuple(unproved))


def scalar_gradient(
    cell: Cell, steps: int, den: MatrixExpr, sizes: Mapping[Symbol, int] | None = None
) -> ImmutableDenseMatrix:
    """Return ∇_den L by ``sympy.diff`` of the unrolled loss, as a matrix of SymPy scalars.

    ``den`` is a parameter, an input at a step or an initial state.
    """
    explicit = Explicit(cell, steps, smallest(cell) if sizes is None else sizes)
    return oracle(explicit, Gradient(cell.total, den)).replace(Exp, exp).replace(Tanh, tanh)


def oracle(explicit: Explicit, gradient: Gradient) -> ImmutableDenseMatrix:
    """Return a gradient by ``sympy.diff`` of the loss, in the shape of its variable."""
    loss = explicit.value(gradient.num)[0]
    # A slope that jumps has the derivative 0 beside its jump, and at the jump the rules say 0 too.
    smooth = explicit.value(gradient.den).applyfunc(lambda entry: Differential(entry).of(loss))
    jumps = {jump: Integer(0) for entry in smooth for jump in atoms_of(entry, DiracDelta)}
    return smooth.xreplace(jumps) if jumps else smooth


def _claims(derivation: Derivation) -> Iterator[tuple[Equation, Gradient, MatrixExpr]]:
    """Yield the gradients with respect to what the forward pass is a function of, at each index."""
    cell, steps = derivation.cell, derivation.steps
    given = {*cell.inputs, *cell.states}
    equations = [*derivation.recursion.equations()]
    if not cell.has_matrices:
        equations += [derivation.substitution.substituted(p, steps) for p in cell.parameters]
    for equation in equations:
        if not isinstance(equation.left, Gradient):
            continue
        den = equation.left.den
        if not isinstance(den, Parameter) and not (isinstance(den, At) and den.series in given):
            continue
        if isinstance(den, At) and den.series in cell.states and den.indices != (Integer(0),):
            continue
        for step in range(1, steps + 1) if equation.free else (1,):
            at = {t: step, T: steps}
            yield equation, instantiate(equation.left, at), instantiate(equation.right, at)


def _proved(
    explicit: Explicit, name: str, left: Gradient, right: MatrixExpr, telling: bool, effort: Effort
) -> Proved:
    expected, derived = oracle(explicit, left), explicit.value(right)
    where = f"equation {name}, T = {explicit.steps}, {_listed(explicit.sizes)}"
    if expected.shape != derived.shape:
        raise CheckError(
            f"{where}: the gradient {left} has shape {expected.shape}, its derived form {right} "
            f"{derived.shape}; expected the shape of the variable"
        )
    exact = Rationals([*expected, *derived], effort)
    nonzero = 0
    for place, (a, b) in enumerate(zip(expected, derived, strict=True)):
        if not exact.is_zero(a - b):
            if not differ(a, b):
                raise UndecidedError
            row, column = divmod(place, expected.shape[1])
            raise CheckError(
                f"{where}: entry ({row + 1}, {column + 1}) of {left} is not what was derived. "
                f"SymPy's derivative of the unrolled loss:\n  {a}\nderived, {right}:\n  {b}\n"
                f"Correct the rule that made it."
            )
        nonzero += not exact.is_zero(a)
    if nonzero == 0 and telling:
        raise CheckError(
            f"{where}: {left} is 0 in every entry, so that comparing it proves nothing; take "
            "larger sizes (softmax over one component is constant)"
        )
    return Proved(name, left, len(expected), nonzero)


def require_counts(proofs: Sequence[Proof], entries: int) -> None:
    """Raise a `CheckError` unless so many entries were proved: all of each gradient, each once."""
    wanted = 0
    for made in proofs:
        if len({one.gradient for one in made.proved}) != len(made.proved):
            raise _miscounted(f"a gradient of {made.cell} is proved twice")
        for one in made.proved:
            rows, columns = (int(size.subs(made.sizes)) for size in one.gradient.den.shape)
            if one.entries != rows * columns or not 0 <= one.nonzero <= one.entries:
                raise _miscounted(f"{one.gradient} has {rows * columns} entries, not {one.entries}")
            wanted += rows * columns
    if entries != wanted:
        raise _miscounted(f"{wanted} entries were proved, {entries} are given")


def _miscounted(problem: str) -> CheckError:
    return CheckError(
        f"what was proved is not what is counted: {problem}. Nothing is written; correct what counts"
    )


def _listed(sizes: Mapping[Symbol, int]) -> str:
    return ", ".join(f"{size} = {number}" for size, number in sizes.items())

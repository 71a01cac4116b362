"""Checks that are tried before an answer rests on them: each must refuse what is known to be false.

A check that passes everything looks as one that found nothing wrong. So at each run a small network
is taken, and of each kind of equation one that is false by little is put before what checks it, and
the true one beside it. Nothing of the derivation is needed for them: both sides of a false equation are
computed in the same way, one of them is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

from sympy import Float, KroneckerDelta, MatrixExpr, Rational

from derive.bptt import unroll
from derive.bptt.derivation import Derivation
from derive.cells.cell import Cell
from derive.cells.zoo import elman
from derive.checks.checked import CheckedDerivation
from derive.checks.proof import prove
from derive.checks.required import require
from derive.checks.verify import Check, Verifier
from derive.errors import CheckError
from derive.expressions.algebra import add, mul, ones, transpose
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import ANY_TARGETS, ZERO_START, Equation, Index, Kind, Step
from derive.expressions.quantities import Parameter, Scalar, T, k, t
from derive.expressions.sums import TimeSum
from derive.expressions.walk import atoms_of
from derive.numerics.sample import samples

LITTLE = Float("1e-7")
"""By so much of themselves false sides are wrong: far more than rounding, far less than a mistake."""

SMALL = Rational(1, 10**9)
"""The same for a proof, which is exact."""

FAR = Float("2e-9")
"""By so much of itself the first term of a sum is wrong: the sum then is within its tolerance."""

STEPS = 3
"""Of the network: a first, an inner and a last step."""


def require_tried() -> None:
    """Raise a `CheckError` unless each check refuses what is false, of each kind of equation."""
    _require_tried()


def require_proof_tried() -> None:
    """Raise a `CheckError` unless a proof refuses a derivation that is false."""
    _require_proof_tried()


@cache
def _require_tried() -> None:
    derivation = Derivation(_cell(), STEPS)
    verifier = Verifier(derivation, samples(derivation.cell, STEPS, 0))
    _require_far_terms_tried(derivation, verifier)
    library = CheckedDerivation(derivation.cell, STEPS)
    cases = list(_cases(derivation.cell))
    for equation, holds in cases:
        check = verifier.check(equation)
        if check.passed is not holds or _passes(verifier.require, equation) is not holds:
            raise _untrusted("the verifier", equation, holds)
        _require_judged(check, equation, holds)
        if _passes(library.require, equation) is not holds:
            raise _untrusted("the library", equation, holds)
    # One of each, as all data are drawn anew.
    for equation, holds in (next(c for c in cases if c[1] is holds) for holds in (True, False)):
        if _passes(require, derivation, [equation]) is not holds:
            raise _untrusted("what an answer rests on", equation, holds)


def _require_far_terms_tried(derivation: Derivation, verifier: Verifier) -> None:
    """Raise a `CheckError` unless one term of a sum is refused that hardly changes the sum."""
    right = derivation.chains.sum_product(derivation.cell.parameters[0], STEPS)
    (found,) = atoms_of(right.right, TimeSum)
    first = Scalar(1 + FAR * KroneckerDelta(k, 1))
    false = replace(right, sides=(right.left, found.func(mul(first, found.body), *found.args[1:])))
    if verifier.check(false).passed:
        raise _untrusted("the verifier, of terms one by one,", false, holds=False)


def _passes(way: Callable[..., object], *given: object) -> bool:
    try:
        way(*given)
    except CheckError:
        return False
    return True


def _require_judged(check: Check, equation: Equation, holds: bool) -> None:
    """Raise a `CheckError` unless a check says of an equation what it is, and what was found."""
    within = bool(check.error <= check.tolerance)
    judged = within != (equation.kind is Kind.REFUTED) and check.count > 0
    # A reason that is none has no error, and another equation than the id says may have none.
    if (check.id, check.kind) != (equation.id, equation.kind) or (
        judged is not holds and equation.id.startswith("tried-") and not equation.reasons
    ):
        raise _untrusted("the verifier", equation, holds)


def _cases(cell: Cell) -> Iterator[tuple[Equation, bool]]:
    """Yield equations of each kind, and whether they hold."""
    s, z, o, W = cell.states[0][t], cell.logits[t], cell.output[t], cell.parameters[1]
    loss, every = cell.loss_series[t], unroll.every_step()
    row, column = Partial(loss, z), Gradient(cell.total, W)
    last = Scalar(KroneckerDelta(t, T))

    def of(name: str, kind: Kind, *sides: MatrixExpr, **more: object) -> Equation:
        return replace(
            Equation(f"tried-{name}", kind, sides, Step("definition"), every),
            **more,  # type: ignore[arg-type]
        )

    for kind in (Kind.DEFINITION, Kind.IDENTITY):
        yield of(f"value-{kind.value}", kind, s, _more(s)), False
        yield of(f"value-true-{kind.value}", kind, s, s), True
    yield of("middle", Kind.IDENTITY, s, _more(s), s), False
    yield of("step", Kind.IDENTITY, s, add(s, mul(LITTLE, last, s))), False
    yield of("row", Kind.IDENTITY, row, _more(row)), False
    yield of("row-true", Kind.IDENTITY, row, row), True
    yield of("turned", Kind.IDENTITY, row, transpose(row)), False
    yield of("gradient", Kind.IDENTITY, column, _more(column), free=()), False
    yield of("gradient-true", Kind.IDENTITY, column, column, free=()), True
    yield of("nowhere", Kind.IDENTITY, s, s, free=(Index(t, T + 1, T),)), False
    yield of("reason", Kind.IDENTITY, s, s, reasons=("reason.chain",)), False
    yield of("bound", Kind.INEQUALITY, o, mul(1 - LITTLE, o)), False
    yield of("bound-true", Kind.INEQUALITY, o, o), True
    yield of("refuted", Kind.REFUTED, o, o), False
    yield of("refuted-true", Kind.REFUTED, o, mul(2, o)), True
    for error, holds in (("0.0051", False), ("0.0049", True)):
        rounded = add(z, mul(Float(error), ones(z.shape[0])))
        yield of(f"rounded-{error[2:]}", Kind.ROUNDED, z, rounded, digits=2), holds
    # What holds on some data only, and there where that is assumed.
    start, total = cell.states[0][0], mul(transpose(ones(z.shape[0])), cell.target[t])
    for assumed in ((), (ZERO_START,)):
        yield of(f"start-{len(assumed)}", Kind.IDENTITY, start, mul(2, start), free=(),
                 assumes=assumed), bool(assumed)  # fmt: skip
    for assumed in ((), (ANY_TARGETS,)):
        yield of(f"targets-{len(assumed)}", Kind.IDENTITY, total, ones(1),
                 assumes=assumed), not assumed  # fmt: skip
    yield of("named", Kind.IDENTITY, cell.states[0][1], cell.states[0][1], free=(),
             id=f"{cell.name}-step-2-s"), False  # fmt: skip
    yield of("exact", Kind.ROUNDED, z, _more(z), z, digits=2), False


def _more(side: MatrixExpr) -> MatrixExpr:
    """Return a side that is wrong by little."""
    return mul(1 + LITTLE, side)


def _cell() -> Cell:
    return elman.build(elman.OPTIONS)


@cache
def _require_proof_tried() -> None:
    cell = _cell()
    for wrong in cell.parameters:
        derivation = _FalseDerivation(cell, wrong)
        if _passes(prove, cell, 1, None, derivation, False, False):
            raise _untrusted("the proof", derivation.false, holds=False)


class _FalseDerivation(Derivation):
    """A derivation of which one gradient is wrong by little, over one step."""

    def __init__(self, cell: Cell, wrong: Parameter) -> None:
        super().__init__(cell, 1)
        right = self.recursion.accumulated(wrong)
        self.false = replace(right, sides=(right.left, mul(1 + SMALL, right.right)))
        equations = [self.false if e == right else e for e in self.recursion.equations()]
        self.recursion.equations = lambda: iter(equations)  # type: ignore[method-assign]


def _untrusted(what: str, equation: Equation, holds: bool) -> CheckError:
    done = "refuses what is true" if holds else "does not refuse what is false"
    return CheckError(
        f"{what} {done} ({equation.kind.value}, {equation.id}): nothing that it passes is to be relied "
        "on. Nothing is printed or written; please report it"
    )

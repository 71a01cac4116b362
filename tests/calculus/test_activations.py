"""The tables of activations and losses: derivatives proved by SymPy, values compared with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sympy import (
    Add,
    Expr,
    Heaviside,
    Integer,
    MatAdd,
    MatMul,
    Max,
    Min,
    OneMatrix,
    Rational,
    Symbol,
    ZeroMatrix,
    diff,
    erfc,
    exp,
    limit,
    log,
    oo,
    simplify,
    symbols,
    sympify,
)
from sympy.matrices.expressions import HadamardProduct

from derive.calculus.activations import ACTIVATIONS, Activation, Standing, activation, apply
from derive.calculus.losses import LOSSES, loss
from derive.errors import SpecError
from derive.expressions.functions import Apply, Quotient
from derive.expressions.pointwise import Minimum
from derive.expressions.quantities import Series, t

a = Symbol("a", real=True)
ROWS = list(ACTIVATIONS.values())
POINTS = np.array([-30.0, -3.1, -0.7, -0.01, 0.02, 0.4, 1.0, 2.9, 30.0])


def scalar(expr: Any, value: Expr) -> Any:
    """Return a matrix expression in one series as a scalar one, with ``value`` for the series."""
    if isinstance(expr, OneMatrix):
        return 1
    if isinstance(expr, MatAdd):
        return sum(scalar(e, value) for e in expr.args)
    if isinstance(expr, (MatMul, HadamardProduct)):
        found: Any = 1
        for factor in expr.args:
            found = found * (factor if factor.is_Number else scalar(factor, value))
        return found
    if isinstance(expr, ZeroMatrix):
        return 0
    if isinstance(expr, Quotient):
        return scalar(expr.args[0], value) / scalar(expr.args[1], value)
    if isinstance(expr, Minimum):
        return Min(*(scalar(e, value) for e in expr.args))
    if isinstance(expr, Apply):
        return ACTIVATIONS[expr.function].scalar(scalar(expr.arg, value))
    assert expr == Series("y", 3, 1)[t], f"unexpected {expr!r}"
    return value


def short_form(row: Activation) -> Any:
    """Return the derivative as it is written in the output, with f(a) for the output."""
    assert row.in_output is not None
    return scalar(row.in_output(Series("y", 3, 1)[t]), row.scalar(a))


@pytest.mark.parametrize("row", [r for r in ROWS if r.in_output], ids=lambda r: r.name)
def test_derivative_in_the_output_is_proved(row: Activation) -> None:
    difference = diff(row.scalar(a), a) - short_form(row)
    assert simplify(difference.rewrite(exp)) == 0
    # One ten-thousandth off is not zero.
    assert simplify((difference + short_form(row) / 10_000).rewrite(exp)) != 0


@pytest.mark.parametrize("row", [r for r in ROWS if r.in_argument], ids=lambda r: r.name)
def test_derivative_in_the_argument_is_proved(row: Activation) -> None:
    assert row.in_argument is not None
    form = sympify(scalar(row.in_argument(Series("y", 3, 1)[t]), a))
    far = Symbol("p", positive=True)
    wrong = []
    for side in (far, -far):
        # On either side of 0, where those with a kink have a derivative.
        derived, written = (
            e.subs(a, side).replace(Heaviside, lambda x, *_: Integer(bool(x.is_positive)))
            for e in (diff(row.scalar(a), a), form)
        )
        assert simplify((derived - written).rewrite(exp)) == 0
        wrong.append(simplify((derived - written * Rational(10_001, 10_000)).rewrite(exp)))
    assert any(e != 0 for e in wrong) or row.use is Standing.PART


def test_relu_is_the_only_one_without() -> None:
    without = [r.name for r in ROWS if r.in_output is None and r.in_argument is None]
    assert without == ["relu"]
    assert diff(Max(a, 0), a) == Heaviside(a)


def points(row: Activation) -> Any:
    """Return where a function is looked at: of a square root, right of 0."""
    return np.abs(POINTS) if row.name == "sqrt" else POINTS


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r.name)
def test_value_and_slope(row: Activation) -> None:
    derivative = diff(row.scalar(a), a)
    for point in points(row):
        at = np.array([point])
        exact = {a: Rational(str(point))}
        value, slope = row.scalar(a).subs(exact), derivative.subs(exact).doit()
        # 1 + erf has few digits where it is far less than either of the two.
        value, slope = (e.rewrite(erfc) if point < 0 else e for e in (value, slope))
        # The rounding of a/√2 is magnified by a² in the tail of the normal distribution.
        tail = point**2 * 2.0**-52 if row.name in ("cdf", "gelu") else 0
        assert np.isclose(row.value(at)[0], float(value.evalf(50)), rtol=1e-14 + tail, atol=0)
        assert np.isclose(row.slope(at)[0], float(slope.evalf(50)), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r.name)
def test_complex_step(row: Activation) -> None:
    step = 1e-50
    at = points(row)
    assert np.allclose(np.imag(row.value(at + 1j * step)) / step, row.slope(at), rtol=1e-12)


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r.name)
def test_bound_of_the_slope(row: Activation) -> None:
    if np.isinf(row.gamma):
        far = np.array([1e-30, 30.0, -30.0])[: 1 if row.name == "sqrt" else 3]
        assert np.abs(row.slope(far)).max() > 1e9
        return
    # Where some are steepest: at 1, √2, π/2, and silu where a tanh(a/2) = 2.
    steepest = [1.0, np.sqrt(2.0), np.pi / 2, optimum(lambda p: p * np.tanh(p / 2) - 2)]
    slopes = np.abs(row.slope(np.array([*np.linspace(-40, 40, 8001), *steepest])))
    assert slopes.max() <= row.gamma * (1 + 1e-12)
    assert slopes.max() >= row.gamma * (1 - 1e-12)


def optimum(rising: Any) -> float:
    """Return where a function that rises from 0 to 10 is 0."""
    low, high = 0.0, 10.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return low


def test_kinks() -> None:
    for row in ROWS:
        for kink in row.kinks:
            assert row.slope(np.array([kink]))[0] == 0
    assert {r.name for r in ROWS if r.kinks} == {"relu", "leaky_relu", "abs", "sign", "step"}


def test_far_out_nothing_overflows() -> None:
    far = np.array([-800.0, 800.0])
    with np.errstate(all="raise", under="ignore"):
        assert list(ACTIVATIONS["sigmoid"].value(far)) == [0, 1]
        assert list(ACTIVATIONS["softplus"].value(far)) == [0, 800]
    assert limit(ACTIVATIONS["sigmoid"].scalar(a), a, oo) == 1


@pytest.mark.parametrize("name", ["silu", "gelu", "elu", "cdf"])
def test_far_out_nothing_overflows_in_the_others(name: str) -> None:
    row, far = ACTIVATIONS[name], np.array([-800.0, 800.0])
    with np.errstate(all="raise", under="ignore"):
        below, above = row.value(far)
        assert abs(below) <= (1 if name == "elu" else 0)
        assert above == (1 if name == "cdf" else 800)
        assert row.slope(far)[1] == (0 if name == "cdf" else 1)


def test_names() -> None:
    x = Series("a", 3, 1)[t]
    assert apply("identity", x) == x
    assert apply("tanh", x) == Apply("tanh", x)
    with pytest.raises(SpecError, match="did you mean tanh"):
        activation("tahn")


# -- losses ----------------------------------------------------------------------------------------

M = 3
z, y = symbols(f"z1:{M + 1}"), symbols(f"y1:{M + 1}")


def by_hand(name: str) -> tuple[list[Any], Any]:
    """Return output and loss of M logits, from the definitions."""
    if name == "mse":
        return list(z), Add(*((p - q) ** 2 for p, q in zip(z, y, strict=True))) / 2
    if name == "bce":
        o = [1 / (1 + exp(-p)) for p in z]
        terms = (q * log(p) + (1 - q) * log(1 - p) for p, q in zip(o, y, strict=True))
        return o, -Add(*terms)
    total = Add(*map(exp, z))
    o = [exp(p) / total for p in z]
    return o, -Add(*(q * log(p) for p, q in zip(o, y, strict=True)))


@pytest.mark.parametrize("name", sorted(LOSSES))
@pytest.mark.parametrize("which", ["residual", "general"])
def test_residual_is_proved(name: str, which: str) -> None:
    row, (o, value) = LOSSES[name], by_hand(name)
    targets = dict(zip(y, y, strict=True))
    if which == "residual" and row.assumes:
        assert row.assumes == ("targets-sum-to-one",)
        targets[y[-1]] = 1 - Add(*y[:-1])
    form = getattr(row, which)(Series("y", M, 1)[t], Series("o", M, 1)[t])
    for i in range(M):
        derived = component(form, o, [targets[q] for q in y], i)
        difference = diff(value, z[i]).subs(targets) - derived
        assert simplify(difference) == 0
        if which == "residual" and row.assumes:
            # Without the assumption it does not hold.
            assert simplify(diff(value, z[i]) - component(form, o, list(y), i)) != 0


def component(form: Any, o: list[Any], targets: list[Any], i: int) -> Any:
    """Return a component of a residual, the matrix expression evaluated entry by entry."""
    from sympy import Matrix

    def value(expr: Any) -> Any:
        if isinstance(expr, MatAdd):
            return sum((value(e) for e in expr.args[1:]), value(expr.args[0]))
        if isinstance(expr, OneMatrix):
            return Matrix.ones(*map(int, expr.shape))
        if expr.is_Number:
            return expr
        if isinstance(expr, MatMul) or type(expr).__name__ == "Scaled":
            found = value(expr.args[0])
            for factor in expr.args[1:]:
                found = found * value(factor)
            return found[0] if getattr(found, "shape", None) == (1, 1) else found
        if type(expr).__name__ == "Transposed":
            return value(expr.arg).T
        return Matrix({"o": o, "y": targets}[expr.series.name])

    return value(form)[i]


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_value_of_a_loss(name: str) -> None:
    from derive.numerics.evaluate import Evaluator
    from tests.checks.test_verify import trace_of

    numbers = {"z": [0.3, -1.2, 0.9, 0.1], "y": [0.1, 0.2, 0.3, 0.4]}
    trace = trace_of(name, numbers)
    o, value = _numeric(name, numbers["z"], numbers["y"])
    evaluator = Evaluator(trace)
    assert np.allclose(evaluator.at(trace.cell.output[1]).ravel(), o, rtol=1e-14)
    assert np.isclose(evaluator.at(trace.cell.loss_series[1]).item(), value, rtol=1e-14)


def _numeric(name: str, logits: list[float], targets: list[float]) -> tuple[Any, float]:
    q, p = np.array(targets), np.array(logits)
    if name == "mse":
        return p, float(((p - q) ** 2).sum() / 2)
    o = 1 / (1 + np.exp(-p)) if name == "bce" else np.exp(p) / np.exp(p).sum()
    value = q * np.log(o) + (1 - q) * np.log(1 - o) if name == "bce" else q * np.log(o)
    return o, float(-value.sum())


def test_either_name_finds_a_loss() -> None:
    for row in LOSSES.values():
        assert loss(row.name) is loss(row.layer) is row
    with pytest.raises(SpecError, match="did you mean softmax"):
        loss("sofmax")

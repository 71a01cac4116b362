"""What is proved about the size of ∂s_t/∂s_k, as inequalities that the verifier evaluates."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Integer, MatrixExpr, Rational, Symbol, expand

from derive.bptt.derivation import Derivation
from derive.document.text import at_least
from derive.expressions.algebra import Scaled, add, mul, transpose
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Equation, Index, Kind, Step
from derive.expressions.functions import Quotient
from derive.expressions.quantities import At, Parameter, T, k, t
from derive.expressions.spectra import Norm, Power, Spectral
from derive.expressions.sums import OrderedProduct, TimeSum
from derive.expressions.types import Sides
from derive.expressions.walk import atoms_of
from derive.gradientflow.measure import bounded_slope, recurrent_weights, simple_shape


def bases(derivation: Derivation) -> Iterator[Equation]:
    """Yield what a measured flow and its verdict rest on: the step Jacobian, and what bounds it."""
    yield from derivation.substitution.diagonals()
    yield from derivation.substitution.blocks()
    yield derivation.substitution.step_jacobian()
    yield product_bound(derivation)
    yield lower_bound(derivation)
    shape = simple_shape(derivation)
    if has_uniform_bound(derivation):
        yield factor_bound(derivation)
        yield uniform_bound(derivation)
    if shape is not None and shape.linear:
        yield powers(derivation)
        yield radius_bounds(derivation)


def product_bound(derivation: Derivation) -> Equation:
    """Return ‖∂ξ_t/∂ξ_k‖ ≤ Π‖J_j‖, which holds for every cell: norms are submultiplicative."""
    state, J = derivation.shared.state, derivation.shared.J
    left = Norm(Partial(state[t], state[k]))
    index = derivation.shared.index
    right = OrderedProduct(Norm(J[index]), index, k + 1, t)
    return _inequality(derivation, "flow-product", (left, right), _lags())


def factor_bound(derivation: Derivation) -> Equation:
    """Return ‖J_j‖ ≤ ‖D_j‖ ‖W‖ ≤ γ ‖W‖ for a simple network (Pascanu, Mikolov and Bengio 2013)."""
    W = recurrent_weights(derivation)
    j = derivation.shared.index
    shared = derivation.shared
    # The read-out may have slopes of its own, which no step Jacobian knows.
    read = {at.series for at in atoms_of(shared.expression_of(shared.J), At)}
    slopes = [d[j] for d in shared.jacobians.diagonals.values() if d in read]
    sides = [Norm(shared.J[j]), *(mul(Norm(slope), Norm(W)) for slope in slopes)]
    sides.append(rate(derivation))
    return _inequality(derivation, "flow-factor", tuple(sides), (Index(j, Integer(1), T),))


def uniform_bound(derivation: Derivation) -> Equation:
    """Return ‖∂s_t/∂s_k‖ ≤ (γ ‖W‖)^{t−k} for a simple network."""
    state = derivation.shared.state
    left = Norm(Partial(state[t], state[k]))
    right = Power(rate(derivation), t - k)
    return _inequality(derivation, "flow-uniform", (left, right), _lags())


def has_uniform_bound(derivation: Derivation) -> bool:
    """Tell whether the cell is a simple network whose slopes are bounded."""
    return bounded_slope(derivation) < float("inf")


def rate(derivation: Derivation) -> MatrixExpr:
    """Return γ ‖W‖, the factor by which a step can stretch at most.

    A γ of many digits is rounded up, so that what it bounds stays bounded.
    """
    gamma = Rational(repr(at_least(bounded_slope(derivation)).value))
    return mul(gamma, Norm(recurrent_weights(derivation)))


def _lags() -> tuple[Index, ...]:
    return Index(t, Integer(1), T), Index(k, Integer(0), t)


def _inequality(
    derivation: Derivation, name: str, sides: Sides, free: tuple[Index, ...]
) -> Equation:
    id = f"{derivation.cell.name}-{name}"
    return Equation(id, Kind.INEQUALITY, sides, Step("bound", (sides[0],)), free)


def powers(derivation: Derivation) -> Equation:
    """Return ∂s_t/∂s_k = W^{t−k} for a linear network."""
    state, W = derivation.shared.state, recurrent_weights(derivation)
    sides = (Partial(state[t], state[k]), Power(W, t - k))
    id = f"{derivation.cell.name}-flow-linear"
    return Equation(id, Kind.IDENTITY, sides, Step("linear", (sides[0],)), _lags())


def radius_bounds(derivation: Derivation) -> Equation:
    """Return ρ(W)^{t−k} ≤ ‖W^{t−k}‖ ≤ ‖W‖^{t−k}: eigenvectors grow by their eigenvalues."""
    W = recurrent_weights(derivation)
    lag = t - k
    sides = (Power(Spectral("rho", W), lag), Norm(Power(W, lag)), Power(Norm(W), lag))
    return _inequality(derivation, "flow-radius", sides, _lags())


def lower_bound(derivation: Derivation) -> Equation:
    """Return Π σ_min(J_j) ≤ ‖∂ξ_t/∂ξ_k‖, for every cell: what proves that a product explodes."""
    state, J = derivation.shared.state, derivation.shared.J
    index = derivation.shared.index
    left = OrderedProduct(Spectral("sigma_min", J[index]), index, k + 1, t)
    return _inequality(derivation, "flow-lower", (left, Norm(Partial(state[t], state[k]))), _lags())


def window_split(derivation: Derivation, parameter: Parameter, h: int) -> Equation:
    """Return ∇_p L as what a window of h steps keeps, in two sums, and what it leaves out.

    Holds for T from h + 1 on.
    """
    body = derivation.substitution.substituted_term(parameter, t, k)
    early = TimeSum(TimeSum(body, k, 1, t), t, 1, h)
    kept = TimeSum(TimeSum(body, k, t - h + 1, t), t, h + 1, T)
    lost = TimeSum(TimeSum(body, k, 1, t - h), t, h + 1, T)
    left = Gradient(derivation.cell.total, parameter)
    id = f"{derivation.cell.name}-truncated-window"
    return Equation(id, Kind.IDENTITY, (left, add(early, kept, lost)), Step("truncate", (left,)))


def chunk_split(derivation: Derivation, parameter: Parameter, h: int, count: int) -> Equation:
    """Return ∇_p L as what ``count`` chunks of h steps keep and leave out, for T = count·h."""
    i = Symbol("i", integer=True)
    body = derivation.substitution.substituted_term(parameter, t, k)
    start, end = h * (i - 1) + 1, h * i
    kept = TimeSum(TimeSum(TimeSum(body, k, expand(start), t), t, expand(start), end), i, 1, count)
    before = TimeSum(TimeSum(body, k, 1, expand(start - 1)), t, expand(start), end)
    left = Gradient(derivation.cell.total, parameter)
    id = f"{derivation.cell.name}-truncated-chunks"
    sides = (left, add(kept, TimeSum(before, i, 2, count)))
    return Equation(id, Kind.IDENTITY, sides, Step("truncate", (left,)))


def clipped(g: Parameter, limit: Parameter) -> tuple[Equation, Equation]:
    """Return that (r/‖g‖) g has the norm r and the inner product r‖g‖ with g."""
    scaled = Scaled(Quotient(limit, Norm(g)), g)
    norm = Equation("clipped-norm", Kind.IDENTITY, (Norm(scaled), limit), Step("clip", (g,)))
    sides = (mul(transpose(g), scaled), mul(limit, Norm(g)))
    return norm, Equation("clipped-direction", Kind.IDENTITY, sides, Step("clip", (g,)))


def scaled_orthogonal(derivation: Derivation, scale: MatrixExpr) -> Equation:
    """Return ‖∂s_t/∂s_k‖ = g^{t−k}, for g times orthogonal weights where all slopes are 1."""
    state = derivation.shared.state
    sides = (Norm(Partial(state[t], state[k])), Power(scale, t - k))
    id = f"{derivation.cell.name}-flow-orthogonal"
    return Equation(id, Kind.IDENTITY, sides, Step("orthogonal", (sides[0],)), _lags())

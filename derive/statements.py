"""What is proved about the size of ∂s_t/∂s_k, as inequalities that the verifier evaluates."""

from __future__ import annotations

from typing import Any

from sympy import Integer, nsimplify

from derive.algebra import T, j, k, mul, t
from derive.bptt import Derivation
from derive.equation import Equation, Index, Kind, Step
from derive.flow import bounded_slope, recurrent_weights
from derive.nodes import Norm, OrderedProduct, Partial, Power


def product_bound(derivation: Derivation) -> Equation:
    """Yield ‖∂ξ_t/∂ξ_k‖ ≤ Π‖J_j‖, which holds for every cell: norms are submultiplicative."""
    state, J = derivation.state, derivation.J
    left = Norm(Partial(state[t], state[k]))
    right = OrderedProduct(Norm(J[j]), j, k + 1, t)
    return _inequality(derivation, "flow-product", (left, right), _lags())


def factor_bound(derivation: Derivation) -> Equation:
    """Yield ‖J_j‖ ≤ ‖D_j‖ ‖W‖ ≤ γ ‖W‖ for a simple network (Pascanu, Mikolov and Bengio 2013)."""
    W = recurrent_weights(derivation)
    sides = [Norm(derivation.J[j])]
    for diagonal in derivation.within.diagonals.values():
        sides.append(mul(Norm(diagonal[j]), Norm(W)))
    sides.append(rate(derivation))
    return _inequality(derivation, "flow-factor", tuple(sides), (Index(j, Integer(1), T),))


def uniform_bound(derivation: Derivation) -> Equation:
    """Yield ‖∂s_t/∂s_k‖ ≤ (γ ‖W‖)^{t−k} for a simple network."""
    state = derivation.state
    left = Norm(Partial(state[t], state[k]))
    right = Power(rate(derivation), t - k)
    return _inequality(derivation, "flow-uniform", (left, right), _lags())


def has_uniform_bound(derivation: Derivation) -> bool:
    """Tell whether the cell is a simple network whose slopes are bounded."""
    return bounded_slope(derivation) < float("inf")


def rate(derivation: Derivation) -> Any:
    """Yield γ ‖W‖, the factor by which a step can stretch at most."""
    gamma = nsimplify(bounded_slope(derivation))
    return mul(gamma, Norm(recurrent_weights(derivation)))


def _lags() -> tuple[Index, ...]:
    return Index(t, Integer(1), T), Index(k, Integer(0), t)


def _inequality(
    derivation: Derivation, name: str, sides: tuple[Any, ...], free: tuple[Index, ...]
) -> Equation:
    id = f"{derivation.cell.name}-{name}"
    return Equation(id, Kind.INEQUALITY, sides, Step("bound", (sides[0],)), free)

"""Gradient flow: how large ∂s_T/∂s_k is at each lag T − k, what bounds it, what that proves.

The step Jacobians are those of the derivation, evaluated on a trace.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sympy import MatMul

from derive.arrays import Array
from derive.bptt.derivation import Derivation
from derive.calculus.activations import ACTIVATIONS, Activation
from derive.errors import UsageError
from derive.expressions.quantities import At, Parameter
from derive.gradientflow.scaled import ScaledMatrix, products
from derive.numerics.evaluate import Evaluator
from derive.numerics.trace import ForwardPass


@dataclass(frozen=True)
class JacobianForm:
    """The form J_j = D_j W of a simple network's step Jacobian, D_j the slopes of ``activation``.

    For a linear network, J_j = W, the activation is the identity.
    """

    weights: Parameter
    activation: Activation

    @property
    def linear(self) -> bool:
        """Tell whether the step Jacobian is the same at every step."""
        return self.activation.name == "identity"


def simple_shape(derivation: Derivation) -> JacobianForm | None:
    """Return the form of the derived step Jacobian if it is D_j W or W, else None.

    Only for this form does the bound (γ σ_max(W))^lag hold.
    """
    expr = next(n.expr for n in derivation.definitions if n.series == derivation.shared.J)
    if isinstance(expr, Parameter):
        return JacobianForm(expr, ACTIVATIONS["identity"])
    if not (isinstance(expr, MatMul) and len(expr.args) == 2):
        return None
    slopes, weights = expr.args
    for variable, diagonal in derivation.shared.jacobians.diagonals.items():
        if isinstance(slopes, At) and slopes.series == diagonal and isinstance(weights, Parameter):
            function = derivation.cell.definition(variable).expr.function
            return JacobianForm(weights, ACTIVATIONS[function])
    return None


def recurrent_weights(derivation: Derivation) -> Parameter:
    """Return W of a simple network; a `UsageError` for a cell without one such matrix."""
    shape = simple_shape(derivation)
    if shape is None:
        raise UsageError(
            f"the step Jacobian of {derivation.cell.name} has no single matrix of recurrent "
            "weights; expected a simple network, with the step Jacobian D W, such as elman"
        )
    return shape.weights


def bounded_slope(derivation: Derivation) -> float:
    """Return γ, the largest slope of a simple network's activation; infinite where there is none."""
    shape = simple_shape(derivation)
    return float("inf") if shape is None else shape.activation.gamma


@dataclass(frozen=True)
class Asymptotics:
    """What is proved of the norms as the lag grows: ``says`` is vanishes, keeps, explodes or measured.

    ``because`` is the condition that proves it and ``number`` the value that meets it: the rate r
    of a bound r^lag (or, for a spectral radius, of the growth in the long run).
    """

    says: str
    because: str = "none"
    number: float = float("nan")


class Flow:
    """Step Jacobians of one trace and the products ∂s_T/∂s_k for all k; arrays go by lag, 0 first.

    All norms are spectral and given as log10; −inf is a product that is exactly 0 in float64.
    """

    def __init__(self, derivation: Derivation, trace: ForwardPass) -> None:
        self.derivation, self.trace = derivation, trace
        self.steps = trace.steps
        self.shape = simple_shape(derivation)

    @cached_property
    def jacobians(self) -> list[Array]:
        """Return J_1 … J_T by the derived expression."""
        evaluator = Evaluator(self.trace, self.derivation.definitions)
        J = self.derivation.shared.J
        return [evaluator.at(J[step]) for step in range(1, self.steps + 1)]

    def products(self) -> Iterator[ScaledMatrix]:
        """Yield ∂s_T/∂s_k = J_T ⋯ J_{k+1} for k = T, T−1, …, 0."""
        return products(reversed(self.jacobians), len(self.jacobians[0]))

    @cached_property
    def log_singular(self) -> Array:
        """Return log10 of the singular values of each product, (T + 1, n), largest first."""
        return np.array([product.log_singular() for product in self.products()])

    @cached_property
    def zero_is_exact(self) -> bool:
        """Tell whether a product that is 0 in float64 is 0, and not a number too small for it.

        The slopes of a simple network must take two values at most, as those of rectified units do.
        """
        if self.shape is None:
            return False
        return len(np.unique(self.shape.activation.slope(np.linspace(-4.0, 4.0, 33)))) <= 2

    @property
    def log_norms(self) -> Array:
        """Return log10 ‖∂s_T/∂s_{T−lag}‖, (T + 1,)."""
        return self.log_singular[:, 0]

    @cached_property
    def log_radii(self) -> Array:
        """Return log10 of the spectral radius of each product, (T + 1,)."""
        return np.array([product.log_radius() for product in self.products()])

    @cached_property
    def factor_singular(self) -> Array:
        """Return the singular values of the step Jacobians J_1 … J_T, (T, n), largest first."""
        return np.linalg.svd(np.array(self.jacobians), compute_uv=False)

    @cached_property
    def log_bound(self) -> Array:
        """Return log10 Π‖J_j‖ over the factors of each product, (T + 1,); for every cell."""
        with np.errstate(divide="ignore"):
            logs = np.log10(self.factor_singular[::-1, 0])
        return np.concatenate([[0.0], np.cumsum(logs)])

    @cached_property
    def rate(self) -> float | None:
        """Return γ σ_max(W) for a simple network with a finite γ, else None."""
        if self.shape is None or not np.isfinite(self.shape.activation.gamma):
            return None
        weights = self.trace.parameter(self.shape.weights)
        return self.shape.activation.gamma * float(np.linalg.norm(weights, 2))

    @property
    def log_uniform(self) -> Array | None:
        """Return log10 (γ σ_max(W))^lag, (T + 1,), or None where the bound does not apply."""
        if self.rate is None:
            return None
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.arange(self.steps + 1) * np.log10(self.rate)
        return np.concatenate([[0.0], logs[1:]])

    @cached_property
    def radius(self) -> float | None:
        """Return the spectral radius ρ(W) of a simple network's recurrent weights, else None."""
        if self.shape is None:
            return None
        weights = self.trace.parameter(self.shape.weights)
        return float(np.abs(np.linalg.eigvals(weights)).max())

    @cached_property
    def verdict(self) -> Asymptotics:
        """Return what is proved; "measured" where nothing is (Pascanu, Mikolov and Bengio 2013)."""
        rate, radius = self.rate, self.radius
        if rate is not None and rate < 1 - SLACK:
            return Asymptotics("vanishes", "norm-bound", rate)
        if self.shape is not None and self.shape.linear and radius is not None:
            if radius < 1 - SLACK:
                return Asymptotics("vanishes", "linear-radius", radius)
            if radius > 1 + SLACK:
                return Asymptotics("explodes", "linear-radius", radius)
        stretched = np.abs(self.factor_singular - 1).max()
        if stretched < SLACK:
            return Asymptotics("keeps", "isometry", 1.0)
        smallest = float(self.factor_singular[:, -1].min())
        if smallest > 1 + SLACK:
            return Asymptotics("explodes", "smallest-singular", smallest)
        if radius is not None and radius < 1 - SLACK and self.rests:
            return Asymptotics("vanishes", "linear-radius", radius)
        return Asymptotics("measured")

    @property
    def rests(self) -> bool:
        """Tell whether each step Jacobian of a simple network is W, as of a tanh network at zero."""
        if self.shape is None:
            return False
        return bool((np.array(self.jacobians) == self.trace.parameter(self.shape.weights)).all())


SLACK = 1e-9
"""How far from 1 a rate must be: an orthogonal W has σ_max = 1 but for rounding."""

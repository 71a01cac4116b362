"""States that are handed on component by component: the constant error carousel and its blocks.

For the LSTM (Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 2000), ∂c_t/∂c_{t−1} is
often given as diag(f_t).  That is the c–c block of the step Jacobian, with h_{t−1} held fixed; the
path through h_{t−1} adds to it, and over several steps the block of the product is not the product
of the blocks.
"""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Integer, MatrixExpr

from derive.bptt.derivation import Derivation
from derive.expressions.algebra import Diag, add, is_zero, mul
from derive.expressions.derivatives import Partial
from derive.expressions.equation import Equation, Index, Kind, Step
from derive.expressions.quantities import At, Series, T, j, t
from derive.expressions.sums import OrderedProduct, instantiate
from derive.expressions.types import Sides, TimeIndex


class Carousel:
    """The equations of one state whose own block of the step Jacobian is diagonal."""

    def __init__(self, derivation: Derivation, state: Series) -> None:
        self.derivation, self.state = derivation, state
        self.others = [s for s in derivation.cell.states if s != state]
        self.block = derivation.shared.jacobians.parts[state, state[t - 1]]

    @property
    def diagonal(self) -> MatrixExpr:
        """Return what the block is: diag(f_t) for the LSTM."""
        return next(n.expr for n in self.derivation.definitions if n.series == self.block)

    def _held(self, step: TimeIndex) -> tuple[At, ...]:
        return tuple(s[step] for s in self.others)

    def _part(self, row: Series, column: Series, step: TimeIndex) -> MatrixExpr:
        jacobians = self.derivation.shared.jacobians
        return instantiate(jacobians.derivative(row, column[t - 1]), {t: step})

    def through(self) -> list[Series]:
        """Return the other states that are computed from it in its step, and act on it in the next."""
        derivative, c = self.derivation.shared.jacobians.derivative, self.state
        return [
            s for s in self.others
            if not is_zero(derivative(s, c[t])) and not is_zero(derivative(c, s[t - 1]))
        ]  # fmt: skip

    def total(self) -> Equation:
        """Return ∂c_t/∂c_{t−1} with all its paths, for t from 2: at the first step h_0 is given."""
        jacobians, c = self.derivation.shared.jacobians, self.state
        terms = [self.block[t]]
        for other in self.through():
            inner = instantiate(jacobians.derivative(other, c[t]), {t: t - 1})
            terms.append(mul(self._part(c, other, t), inner))
        sides = (Partial(c[t], c[t - 1]), add(*terms))
        return self._equation("total", Kind.IDENTITY, sides, (Index(t, Integer(2), T),))

    def handed_on(self, step: TimeIndex) -> MatrixExpr:
        """Return by what the state is multiplied in a step: diag(f_t) for the LSTM."""
        return instantiate(self.diagonal, {t: step})

    def ways_back(self) -> list[tuple[Series, ...]]:
        """Return the shortest ways on which the state acts on itself through others: those on each."""
        c = self.state
        ways: list[tuple[Series, ...]] = [
            (s,) for s in self.others if not is_zero(self._part(s, c, t))
        ]
        while not (back := [way for way in ways if not is_zero(self._part(c, way[-1], t))]):
            ways = [
                (*way, s) for way in ways for s in self.others
                if s not in way and not is_zero(self._part(s, way[-1], t))
            ]  # fmt: skip
        return back

    def ways_around(self) -> list[tuple[Series, MatrixExpr, MatrixExpr]]:
        """Return each other state that the state acts on itself through within two steps.

        With it, its block at step t − 1 by the state, and the block of the state at step t by it.
        """
        c = self.state
        ways = [way[0] for way in self.ways_back() if len(way) == 1]
        return [(s, self._part(s, c, t - 1), self._part(c, s, t)) for s in ways]

    def over_the_shortest(self) -> Equation:
        """Return the block of a product of step Jacobians by the blocks of each.

        They are as many as the shortest ways have steps: two, unless what leaves comes back later.
        """
        c, ways = self.state, self.ways_back()
        steps = range(len(ways[0]) + 1)
        terms = [mul(*(self.block[t - back] for back in steps))]
        for way in ways:
            states = (c, *reversed(way), c)
            terms.append(mul(*(self._part(states[n], states[n + 1], t - n) for n in steps)))
        count = len(steps)
        sides = (Partial(c[t], c[t - count], *self._held(t - count)), add(*terms))
        name = "two-steps" if count == 2 else "more-steps"
        return self._equation(name, Kind.IDENTITY, sides, (Index(t, Integer(count), T),))

    def not_the_product(self) -> Equation:
        """Return the claim that the block over all steps is the product of the blocks, refuted."""
        c, last = self.state, self.derivation.steps
        product = OrderedProduct(self.block[j], j, 1, last)
        sides = (Partial(c[last], c[0], *self._held(0)), product)
        return self._equation("product", Kind.REFUTED, sides, ())

    def equations(self) -> Iterator[Equation]:
        """Yield all of them; of a single step there is nothing to say."""
        if self.derivation.steps > 1:
            yield self.total()
            yield self.over_the_shortest()
            yield self.not_the_product()

    def _equation(self, name: str, kind: Kind, sides: Sides, free: tuple[Index, ...]) -> Equation:
        cell = self.derivation.cell.name
        id = f"{cell}-carousel-{self.state.name}-{name}"
        return Equation(id, kind, sides, Step("carousel", (self.state[t],)), free)


def carousels(derivation: Derivation) -> list[Carousel]:
    """Return the states with a diagonal block that also act on themselves through others."""
    cell, jacobians = derivation.cell, derivation.shared.jacobians
    found = []
    for state in cell.states:
        part = jacobians.parts.get((state, state[t - 1]))
        if part is None:
            continue
        through = [s for s in _before(derivation, state) if s != state]
        through = [s for s in through if _leads(derivation, state, s)]
        carousel = Carousel(derivation, state)
        if isinstance(carousel.diagonal, Diag) and through:
            found.append(carousel)
    return found


def _before(derivation: Derivation, state: Series) -> list[Series]:
    """Return the states of the step before that a state depends on."""
    jacobians = derivation.shared.jacobians
    return [s for s in derivation.cell.states if not is_zero(jacobians.derivative(state, s[t - 1]))]


def _leads(derivation: Derivation, first: Series, last: Series) -> bool:
    """Tell whether a state depends on another over so many steps but one, which leads back."""
    reached, waiting = {last}, {last}
    # A single step is about the same states as two are.
    for _ in range(max(derivation.steps - 1, 1)):
        waiting = {s for one in waiting for s in _before(derivation, one)}
        if first in waiting:
            return True
        waiting -= reached
        reached |= waiting
        if not waiting:
            break
    return False

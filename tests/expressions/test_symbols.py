"""A symbol for another one of its shape, at every place of every formula: the checks notice it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sympy import Basic

from derive.bptt.derivation import Derivation, derive
from derive.catalogue import load
from derive.checks.verify import Verifier
from derive.errors import DeriveError
from derive.expressions.blocks import Blocks
from derive.expressions.derivatives import Partial
from derive.expressions.functions import Apply
from derive.expressions.quantities import At, Parameter
from derive.expressions.shown import Coloured
from derive.expressions.walk import atoms_of
from derive.numerics.sample import samples
from tests.mutants import Mutant, mutants

T = 3
FUNCTIONS = ("tanh", "sigmoid", "softplus", "identity")


class Confusions:
    """What can be confused in the formulas of a derivation."""

    def __init__(self, derivation: Derivation) -> None:
        cell = derivation.cell
        plain = [*(e.variable for e in cell.equations), *cell.given]
        self.series = {(s, 1) for s in plain}
        self.series |= {(n.series, len(n.indices)) for n in derivation.definitions}
        self.parameters = cell.parameters

    def __call__(self, node: Any) -> Iterator[Mutant]:
        if isinstance(node, At):
            for other in self._others(node):
                yield f"{other} for {node}", other
        if isinstance(node, Parameter):
            for parameter in self.parameters:
                if parameter != node and parameter.shape == node.shape:
                    yield f"{parameter} for {node}", parameter
        if isinstance(node, Apply):
            for function in set(FUNCTIONS) - {node.function}:
                yield f"{function} for {node.function}", node.func(function, node.arg)
        if isinstance(node, Blocks):
            yield from _exchanged(node)
        if isinstance(node, Partial):
            yield from self._derivatives(node)

    def _others(self, node: At) -> list[At]:
        count = len(node.indices)
        found = [s for s, n in self.series if n == count and s != node.series]
        found = [s for s in found if s.shape == node.shape]
        return [At(s, *node.indices) for s in sorted(found, key=str)]

    def _derivatives(self, node: Partial) -> Iterator[Mutant]:
        for held in node.held if len(node.held) > 1 else ():
            rest = (at for at in node.held if at != held)
            yield f"{held} not held fixed", Partial(node.num, node.den, *rest)
        for other in self._others(node.num) if isinstance(node.num, At) else ():
            yield f"{other} for {node.num}", Basic.__new__(Partial, other, *node.args[1:])


def _exchanged(node: Blocks) -> Iterator[Mutant]:
    args = node.args
    for i in range(1, len(args)):
        for j in range(i + 1, len(args)):
            swapped = (*args[:i], args[j], *args[i + 1 : j], args[i], *args[j + 1 :])
            yield f"blocks {i} and {j} of {node} exchanged", Basic.__new__(Blocks, *swapped)


@pytest.mark.parametrize("name", ["elman", "jordan", "two_layer", "lstm"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_confused_symbol_is_noticed(name: str) -> None:
    derivation = derive(load(name, bias=True), T)
    verifier = Verifier(derivation, samples(derivation.cell, T, 0))
    confusions, count, survivors = Confusions(derivation), 0, []
    for equation in derivation.equations():
        for i in range(1, len(equation.sides)):
            for what, mutant in mutants(equation.sides[i], confusions):
                sides = (*equation.sides[:i], mutant, *equation.sides[i + 1 :])
                count += 1
                try:
                    passed = verifier.check(replace(equation, sides=sides)).passed
                except (DeriveError, ValueError, KeyError):
                    # Shapes that do not fit, or an adjoint asked for on the forward pass.
                    passed = False
                # Jordan's state is o, and δ^(z) = o − y has the same derivatives.
                same = "-steps-" in equation.id and what == f"δ_{T}^(z) for o_{T}"
                if passed and not same:
                    survivors.append(f"{equation.id}: {what}")
    assert not survivors, "\n".join(survivors)
    assert count > 250


@pytest.mark.parametrize("name", ["elman", "gru", "lstm"])
def test_a_contribution_has_the_colour_of_its_step(name: str) -> None:
    derivation = derive(load(name), T)
    for parameter in derivation.cell.parameters:
        for step in range(1, T + 1):
            for use in range(1, step + 1) if derivation.shared.recurrent_uses(parameter) else ():
                made = derivation.substitution.single_contribution(parameter, step, use)
                (tint,) = atoms_of(made.right, Coloured)
                assert tint.args[1:] == (use, step)
        right: Any = derivation.chains.terms(parameter, T).right
        for tint in atoms_of(right, Coloured):
            # Within the sum the colour is that of the index itself.
            assert tint.args[1:] == (right.node.index, T)

"""The order of the factors in a product of step Jacobians, which sizes of one cannot show.

By the chain rule ∂ξ_t/∂ξ_k is the word J_t J_{t−1} ⋯ J_{k+1}, of letters that do not commute, and its
transpose is the word of the transposed letters, read backwards.  This is exact, whatever the sizes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sympy import Integer

from derive.bptt.derivation import Derivation
from derive.errors import CheckError
from derive.expressions.algebra import transpose
from derive.expressions.derivatives import Partial
from derive.expressions.equation import Equation, identifier
from derive.expressions.sums import OrderedProduct, RisingProduct, instantiate
from derive.expressions.walk import atoms_of
from derive.typesetting.lettering import letter_of

PRODUCTS = (OrderedProduct, RisingProduct)
WORD = (1, 3)
"""The ends of the range on which words are compared: three letters have an order."""


def require_order(derivation: Derivation, equations: list[Equation]) -> None:
    """Check every product in the definitions and equations; a `CheckError` names a wrong one."""
    for name, node in _products(derivation, equations):
        letters = _letters(derivation, node.index)
        steps = [int(s) for s in node.func(node.body, node.index, *map(Integer, WORD)).steps()]
        wanted = list(range(WORD[0], WORD[1] + 1))
        if node.body in letters:
            wanted.reverse()
        elif node.body not in [transpose(letter) for letter in letters]:
            raise CheckError(
                f"equation {name}: the factors of {node} are no step Jacobians, nor their "
                "transposes, so that their order is not known; correct the rule that made it"
            )
        if steps != wanted and node.body != transpose(node.body):
            raise CheckError(
                f"equation {name}: the factors of {node} stand in the order of the steps {steps}; "
                f"expected {wanted}, as the chain rule has it. Correct the rule that made it"
            )


def _products(derivation: Derivation, equations: list[Equation]) -> Iterator[tuple[str, Any]]:
    cell = derivation.cell.name
    for named in derivation.definitions:
        for node in atoms_of(named.expr, PRODUCTS):
            yield identifier(cell, f"{letter_of(named.series).word}-lag"), node
    for equation in equations:
        for side in equation.sides:
            for node in atoms_of(side, PRODUCTS):
                yield equation.id, node


def _letters(derivation: Derivation, index: Any) -> list[Any]:
    """Return the step Jacobian in the forms in which it stands in products."""
    shared = derivation.shared
    written = instantiate(shared.expression_of(shared.J), {shared.index: index})
    state = shared.state
    return [shared.J[index], written, Partial(state[index], state[index - 1])]

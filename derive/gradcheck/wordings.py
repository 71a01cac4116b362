"""The words of mistakes inside the expressions, whole, a second time.

What makes a mistake says what it is called; here stands what it may be called, to the last word: half a
name that is right may be followed by advice that is false. Each is a pattern without any open part.
"""

from __future__ import annotations

import re

from derive.cells.cell import Cell

_SLOPE = "the derivative of the activation"
_DIAGONAL = "the Jacobian of the softmax is taken as a diagonal"
_JACOBIAN = "the factors of the step Jacobian are swapped"
_LATE = r"x_\{k-1\} stands where x_k belongs, and"

SWAPPED = f"{_JACOBIAN}: W D where D W belongs"
TURNED_PRODUCT = f"{_JACOBIAN}, and W is transposed: Wᵀ D where D W belongs"
TURNED = "the step Jacobian is transposed: J stands where Jᵀ belongs on the way back"
REORDERED = "the product of step Jacobians runs in the wrong order"
ONE_MORE = "one step Jacobian too many: the product begins at step k, where k \\+ 1 belongs"
UNTURNED = "the recurrent weights are not transposed on the way back: W δ where Wᵀ δ belongs"
NO_SLOPE = f"{_SLOPE} is left out"
SLOPE_OF_INNER = f"{_SLOPE}, written in the output, is taken at the pre-activation"
SLOPE_OF_OUTPUT = f"{_SLOPE} is taken at the output instead of the pre-activation"
NO_SLOPE_IN_JACOBIAN = f"{_SLOPE} is missing in the step Jacobian only"
NO_SLOPE_IN_IMMEDIATE = f"{_SLOPE} is missing in the immediate part only"
SLOPE_BEFORE = f"{_SLOPE} is that of the step before"
SLOPE_BEFORE_IN_JACOBIAN = f"{SLOPE_BEFORE}, in the step Jacobian only"
SLOPE_BEFORE_IN_IMMEDIATE = f"{SLOPE_BEFORE}, in the immediate part only"
LATE = f"{_LATE} nothing before the first step"
WRAPPED = f"{_LATE} x_T before the first step: index -1"


def residuals(layer: str) -> tuple[str, ...]:
    """Return what wrong residuals are called, of an output layer of that name."""
    return (
        f"∂L/∂o stands where ∂L/∂z belongs: the Jacobian of the {layer} is left out",
        f"the Jacobian of the {layer} is applied to o − y, which contains it already",
        f"{_DIAGONAL}, diag\\(o ⊙ \\(1 − o\\)\\)",
        f"{_DIAGONAL}, diag\\(o\\)",
        "o − y stands where \\(1ᵀy\\) o − y belongs, as the targets do not sum to 1",
    )


LAYERS = {"cross_entropy": "softmax", "mse": "linear", "bce": "sigmoid"}
"""What the output layer of a loss is called."""


def shifted(cell: Cell) -> str:
    """Return what it is called that the states of a network are those of another step."""
    names = ", ".join(re.escape(state.name) for state in cell.states)
    return f"the wrong step of {names} stands beside the adjoint"


def others(cell: Cell) -> tuple[str, ...]:
    """Return the names of the mistakes inside the expressions: the numbers alone don't tell of these."""
    return (
        *residuals(LAYERS[cell.loss.name]),
        NO_SLOPE, SLOPE_OF_INNER, SLOPE_OF_OUTPUT, NO_SLOPE_IN_JACOBIAN, NO_SLOPE_IN_IMMEDIATE,
        SLOPE_BEFORE, SLOPE_BEFORE_IN_JACOBIAN, SLOPE_BEFORE_IN_IMMEDIATE,
        UNTURNED, SWAPPED, TURNED_PRODUCT, TURNED, REORDERED, ONE_MORE,
        shifted(cell), LATE, WRAPPED,
    )  # fmt: skip

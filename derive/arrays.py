"""The types of arrays, once for all wings."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from typing import Any

    import numpy as np
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[np.inexact[Any]]"
"""Numbers: float64, or complex128 where a quantity is moved by a complex step."""

StepNumbers: TypeAlias = "NDArray[np.int_]"
"""Steps, or numbers of passes or of places."""

Steps: TypeAlias = "int | StepNumbers"
"""A value of a time index, or many at once."""

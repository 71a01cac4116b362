"""Expressions as NumPy source for rows: a column v of the formulas is an array (..., rows).

A matrix acts from the right, W·v becomes ``v @ W.T``, a diagonal matrix multiplies, and no matrix is
formed but parameters and those that change from step to step.
"""

from __future__ import annotations

from derive.codegen import columns, matrices, wholes
from derive.codegen.emitter import (
    ATOM,
    PRODUCT,
    SUM,
    Emitter,
    product,
    summands,
)

__all__ = [
    "ATOM", "PRODUCT", "SUM", "Emitter", "columns", "matrices", "product", "summands",
    "wholes",
]  # fmt: skip

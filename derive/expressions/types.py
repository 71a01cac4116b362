"""The types of expressions, once for all wings.

SymPy has no types that a checker can read, so its classes stand here for what a reader expects.
"""

from __future__ import annotations

from typing import TypeAlias

from sympy import Basic, Expr, MatrixExpr, Symbol

Column: TypeAlias = MatrixExpr
"""A matrix expression of one column, (n, 1)."""

TimeIndex: TypeAlias = Expr | int
"""A step of time, or another index: ``3``, ``t``, ``t - 1``."""

Size: TypeAlias = Expr | int
"""A number of rows or columns: ``3``, ``n``, ``n + m``."""

MatrixShape: TypeAlias = tuple[Expr, Expr]
"""The numbers of rows and columns."""

Sides: TypeAlias = tuple[MatrixExpr, ...]
"""The sides of an equation, two or more."""

IndexValues: TypeAlias = dict[Symbol, int]
"""A value for each index, T included."""

Replacement: TypeAlias = dict[Basic, Basic]
"""What stands for what in an expression that is rewritten."""

Operand: TypeAlias = Expr | int | float
"""What stands beside a matrix expression in a sum or product: another one, or a number."""

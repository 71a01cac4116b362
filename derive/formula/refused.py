"""What is said where a formula is written as elsewhere, and can be written otherwise here."""

from __future__ import annotations

from sympy import MatrixExpr

from derive.expressions.quantities import Parameter, T
from derive.expressions.spectra import Power

ENTRIES = (
    "a matrix cannot be written entry by entry; numbers of one stand under [constants], and quantities "
    "are put in place by such matrices: a[t]*E_1 + b[t]*E_2. A column is [a[t]; b[t]], with semicolons"
)

INDEXED = (
    ". An entry of it cannot be read: what stands by itself is a parameter of its own, a row or column "
    "the product with a constant"
)

BY_COLUMN = (
    "diag(c)*A multiplies each row of a matrix by an entry of a column, A*diag(c) each column"
)
OVER_COLUMN = (
    "diag(1/c)*A divides each row of a matrix by an entry of a column, A*diag(1/c) each column"
)

OPERANDS = "there are two operands; of three, write max(a, max(b, c))"


def which_power(base: MatrixExpr, power: Power) -> str:
    """Return what to write instead of a power of a matrix, which may mean two things."""
    exponent, name = power.args[1], str(base) if isinstance(base, Parameter) else "A"
    if exponent == T:
        return f"^T is a power here, to the number of the steps; the transpose is {name}'"
    if not exponent.is_Integer or exponent < 2:
        return "no rule differentiates this power of a matrix: the powers of a step are of columns"
    times = [name] * min(int(exponent), 3)
    return (
        "the power of a matrix may mean its product with itself or that of its entries; write "
        f"{'*'.join(times)} for the first and {' .* '.join(times)} for the second"
    )

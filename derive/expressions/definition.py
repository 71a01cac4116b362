"""What a derivation introduces, known by its role and by what it belongs to, never by a name.

Its letter is given by `derive.typesetting.lettering` when it is printed, its name in a module by
`derive.codegen.names`: no spelling of a user's own name can make two of them one.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

from sympy import MatrixExpr, Symbol, ZeroMatrix

from derive.expressions.folding import folded
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import Series
from derive.expressions.walk import series_in


@dataclass(frozen=True)
class Definition:
    """What a derivation introduces, with its meaning: ``series[indices] = expr``.

    Two are equal where role and referents are.  With ``backward`` the expression reads the quantity
    at the next step; after the last it is 0.
    """

    role: Role = field(init=False)
    of: tuple[Any, ...] = field(init=False)
    series: Introduced = field(compare=False)
    indices: tuple[Symbol, ...] = field(compare=False)
    expr: Any = field(compare=False)
    backward: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "role", self.series.role)
        object.__setattr__(self, "of", self.series.of)


def ended(expr: MatrixExpr, steps: int, backward: Container[Series]) -> MatrixExpr:
    """Return an expression with every adjoint after the last step folded to 0.

    With it goes what it is multiplied by: no quantity of step T + 1 exists.
    """
    ends = {
        at: ZeroMatrix(*at.shape)
        for at in series_in(expr)
        if at.indices == (steps + 1,) and at.series in backward
    }
    return folded(expr, ends) if ends and expr not in ends else expr

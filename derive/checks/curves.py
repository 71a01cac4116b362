"""Curves of functions against the functions, differentiated and evaluated by SymPy."""

from __future__ import annotations

from collections.abc import Iterator
from math import erf

import numpy as np
from sympy import Basic, Symbol, diff, lambdify

from derive.arrays import Array
from derive.calculus.activations import activation
from derive.document.plot import Curve, Mark, Plot
from derive.document.text import Number, Text
from derive.errors import CheckError
from derive.expressions.functions import Apply, Slope

TOLERANCE = 1e-9

_ERF = np.vectorize(erf, otypes=[float])
"""The error function on arrays, which NumPy has not."""


def require_functions(plot: Plot) -> None:
    """Raise a `CheckError` unless each curve that is named after a function shows that function."""
    for panel in plot.panels:
        for curve in panel.items:
            if not isinstance(curve, Curve) or not curve.x:
                continue
            label = panel.y_label if curve.label is None else curve.label
            for problem in _problems(label, curve):
                raise CheckError(
                    f"figure {plot.id} shows no {label}: {problem}. Nothing is written; correct "
                    "what draws it"
                )
        for mark in panel.items:
            if isinstance(mark, Mark) and not _marked(mark):
                raise CheckError(
                    f"figure {plot.id} shows no {mark.label} at a point of the height {mark.y:g}. "
                    "Nothing is written; correct what draws it"
                )


def _marked(mark: Mark) -> bool:
    """Tell whether a number beside a point is its height."""
    values = mark.label.values.values() if isinstance(mark.label, Text) else ()
    numbers = [float(value.value) for value in values if isinstance(value, Number)]
    return all(abs(number - mark.y) <= TOLERANCE for number in numbers)


def _problems(label: object, curve: Curve) -> Iterator[str]:
    if not isinstance(label, Apply | Slope):
        return
    x, y = np.array(curve.x), np.array(curve.y)
    wanted = _values(label, x)
    # At a kink there is no slope, and any will do.
    kinks = activation(label.function).kinks if isinstance(label, Slope) else ()
    apart = np.where(np.isin(x, kinks), 0.0, np.abs(y - wanted))
    if not apart.max() <= TOLERANCE:
        worst = int(np.nan_to_num(apart, nan=np.inf).argmax())
        yield f"at {x[worst]:g} it has {y[worst]:.9g} instead of {wanted[worst]:.9g}"


def _values(label: Basic, x: Array) -> Array:
    a = Symbol("a", real=True)
    expr = activation(label.function).scalar(a)
    # By its name all of NumPy would be imported, its compiler of Fortran included.
    made = lambdify(a, diff(expr, a) if isinstance(label, Slope) else expr, [{"erf": _ERF}, np])
    with np.errstate(all="ignore"):
        return np.broadcast_to(np.asarray(made(x), dtype=float), x.shape)

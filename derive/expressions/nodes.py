"""All the nodes that an expression may be made of: the set is closed, and every table answers for it."""

from __future__ import annotations

from sympy import Add, Identity, Mul, OneMatrix, Symbol, Tuple, ZeroMatrix
from sympy.core.numbers import Float, Half, Integer, NegativeOne, One, Rational, Zero

from derive.expressions.algebra import Diag, Hadamard, Plus, Scaled, Times, Transposed
from derive.expressions.averages import Deviation, LayerNorm, LogSumExp, Mean, OneOver
from derive.expressions.blocks import Blocks, Stack
from derive.expressions.components import Component, ComponentSum
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.functions import Apply, Log, Quotient, Slope, Softmax
from derive.expressions.introduced import Introduced, IntroducedDiagonal
from derive.expressions.named import Named, NamedSlope
from derive.expressions.pointwise import Maximum, Minimum, PointwisePower
from derive.expressions.quantities import (
    At,
    DiagonalSeries,
    Parameter,
    ParameterCopy,
    Scalar,
    Series,
)
from derive.expressions.shown import Coloured, Nested, Rounded
from derive.expressions.spectra import Norm, Power, Spectral
from derive.expressions.sums import Expanded, OrderedProduct, RisingProduct, TimeSum

INTEGERS = (Integer, Zero, One, NegativeOne)
RATIONALS = (Rational, Half)
NUMBERS = (*INTEGERS, *RATIONALS, Float)
"""SymPy gives the numbers that occur most classes of their own."""

SIZES = (Symbol, Add, Mul, Tuple)
"""What a shape or a time index is made of, besides numbers."""

SERIES = (Series, DiagonalSeries, Introduced, IntroducedDiagonal)

CONSTANTS = (Identity, OneMatrix, ZeroMatrix)

QUANTITIES = (At, Parameter, ParameterCopy, Scalar)

ARITHMETIC = (
    Times,
    Plus,
    Hadamard,
    Transposed,
    Diag,
    Scaled,
    Quotient,
    Stack,
    Blocks,
    PointwisePower,
)

FUNCTIONS = (
    Apply,
    Slope,
    Softmax,
    Log,
    Mean,
    LogSumExp,
    Deviation,
    LayerNorm,
    OneOver,
    Maximum,
    Minimum,
    Named,
    NamedSlope,
)

DERIVATIVES = (Partial, Gradient)

OVER_TIME = (TimeSum, OrderedProduct, RisingProduct, Expanded)

OF_MATRICES = (Norm, Spectral, Power)

OF_COMPONENTS = (Component, ComponentSum)

SHOWN = (Coloured, Nested, Rounded)

NODES: tuple[type, ...] = (
    *NUMBERS, *SIZES, *SERIES, *CONSTANTS, *QUANTITIES, *ARITHMETIC, *FUNCTIONS, *DERIVATIVES,
    *OVER_TIME, *OF_MATRICES, *OF_COMPONENTS, *SHOWN,
)  # fmt: skip

"""The operations that need their operands' values only: matrices on arrays, shapes taken strictly.

Arrays have shape (..., rows, columns).  NumPy would broadcast a row against a column; here operands
that do not fit raise, so that a misplaced transpose is not evaluated.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from itertools import pairwise

import numpy as np
from sympy import MatrixExpr

from derive.arrays import Array, Steps
from derive.calculus.activations import activation
from derive.errors import CheckError
from derive.expressions.averages import EPSILON
from derive.numerics.tape import Environment, Kernel, Operation


def of_arrays(function: Callable[..., Array]) -> Operation:
    """Return an operation that only needs the values of its operands."""
    return Operation(lambda node: lambda env, args: function(*args))


def of_one_shape(function: Callable[[Array, Array], Array]) -> Operation:
    """Return an operation element by element; operands of different shapes raise."""

    def bind(node: MatrixExpr) -> Kernel:
        def run(env: Environment, args: list[Array]) -> Array:
            shape = args[0].shape[-2:]
            if any(a.shape[-2:] != shape for a in args[1:]):
                raise mismatch(node, args)
            return reduce(function, args)

        return run

    return Operation(bind)


def mismatch(node: MatrixExpr, args: list[Array]) -> CheckError:
    """Return the error for operands whose shapes do not fit."""
    shapes = ", ".join(str(a.shape[-2:]) for a in args)
    return CheckError(f"the operands of {node} have the shapes {shapes}; expected fitting ones")


def matmul(node: MatrixExpr) -> Kernel:
    """Return the matrix product; a number in front scales it.

    A column at the end is multiplied first, so that no matrices are.
    """
    scaled = bool(node.args[0].is_Number)

    def run(env: Environment, args: list[Array]) -> Array:
        factors = [times(args[0], args[1]), *args[2:]] if scaled else args
        if any(a.shape[-1] != b.shape[-2] for a, b in pairwise(factors)):
            raise mismatch(node, args)
        if factors[-1].shape[-1] < factors[0].shape[-2]:
            return reduce(lambda right, left: product(left, right), reversed(factors))
        return reduce(product, factors)

    return run


def product(a: Array, b: Array) -> Array:
    """Return the product of two matrices, part by part, without the square of the complex step.

    That square, 1e-100, would move what is 0 beside the kink of a function that is applied to it.
    NumPy would also make a real matrix complex beside a complex one, and multiply its zeros: that takes
    four times as long, and hundreds of times where products of imaginary parts are subnormal.
    """
    turned, other_turned = a.dtype.kind == "c", b.dtype.kind == "c"
    if not (turned or other_turned):
        result: Array = a @ b
        return result
    parts = []
    if turned:
        parts.append(a.imag @ b.real)
    if other_turned:
        parts.append(a.real @ b.imag)
    return _complex(a.real @ b.real, sum(parts))


def times(a: Array, b: Array) -> Array:
    """Return the product entry by entry, without the square of the complex step."""
    made: Array = a * b
    both = np.iscomplexobj(a) and np.iscomplexobj(b)
    return _complex(a.real * b.real, made.imag) if both else made


def over(a: Array, b: Array) -> Array:
    """Return the quotient entry by entry, without the square of the complex step."""
    made: Array = a / b
    both = np.iscomplexobj(a) and np.iscomplexobj(b)
    return _complex(a.real / b.real, made.imag) if both else made


def _complex(real: Array, imaginary: Array) -> Array:
    result = np.empty(real.shape, dtype=complex)
    result.real, result.imag = real, imaginary
    return result


def elementwise(which: str) -> Operation:
    """Return an activation (``value``) or its derivative (``slope``), element by element."""

    def bind(node: MatrixExpr) -> Kernel:
        name = node.function
        # Looked up at each use: a tape outlives a change of the table, as the tests make.
        return lambda env, args: getattr(activation(name), which)(args[0])

    return Operation(bind, lambda node: node.args[1:])


def log_softmax(z: Array) -> Array:
    """Return log softmax of columns by log-sum-exp, shifted by the largest real part."""
    shifted = z - z.real.max(axis=-2, keepdims=True)
    result: Array = shifted - np.log(np.exp(shifted).sum(axis=-2, keepdims=True))
    return result


def log_sum_exp(z: Array) -> Array:
    """Return log(sum(exp(z))) of columns, shifted by the largest real part."""
    largest = z.real.max(axis=-2, keepdims=True)
    result: Array = largest + np.log(np.exp(z - largest).sum(axis=-2, keepdims=True))
    return result


def stacked(columns: list[Array]) -> Array:
    """Return columns one above the other; a batch of one stands beside single ones."""
    lead = np.broadcast_shapes(*(c.shape[:-2] for c in columns))
    return np.concatenate([np.broadcast_to(c, lead + c.shape[-2:]) for c in columns], axis=-2)


def blocks(node: MatrixExpr) -> Kernel:
    """Return a matrix from its blocks."""
    width = int(node.args[0])

    def run(env: Environment, args: list[Array]) -> Array:
        lead = np.broadcast_shapes(*(a.shape[:-2] for a in args))
        whole = [np.broadcast_to(a, lead + a.shape[-2:]) for a in args]
        rows = [np.concatenate(whole[i : i + width], axis=-1) for i in range(0, len(whole), width)]
        return np.concatenate(rows, axis=-2)

    return run


def entry_of_each(matrices: Array, row: Steps, column: Steps) -> Array:
    """Return one entry of each of many matrices, whose places are counted from 1, as (1, 1) values."""
    rows, columns = np.broadcast_arrays(row, column)
    if min(rows.min(), columns.min()) < 1:
        raise CheckError("the places of entries are counted from 1; expected no smaller one")
    every = np.broadcast_to(matrices, (len(rows), *matrices.shape[-2:]))
    found: Array = every[np.arange(len(rows)), rows - 1, columns - 1]
    return found[:, None, None]


def diag(node: MatrixExpr) -> Kernel:
    """Return the diagonal matrix of a column."""

    def run(env: Environment, args: list[Array]) -> Array:
        if args[0].shape[-1] != 1:
            raise mismatch(node, args)
        result: Array = args[0] * np.eye(args[0].shape[-2])
        return result

    return run


def scaled(node: MatrixExpr) -> Kernel:
    """Return a (1, 1) value times a matrix."""

    def run(env: Environment, args: list[Array]) -> Array:
        if args[0].shape[-2:] != (1, 1):
            raise mismatch(node, args)
        return times(args[0], args[1])

    return run


def norm(matrix: Array) -> Array:
    """Return the spectral norm as a (1, 1) value."""
    result: Array = np.linalg.norm(matrix, 2, axis=(-2, -1))[..., None, None]
    return result


def spectral(node: MatrixExpr) -> Kernel:
    """Return the spectral radius, or the largest or smallest singular value."""

    def run(env: Environment, args: list[Array]) -> Array:
        if node.kind == "rho":
            return np.abs(np.linalg.eigvals(args[0])).max(axis=-1)[..., None, None]
        values = np.linalg.svd(args[0], compute_uv=False)
        return values[..., 0 if node.kind == "sigma_max" else -1, None, None]

    return run


def deviation(column: Array) -> Array:
    """Return the standard deviation of the components, with ε in the root."""
    # The square of the difference, not of its modulus: a complex step must pass through.
    apart = column - column.mean(axis=-2, keepdims=True)
    result: Array = np.sqrt((apart * apart).mean(axis=-2, keepdims=True) + float(EPSILON))
    return result


def layer_norm(column: Array) -> Array:
    """Return the components with mean 0 and deviation 1."""
    result: Array = (column - column.mean(axis=-2, keepdims=True)) / deviation(column)
    return result


def pointwise_power(node: MatrixExpr) -> Kernel:
    """Return each entry to the power of a rational number."""
    number = node.exponent
    # A whole exponent stays whole: NumPy multiplies for it, also where the base is negative.
    exponent = int(number) if number.is_Integer else float(number)
    return lambda env, args: args[0] ** exponent


def larger(a: Array, b: Array) -> Array:
    """Return the larger of two, by their real parts."""
    return np.where(a.real > b.real, a, b)


def smaller(a: Array, b: Array) -> Array:
    """Return the smaller of two, by their real parts."""
    return np.where(a.real < b.real, a, b)

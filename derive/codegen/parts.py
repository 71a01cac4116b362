"""Functions that generated modules contain: their source is copied from here, so it is tested code.

Arrays are (..., rows): the last axis is the vector.  Branches look at the real part only, so that a
complex step differentiates them.
"""

from __future__ import annotations

import numpy as np

from derive.arrays import Array


def sigmoid(a: Array) -> Array:
    """1 / (1 + exp(-a)); where exp(-a) overflows the result is 0, as it should be."""
    with np.errstate(over="ignore"):
        return 1.0 / (1.0 + np.exp(-a))


def sigmoid_slope(a: Array) -> Array:
    """The derivative of the sigmoid."""
    return sigmoid(a) * sigmoid(-a)


def tanh_slope(a: Array) -> Array:
    """The derivative of tanh."""
    return 1.0 - np.tanh(a) ** 2


def bipolar(a: Array) -> Array:
    """2 sigmoid(a) - 1."""
    return np.tanh(a / 2)


def bipolar_slope(a: Array) -> Array:
    """The derivative of the bipolar sigmoid."""
    return (1.0 - np.tanh(a / 2) ** 2) / 2


def relu(a: Array) -> Array:
    """a where it is positive, else 0."""
    return np.where(a.real > 0, a, 0.0)


def relu_slope(a: Array) -> Array:
    """1 where a is positive, else 0 (at 0 too)."""
    return np.where(a.real > 0, 1.0, 0.0)


def softplus(a: Array) -> Array:
    """log(1 + exp(a)), where the exponential cannot overflow."""
    positive = a.real >= 0
    return np.where(positive, a, 0.0) + np.log1p(np.exp(np.where(positive, -a, a)))


def softplus_slope(a: Array) -> Array:
    """The derivative of softplus, which is the sigmoid."""
    return sigmoid(a)


def exp_minus(a: Array) -> Array:
    """exp(-a)."""
    return np.exp(-a)


def silu(a: Array) -> Array:
    """a sigmoid(a)."""
    return a * sigmoid(a)


def silu_slope(a: Array) -> Array:
    """The derivative of silu."""
    return sigmoid(a) * (1.0 + a * sigmoid(-a))


def pdf(a: Array) -> Array:
    """The density of the standard normal distribution."""
    return np.exp(-a * a / 2) / np.sqrt(2 * np.pi)


def cdf(a: Array) -> Array:
    """The standard normal distribution; of a complex number along its derivative."""
    from math import erfc

    below = np.vectorize(erfc, otypes=[float])(-a.real / np.sqrt(2)) / 2
    return below + 1j * a.imag * pdf(a.real) if np.iscomplexobj(a) else below


def gelu(a: Array) -> Array:
    """a cdf(a)."""
    return a * cdf(a)


def gelu_slope(a: Array) -> Array:
    """The derivative of gelu."""
    return cdf(a) + a * pdf(a)


def elu(a: Array) -> Array:
    """a where it is positive, else exp(a) - 1."""
    below = np.where(a.real > 0, 0.0, a)
    less = np.expm1(below.real)
    if np.iscomplexobj(a):
        less = less + 1j * below.imag * np.exp(below.real)
    return np.where(a.real > 0, a, less)


def elu_slope(a: Array) -> Array:
    """1 where a is positive, else exp(a)."""
    return np.exp(np.where(a.real > 0, 0.0, a))


def leaky_relu(a: Array) -> Array:
    """a where it is positive, else a hundredth of it."""
    return a * leaky_relu_slope(a)


def leaky_relu_slope(a: Array) -> Array:
    """1 where a is positive, 0.01 where it is negative (0 at 0)."""
    return np.where(a.real > 0, 1.0, np.where(a.real < 0, 0.01, 0.0))


def exp_slope(a: Array) -> Array:
    """The derivative of exp, which is exp."""
    return np.exp(a)


def sqrt_slope(a: Array) -> Array:
    """The derivative of the square root."""
    return 0.5 / np.sqrt(a)


def sin_slope(a: Array) -> Array:
    """The derivative of sin."""
    return np.cos(a)


def cos_slope(a: Array) -> Array:
    """The derivative of cos."""
    return -np.sin(a)


def sign(a: Array) -> Array:
    """-1, 0 or 1."""
    return np.sign(a.real)


def absolute(a: Array) -> Array:
    """a where it is positive, else -a."""
    return a * sign(a)


def abs_slope(a: Array) -> Array:
    """The derivative of the absolute value, 0 at 0."""
    return sign(a)


def step(a: Array) -> Array:
    """1 where a is positive, else 0."""
    return np.where(a.real > 0, 1.0, 0.0)


def larger(a: Array, b: Array) -> Array:
    """The larger of two, entry by entry; the second where they are equal."""
    return np.where(a.real > b.real, a, b)


def smaller(a: Array, b: Array) -> Array:
    """The smaller of two, entry by entry; the second where they are equal."""
    return np.where(a.real < b.real, a, b)


def log_sum_exp(z: Array) -> Array:
    """The logarithm of the sum of the exponentials, kept as a vector of one."""
    largest = z.real.max(axis=-1, keepdims=True)
    return largest + np.log(np.exp(z - largest).sum(axis=-1, keepdims=True))


def log_softmax(z: Array) -> Array:
    """The logarithm of the softmax, by log-sum-exp."""
    shifted = z - z.real.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def softmax(z: Array) -> Array:
    """exp(z) divided by its sum."""
    return np.exp(log_softmax(z))


def deviation(a: Array) -> Array:
    """The standard deviation over the components, kept as a vector of one."""
    apart = a - a.mean(axis=-1, keepdims=True)
    return np.sqrt((apart * apart).mean(axis=-1, keepdims=True) + 1e-5)


def layer_norm(a: Array) -> Array:
    """a with its mean taken off, divided by its standard deviation."""
    return (a - a.mean(axis=-1, keepdims=True)) / deviation(a)


def stacked(*vectors: Array) -> Array:
    """The vectors one after the other, each repeated over the batch of the others."""
    every = np.broadcast_shapes(*(v.shape[:-1] for v in vectors))
    return np.concatenate([np.broadcast_to(v, (*every, v.shape[-1])) for v in vectors], axis=-1)


def dot(a: Array, b: Array) -> Array:
    """The inner products of the vectors in a and b, kept as vectors of one component."""
    return (a * b).sum(axis=-1, keepdims=True)


def crossed(a: Array, b: Array) -> Array:
    """The matrix a·bᵀ of each step and sequence."""
    return a[..., :, None] * b[..., None, :]


def turned(a: Array) -> Array:
    """The transpose of each matrix."""
    return np.swapaxes(a, -1, -2)


def act(a: Array, b: Array) -> Array:
    """Each matrix times its vector."""
    return (a @ b[..., None])[..., 0]


def rows(values: Array) -> Array:
    """The values of steps 1 to T as rows 1 to T, with a zero row before and after them."""
    return np.concatenate([np.zeros_like(values[:1]), values, np.zeros_like(values[:1])])


def begun(values: Array, first: Array) -> Array:
    """Rows whose row 0 is an initial state."""
    begun = values.astype(np.result_type(float, values, first))
    begun[0] = first
    return begun


def outer(a: Array, b: Array) -> Array:
    """The sum of a·bᵀ over all steps and sequences, as one product."""
    every = np.broadcast_shapes(a.shape[:-1], b.shape[:-1])
    left = np.broadcast_to(a, (*every, a.shape[-1])).reshape(-1, a.shape[-1])
    right = np.broadcast_to(b, (*every, b.shape[-1])).reshape(-1, b.shape[-1])
    return left.T @ right

"""What each function says of itself that generated modules bring along: looked at by somebody, once.

It is no source for those functions, but what their docstrings are compared with: a word that is changed
in one of the two places is noticed.  What a function computes is compared with the table of functions.
"""

from __future__ import annotations

from collections.abc import Mapping

SAID: Mapping[str, str] = {
    "sigmoid": "1 / (1 + exp(-a)); where exp(-a) overflows the result is 0, as it should be.",
    "sigmoid_slope": "The derivative of the sigmoid.",
    "tanh_slope": "The derivative of tanh.",
    "bipolar": "2 sigmoid(a) - 1.",
    "bipolar_slope": "The derivative of the bipolar sigmoid.",
    "relu": "a where it is positive, else 0.",
    "relu_slope": "1 where a is positive, else 0 (at 0 too).",
    "softplus": "log(1 + exp(a)), where the exponential cannot overflow.",
    "softplus_slope": "The derivative of softplus, which is the sigmoid.",
    "exp_minus": "exp(-a).",
    "silu": "a sigmoid(a).",
    "silu_slope": "The derivative of silu.",
    "pdf": "The density of the standard normal distribution.",
    "cdf": "The standard normal distribution; of a complex number along its derivative.",
    "gelu": "a cdf(a).",
    "gelu_slope": "The derivative of gelu.",
    "elu": "a where it is positive, else exp(a) - 1.",
    "elu_slope": "1 where a is positive, else exp(a).",
    "leaky_relu": "a where it is positive, else a hundredth of it.",
    "leaky_relu_slope": "1 where a is positive, 0.01 where it is negative (0 at 0).",
    "exp_slope": "The derivative of exp, which is exp.",
    "sqrt_slope": "The derivative of the square root.",
    "sin_slope": "The derivative of sin.",
    "cos_slope": "The derivative of cos.",
    "sign": "-1, 0 or 1.",
    "absolute": "a where it is positive, else -a.",
    "abs_slope": "The derivative of the absolute value, 0 at 0.",
    "step": "1 where a is positive, else 0.",
    "larger": "The larger of two, entry by entry; the second where they are equal.",
    "smaller": "The smaller of two, entry by entry; the second where they are equal.",
    "log_sum_exp": "The logarithm of the sum of the exponentials, kept as a vector of one.",
    "log_softmax": "The logarithm of the softmax, by log-sum-exp.",
    "softmax": "exp(z) divided by its sum.",
    "deviation": "The standard deviation over the components, kept as a vector of one.",
    "layer_norm": "a with its mean taken off, divided by its standard deviation.",
    "stacked": "The vectors one after the other, each repeated over the batch of the others.",
    "dot": "The inner products of the vectors in a and b, kept as vectors of one component.",
    "crossed": "The matrix a·bᵀ of each step and sequence.",
    "turned": "The transpose of each matrix.",
    "act": "Each matrix times its vector.",
    "rows": "The values of steps 1 to T as rows 1 to T, with a zero row before and after them.",
    "begun": "Rows whose row 0 is an initial state.",
    "outer": "The sum of a·bᵀ over all steps and sequences, as one product.",
}
"""Docstrings by the names of the functions."""

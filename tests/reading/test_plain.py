"""The reader of formulas in plain text: its own signs, and what it refuses."""

from __future__ import annotations

import pytest
from sympy import Basic, KroneckerDelta, Rational

from derive.expressions.algebra import add, mul, ones, transpose
from derive.expressions.blocks import Stack
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.functions import Apply, Quotient
from derive.expressions.quantities import ParameterCopy, Scalar, T, j, k, t
from derive.expressions.shown import Rounded
from derive.expressions.spectra import Norm, Power
from derive.expressions.sums import OrderedProduct, TimeSum
from derive.reading.meaning import read_plain
from derive.reading.parts import Whole
from derive.reading.passage import Passage, ReadingError
from tests.reading.test_reading import (
    VOCABULARY,
    D,
    J,
    U,
    W,
    W_in,
    c,
    delta,
    h,
    loss,
    o,
    s,
    w,
    x,
    y,
)

PLAIN = {"delta": "δ", "o": "ŷ"}


def expression(text: str) -> Basic:
    (side,) = read_plain(Passage(text), VOCABULARY, PLAIN).sides
    assert isinstance(side, Whole)
    return side.expr


READ = [
    ("U x_t + W s_{t-1}", add(mul(U, x[t]), mul(W, s[t - 1]))),
    ("W_in x_t", mul(W_in, x[t])),
    ("W^(12) s_{11}", mul(ParameterCopy(W, 12), s[11])),
    ("ŷ_{T+1}", o[T + 1]),
    ("h\u0303_3", h[3]),
    ("J_j^(hc)", J[j]),
    ("δ_{t,k} s_{k-1}ᵀ", mul(delta[t, k], transpose(s[k - 1]))),
    ("1ᵀ y_t", mul(transpose(ones(y.shape[0])), y[t])),
    ("y_t ⊘ ŷ_t", Quotient(y[t], o[t])),
    ("1/2 W", mul(Rational(1, 2), W)),
    ("1/T w_t", mul(Scalar(1 / T), w[t])),
    ("e^{-s_t}", Apply("exp_minus", s[t])),
    ("[t = T]", Scalar(KroneckerDelta(t, T))),
    ("[s_t; c_t]", Stack(s[t], c[t])),
    ("[0.10, -0.20; 0.30, 0.40]", Rounded([["0.10", "-0.20"], ["0.30", "0.40"]], 2)),
    ("(∂⁺s_k/∂W)", Partial(s[k], W, s[k - 1])),
    ("∇[W^(k)] L_T", Gradient(loss[T], ParameterCopy(W, k))),
    ("∇[W^(12)] L_12", Gradient(loss[12], ParameterCopy(W, 12))),
    ("∇[W^(10)] L_10", Gradient(loss[10], ParameterCopy(W, 10))),
    ("Σ[k=1..t] W s_k", TimeSum(mul(W, s[k]), k, 1, t)),
    ("(Π[j=k+1..t] D_j)ᵀ", transpose(OrderedProduct(D[j], j, k + 1, t))),
    ("W^{t-k}", Power(W, t - k)),
    ("‖W‖₂^{t-k}", Power(Norm(W), t - k)),
]


@pytest.mark.parametrize(("text", "wanted"), READ, ids=[text for text, _ in READ])
def test_plain_text_is_read(text: str, wanted: Basic) -> None:
    assert expression(text) == wanted


REFUSED = [
    ("U x_t + ", 9, "expected a quantity"),
    ("Ux_t", 1, "no quantity is written"),
    ("U q_t", 3, "no quantity is written 'q'"),
    ("[s_t; c_t", 1, "this bracket is not closed"),
    ("‖W‖", 4, "expected"),
    ("s_{4 9}", 1, "no quantity is written 's'"),
]


@pytest.mark.parametrize(("text", "column", "said"), REFUSED, ids=[text for text, *_ in REFUSED])
def test_what_is_no_formula_is_refused(text: str, column: int, said: str) -> None:
    with pytest.raises(ReadingError, match=said) as caught:
        expression(text)
    assert caught.value.column == column

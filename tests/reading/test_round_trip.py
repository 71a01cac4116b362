"""What the printers write is read as what they were given, whatever it is."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Basic, Identity, MatrixExpr, Rational

from derive.checks.normal import Normal
from derive.expressions.algebra import Diag, add, had, mul, neg, transpose
from derive.expressions.averages import Mean
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.functions import Apply, Log, Slope, Softmax, divided
from derive.expressions.pointwise import Maximum, Minimum, raised
from derive.expressions.quantities import ParameterCopy, Series, T, j, k, t
from derive.expressions.spectra import Norm, Power
from derive.expressions.sums import OrderedProduct, TimeSum
from derive.reading.meaning import read, read_plain
from derive.reading.parts import Whole
from derive.reading.passage import Passage
from derive.typesetting.notation import Notation
from derive.typesetting.printing import Printer
from tests.reading.test_reading import (
    VOCABULARY,
    D,
    U,
    V,
    W,
    alpha,
    c,
    delta,
    loss,
    n,
    o,
    s,
    w,
    x,
    y,
)

NOTATION = Notation(
    "test",
    "test",
    dict(VOCABULARY.symbols),
    {"delta": "δ", "o": "ŷ"},
    {"delta": "δ", "o": "hat(y)"},
)

indices = st.sampled_from([t, t - 1, t + 1, k, k - 1, T, T - 1, 2 * k, 1, 3, 2 * t - 1])
manners = st.sampled_from(["displayed", "slashed", "plain", "typst", "typst slashed"])
functions = st.sampled_from(["tanh", "sigmoid", "relu", "exp", "sqrt", "abs", "leaky_relu", "cos"])


def at(series: Series) -> st.SearchStrategy[MatrixExpr]:
    return indices.map(lambda index: series[index])


def columns() -> st.SearchStrategy[MatrixExpr]:
    """Return columns of n entries."""
    leaves = st.one_of(at(s), at(c), st.tuples(indices, indices).map(lambda i: delta[i]))
    return st.recursive(leaves, grown, max_leaves=8)


def grown(inner: st.SearchStrategy[MatrixExpr]) -> st.SearchStrategy[MatrixExpr]:
    return st.one_of(
        st.tuples(inner, inner).map(lambda pair: add(*pair)),
        st.tuples(inner, inner).map(lambda pair: add(pair[0], neg(pair[1]))),
        st.tuples(inner, inner).map(lambda pair: had(*pair)),
        st.tuples(squares(inner), inner).map(lambda pair: mul(*pair)),
        st.tuples(st.one_of(at(w), st.just(alpha)), inner).map(lambda pair: mul(*pair)),
        st.tuples(functions, inner).map(lambda pair: Apply(*pair)),
        st.tuples(functions, inner).map(lambda pair: Slope(*pair)),
        st.tuples(inner, inner).map(lambda pair: divided(*pair)),
        st.tuples(inner, inner).map(lambda pair: Maximum(*pair)),
        inner.map(lambda e: Minimum(e, mul(0, e))),
        inner.map(lambda e: raised(e, 2)),
        inner.map(lambda e: raised(e, Rational(-1, 2))),
        inner.map(lambda e: neg(e)),
        inner.map(lambda e: 1 - e),
        inner.map(lambda e: mul(Rational(1, 2), e)),
        inner.map(lambda e: mul(U, x[t]) + e),
        inner.map(lambda e: mul(transpose(V), Softmax(mul(V, e)))),
        inner.map(lambda e: TimeSum(e, k, 1, t)),
    )


def squares(inner: st.SearchStrategy[MatrixExpr]) -> st.SearchStrategy[MatrixExpr]:
    """Return matrices of n rows and columns."""
    return st.one_of(
        st.just(W),
        st.just(transpose(W)),
        at(D),
        inner.map(Diag),
        st.tuples(inner, inner).map(lambda pair: mul(pair[0], transpose(pair[1]))),
        inner.map(lambda e: add(Diag(e), W)),
        st.just((1 - alpha) * Identity(n) + W),
        st.tuples(at(s), at(s)).map(lambda pair: Partial(*pair)),
        st.just(OrderedProduct(D[j], j, k + 1, t)),
        st.just(transpose(OrderedProduct(mul(D[j], W), j, k + 1, t))),
        st.just(Power(W, t - k)),
    )


def scalars() -> st.SearchStrategy[MatrixExpr]:
    """Return numbers, (1, 1)."""
    return st.one_of(
        columns().map(lambda e: mul(transpose(e), e)),
        columns().map(Norm),
        columns().map(lambda e: divided(Mean(e), mul(transpose(e), e))),
        columns().map(lambda e: raised(Mean(e), Rational(-3, 2))),
        columns().map(lambda e: Maximum(Mean(e), alpha)),
        squares(columns()).map(Norm),
        columns().map(lambda e: neg(mul(transpose(y[t]), Log(Softmax(mul(V, e)))))),
        at(loss),
        at(o).map(lambda e: mul(transpose(y[t]), Log(e))),
    )


def rows() -> st.SearchStrategy[MatrixExpr]:
    return st.one_of(
        st.just(Partial(loss[t], o[t]) * Partial(o[t], s[t])),
        columns().map(transpose),
        st.just(Gradient(loss[T], ParameterCopy(W, k))),
        st.just(Partial(s[k], W, s[k - 1])),
    )


def again(expr: Basic, manner: str) -> Basic:
    if manner == "plain":
        text = Printer(NOTATION, "plain").inline(expr)
        (side,) = read_plain(Passage(text), VOCABULARY, NOTATION.plain).sides
    else:
        dialect = "typst" if "typst" in manner else "tex"
        printer = Printer(NOTATION, "typst" if dialect == "typst" else "bare")
        text = printer.inline(expr) if "slashed" in manner else printer.text(expr)
        (side,) = read(Passage(text, dialect=dialect), VOCABULARY).sides
    assert isinstance(side, Whole)
    return side.expr


@settings(max_examples=300, deadline=None)
@given(st.one_of(columns(), squares(columns()), scalars(), rows()), manners)
def test_what_is_printed_is_read(expr: MatrixExpr, manner: str) -> None:
    normal = Normal()
    wanted = normal(expr)
    assert normal(again(expr, manner)) == wanted

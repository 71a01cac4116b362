"""The reader of formulas: what it reads, and what it refuses, at which place."""

from __future__ import annotations

import pytest
from sympy import Basic, Identity, KroneckerDelta, OneMatrix, Rational, Symbol, ZeroMatrix

from derive.calculus.activations import ACTIVATIONS
from derive.expressions.algebra import Diag, add, had, mul, neg, ones, transpose
from derive.expressions.averages import OneOver
from derive.expressions.blocks import Blocks, Stack
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.functions import Apply, Log, Quotient, Slope, Softmax
from derive.expressions.pointwise import Maximum, Minimum, PointwisePower
from derive.expressions.quantities import Parameter, ParameterCopy, Scalar, Series, T, j, k, t
from derive.expressions.shown import Rounded
from derive.expressions.spectra import Norm, Power, Spectral
from derive.expressions.sums import OrderedProduct, TimeSum
from derive.reading.calls import FORMS
from derive.reading.meaning import read, read_plain
from derive.reading.parts import Factors, Gap, ReadFormula, Terms, Tinted, Whole
from derive.reading.passage import Passage, ReadingError
from derive.reading.vocabulary import LetteredQuantity, Vocabulary

n, d, m = (Symbol(name, integer=True, positive=True) for name in "ndm")
U, W, V = Parameter("U", n, d), Parameter("W", n, n), Parameter("V", m, n)
W_in, alpha, L = Parameter("W_in", n, d), Parameter("alpha", 1, 1), Parameter("L", 1, 1)
x, s, o, y, w = (Series(name, size, 1) for name, size in zip("xsoyw", (d, n, m, m, 1), strict=True))
loss, a, h, c = Series("L", 1, 1), Series("a_h", n, 1), Series("htilde", n, 1), Series("c", n, 1)
D, D_i, J = Series("D", n, n), Series("D_marked", n, n), Series("J_marked", n, n)
delta = Series("delta", n, 1)

STEPS = (x, s, o, y, w, loss, a, h, c, D, delta)
VOCABULARY = Vocabulary(
    (
        *(LetteredQuantity(p, 0, p.name) for p in (U, W, V, W_in, alpha, L)),
        *(LetteredQuantity(series, 1, series.name) for series in STEPS),
        LetteredQuantity(delta, 2, "delta"),
        LetteredQuantity(D_i, 1, "D", ("i",)),
        LetteredQuantity(J, 1, "J", ("h", "c")),
    ),
    {"delta": r"\delta", "o": r"\hat{y}"},
    frozenset({*ACTIVATIONS, *FORMS}),
    (s,),
    s,
    {"n": n, "d": d, "m": m},
)


def formula(tex: str) -> ReadFormula:
    return read(Passage(tex), VOCABULARY)


def expression(tex: str) -> Basic:
    (side,) = formula(tex).sides
    assert isinstance(side, Whole)
    return side.expr


READ = [
    (r"U x_{t} + W s_{t-1}", add(mul(U, x[t]), mul(W, s[t - 1]))),
    (r"x_t", x[t]),
    (r"W_{\mathrm{in}} x_{t}", mul(W_in, x[t])),
    (r"\hat{y}_{T+1}", o[T + 1]),
    (r"a_{h,t}", a[t]),
    (r"\tilde{h}_{3}", h[3]),
    (r"D_{t}^{(i)} D_{t}", mul(D_i[t], D[t])),
    (r"J_{j}^{(hc)}", J[j]),
    (r"\delta_{t,k} s_{k-1}^{\top}", mul(delta[t, k], transpose(s[k - 1]))),
    (r"\delta_{2t-1}", delta[2 * t - 1]),
    (r"-W s_{t}", neg(mul(W, s[t]))),
    (r"(W + W^{\top}) s_{t}", mul(add(W, transpose(W)), s[t])),
    (r"\tanh(W s_{t})", Apply("tanh", mul(W, s[t]))),
    (r"\tanh\bigl(W \tanh(s_{t})\bigr)", Apply("tanh", mul(W, Apply("tanh", s[t])))),
    (r"\sigma'(s_{t})", Slope("sigmoid", s[t])),
    (r"\operatorname{relu}(s_t)", Apply("relu", s[t])),
    (r"\operatorname{softmax}(V s_{t})", Softmax(mul(V, s[t]))),
    (r"-y_{t}^{\top} \log \hat{y}_{t}", neg(mul(transpose(y[t]), Log(o[t])))),
    (r"\mathrm{e}^{-s_{t}}", Apply("exp_minus", s[t])),
    (r"W s_{t} \odot s_{t}", had(mul(W, s[t]), s[t])),
    (r"y_{t} \oslash \hat{y}_{t}", Quotient(y[t], o[t])),
    (r"\operatorname{diag}(\mathbf{1} - s_{t} \odot s_{t})", Diag(1 - had(s[t], s[t]))),
    (r"\mathbf{1}^{\top} y_{t}", mul(transpose(ones(m)), y[t])),
    (r"(1 - \alpha) I + W", add(mul(1 - alpha, Identity(n)), W)),
    (r"\tfrac{1}{2} W", mul(Rational(1, 2), W)),
    (r"\frac{1}{T} w_{t}", mul(Scalar(1 / T), w[t])),
    (r"\frac{1}{n}", OneOver(n)),
    (r"\frac{w_{t}}{\lVert W \rVert_{2}}", Quotient(w[t], Norm(W))),
    (r"[t = T]", Scalar(KroneckerDelta(t, T))),
    (r"\frac{\partial s_{t}}{\partial s_{t-1}}", Partial(s[t], s[t - 1])),
    (r"\partial s_{t} / \partial W", Partial(s[t], W)),
    (r"\frac{\partial^{+} s_{k}}{\partial W}", Partial(s[k], W, s[k - 1])),
    (r"\frac{\partial^{+} \hat{y}_{k}}{\partial V}", Partial(o[k], V, s[k])),
    (r"\nabla_{W^{(k)}} L_{T}", Gradient(loss[T], ParameterCopy(W, k))),
    (r"\nabla_{W} L", Gradient(L, W)),
    (r"\sum_{k=1}^{t} s_{k}", TimeSum(s[k], k, 1, t)),
    (r"\sum_{k=1}^{t} W s_{k} + s_{t}", add(TimeSum(mul(W, s[k]), k, 1, t), s[t])),
    (r"\left(\prod_{j=k+1}^{t} D_{j}\right)^{\top}",
     transpose(OrderedProduct(D[j], j, k + 1, t))),
    (r"\lVert W \rVert_{2}^{t-k}", Power(Norm(W), t - k)),
    (r"\rho(W)", Spectral("rho", W)),
    (r"\sigma_{\max}(W)", Spectral("sigma_max", W)),
    (r"-0.125 s_{t} + 10^{-5} s_{t}",
     add(mul(Rational(-1, 8), s[t]), mul(Rational(1, 100000), s[t]))),
    (r"w_{t} + 0.0015", add(w[t], Scalar(Rational(3, 2000)))),
    (r"\frac{0.005}{w_{t}}", Quotient(Scalar(Rational(1, 200)), w[t])),
    (r"w_{t}^{2}", PointwisePower(w[t], 2)),
    (r"w_{t}^{-1/2}", PointwisePower(w[t], Rational(-1, 2))),
    (r"s_{t}^{\odot 3}", PointwisePower(s[t], 3)),
    (r"\sqrt{s_{t}} \oslash s_{t}", Quotient(Apply("sqrt", s[t]), s[t])),
    (r"\exp(-s_t)", Apply("exp", -s[t])),
    (r"\max(s_t, 0)", Maximum(s[t], ZeroMatrix(*s[t].shape))),
    (r"\min\big(1, \tanh(s_t)\big)", Minimum(OneMatrix(*s[t].shape), Apply("tanh", s[t]))),
    (r"\operatorname{leakyrelu}'(s_t)", Slope("leaky_relu", s[t])),
]  # fmt: skip


@pytest.mark.parametrize(("tex", "wanted"), READ)
def test_a_text_is_read(tex: str, wanted: Basic) -> None:
    assert expression(tex) == wanted


def test_a_sum_within_parentheses_loses_them_by_its_signs() -> None:
    difference = expression(r"s_{t} - (s_{1} + s_{2})")
    assert difference == add(s[t], neg(s[1]), neg(s[2]))


def test_an_index_that_a_sum_introduces() -> None:
    found = expression(r"\sum_{i=1}^{2} s_{2i}")
    i = Symbol("i", integer=True)
    assert found == TimeSum(s[2 * i], i, 1, 2)
    with pytest.raises(ReadingError, match="no quantity is written 's' with 2i below"):
        expression("s_{2i}")


def test_matrices_of_decimals_of_columns_and_of_blocks() -> None:
    assert expression(r"\begin{pmatrix} 0.50 \\ -0.25 \end{pmatrix}") == Rounded(
        [["0.50"], ["-0.25"]], 2
    )
    assert expression(r"(0.05,\; -1.25)") == Rounded([["0.05", "-1.25"]], 2)
    assert expression("-0.5") == Rounded([["-0.5"]], 1)
    assert expression(r"\begin{pmatrix} s_{t} \\ c_{t} \end{pmatrix}") == Stack(s[t], c[t])
    blocks = expression(r"\begin{pmatrix} W & 0 \\ D_{t} & W \end{pmatrix}")
    assert blocks == Blocks(2, W, ZeroMatrix(n, n), D[t], W)


CHOOSING = Blocks(1, ZeroMatrix(d, n), Identity(n), ZeroMatrix(n + d, n))


@pytest.mark.parametrize(
    "text",
    [
        r"\begin{pmatrix} 0_{d \times n} \\ I_{n} \\ 0_{(d + n) \times n} \end{pmatrix}",
        "[0_{d×n}; I_{n}; 0_{(d+n)×n}]",
    ],
)
def test_blocks_that_choose_components_carry_their_sizes(text: str) -> None:
    plain = not text.startswith("\\")
    found = read_plain(Passage(text), VOCABULARY, {}) if plain else formula(text)
    (side,) = found.sides
    assert isinstance(side, Whole)
    assert side.expr == CHOOSING
    with pytest.raises(ReadingError, match="a number of rows and one of columns"):
        formula("0_{d}")


def test_a_thin_one_in_a_matrix_is_a_number_and_no_matrix_of_ones() -> None:
    found = expression(r"\begin{pmatrix} 1 \\ 0_{3 \times 1} \end{pmatrix} L")
    assert found.args[0] == Stack(OneMatrix(1, 1), ZeroMatrix(3, 1))


def test_a_zero_and_a_one_have_the_shape_of_the_other_side() -> None:
    left, right = formula(r"s_{0} = 0").sides
    assert isinstance(right, Whole)
    assert right.expr == ZeroMatrix(n, 1)
    left, right = formula(r"\mathbf{1} = s_{0}").sides
    assert isinstance(left, Whole)
    assert left.expr == OneMatrix(n, 1)


def test_relations_and_their_doubts() -> None:
    found = formula(r"L = L_{1} \le L_{2} \ne L_{3} \approx 0.5")
    assert [(r.text, r.doubted) for r in found.relations] == [
        ("=", False), ("<=", False), ("!=", False), ("~", False),
    ]  # fmt: skip
    (doubted,) = formula(r"L \overset{?}{=} L_{1}").relations
    assert (doubted.text, doubted.doubted) == ("=", True)


def test_lines_of_one_formula_are_one() -> None:
    broken = r"\begin{aligned} L & = L_{1} \\ & {} + L_{2} \\[2pt] & {} - L_{3} \end{aligned}"
    one, other = formula(broken), formula("L = L_{1} + L_{2} - L_{3}")
    assert [side.expr for side in one.sides if isinstance(side, Whole)] == [
        side.expr for side in other.sides if isinstance(side, Whole)
    ]


def test_colours_and_dots_stay_beside_the_expressions() -> None:
    (side,) = formula(r"\textcolor{red}{s_{9}} + \cdots + \textcolor{blue}{s_{1}}").sides
    assert isinstance(side, Terms)
    first, gap, last = side.parts
    assert isinstance(first, Tinted)
    assert isinstance(gap, Gap)
    assert isinstance(last, Tinted)
    assert (first.colour, last.colour) == ("red", "blue")
    (side,) = formula(r"D_{1} \cdots D_{9} s_{0}").sides
    assert isinstance(side, Factors)


def test_the_innermost_level_between_dots() -> None:
    found = formula(r"\tanh(W \cdots \tanh(W s_{0}) \cdots)")
    ((hole, inner),) = found.elided.items()
    assert inner == Apply("tanh", mul(W, s[0]))
    (side,) = found.sides
    assert isinstance(side, Whole)
    assert side.expr == Apply("tanh", mul(W, hole))


REFUSED = [
    ("", 1, "expected a quantity, a number, a function or an opening bracket"),
    ("W + ", 5, "expected a quantity, a number, a function or an opening bracket"),
    ("W s_{t", 5, "these braces are not closed"),
    ("(W s_{t}", 9, r"expected '\)', found the end of the formula"),
    ("W s_{t} )", 9, "expected an operator, a relation or the end of the formula"),
    ("Q s_{t}", 1, "no quantity is written 'Q'"),
    ("W s_{q}", 3, "no quantity is written 's' with q below"),
    ("W s", 3, "no quantity is written 's' with nothing below"),
    ("W x_{t}", 1, r"the product of W \(n, n\) and x_t \(d, 1\) does not exist"),
    ("s_{t} + x_{t}", 1, "must have one shape"),
    (r"\lVert W \rVert", 16, "expected the norm that is meant"),
    (r"\sum_{k}^{t} s_{k}", 7, "expected an index and its first value"),
    (r"\sum_{k=1} s_{k}", 12, r"expected the last value of the index"),
    (r"\sum_{k=q}^{t} s_{k}", 9, "expected a time index made of whole numbers and t, T, k, j"),
    (r"\nabla W", 8, "expected what the gradient is by"),
    (r"\frac{\partial s_{t}}{s_{1}}", 23, r"expected '\\partial'"),
    (r"\partial s_{t} + W", 16, "expected '/'"),
    (r"W^{\top", 3, "these braces are not closed"),
    (r"\begin{pmatrix} 0.5 & 0.25 \end{pmatrix}", 1, "differ in their places"),
    (r"\begin{pmatrix} W & W \\ W \end{pmatrix}", 1, "differ in length"),
    (r"\begin{aligned} W \end{split}", 19, "closes nothing that was opened by it"),
    (r"\operatorname{sinh}(s_{t})", 1, "no quantity is written"),
    (r"\tanh''(s_{t})", 1, "with one prime"),
    (r"\mathbf{1}", 1, "nothing beside this one tells its size"),
    (r"\tanh(\cdots)", 7, "dots in a place where no whole term or factor stands"),
    (r"\frac{1}{0}", 1, "division by zero"),
    (r"\frac{W}{V}", 1, "a fraction is of numbers"),
    (r"L \overset{!}{=} L_{1}", 3, "expected a relation with a question mark over it"),
    (r"\bar{s h}_{t}", 8, "an accent stands over one letter"),
    (r"\frac{\partial^{-} s_{k}}{\partial W}", 20, "expected a plus sign"),
    (r"W & W", 3, "expected an operator"),
]


@pytest.mark.parametrize(("tex", "column", "problem"), REFUSED)
def test_what_cannot_be_read_is_refused_with_its_place(tex: str, column: int, problem: str) -> None:
    with pytest.raises(ReadingError, match=problem) as caught:
        formula(tex)
    assert (caught.value.line, caught.value.column) == (1, column)


def test_the_place_is_that_in_the_whole_text() -> None:
    text = "one\ntwo $W Q$ three"
    passage = Passage(text, "notes.tex", text.index("W"), text.index("$ three"))
    with pytest.raises(ReadingError) as caught:
        read(passage, VOCABULARY)
    assert str(caught.value) == (
        "notes.tex, line 2, column 8: no quantity is written 'Q': expected one of D, J, L, U, V, W, "
        "\\alpha, \\delta, \\hat{y}, \\tilde{h}, a, c, s, w, x, y.\n  two $W Q$ three\n         ^"
    )


def test_one_text_that_may_be_two_quantities_is_refused() -> None:
    constant = LetteredQuantity(Parameter("s_1", n, 1), 0, "s_1")
    twice = Vocabulary((constant, LetteredQuantity(s, 1, "s")), {}, frozenset(), (s,), s)
    with pytest.raises(ReadingError, match=r"this may be s_1 and s_1: one text"):
        read(Passage("s_{1}"), twice)
    assert read(Passage("s_{2}"), twice).sides


def test_what_is_wrong_in_shape_is_read_leniently() -> None:
    (side,) = read(Passage(r"-W x_{t} + s_{t}"), VOCABULARY, lenient=True).sides
    assert isinstance(side, Whole)
    with pytest.raises(ReadingError):
        read(Passage(r"-W x_{t} + s_{t}"), VOCABULARY)

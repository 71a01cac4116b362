"""The printed formulas: precedence, order, dots, and that KaTeX can read every one of them."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from sympy import Basic, Identity, Integer, KroneckerDelta, Rational, Symbol, ZeroMatrix

from derive.bptt.derivation import derive
from derive.catalogue import load
from derive.errors import RenderError
from derive.expressions.algebra import Diag, Scaled, add, had, mul, neg, ones, transpose
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Equation, Kind, Step
from derive.expressions.functions import Apply, Log, Quotient, Slope, Softmax
from derive.expressions.pointwise import raised
from derive.expressions.quantities import Parameter, ParameterCopy, Scalar, Series, T, j, k, t
from derive.expressions.shown import Coloured
from derive.expressions.sums import Expanded, OrderedProduct, RisingProduct, TimeSum
from derive.reading.meaning import read, read_plain
from derive.reading.parts import Whole
from derive.reading.passage import Passage
from derive.reading.vocabulary import LetteredQuantity, Vocabulary
from derive.typesetting import notation
from derive.typesetting.glyphs import TexGlyphs
from derive.typesetting.layout import Reason, display
from derive.typesetting.lettering import Letter
from derive.typesetting.printing import Printer, plain, tex
from tests.katex import complaint

n = Symbol("n", integer=True, positive=True)
A, B, b = Parameter("A", n, n), Parameter("B", n, n), Parameter("b", n, 1)
s, x, w = Series("s", n, 1), Series("x", n, 1), Series("w", 1, 1)
J = Series("J", n, n)
S, X = s[t], x[t]
sigma = Parameter("sigma", n, n)

PLAIN = [
    (A * S + b, "A s_t + b"),
    (A * (S + X), "A (s_t + x_t)"),
    ((A + B) * S, "(A + B) s_t"),
    (had(S + X, X), "(s_t + x_t) ⊙ x_t"),
    (had(A * S, X), "A s_t ⊙ x_t"),
    (A * had(S, X), "A (s_t ⊙ x_t)"),
    (transpose(S + X), "(s_t + x_t)ᵀ"),
    (transpose(A) * S, "Aᵀ s_t"),
    (S - X, "s_t - x_t"),
    (S - (X - b), "s_t - x_t + b"),
    (neg(A * S), "-A s_t"),
    (mul(-1, S + X), "-s_t - x_t"),
    (X + neg(A * S), "x_t - A s_t"),
    (had(1 - S, X), "(1 - s_t) ⊙ x_t"),
    (had(w[t], w[t]), "w_t^2"),
    (transpose(Log(S)), "(log s_t)ᵀ"),
    (raised(Log(S), Integer(2)), "(log s_t)^{⊙ 2}"),
    (had(Log(S), X), "(log s_t) ⊙ x_t"),
    (had(X, Log(S)), "x_t ⊙ log s_t"),
    (A * Log(S), "A log s_t"),
    (transpose(Log(S)) * X, "(log s_t)ᵀ x_t"),
    (sigma * (S + X), "σ · (s_t + x_t)"),
    (mul(2, sigma) * (S + X), "2 σ · (s_t + x_t)"),
    (sigma * S, "σ s_t"),
    (mul(2, ones(n)), "2 · 1"),
    (mul(Rational(1, 2), A), "1/2 A"),
    (mul(Rational(30326533, 50000000), A), "0.60653066 A"),
    (mul(Rational(-1, 128), A), "-0.0078125 A"),
    (mul(Rational(1, 300), A), "1/300 A"),
    (add(w[t], Scalar(Rational(1, 100000))), "w_t + 10^{-5}"),
    (Apply("tanh", A * S), "tanh(A s_t)"),
    (Slope("relu", S), "relu'(s_t)"),
    (Softmax(S), "softmax(s_t)"),
    (Diag(1 - had(S, S)) * A, "diag(1 - s_t ⊙ s_t) A"),
    (Quotient(S, X), "s_t ⊘ x_t"),
    (Scaled(w[t], A + B), "w_t (A + B)"),
    (Scalar(1 / T), "1/T"),
    (Scalar(KroneckerDelta(t, T)), "[t = T]"),
    (Partial(S, s[t - 1]), "(∂s_t/∂s_{t-1})"),
    (Partial(S, A, X), "(∂⁺s_t/∂A)"),
    (Gradient(w[t], ParameterCopy(A, k)), "∇[A^(k)] w_t"),
    (TimeSum(s[k] + x[k], k, 1, t), "Σ[k=1..t] (s_k + x_k)"),
    (mul(A, TimeSum(s[k], k, 1, t)), "A Σ[k=1..t] s_k"),
    (mul(TimeSum(J[k], k, 1, t), S), "(Σ[k=1..t] J_k) s_t"),
    (mul(OrderedProduct(J[j], j, k + 1, t), S), "(Π[j=k+1..t] J_j) s_t"),
    (OrderedProduct(A * J[j], j, 1, T), "Π[j=1..T] (A J_j)"),
    (J[t, k], "J_{t,k}"),
    (s[T - k], "s_{T-k}"),
    (s[t + 1], "s_{t+1}"),
    (Identity(n), "I"),
    (ZeroMatrix(n, 1), "0"),
    (ones(n), "1"),
]


@pytest.mark.parametrize(("expr", "text"), PLAIN, ids=[text for _, text in PLAIN])
def test_precedence_and_order(expr: Any, text: str) -> None:
    assert plain(expr) == text


@pytest.mark.parametrize("expr", [e for e, _ in PLAIN], ids=[text for _, text in PLAIN])
def test_the_same_in_tex(expr: Any) -> None:
    text = tex(expr)
    assert not complaint(text), text
    assert text.count("(") == text.count(")")


def test_tex() -> None:
    assert tex(transpose(A) * S) == r"A^{\top} s_{t}"
    assert tex(had(S, X)) == r"s_{t} \odot x_{t}"
    assert tex(Partial(S, A, X)) == r"\partial^{+} s_{t} / \partial A"
    assert Printer().text(Partial(S, A, X)) == r"\frac{\partial^{+} s_{t}}{\partial A}"
    assert tex(Gradient(w[t], A)) == r"\nabla_{A} w_{t}"
    assert tex(mul(Rational(1, 2), A)) == r"\tfrac{1}{2} A"
    assert tex(OrderedProduct(J[j], j, k + 1, t)) == r"\prod_{j=k+1}^{t} J_{j}"
    # The horizon T and a transpose are told apart.
    assert "^{T}" not in tex(transpose(A))


# -- written out -----------------------------------------------------------------------------------


def written(expr: Any) -> str:
    return Printer(dialect="plain").text(expr)


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        (2, "s_2 + s_1"),
        (5, "s_5 + s_4 + s_3 + s_2 + s_1"),
        (6, "s_6 + s_5 + … + s_1"),
        (1000, "s_1000 + s_999 + … + s_1"),
    ],
)
def test_long_sums_have_dots(steps: int, text: str) -> None:
    assert written(Expanded(TimeSum(s[k], k, 1, steps))) == text


def test_products_are_written_in_their_order() -> None:
    assert written(Expanded(OrderedProduct(J[j], j, 2, 4))) == "J_4 J_3 J_2"
    assert written(Expanded(RisingProduct(J[j], j, 2, 4))) == "J_2 J_3 J_4"
    assert written(Expanded(OrderedProduct(A * J[j], j, 2, 3))) == "A J_3 A J_2"
    assert written(Expanded(OrderedProduct(J[j], j, 1, 50))) == "J_50 … J_1"
    assert written(Expanded(OrderedProduct(J[j] + A, j, 2, 3))) == "(J_3 + A) (J_2 + A)"


def test_a_negative_term_within_a_sum() -> None:
    assert written(add(S, neg(TimeSum(x[k], k, 1, t)), b)) == "s_t - (Σ[k=1..t] x_k) + b"
    assert written(add(S, mul(-1, add(X, b)))) == "s_t - x_t - b"


# -- dialects --------------------------------------------------------------------------------------


def test_colours() -> None:
    term = Coloured(S, 2, 3)
    assert tex(term) == r"s_{t}"
    printer = Printer(dialect="latex")
    assert printer.text(term) == r"\textcolor{lag1of3}{s_{t}}"
    assert printer.colours.keys() == {"lag1of3"}
    text = Printer(dialect="markdown").text(term)
    assert re.fullmatch(r"\\textcolor\{#[0-9A-Fa-f]{6}\}\{s_\{t\}\}", text)
    assert not complaint(text)


def equation(kind: Kind, *sides: Basic, sign: str = "") -> Equation:
    return Equation("e", kind, sides, Step("definition"), digits=1, sign=sign)


@pytest.mark.parametrize(
    ("kind", "sign", "text"),
    [
        (Kind.IDENTITY, "", "s_t = x_t = b"),
        (Kind.INEQUALITY, "", "s_t ≤ x_t ≤ b"),
        (Kind.ROUNDED, "", "s_t = x_t ≈ b"),
        (Kind.REFUTED, "", "s_t =? x_t =? b"),
        (Kind.REFUTED, "<=", "s_t ≤? x_t ≤? b"),
    ],
)
def test_relations(kind: Kind, sign: str, text: str) -> None:
    made = equation(kind, S, X, b, sign=sign)
    assert plain(made) == text
    assert not complaint(Printer().inline(made))


def test_what_there_is_no_printer_for() -> None:
    class Strange(Basic):
        pass

    with pytest.raises(RenderError, match="cannot print Strange"):
        tex(Strange())


# -- whole derivations -----------------------------------------------------------------------------


@cache
def refused(text: str) -> str:
    return complaint(text, display=True)


@pytest.mark.parametrize(("name", "steps"), [("elman", 1), ("elman", 3), ("elman", 9), ("lstm", 3)])
def test_every_formula_renders(name: str, steps: int) -> None:
    bare, coloured = Printer(), Printer(dialect="markdown")
    for made in derive(load(name, bias=True), steps).equations():
        for text in (display(coloured, made), bare.inline(made)):
            assert not refused(text), f"{made.id}: {text}"


@pytest.mark.parametrize("name", notation.names())
def test_every_notation_renders(name: str) -> None:
    printer = Printer(notation.load(name), "markdown")
    for made in derive(load("lstm", bias=True), 1).equations():
        if "grad" not in made.id or "b_o" in made.id or "W_q" in made.id:
            text = display(printer, made)
            assert not refused(text), f"{made.id}: {text}"


@pytest.mark.parametrize(("dialect", "factors", "fitted"), [
    ("latex", 200, True), ("latex", 4, False), ("markdown", 200, False),
])  # fmt: skip
def test_a_line_that_is_too_wide_is_set_smaller_beside_a_reason_too(
    dialect: Any, factors: int, fitted: bool
) -> None:
    # Between the letters of a name no line ends.
    named = Parameter("A" * factors, n, n)
    made = Equation("wide", Kind.DEFINITION, (S, mul(named, S)), Step("define", ()))
    text = display(Printer(dialect=dialect), made, (Reason("what it is", "what it is"),))
    assert text.startswith(r"\fitted{\begin{aligned}") is fitted


def test_a_product_too_wide_is_broken_within_the_sum_that_is_its_factor() -> None:
    wide = mul(A, add(*(mul(*[factor] * 16) for factor in (A, J[t], B))), S)
    made = Equation("wide", Kind.DEFINITION, (S, wide), Step("define", ()))
    text = display(Printer(), made, (Reason("what it is, in so many words", "what it is"),))
    first, second, third = (" ".join([letter] * 16) for letter in ("A", "J_{t}", "B"))
    assert text == (
        rf"\begin{{aligned}} s_{{t}} & = A ({first} \\ &\quad {{}} + {second} \\ "
        rf"&\quad {{}} + {third}) s_{{t}} && \text{{what it is}} \end{{aligned}}"
    )


def test_what_one_line_needs_the_others_have_as_well() -> None:
    long, short = mul(*[A] * 45, S), add(mul(*[A] * 15, S), mul(*[B] * 15, S))
    reasons = (Reason("one reason", "one reason"),) * 2
    alone = Equation("alone", Kind.DEFINITION, (S, short, short), Step("define", ()))
    beside = Equation("beside", Kind.DEFINITION, (S, short, long), Step("define", ()))
    assert display(Printer(), alone, reasons).count("{} +") == 0
    assert display(Printer(), beside, reasons).count("{} +") == 0


def test_printing_is_the_same_every_time() -> None:
    def printed() -> list[str]:
        return [display(Printer(), e) for e in derive(load("lstm"), 3).equations()]

    assert printed() == printed()


def test_no_two_formulas_of_a_cell_print_alike() -> None:
    seen: dict[str, str] = {}
    for made in derive(load("elman", bias=True), 3).equations():
        text = plain(made)
        known = seen.setdefault(text, made.id)
        assert known == made.id or made.kind is Kind.IDENTITY, f"{known} and {made.id}: {text}"


# -- signs -----------------------------------------------------------------------------------------

HALF = Rational(1, 2)
SIGNS: list[tuple[Any, str, str]] = [
    (add(b, neg(S)), "b - s_t", "b - s_{t}"),
    (add(b, mul(-2, S)), "b - 2 s_t", "b - 2 s_{t}"),
    (add(b, mul(-HALF, S)), "b - 1/2 s_t", r"b - \tfrac{1}{2} s_{t}"),
    (add(b, had(mul(-2, S), b)), "b - 2 (s_t ⊙ b)", r"b - 2 (s_{t} \odot b)"),
    (add(b, had(neg(S), b)), "b - s_t ⊙ b", r"b - s_{t} \odot b"),
    (add(b, Coloured(mul(-2, S), 1, 2)), "b - 2 s_t", "b - 2 s_{t}"),
    (add(neg(b), S), "-b + s_t", "-b + s_{t}"),
]


@pytest.mark.parametrize(("expr", "text", "formula"), SIGNS)
def test_the_sign_of_a_term_is_that_of_the_sum(expr: Any, text: str, formula: str) -> None:
    assert (plain(expr), tex(expr)) == (text, formula)


def test_a_letter_that_looks_like_a_sign_is_none() -> None:
    # What a sign is is said by the expression; a text that begins with one may be a name.
    printer = Printer(notation=replace(notation.load(), plain={"x": "-x"}), dialect="plain")
    assert [term.negative for term in printer.terms(add(b, X))] == [False, False]
    assert printer.text(add(b, X)) == "b + -x_t"


@pytest.mark.parametrize(
    ("name", "tex", "plain"),
    [
        ("U_Delta", r"U_{\Delta}", "U_Δ"),
        ("b_alpha", r"b_{\alpha}", "b_α"),
        # From x to i: two letters are two indices, though xi is a letter too.
        ("W_xi", "W_{xi}", "W_xi"),
        ("W_in", r"W_{\mathrm{in}}", "W_in"),
        # The names of arguments: of w_dec and its second one, of q_1, of a letter with an accent.
        ("a_w_dec", r"a_{w_{\mathrm{dec}}}", "a_w_dec"),
        ("a_w_dec2", r"a_{w_{\mathrm{dec}2}}", "a_w_dec2"),
        ("a_q_1_2", r"a_{q_{1_{2}}}", "a_q_1_2"),
        ("a_mu_p", r"a_{\mu_{p}}", "a_μ_p"),
        ("a_htilde", r"a_{\tilde{h}}", "a_{h\u0303}"),
        ("a_alpha2", r"a_{\alpha2}", "a_α2"),
    ],
)
def test_an_index_of_a_name_may_be_greek(name: str, tex: str, plain: str) -> None:
    parameter = Parameter(name, 2, 2)
    assert Printer(notation.load("source"), "latex").inline(parameter) == tex
    assert Printer(notation.load("source"), "plain").inline(parameter) == plain
    known = Vocabulary((LetteredQuantity(parameter, 0, name),), {}, frozenset())
    for found in (read(Passage(tex), known), read_plain(Passage(plain), known, {})):
        assert [side.expr for side in found.sides if isinstance(side, Whole)] == [parameter]


def test_the_end_of_an_index_is_no_accent_of_what_stands_above() -> None:
    """The adjoint of a_hhat, where the short mark is taken, is marked by the whole name."""
    from derive.reading.letters import spelling
    from derive.typesetting.glyphs import PlainGlyphs, TexGlyphs
    from derive.typesetting.lettering import Letter

    source = notation.load("source")
    marked = Letter("delta", ("a_hhat",))
    assert TexGlyphs(source, None, False).symbol(marked, "t") == (r"\delta_{t}^{(a_{\hat{h}})}")
    assert PlainGlyphs(source).symbol(marked, "t") == "δ_t^(a_h\u0302)"
    assert spelling("delta", ("a_hhat",), source.symbols).above == "a_\\hath"
    assert spelling("delta", ("hhat",), source.symbols).above == "\\hath"


@pytest.mark.parametrize("accent", ["hat", "bar", "tilde"])
def test_what_stands_above_a_letter_with_an_accent_is_no_second_superscript(accent: str) -> None:
    """TeX drops braces round such a letter alone: a cell of the letter g has Ĝ for its paths."""
    glyphs = TexGlyphs(notation.load(), None, named=False)
    marked = glyphs.symbol(Letter(f"G{accent}", ("g",)), sub="k")
    for power in (glyphs.transposed(marked), glyphs.power(marked, 2)):
        assert not re.search(r"\{\\\w+\{\w+\}[^{}]*(\{[^{}]*\}\^?)*\}\^", power), power
        assert power.startswith(f"({marked})^")
    assert glyphs.transposed(glyphs.symbol(Letter("G", ("g",)))) == r"{G^{(g)}}^{\top}"


def test_the_sign_between_terms_stands_before_a_colour_and_that_of_a_side_in_it() -> None:
    """In the Jordan network the loss by the output begins with a minus: no parentheses hold it."""
    term = Coloured(neg(mul(A, S)), 1, 1)
    assert Printer(dialect="bare").text(term) == "-A s_{t}"
    assert Printer(dialect="bare").text(add(X, term)) == "x_{t} - A s_{t}"
    coloured = Printer(dialect="markdown")
    assert re.fullmatch(r"x_\{t\} - \\textcolor\{#\w+\}\{A s_\{t\}\}", coloured.text(add(X, term)))
    assert re.fullmatch(r"\\textcolor\{#\w+\}\{-A s_\{t\}\}", coloured.text(term))

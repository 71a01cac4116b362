"""Formulas in plain text: what they become, and what is said of those that cannot be read."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derive.audit.scope import of_cell
from derive.catalogue import load
from derive.expressions.derivatives import Partial
from derive.expressions.quantities import At, k, t
from derive.expressions.sums import OrderedProduct, RisingProduct, TimeSum
from derive.formula import FormulaError, ShapeError, parse, parse_range, parse_relation
from derive.numerics.evaluate import Evaluator
from derive.numerics.sample import sample
from derive.source import Origin
from derive.typesetting.printing import plain

CELL = load("elman", bias=True)
SCOPE = of_cell(CELL)
TRACE = sample(CELL, 4, 0, zero_start=False).trace
VALUE = Evaluator(TRACE)


def value(text: str, **indices: int) -> Any:
    return VALUE.value(parse(text, SCOPE), **indices)


def array(name: str, step: int | None = None) -> Any:
    return VALUE.at(parse(name if step is None else f"{name}[{step}]", SCOPE))


U, W, V, b, c = (array(name) for name in ("U", "W", "V", "b", "c"))
x, s, o, y, z = (
    {step: array(name, step) for step in range(1, 5)} for name in ("x", "s", "o", "y", "z")
)

VALUES = [
    ("tanh(U*x[2] + W*s[1] + b)", lambda: s[2]),
    ("U@x[2]+W@s[1]+b", lambda: np.arctanh(s[2])),
    ("softmax(V*s[1] + c)", lambda: o[1]),
    ("(o[3] - y[3])*s[3]'", lambda: (o[3] - y[3]) @ s[3].T),
    ("(o[3] − y[3])·s[3].T", lambda: (o[3] - y[3]) @ s[3].T),
    ("1 - s[2].*s[2]", lambda: 1 - s[2] ** 2),
    ("2 + s[2] ⊙ s[2]", lambda: 2 + s[2] ** 2),
    ("s[2] - 1/2", lambda: s[2] - 0.5),
    ("-s[2] + 1.5", lambda: 1.5 - s[2]),
    ("-(s[2] - s[1])", lambda: s[1] - s[2]),
    ("s[3] - s[2] - s[1]", lambda: s[3] - s[2] - s[1]),
    ("diag(tanh'(W*s[1]))", lambda: np.diag(1 - np.tanh(W @ s[1])[:, 0] ** 2)),
    ("(diag(o[3]) - o[3]*o[3]')*V", lambda: (np.diag(o[3][:, 0]) - o[3] @ o[3].T) @ V),
    ("log(o[2])", lambda: np.log(o[2])),
    ("sigmoid(z[1])", lambda: 1 / (1 + np.exp(-z[1]))),
    ("W^2", lambda: W @ W),
    ("W'^2*W", lambda: W.T @ W.T @ W),
    ("I + W", lambda: np.eye(3) + W),
    ("I(n)*W", lambda: W),
    ("ones(m)'*y[1]", lambda: np.array([[y[1].sum()]])),
    ("2*norm(W)", lambda: np.array([[2 * np.linalg.norm(W, 2)]])),
    ("rho(W)", lambda: np.array([[abs(np.linalg.eigvals(W)).max()]])),
    ("sigma_max(W) + sigma_min(W)", lambda: np.array([[np.linalg.svd(W)[1][[0, -1]].sum()]])),
    ("sum(k=2..3, s[k])", lambda: s[2] + s[3]),
    ("sum(i=1..2, i*s[i])", lambda: s[1] + 2 * s[2]),
    ("1/T*s[1]", lambda: s[1] / 4),
    ("prod(j=3..2, diag(s[j])*W)", lambda: s[3] * W @ (s[2] * W)),
    ("prod_up(j=2..3, diag(s[j])*W)", lambda: s[2] * W @ (s[3] * W)),
    ("prod(j=3..4, W)", lambda: np.eye(3)),
    ("d(s[2])/d(s[1])", lambda: (1 - s[2] ** 2) * W),
    ("d+(o[3])/d(s[2])", lambda: np.zeros((4, 3))),
    ("d+(s[3])/d(b)", lambda: np.diag(1 - s[3][:, 0] ** 2)),
    ("d(s[3] | s[2])/d(b)", lambda: np.diag(1 - s[3][:, 0] ** 2)),
    ("grad(L[2], c)", lambda: o[2] - y[2]),
    ("sum(k=1..2, grad(L[2], copy(W, k))) - grad(L[2], W)", lambda: np.zeros((3, 3))),
    ("stack(s[1], s[2])", lambda: np.concatenate([s[1], s[2]])),
]


@pytest.mark.parametrize(("text", "expected"), VALUES, ids=[text for text, _ in VALUES])
def test_formulas_have_the_values_of_numpy(text: str, expected: Any) -> None:
    assert np.allclose(value(text), expected(), atol=1e-12)


def test_time_indices_are_free_symbols() -> None:
    assert parse("s[t-1]", SCOPE) == At(SCOPE.series["s"], t - 1)
    assert np.allclose(value("s[2*t-k]", t=2, k=1), s[3])


def test_sums_products_and_derivatives_become_their_nodes() -> None:
    state = SCOPE.series["s"]
    summed = parse("sum(k=1..t, s[k])", SCOPE)
    assert (type(summed), summed.low, summed.high) == (TimeSum, 1, t)
    falling = parse("prod(j=t..k+1, d(s[j])/d(s[j-1]))", SCOPE)
    assert (type(falling), falling.low, falling.high) == (OrderedProduct, k + 1, t)
    rising = parse("prod_up(j=k+1..t, d(s[j])/d(s[j-1])')", SCOPE)
    assert (type(rising), rising.low, rising.high) == (RisingProduct, k + 1, t)
    immediate = parse("d+(s[t])/d(W)", SCOPE)
    assert immediate == Partial(state[t], SCOPE.parameters["W"], state[t - 1])


def test_a_name_can_be_a_series_and_a_parameter() -> None:
    assert np.allclose(value("L"), value("sum(t=1..4, L[t])"))


def test_relations() -> None:
    relation = parse_relation("s[0] = 0", SCOPE)
    assert relation.right.shape == relation.left.shape
    turned = parse_relation("norm(W) >= 1", SCOPE)
    assert (turned.sign, plain(turned.right)) == ("<=", "‖W‖₂")
    assert parse_relation("W ≠ I", SCOPE).sign == "!="


def test_ranges() -> None:
    found = parse_range("t=1..T, k=1..t", SCOPE)
    assert [(str(s), str(low), str(high)) for s, low, high in found] == [
        ("t", "1", "T"),
        ("k", "1", "t"),
    ]


WRONG = [
    ("", 1, "expected a quantity"),
    ("U*x[t] +", 9, "found the end"),
    ("U x[t]", 3, "an operator is missing before 'x'"),
    ("s + 1", 1, r"write s\[t\]"),
    ("W[t]", 1, "one value for all steps"),
    ("Q*s[t]", 1, "unknown name 'Q'"),
    ("tanH(b)", 1, "did you mean tanh"),
    ("s[q]", 3, "time index"),
    ("s[1.5]", 3, "time index"),
    ("(s[t]", 1, "this parenthesis is not closed"),
    ("s[t])", 5, "should be"),
    ("d(s[t])", 8, "what the derivative is by"),
    ("d(s[t])/d(s[t]+b)", 11, "by a quantity"),
    ("sum(k=3..1, s[k])", 5, "wrong way"),
    ("prod(j=2..3+1, W)", 6, "prod runs down"),
    ("sum(k=1..2, s[k]) + s[i]", 23, "time index"),
    ("W/s[t]", 2, "one shape.*; diag.1/c..A divides each row"),
    ("s[t]/W", 5, "one shape.*; diag.1/c..A divides each row"),
    ("s[t] .* W", 6, "one shape.*; diag.c..A multiplies each row"),
    ("W .* s[t]'", 3, "one shape.*; diag.c..A multiplies each row"),
    ("s[t]/I", 5, "the identity does not divide"),
    ("W^0.5", 2, "of vectors and"),
    ("s[t]^(1/0)", 9, "other than 0"),
    ("max(1, 2)", 6, "expected a vector"),
    ("max(s[t])", 9, "','"),
    ("max(s[t], W)", 9, "one shape"),
    ("b/0", 2, "division by zero"),
    ("I", 1, "needs a size"),
    ("I(q)", 3, "expected a size"),
    ("U^2", 2, "only square matrices"),
    ("$x$", 1, "no meaning"),
    ("__import__('os')", 1, "unknown function"),
    ("b.__class__", 2, "no meaning"),
    ("(" * 100 + "b" + ")" * 100, 61, "levels"),
    ("copy(s[1], 2)", 1, "of a parameter"),
    ("norm(2)", 6, "matrix"),
]


@pytest.mark.parametrize(("text", "column", "said"), WRONG, ids=[text[:30] for text, _, _ in WRONG])
def test_errors_say_what_and_where(text: str, column: int, said: str) -> None:
    with pytest.raises(FormulaError, match=said) as caught:
        parse(text, SCOPE)
    assert (caught.value.line, caught.value.column) == (1, column)


def test_errors_in_files_point_at_the_file() -> None:
    origin = Origin("notes.toml", 7, 12)
    with pytest.raises(FormulaError, match=r"notes.toml, line 7, column 14: .*\n.*\n +\^"):
        parse("b+q", SCOPE, origin=origin)
    with pytest.raises(FormulaError, match="line 8, column 3"):
        parse("b +\n  q", SCOPE, origin=origin)


@pytest.mark.parametrize("text", ["tanh'(U)*W", "y[t]*log(o[t])", "b + c", "W .* U"])
def test_shapes_that_do_not_fit_are_refused_or_kept_as_written(text: str) -> None:
    with pytest.raises(ShapeError):
        parse(text, SCOPE)
    written = plain(parse(text, SCOPE, strict=False))
    assert written.replace("_t", "[t]").count("(") == text.replace("log(o[t])", "log o").count("(")


@pytest.mark.parametrize(
    "text", ["2-k", "k-2", "2+k", "L[t] + 2", "2 - L[t]", "0.5 + L[t]*s[t]'*s[t]"]
)
def test_numbers_beside_numbers(text: str) -> None:
    at = dict.fromkeys((t, k), 2)
    found = VALUE.at(parse(text, SCOPE), at)
    names = {"k": 2, "L": {2: VALUE.at(parse("L[t]", SCOPE), at).item()}, "t": 2}
    square = VALUE.at(parse("s[t]'*s[t]", SCOPE), at).item()
    wanted = eval(text.replace("s[t]'*s[t]", repr(square)), names)
    assert abs(found.item() - wanted) < 1e-12


@given(st.text(alphabet="sWUt[]()+-*/'^.,=|dkprodsum123 \n⊙", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    # What cannot be read is a FormulaError; nothing else is raised.
    with suppress(FormulaError):
        parse(text, SCOPE)

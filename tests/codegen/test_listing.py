"""The backward sweep by itself: short lines that are Python, and what they cost, counted twice."""

from __future__ import annotations

import ast

import pytest

from derive.catalogue import load, names
from derive.checks.swept import costs
from derive.codegen.lines import Writer
from derive.codegen.listing import LOOP, WIDTH, sweep, wrapped
from tests import ROOT

LITERATURE = sorted((ROOT / "tests" / "catalogue" / "literature").glob("*.toml"))


@pytest.mark.parametrize("name", [*names(), *map(str, LITERATURE)], ids=lambda n: n.split("/")[-1])
def test_a_sweep_is_short_lines_of_python_that_cost_what_the_plan_says(name: str) -> None:
    made = sweep(load(name))
    rows = [row for line in made.lines for row in line.rows]
    assert max(map(len, rows)) <= WIDTH
    found = costs("\n".join(rows))
    assert (found.products, found.outer) == (made.products, made.outer)
    assert (found.arrays, found.read) == (made.own + len(made.read), len(made.read))
    assert (found.once_products, found.once_outer) == (made.once_products, made.once_outer)


@pytest.mark.parametrize("name", ["elman", "lstm", "deltanet", "jordan"])
def test_what_a_trained_start_takes_is_counted_once_and_by_itself(name: str) -> None:
    made, plain = sweep(load(name, initial="trainable")), sweep(load(name))
    found = costs("\n".join(row for line in made.lines for row in line.rows))
    assert (found.products, found.outer) == (made.products, made.outer)
    assert (made.products, made.outer) == (plain.products, plain.outer)
    assert (found.once_products, found.once_outer) == (made.once_products, made.once_outer)
    assert made.once_products > 0
    assert (plain.once_products, plain.once_outer) == (0, 0)


def test_a_sweep_has_the_statements_of_the_module_and_each_gradient_of_a_parameter() -> None:
    cell = load("lstm", initial="trainable")
    writer = Writer(cell)
    backward = writer.backward()
    wanted = [s.source for s in (*backward.before, *backward.loop, *backward.after)]
    wanted += [s.source for s in writer.gradients() if s.source[: len('grads["x')] != 'grads["x']
    code = "\n".join(row for line in sweep(cell).lines for row in line.rows)
    (loop,) = (n for n in ast.walk(ast.parse(code)) if isinstance(n, ast.For))
    outside = [n for n in ast.parse(code).body if not isinstance(n, ast.For)]
    found = [ast.unparse(node) for node in (*outside, *loop.body)]
    assert sorted(found) == sorted(ast.unparse(ast.parse(source)) for source in wanted)
    assert LOOP in code.split("\n")


def test_the_costs_of_the_simple_network_are_those_counted_by_hand() -> None:
    # Through V and W; the gradients of U, W and V; residual, slope, what is given, adjoint; y, o, s, x.
    made = sweep(load("elman"))
    assert (made.products, made.outer, made.own, len(made.read)) == (2, 3, 4, 4)


@pytest.mark.parametrize("indent", [0, 4])
def test_long_statements_break_at_terms_and_stay_the_same(indent: int) -> None:
    terms = " + ".join(f"delta_{n}[t + 1] @ W_{n}" for n in range(9))
    rows = wrapped(f"hbar[t] = {terms}", indent)
    assert len(rows) > 1
    assert max(map(len, rows)) <= WIDTH
    assert all(row.lstrip().startswith("+ ") for row in rows[1:])
    code = "\n".join(row[indent:] for row in rows)
    assert ast.unparse(ast.parse(code)) == ast.unparse(ast.parse(f"hbar[t] = {terms}"))

"""Each cell that ships computes what is written a second time from its paper, with all its options."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from derive import catalogue
from derive.calculus.activations import usable
from derive.cells.cell import INITIAL, Assignment, Cell
from derive.cells.weighting import WEIGHTINGS
from derive.checks import shipped
from derive.checks.comparing import OUTPUTS
from derive.checks.loaded import load
from derive.errors import CheckError
from derive.expressions.algebra import mul
from derive.expressions.quantities import t
from derive.expressions.rewrite import substituted
from derive.resources import templates_root

CELLS = catalogue.names()


def _own(name: str) -> Iterator[dict[str, Any]]:
    """Yield options of a cell that not all cells have, each at other values than the usual."""
    known = catalogue.options_of(name)
    if "activation" in known:
        yield from ({"activation": each} for each in usable())
    for option, value in known.items():
        if isinstance(value, float):
            yield {option: value + 0.125}
    if "leak" in known:
        yield {"leak": None}


def test_every_cell_has_a_second_source_and_nothing_else_has() -> None:
    assert sorted(p.stem for p in (templates_root() / "zoo").iterdir()) == CELLS


@pytest.mark.parametrize("name", CELLS)
def test_cells_are_what_they_are_said_to_be_with_all_options(name: str) -> None:
    both = (False, True)
    for bias, output, loss in itertools.product(both, OUTPUTS, WEIGHTINGS):
        assert load(name, bias=bias, output_layer=output, loss=loss).name == name
    for initial, own in itertools.product(INITIAL, [{}, *_own(name)]):
        assert load(name, initial=initial, **own).initial == initial


@pytest.mark.parametrize("name", CELLS)
def test_what_is_usual_is_said_twice(name: str) -> None:
    assert {**shipped.USUAL, **shipped._text(name)["options"]} == catalogue.options_of(name)


def _doubled(cell: Cell) -> Iterator[Cell]:
    """Yield a cell once for each equation, which has twice its right side there."""
    for n, equation in enumerate(cell.equations):
        made = Assignment(equation.variable, mul(2, equation.expr))
        equations = (*cell.equations[:n], made, *cell.equations[n + 1 :])
        yield replace(cell, equations=equations)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("own", [{}, {"bias": True}, {"loss": "last"}, {"output_layer": "mse"}],
                         ids=str)  # fmt: skip
def test_no_equation_of_a_cell_can_be_another(name: str, own: dict[str, Any]) -> None:
    cell = load(name, **own)
    for wrong in _doubled(cell):
        with pytest.raises(CheckError, match=f"^cell {name} is not what .* should be"):
            shipped.confirm(wrong, name, own)


def test_a_state_is_read_at_the_step_that_is_written() -> None:
    cell = load("lem")
    c = cell.states[1]
    n = next(n for n, e in enumerate(cell.equations) if e.variable.name == "a_e")
    expr = substituted(cell.equations[n].expr, {c[t]: c[t - 1]})
    made = Assignment(cell.equations[n].variable, expr)
    wrong = replace(cell, equations=(*cell.equations[:n], made, *cell.equations[n + 1 :]))
    with pytest.raises(CheckError, match=r"a_e\[t\] should be"):
        shipped.confirm(wrong, "lem", {})


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("elman", {"remarks": ("identity_start",)}, "the remarks should be none"),
        ("irnn", {"remarks": ()}, r"the remarks should be \['identity_start'\], and is none"),
        ("mlstm", {"remarks": ()}, "the remarks should be"),
        ("lstm", {"gate_kinds": {"i": "input", "f": "output", "q": "output"}}, "the gates should"),
        ("gru", {"gate_kinds": {}}, "the gates should be"),
        ("gru", {"initial": "given"}, "the initial state should be zero"),
        ("elman", {"name": "jordan"}, "the name should be elman"),
        ("elman", {"title": "Another"}, "the title should be none"),
        ("elman", {"meanings": {"s": "gate"}}, "the meanings should be none"),
    ],
)  # fmt: skip
def test_what_else_a_cell_says_of_itself_is_refused(
    name: str, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(
        CheckError, match=rf"^cell {name} is not what zoo/{name}.toml says .*{said}"
    ):
        shipped.confirm(replace(load(name), **change), name, {})


@pytest.mark.parametrize(
    ("name", "asked", "made"),
    [
        ("elman", {"bias": True}, {"bias": False}),
        ("lstm", {"bias": False}, {"bias": True}),
        ("elman", {"activation": "relu"}, {"activation": "softplus"}),
        ("gru", {"output_layer": "linear"}, {"output_layer": "sigmoid"}),
        ("gru", {"loss": "last"}, {"loss": "mean"}),
        ("gru", {"loss": "weighted"}, {"loss": "every"}),
        ("gru", {}, {"loss": "weighted"}),
        ("gru", {"initial": "trainable"}, {"initial": "given"}),
        ("leaky", {"leak": 0.5}, {"leak": 0.25}),
        ("leaky", {"leak": None}, {"leak": 0.25}),
        ("cornn", {"step": 0.5}, {"damping": 0.25}),
    ],
)
def test_an_option_that_is_not_followed_is_refused(
    name: str, asked: dict[str, Any], made: dict[str, Any]
) -> None:
    with pytest.raises(CheckError, match=f"^cell {name} is not what "):
        shipped.confirm(catalogue.load(name, **made), name, asked)


def test_a_cell_without_a_second_source_is_refused(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped._text.cache_clear()
    monkeypatch.setattr(shipped, "templates_root", lambda: tmp_path)
    with pytest.raises(CheckError, match=r"cell elman has no second source: .*elman\.toml"):
        load("elman")
    shipped._text.cache_clear()

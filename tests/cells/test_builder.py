"""What a builder makes of the equations that are a cell's own."""

from __future__ import annotations

import pytest

from derive.catalogue import load, names, options_of
from derive.cells.builder import CellBuilder
from derive.cells.cell import Cell, define, dimensions
from derive.cells.options import BiasOptions, Options
from derive.errors import SpecError
from derive.expressions.algebra import add
from derive.expressions.quantities import t


def smallest(options: Options, *, weights_first: bool = False) -> Cell:
    d, n, m = dimensions("d n m")
    cell = CellBuilder("smallest", (d, n, m), options)
    x, s = cell.input("x", d), cell.state("s", n)
    V = cell.parameter("V", m, n) if weights_first else None
    U, W, b = cell.parameter("U", n, d), cell.parameter("W", n, n), cell.bias("b", n)
    cell.equations(define(s, add(U * x[t], W * s[t - 1], *b)))
    return cell.read_out(s, bias="c", weights=V)


def test_the_read_out_the_output_and_the_loss_are_added() -> None:
    cell = smallest(BiasOptions(bias=True))
    assert [e.variable.name for e in cell.equations] == ["s", "z", "o", "L"]
    assert cell.definition(cell.logits).expr.shape == cell.output.shape == cell.target.shape


def test_parameters_are_in_the_order_in_which_they_were_named() -> None:
    assert [p.name for p in smallest(BiasOptions()).parameters] == ["U", "W", "b", "V", "c"]
    first = smallest(BiasOptions(), weights_first=True)
    assert [p.name for p in first.parameters] == ["V", "U", "W", "b", "c"]


@pytest.mark.parametrize("options", [BiasOptions(bias=False), Options()])
def test_a_cell_without_biases_has_none(options: Options) -> None:
    assert [p.name for p in smallest(options).parameters] == ["U", "W", "V"]


def test_the_weights_of_the_steps_come_with_their_equation() -> None:
    assert smallest(Options(loss="every")).weight is None
    last = smallest(Options(loss="last"))
    assert last.weight is not None
    assert last.defines(last.weight)
    assert smallest(Options(loss="weighted")).given[-1].name == "w"


@pytest.mark.parametrize("wrong", [Options(loss="none"), Options(output_layer="none")])
def test_an_unknown_name_is_refused(wrong: Options) -> None:
    with pytest.raises(SpecError, match="none"):
        smallest(wrong)


@pytest.mark.parametrize("name", names())
def test_every_cell_is_called_as_its_file_and_asks_for_what_it_uses(name: str) -> None:
    assert load(name).name == name
    for option in options_of(name).keys() & {"bias"}:
        count = {bias: len(load(name, **{option: bias}).parameters) for bias in (False, True)}
        assert count[False] < count[True]

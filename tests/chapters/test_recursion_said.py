"""What chapters on the recursion, the scalar case and the example say, where it is not so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sympy import ZeroMatrix

from derive.bptt.recursion import Recursion
from derive.bptt.scalar import kept_letters
from derive.catalogue import load
from derive.cells.cell import Cell
from derive.chapters import example, exampledata, glossary, handout, matrices, recursion
from derive.chapters import scalar as scalar_case
from derive.chapters.context import Context
from derive.document.blocks import Block, Document, Prose, TableBlock
from derive.document.text import Text
from derive.errors import CheckError
from derive.expressions.equation import Equation, Kind, Step
from derive.expressions.introduced import Introduced
from derive.expressions.quantities import Parameter, T, t
from derive.numerics.trace import ForwardPass


def _built(name: str, steps: int = 2, **options: Any) -> Document:
    return handout.build(load(name, **options), steps, seed=0, proved=False).document


def _refused(name: str, said: str, **options: Any) -> None:
    with pytest.raises(CheckError, match=said):
        _built(name, **options)


def _end(r: Recursion, series: Introduced) -> Equation:
    sides = (series[T + 1], ZeroMatrix(*series.shape))
    return Equation(f"{r.cell.name}-end", Kind.DEFINITION, sides, Step("end", (series[t],)))


def test_an_end_that_no_line_reads_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = Recursion.ends

    def every(self: Recursion) -> list[Equation]:
        read = {e.left.series for e in ends(self)}
        return [*ends(self), *(_end(self, s) for s in self.deltas.values() if s not in read)][:2]

    monkeypatch.setattr(Recursion, "ends", every)
    _refused("deltanet", "is begun and not read after the last step")


def test_an_end_that_is_missing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = Recursion.ends
    monkeypatch.setattr(Recursion, "ends", lambda self: ends(self)[:-1])
    _refused("elman", "read and not begun")


def test_the_adjoint_of_what_acts_on_one_loss_holds_no_sum_of_paths(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def of_one_step(c: Context) -> Any:
        return next(s for s in c.derivation.recursion.deltas if s.name == "h")

    monkeypatch.setattr(recursion, "_where_paths_meet", of_one_step)
    _refused("deltanet", r"prose.recursion.why_many.*for \{delta\}")


def test_sizes_of_an_example_are_those_of_its_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    def others(trace: ForwardPass) -> Iterator[Block]:
        yield Prose("prose.example.sizes", {"sizes": "d = 1, n = 3, m = 3"})

    for module, name in ((example, "elman"), (matrices, "mlstm")):
        with monkeypatch.context() as patch:
            patch.setattr(module, "sizes_of", others)
            _refused(name, r"for \{sizes\}")


def test_letters_that_are_kept_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = kept_letters
    monkeypatch.setattr(scalar_case, "kept_letters", lambda cell: kept(cell)[1:])
    _refused("gru", r"prose.scalar.small_but.*for \{kept\}")


def test_a_block_without_what_is_held_fixed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    meaning = glossary._meaning

    def unheld(c: Context, symbol: Any) -> Text:
        made = meaning(c, symbol)
        if made.key != "glossary.block":
            return made
        return Text(made.key, {**made.values, "state": c.cell.state[t]})

    monkeypatch.setattr(glossary, "_meaning", unheld)
    _refused("lstm", "glossary-table does not hold what its head says")


@pytest.mark.parametrize(
    ("name", "quantity", "called"),
    [
        ("deltanet", "q", "key"), ("deltanet", "kappa", "query"), ("deltanet", "v", "key"),
        ("deltanet", "h", "write_strength"), ("mamba", "g", "output_map"),
        ("mamba", "C", "input_map"), ("rg_lru", "h", "decay"), ("rwkv", "r", "normaliser"),
        ("lem", "g", "time_share"), ("slstm", "a_g", "gate_logarithm"),
    ],
)  # fmt: skip
def test_a_quantity_is_called_what_it_is(name: str, quantity: str, called: str) -> None:
    cell = load(name)
    wrong = replace(cell, called={**cell.called, quantity: called})
    with pytest.raises(CheckError, match=f"said to be symbol.called.{called}, which it is not"):
        handout.build(wrong, 1, seed=0, proved=False)


def _keys(document: Document) -> set[str]:
    return {block.key for block in document.blocks if isinstance(block, Prose)}


def test_numbers_of_an_example_are_drawn_until_no_contribution_is_zero() -> None:
    assert "prose.example.some_zero" not in _keys(_built("irnn", 3))
    assert "prose.example.some_zero" not in _keys(_built("elman", 3, activation="relu"))


def test_that_none_were_found_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exampledata, "DRAWS", 1)
    assert "prose.example.some_zero" in _keys(_built("irnn", 3))


def test_an_example_begins_where_the_network_can_be() -> None:
    numbers = np.array([[-0.7], [0.5], [0.2]])
    rectified, jordan = load("irnn"), load("jordan")
    assert exampledata.possible(rectified, rectified.states[0], numbers).min() > 0
    shares = exampledata.possible(jordan, jordan.states[0], numbers)
    assert shares.min() > 0
    assert shares.sum() == pytest.approx(1)


def _letters(cell: Cell) -> set[str]:
    return {symbol.name for symbol in cell.components}


def test_indices_of_components_are_no_letters_of_the_network() -> None:
    for name in ("elman", "lstm", "gru", "deltanet"):
        for options in ({}, {"loss": "mean"}):
            cell = load(name, **options)
            assert "e" not in _letters(cell)
            assert not _letters(cell) & {name[0].lower() for name in cell.names}


def test_a_start_that_is_trained_stands_among_the_parameters() -> None:
    cell = load("elman", initial="trainable")
    document = _built("elman", initial="trainable")
    ids = [e.id for e in document.equations()]
    assert "elman-example-total-s0" in ids
    start: Parameter = cell.state[0]
    tables = [b for b in document.blocks if isinstance(b, TableBlock) and b.id == "symbols"]
    assert any(row[0] == start for table in tables for row in table.rows)


@pytest.mark.parametrize("name", ["lstm", "rwkv"])
def test_what_has_no_line_is_the_same_at_one_step_and_from_zeros(name: str) -> None:
    """What it hands back is zero there; the algorithm is for every number of steps."""
    blocks = _built(name, steps=1).blocks
    assert "prose.recursion.unlisted" in [b.key for b in blocks if isinstance(b, Prose)]

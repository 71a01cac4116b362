"""A hundred steps are those of the network that the handout is about."""

from __future__ import annotations

from math import inf, isnan
from pathlib import Path

import pytest

from derive.bptt.derivation import Derivation
from derive.catalogue import load
from derive.cells.cell import Cell
from derive.chapters.context import Context
from derive.chapters.flow import flow
from derive.chapters.ownflow import norm_of
from derive.checks.verify import Verifier
from derive.document.blocks import Prose
from derive.document.text import ROUNDED, Number, Text, numeric
from derive.gradientflow import own
from derive.numerics.sample import samples


def mine(folder: Path, output: str) -> Cell:
    """Return the simple network in the user's own file, with an output."""
    path = folder / "mine.toml"
    path.write_text(
        'inputs = { x = "d" }\nstates = { s = "n" }\nequations = """\n'
        f's[t] = tanh(U*x[t] + W*s[t-1])\nz[t] = V*s[t]\n"""\noutput = "{output}"\n'
        '[parameters]\nU = "n d"\nW = "n n"\nV = "m n"\n',
        encoding="utf-8",
    )
    return load(str(path))


def said(cell: Cell) -> set[str]:
    blocks = flow(Context(Verifier(Derivation(cell, 2), samples(cell, 2, 0)), 0))
    return {block.key for block in blocks if isinstance(block, Prose)}


def test_a_norm_that_the_computer_rounds_to_zero_is_said_to_be_rounded() -> None:
    linear, gated = (
        own.run_at(Derivation(load(name, **options), 2), 1.0, 0)
        for name, options in (("elman", {"activation": "relu"}), ("gru", {}))
    )
    rounded = Text(ROUNDED, {"zero": Number(0.0)})
    assert norm_of(linear.flow, -inf) == Number(0.0)
    # It is above zero, and no float is so small.
    assert norm_of(linear.flow, -400.0) == norm_of(gated.flow, -inf) == rounded
    assert norm_of(gated.flow, -2.0) == Number(0.01)
    assert [numeric(rounded), numeric(Number(0.5))] == [0.0, 0.5]
    assert isnan(numeric("0"))


@pytest.mark.parametrize("output", ["linear", "softmax"])
def test_those_of_a_users_network_are_its_own(output: str, tmp_path: Path) -> None:
    keys = said(mine(tmp_path, output))
    assert "prose.flow.own_runs" in keys
    assert "prose.flow.runs" not in keys


@pytest.mark.parametrize("options", [{}, {"bias": True}, {"output_layer": "mse"}], ids=str)
def test_those_of_the_simple_network_are_only_where_it_is_the_cell(
    options: dict[str, object],
) -> None:
    keys = said(load("elman", **options))
    assert ("prose.flow.runs" in keys) is (options == {})
    assert ("prose.flow.own_runs" in keys) is (options != {})

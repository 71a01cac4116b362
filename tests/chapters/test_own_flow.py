"""A hundred steps are those of the network that the handout is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.bptt.derivation import Derivation
from derive.catalogue import load
from derive.cells.cell import Cell
from derive.chapters.context import Context
from derive.chapters.flow import flow
from derive.checks.verify import Verifier
from derive.document.blocks import Prose
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

"""What the reading of a file gives names to: arguments of functions, and matrices that act."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.catalogue import load
from derive.cells.cell import Cell
from derive.typesetting.lettering import letter_of

CELL = """
inputs = {{ x = "d" }}
states = {{ h = "n" }}
equations = '''
{step}
z[t] = V*h[t]
'''
[parameters]
"W W_x_h" = "n n"
U = "n d"
V = "m n"
"""


def cell_of(step: str, tmp_path: Path) -> Cell:
    path = tmp_path / "mine.toml"
    path.write_text(CELL.format(step=step))
    return load(str(path))


@pytest.mark.parametrize(("step", "names"), [
    # The candidate alone has an argument: below it there is no room for its accent.
    ("htilde[t] = tanh(W*h[t-1])\nh[t] = htilde[t] + W_x_h*h[t-1] + U*x[t]", ["a_h", "htilde", "h"]),
    # Where the state has one too, they are told apart.
    ("htilde[t] = tanh(W*h[t-1])\nh[t] = tanh(htilde[t] + W_x_h*h[t-1] + U*x[t])",
     ["a_htilde", "htilde", "a_h", "h"]),
    ("h[t] = tanh(exp(W)*h[t-1] + exp(W)*(W_x_h*h[t-1]) + U*x[t])", ["M_h", "a_h", "h"]),
    ("h[t] = exp(W)'*h[t-1] + (W_x_h .* W_x_h)*h[t-1] + U*x[t]", ["M_h", "M_h2", "h"]),
])  # fmt: skip
def test_names_are_given_once(step: str, names: list[str], tmp_path: Path) -> None:
    cell = cell_of(step, tmp_path)
    assert [e.variable.name for e in cell.equations][: len(names)] == names


def test_a_bar_is_on_the_letter_and_not_on_its_index(tmp_path: Path) -> None:
    from derive.bptt.derivation import Derivation

    cell = cell_of("h[t] = tanh(W*h[t-1] + W_x_h*h[t-2] + U*x[t])", tmp_path)
    adjoints = Derivation(cell, 2).recursion.deltas
    named = {series.name: letter_of(adjoint).name for series, adjoint in adjoints.items()}
    assert named["h_lag"] == "hbar_lag"

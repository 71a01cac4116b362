"""The numeric example: its numbers are the user's, exact where they can be, and checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from derive.__main__ import main
from derive.catalogue import load
from derive.chapters.decimals import decimals, exact_places, telling_places
from derive.codegen import module
from derive.codegen.positive import positive_names
from derive.codegen.trials import trials
from derive.codegen.verified import verified
from derive.document.blocks import Heading
from derive.errors import CheckError
from derive.publishing.rehearse import rehearse

NUMBERS: dict[str, Any] = {
    "params": {
        "U": [[0.25], [1.5]],
        "W": [[0.3, -0.8], [0.1, 0.33]],
        "V": [[0.1, 0.2], [0.3, 0.4], [0.123456789, 1]],
    },
    "x": [[0.5], [1]],
    "s0": [0.1, 0.2],
    "target": [[1, 0, 0], [0, 0.5, 0.5]],
}


def written(tmp_path: Path, numbers: dict[str, Any], *more: str) -> tuple[int, str]:
    """Return the status and the text of the handout on some numbers."""
    file = tmp_path / "numbers.json"
    file.write_text(json.dumps(numbers), encoding="utf-8")
    words = ["handout", "elman", "--values", str(file), "--format", "md", "--out", str(tmp_path)]
    status = main([*words, *more])
    made = sorted(tmp_path.glob("*.md"))
    return status, made[0].read_text(encoding="utf-8") if made else ""


def test_given_numbers_stand_in_the_handout(tmp_path: Path) -> None:
    status, text = written(tmp_path, NUMBERS)
    assert status == 0
    assert r"U = \begin{pmatrix} 0.25 \\ 1.50 \end{pmatrix}" in text
    # What six places do not say exactly is rounded, and says so.
    assert r"V \approx \begin{pmatrix} 0.1000 & 0.2000 \\ 0.3000 & 0.4000 \\ 0.1235" in text


def test_the_first_state_is_computed_from_them(tmp_path: Path) -> None:
    _, text = written(tmp_path, NUMBERS)
    W, U = np.array(NUMBERS["params"]["W"]), np.array(NUMBERS["params"]["U"])
    state = np.tanh(U @ [0.5] + W @ NUMBERS["s0"])
    assert rf"({state[0]:.4f},\; {state[1]:.4f})" in text


def test_targets_of_any_sum_get_the_general_residual(tmp_path: Path) -> None:
    status, text = written(tmp_path, NUMBERS | {"target": [[1, 0, 0], [0.5, 0.5, 0.5]]})
    assert status == 0
    assert r"\nabla_{V} L = \sum_{t=1}^{T} ((\mathbf{1}^{\top} y_{t}) o_{t} - y_{t})" in text


def test_other_steps_than_the_file_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, text = written(tmp_path, NUMBERS, "--steps", "3")
    assert (status, text) == (2, "")
    assert "has 2 steps, but --steps is 3" in capsys.readouterr().err


def test_large_matrices_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    large = {"U": np.ones((7, 1)), "W": np.eye(7), "V": np.ones((3, 7))}
    params = {name: array.tolist() for name, array in large.items()}
    status, text = written(tmp_path, NUMBERS | {"params": params, "s0": [0] * 7})
    assert (status, text) == (2, "")
    assert "n = 7: expected sizes of at most 6" in capsys.readouterr().err


def test_places() -> None:
    assert exact_places(np.array([[1.0, 2.0]])) == 0
    assert exact_places(np.array([[0.25, 1.5]])) == 2
    assert exact_places(np.array([[1 / 3]])) is None
    assert decimals(np.array([[-0.0, -0.00001]]), 2) == [["0.00", "0.00"]]


def test_small_numbers_are_not_printed_as_zero() -> None:
    assert telling_places(np.array([[0.5]]), 4) == 4
    assert telling_places(np.array([[0.0, 2.5e-6]]), 4) == 8
    assert telling_places(np.array([[0.0]]), 4) == 4


MOMENTS = """
inputs = { x = "d" }
states = { h = "n", r = "n" }
equations = '''
r[t] = beta*r[t-1] + (1 - beta)*(W*x[t])^2
h[t] = tanh(U*h[t-1] + W*x[t]/sqrt(r[t] + 0.00001))
z[t] = V*h[t]
'''
[parameters]
W = "n d"
U = "n n"
V = "m n"
[constants]
beta = 0.99
"""


def test_numbers_of_which_there_is_no_root_are_drawn_anew(tmp_path: Path) -> None:
    path = tmp_path / "moments.toml"
    path.write_text(MOMENTS)
    made = rehearse(load(str(path)), 2, ("md",))
    assert "example" in {b.id for b in made.document.blocks if isinstance(b, Heading)}


UNDEFINED = MOMENTS.replace("sqrt(r[t] + 0.00001)", "sqrt(-1 - r[t]^2)")
OVERFLOWING = MOMENTS.replace(
    "h[t] = ", "g[t] = exp(1000 + r[t]^2)\nh[t] = (g[t] - 2*g[t]^2)/g[t] + "
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            UNDEFINED,
            "a_h at step 1 is not a number, as the root or logarithm of a negative one is none",
        ),
        (OVERFLOWING, "a_h at step 1 is not a number, as g has grown beyond float64"),
    ],
)
def test_code_without_values_to_compare_is_not_written(
    text: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "moments.toml"
    path.write_text(text)
    cell = load(str(path))
    names: dict[str, object] = {"__name__": "generated"}
    exec(module(cell), names)
    with pytest.raises(CheckError, match=said):
        next(trials(cell, names, 0))


def test_code_of_what_has_values_from_positive_starts_is_written(tmp_path: Path) -> None:
    """A few draws are positive by chance, and are no reason to draw all of them with either sign."""
    path = tmp_path / "moments.toml"
    path.write_text(MOMENTS)
    assert positive_names(load(str(path))) == ("r0",)
    verified(load(str(path)))

"""No result, no gradient and no name of a mistake is left out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from derive.catalogue import load
from derive.cli.asked import CommandLine
from derive.cli.remarked import compared, require_remarked
from derive.errors import CheckError
from derive.gradcheck.complete import OF_STEPS, require_names, require_parts
from derive.gradcheck.known import require_all_named

ALL = ("s", "a", "z", "o", "L", "L_t", "dL", "dL_t", *OF_STEPS)


def test_all_results_are_there() -> None:
    require_names(ALL, load("elman"))
    for name in ALL:
        with pytest.raises(CheckError, match="the results are"):
            require_names([one for one in ALL if one != name], load("elman"))
    with pytest.raises(CheckError, match="the results are"):
        require_names(ALL, load("elman", loss="weighted"))


@pytest.mark.parametrize("initial", ["zero", "trainable"])
def test_all_parts_are_there(initial: str) -> None:
    cell = load("elman", initial=initial)
    parts = ["U", "W", "V", *(["s0"] if initial == "trainable" else [])]
    require_parts("dL", dict.fromkeys(parts), cell)
    require_parts("contributions", dict.fromkeys(parts[:3]), cell)
    for name in parts:
        with pytest.raises(CheckError, match="the parts of dL"):
            require_parts("dL", dict.fromkeys(one for one in parts if one != name), cell)


def test_a_mistake_that_gives_the_numbers_is_named() -> None:
    right = {"W": np.array([[1.0, 2.0], [3.0, 4.0]])}
    tried = {"twice the gradient": {"W": 2 * right["W"]}}
    turned = {"W": right["W"].T}
    require_all_named({"W": ["transposed"]}, turned, right, tried, 1e-6)
    require_all_named({"W": []}, {"W": right["W"] + 0.5}, right, tried, 1e-6)
    with pytest.raises(CheckError, match="W is as 'transposed' gives it"):
        require_all_named({"W": []}, turned, right, tried, 1e-6)
    with pytest.raises(CheckError, match="W is as 'twice the gradient' gives it"):
        require_all_named({"W": ["transposed"]}, tried["twice the gradient"], right, tried, 1e-6)


@pytest.mark.parametrize(
    ("words", "remarks"),
    [
        (["handout", "elman"], ["89 equations displayed, 89 checked, seed 0"]),
        (["check", "elman"], ["5 of 5 equations passed: T = 3, seed 0"]),
        (["check", "elman", "--json"], []),
        (["flow", "--list"], []),
        (["learn", "--format", "md"], []),
        (["audit", "--format", "md"], ["9 formulas displayed and tested, seed 0"]),
        (["audit"], ["53 claims, 8 of them right or harmless; seed 0"]),
    ],
)
def test_remarks_that_are_owed(words: Sequence[str], remarks: Sequence[str]) -> None:
    asked = CommandLine(words)
    require_remarked(words[0], asked, remarks)
    others = ["1 of 1 equations passed, displayed", "learnt: all", "spectral norms"]
    with pytest.raises(CheckError, match="how often it is remarked"):
        require_remarked(words[0], asked, [] if remarks else others)


def test_nothing_is_remarked_where_quiet_was_asked_for() -> None:
    require_remarked("handout", CommandLine(["handout", "-q"]), [])
    with pytest.raises(CheckError, match="what is remarked"):
        require_remarked("handout", CommandLine(["handout", "-q"]), ["9 equations displayed"])


def test_of_which_gradients_something_is_told() -> None:
    assert compared(["U  agrees", "W  differs by 1", "   looks like: it"]) == {"U", "W"}
    assert compared('{"parameters": [{"parameter": "V"}]}'.split("\n")) == {"V"}

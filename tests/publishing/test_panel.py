"""The panel of a page that computes: told once more, and for no network that it does not compute."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.bptt.derivation import Derivation
from derive.catalogue import load
from derive.chapters.livepanel import live_panel
from derive.errors import CheckError
from derive.publishing.panelmeant import meant_panel
from derive.resources import templates_root

SCRIPTS = "".join(
    (templates_root() / "html" / f"{name}.js").read_text(encoding="utf-8")
    for name in ("flow", "live")
)

TIED = """
inputs = { x = "d" }
states = { s = "n" }
equations = '''
s[t] = tanh(U*x[t] + W*s[t-1])
z[t] = W*s[t]
'''
[parameters]
U = "n d"
W = "n n"
"""


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("elman", {}),
        ("elman", {"activation": "leaky_relu", "bias": True}),
        ("elman", {"loss": "mean", "initial": "given"}),
        ("irnn", {}),
    ],
)
def test_what_is_meant_is_what_is_said(name: str, options: dict[str, object]) -> None:
    cell = load(name, **options)
    said = live_panel(cell)
    assert said is not None
    meant = meant_panel(Derivation(cell, 1), said.activation, SCRIPTS)
    assert [*meant.sentences] == said.sentences()
    assert [*meant.labels] == said.labels()
    assert [*meant.results] == said.results()


def test_numbers_are_told_at_the_lags_that_the_script_takes() -> None:
    other = SCRIPTS.replace("found.norms.at(-1)", "found.norms.at(-3)")
    assert other != SCRIPTS
    meant = meant_panel(Derivation(load("elman"), 1), "tanh", other)
    lags = [words.values["lag"] for _, words in meant.results]
    assert lags == [97, 99, 98]


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "identity"])
def test_another_activation_is_refused(activation: str) -> None:
    with pytest.raises(CheckError, match="s of elman is not what the panel computes"):
        meant_panel(Derivation(load("elman"), 1), activation, SCRIPTS)


def test_scripts_without_a_number_of_steps_are_refused() -> None:
    with pytest.raises(CheckError, match="number of steps"):
        meant_panel(
            Derivation(load("elman"), 1), "tanh", SCRIPTS.replace("const STEPS", "let STEPS")
        )


def test_weights_that_act_twice_have_no_panel(tmp_path: Path) -> None:
    file = tmp_path / "tied.toml"
    file.write_text(TIED, encoding="utf-8")
    assert live_panel(load(str(file))) is None

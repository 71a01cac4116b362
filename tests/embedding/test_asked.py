"""What a page or a line of a notebook asks for is what it gets, whatever reads it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from derive.catalogue import options_of
from derive.embedding import request as reader
from derive.embedding.asked import DEFAULTS, NETWORK, of_fence, of_words, require_asked
from derive.embedding.parts import parts
from derive.embedding.request import CODE, SELECTING, SETTING
from derive.errors import CheckError
from derive.jupyter.magics import _options

OPTIONS = {
    "steps": "2", "seed": "3", "notation": "goodfellow", "label-prefix": "a-", "activation": "relu",
    "output-layer": "linear", "bias": "true", "loss": "last", "initial": "given",
    "eq": "elman-forward-s elman-grad-W-terms",
}  # fmt: skip


def required(options: dict[str, str], cell: str = "elman", **changed: str) -> None:
    """Have a request read with other options than those that stand there."""
    wanted = reader.request(cell, {**options, **changed}, Path())
    require_asked(cell, options, wanted, parts(wanted), Path())


def test_what_is_asked_for_is_what_comes_out() -> None:
    required({})
    required(OPTIONS)
    assert {*DEFAULTS, *NETWORK, CODE} == {*SELECTING, *SETTING, CODE, *reader.NETWORK}


@pytest.mark.parametrize(
    ("option", "other"),
    [("steps", "3"), ("seed", "0"), ("notation", "source"), ("label-prefix", "b-"),
     ("activation", "tanh"), ("output-layer", "softmax"), ("bias", "false"), ("loss", "every"),
     ("initial", "zero"), ("eq", "elman-forward-s"), ("section", "given"),
     ("figure", "unrolled"), ("code", "")],
)  # fmt: skip
def test_an_option_that_is_read_otherwise_is_refused(option: str, other: str) -> None:
    with pytest.raises(CheckError, match="is not what is asked for here"):
        required(OPTIONS, **{option: other})


def test_another_network_is_refused() -> None:
    wanted = reader.request("lstm", {}, Path())
    with pytest.raises(CheckError, match="gru is asked for, and lstm came out"):
        require_asked("gru", {}, wanted, parts(wanted), Path())


def test_options_that_nobody_gave_are_refused() -> None:
    assert options_of("gru")["bias"] is True
    with pytest.raises(CheckError, match="bias true was asked for"):
        required({}, "gru", bias="false")


@pytest.mark.parametrize(
    "line",
    [
        "elman --steps 2 --eq a --eq b",
        "--bias=false gru --code",
        "x.toml --section=a,b --seed 3",
        "",
    ],
)
def test_the_words_of_a_line_are_read_twice_alike(line: str) -> None:
    assert of_words(line.split()) == _options(line.split())


def test_the_lines_of_a_fence_are_read_as_they_stand() -> None:
    lines = [
        "   ~~~bptt  cell.toml",
        "   :steps: 2",
        "",
        "   :bias:",
        "   :label-prefix:  a:b",
        "   ~~~",
    ]
    assert of_fence(lines) == ("cell.toml", {"steps": "2", "bias": "", "label-prefix": "a:b"})
    assert of_fence(["```{bptt}", "```"]) == ("", {})


FAULTY = """
from derive.sphinx import content
right = content.Content._row
content.Content._row = lambda self, cells: right(self, [*cells][::-1])
project, extensions = "wrong", ["derive.sphinx"]
"""


def test_a_part_that_is_refused_makes_the_build_fail(tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text(FAULTY, encoding="utf-8")
    page = "P\n=\n\n.. bptt:: elman\n   :steps: 2\n   :section: glossary example activation\n"
    (tmp_path / "index.rst").write_text(page, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-q",
        "-b",
        "text",
        str(tmp_path),
        str(tmp_path / "out"),
    ]
    done: subprocess.CompletedProcess[Any] = subprocess.run(
        command, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "is not printed as it was checked" in done.stderr
    assert "index.rst:4" in done.stderr

"""Command lines made at random from the real options: an answer or one error, and no rubble."""

from __future__ import annotations

import argparse
import io
import os
import tempfile
import time
import unicodedata
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from derive.__main__ import main
from derive.cli.parser import build_parser

HOSTILE = [
    "", "-", "--", "-1", "0", "1", "2", "999999999999999999999999", "1e9", "nan", "inf", "0x1",
    "../../etc/passwd", "/", "/dev/null", ".", "a/b", "~", "file", "folder", "junk.toml",
    "junk.json", "junk.npz", "locked/x", "é\u0301", "\x00", "\x1b[31m", "\u202e", "\udcff", "%s",
    "%(prog)s", "{0}", "$HOME", "`id`", "a=b", "=", ",", ",,a", "x" * 5000, "١", "½", "\n", "\t",
    "elman", "lstm", "ELMAN", "elman-forward-s", "elman-", "tanh", "relu", "cross_entropy", "last",
    "trainable", "md", "markdown,latex", "svg", "source", "goodfellow", "en", "s,L", "proofs",
    "words", "bash", "__init__", "os", "True",
]  # fmt: skip
JUNK = {
    "file": b"text",
    "junk.toml": b"\xff\x00[[[",
    "junk.json": b'{"params": ' + b"[" * 2000,
    "junk.npz": b"PK\x03\x04 no zip",
}
MOST_SECONDS = 60.0
"""Of a single command on a busy machine; most take milliseconds."""

SMALL = {
    "audit": ["junk.toml"],
    "check": ["elman", "-T", "1"],
    "flow": ["no-such-experiment"],
    "handout": ["--format", "md", "-T", "1"],
    "learn": ["--spans", "2", "--seeds", "1"],
}
"""Put before the rest, as these compute for long when nothing is asked; what follows may undo it."""


def options() -> dict[str, list[argparse.Action]]:
    """The commands and what they take."""
    subparsers = next(
        a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction)
    )
    return {name: parser._actions for name, parser in subparsers.choices.items()}


OPTIONS = options()


@st.composite
def command_lines(draw: Any) -> list[str]:
    """A command with some of its options, and values that nobody would mean."""
    name = draw(st.sampled_from(sorted(OPTIONS)))
    words = [name, *SMALL.get(name, [])]
    value = st.sampled_from(HOSTILE) | st.text(max_size=12)
    for action in draw(st.lists(st.sampled_from(OPTIONS[name]), max_size=5)):
        if not action.option_strings:
            words.append(draw(value))
            continue
        flag = draw(st.sampled_from(action.option_strings))
        if action.nargs == 0:
            words.append(flag)
            continue
        choices = [str(choice) for choice in action.choices or ()] if draw(st.booleans()) else []
        given = draw(st.sampled_from(choices) if choices else value)
        words += [f"{flag}={given}"] if draw(st.booleans()) else [flag, given]
    return words


def attempt(argv: list[str]) -> tuple[int, str, str, set[str]]:
    """Run in a new folder; the status, what was printed, and what is new in the folder."""
    out, err = io.StringIO(), io.StringIO()
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, data in JUNK.items():
            (folder / file).write_bytes(data)
        (folder / "folder").mkdir()
        before = listing(folder)
        os.chdir(folder)
        try:
            with redirect_stdout(out), redirect_stderr(err):
                status = main(argv)
        finally:
            os.chdir(here)
        return status, out.getvalue(), err.getvalue(), listing(folder) ^ before


def listing(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def judged(argv: list[str]) -> None:
    start = time.process_time()
    status, out, err, changed = attempt(argv)
    assert time.process_time() - start < MOST_SECONDS
    assert status in (0, 1, 2), err
    assert "Traceback" not in err
    assert "Errno" not in err
    assert " object at 0x" not in err
    hidden = ("Cc", "Cf", "Cs", "Zl", "Zp")
    assert not [c for c in err if c not in "\t\n" and unicodedata.category(c) in hidden]
    if status == 0:
        return
    assert not changed
    if err.startswith("derive: error: "):
        assert out == ""
        assert len(err) < 8000


def harmless(argv: list[str]) -> bool:
    # What is written goes into the folder of the test; nothing outside is touched.
    joined = " ".join(argv)
    return not any(f"--out{sign}{at}" in joined for sign in " =" for at in ("/", "..", "~"))


# The same each time: a search for more is a matter of max_examples, by hand.
@settings(
    max_examples=int(os.environ.get("HOSTILE", "150")),
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(command_lines().filter(harmless))
def test_any_command_line_is_answered(argv: list[str]) -> None:
    judged(argv)


@pytest.mark.parametrize("value", HOSTILE, ids=lambda v: ascii(v)[:20])
def test_hostile_values_one_by_one(value: str) -> None:
    for words in (["list"], ["show"], ["check", "--steps"], ["evaluate", "--values"], []):
        judged([*words, value] if value not in ("", "elman", "lstm") else ["-q", *words, value])


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_every_option_with_a_dash_for_a_value(name: str) -> None:
    for action in OPTIONS[name]:
        for flag in action.option_strings:
            if action.nargs != 0:
                judged([name, f"{flag}=--"])
                judged([name, flag])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "elman-grad-W", "-T", "2", "--steps", "3"], "given twice; give it once"),
        (["handout", "--format", "md", "--format", "latex"], "given twice; put commas between"),
        (["check", "elman", "--bias", "--no-bias"], "given twice"),
    ],
)
def test_an_option_that_is_given_twice_is_refused(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert said in capsys.readouterr().err

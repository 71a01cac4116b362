"""Every option of every command is compared with what came out, or it is said why not."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from derive.__main__ import main
from derive.chapters.handout import CHECKS, EXTRA
from derive.cli.asked import ALONE, DEFAULTS, SHORT, UNCOMPARED, CommandLine
from derive.cli.commands import commands
from derive.cli.parser import build_parser
from derive.cli.written import CHAPTERS, DIALECTS, FORMATS, WrittenDocument
from derive.errors import CheckError
from derive.render import formats
from derive.render.text.dialects import dialects
from tests.elman_reference import as_json, numbers

NETWORK = (
    "--activation relu --output-layer sigmoid --bias --loss last --initial given --limit size=50"
)
DOCUMENT = "--out {out} --force --title Notes --author Ada --notation goodfellow --lang en --seed 3"
SET = f"--engine typst {DOCUMENT}"
PLAIN = "--activation tanh --no-bias --output-layer softmax --loss every --initial zero"

LINES: dict[str, tuple[str, ...]] = {
    "audit": (f"audit {{claims}} --limit size=50 --format md,pdf {SET}",
              "audit {claims} --seed 5 --json", "audit --example", "audit {claims} --lang en"),
    "batch": ("batch {table} --out {out} --jobs 1 --force --limit size=50",),
    "check": (f"check elman -T1 --seed 2 --format markdown --json {NETWORK}",),
    "code": (f"code elman --target numpy --out {{out}} --force {NETWORK}",),
    "compare": (f"compare elman --values {{values}} --gradients {{mine}} --tolerance 1e-4 --json "
                f"{PLAIN} --limit size=50",),
    "completion": ("completion fish",),
    "doctor": ("doctor",),
    "evaluate": (f"evaluate elman --values {{values}} --only L,dL --json --limit size=50 {PLAIN}",),
    "explain": (f"explain elman {NETWORK}",),
    "export": (f"export elman -T 1 --dialect github --label-prefix a- {NETWORK} {DOCUMENT}",),
    "flow": (f"flow --format pdf {SET}", "flow steady --json", "flow --list"),
    "handout": (f"handout elman -T 1 --with checks --detail brief --format md,latex,pdf "
                f"{NETWORK} {SET}",
                f"handout elman --values {{values}} --format md {PLAIN} --out {{out}}"),
    "learn": (f"learn --spans 3,2 --seeds 1 --format md,pdf {SET}",
              "learn --spans 2 --seeds 1 --seed 1 --json"),
    "list": (f"list elman -T 1 --ids {NETWORK.replace(' --limit size=50', '')}",),
    "new-cell": ("new-cell mine --out {out}",),
    "prove": (f"prove elman --out {{out}} --checker {{out}}.py --coq {{out}}.v --force {PLAIN}",
              "prove elman --coq {out} --jacobians", "prove elman --limit size=50 --out {out}"),
    "show": (f"show elman-forward-s --as svg --notation goodfellow -T 2 --seed 1 "
             f"{NETWORK.replace(' --limit size=50', '')}", "show own-forward-s --cell {own}"),
}  # fmt: skip
"""Lines in which each option of a command stands at least once."""

OWN = """
name = "own"
inputs = { x = "d" }
states = { s = "n" }
equations = "s[t] = tanh(U*x[t] + W*s[t-1])\\nz[t] = V*s[t]"
[parameters]
U = "n d"
W = "n n"
V = "m n"
"""

CLAIM = """
[defaults]
cell = "elman"
[[claim]]
id = "slope"
place = "(1)"
says = "The slope."
written = "d(s[t])/d(a[t]) = diag(tanh'(a[t]))"
for = "t=1..T"
"""


def parsers() -> Iterator[tuple[str, list[argparse.Action]]]:
    whole = build_parser()
    (found,) = (a for a in whole._actions if isinstance(a, argparse._SubParsersAction))
    for name, parser in found.choices.items():
        yield name, [action for action in parser._actions if action.option_strings]


def names(action: argparse.Action) -> list[str]:
    return [text.removeprefix("--") for text in action.option_strings if text.startswith("--")]


def test_the_second_reader_knows_which_options_have_a_value_and_what_they_are_in_short() -> None:
    for _, actions in parsers():
        for action in actions:
            assert all((name in ALONE) == (action.nargs == 0) for name in names(action))
            for text in action.option_strings:
                if not text.startswith("--"):
                    assert SHORT[text[1:]] in names(action)


def test_what_an_option_is_without_a_word_is_what_the_help_says() -> None:
    for command, actions in parsers():
        for action in actions:
            for name in set(names(action)) & DEFAULTS.keys():
                if (command, name) in (
                    ("handout", "steps"),
                    ("compare", "tolerance"),
                    ("learn", "seeds"),
                ):
                    assert action.default is None
                    continue
                assert str(action.default) == DEFAULTS[name]


@pytest.mark.parametrize("command", sorted(LINES))
def test_every_option_stands_in_a_line(command: str) -> None:
    (actions,) = (found for name, found in parsers() if name == command)
    typed = {option for line in LINES[command] for option in CommandLine(line.split())._typed}
    for action in actions:
        for name in names(action):
            known = (
                {name, "no-bias"}
                if name == "bias"
                else {name, "bias"}
                if name == "no-bias"
                else {name}
            )
            assert known & typed or name in UNCOMPARED, name
    assert {*LINES} == {*commands()}


@pytest.mark.parametrize(
    "line",
    [pytest.param(line, id=f"{name} {n}")
     for name, lines in LINES.items() for n, line in enumerate(lines)],
)  # fmt: skip
def test_what_is_typed_is_compared_with_what_comes_out(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[CommandLine] = []
    right = CommandLine.require_all

    def require_all(self: CommandLine) -> None:
        right(self)
        seen.append(self)

    monkeypatch.setattr(CommandLine, "require_all", require_all)
    status = main(line.format(**_files(tmp_path), out=tmp_path / "out").split())
    assert (status in (0, 1) and seen) or line == "doctor"
    for asked in seen:
        right(asked)


def _files(folder: Path) -> dict[str, Path]:
    data = numbers(3, 4)
    texts = {
        "values": json.dumps(as_json(data)), "claims": CLAIM, "own": OWN,
        "table": "cell,steps,format\nelman,1,md\n",
        "mine": json.dumps({"W": np.full((3, 3), 0.5).tolist()}),
    }  # fmt: skip
    made = {}
    endings = {"claims": "toml", "own": "toml", "table": "csv"}
    for name, text in texts.items():
        made[name] = folder / f"{name}.{endings.get(name, 'json')}"
        made[name].write_text(text, encoding="utf-8")
    return made


def test_a_word_that_nothing_is_compared_with_is_refused() -> None:
    asked = CommandLine(["explain", "elman", "--new", "1", "-q"])
    asked.require_words(["elman"])
    with pytest.raises(CheckError, match="was given --new, and nothing that was compared"):
        asked.require_all()


@pytest.mark.parametrize(
    ("words", "option", "text"),
    [(["list", "-T", "4"], "steps", "4"), (["list", "-T4"], "steps", "4"),
     (["list", "-T=4"], "steps", "4"),
     (["list", "-qT4"], "steps", "4"), (["list", "--steps=4"], "steps", "4"),
     (["list", "--steps", "3", "--steps", "4"], "steps", "4"), (["-q", "list"], "steps", None),
     (["list", "--", "--steps"], "steps", None), (["list", "--title", ""], "title", "")],
)  # fmt: skip
def test_words_are_read_as_a_shell_hands_them_over(
    words: list[str], option: str, text: str | None
) -> None:
    asked = CommandLine(words)
    assert (asked.command, asked.given(option)) == ("list", text)


def test_the_last_of_both_biases_counts() -> None:
    for words, bias in ((["--bias", "--no-bias"], False), (["--no-bias", "--bias"], True)):
        assert CommandLine(["explain", "elman", *words])._options("elman")["bias"] is bias


@pytest.mark.parametrize(
    "line",
    ["flow --list --seed 3", "handout --format md --engine typst", "flow steady --engine typst",
     "learn --format latex --engine auto", "flow steady --title Notes", "list --steps 4",
     "audit --example --json",
     "learn --lang en", "flow --format md --json", "flow --list steady"],
)  # fmt: skip
def test_an_option_that_would_do_nothing_is_refused(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line.split()) == 2
    assert "no effect here" in (said := capsys.readouterr().err) or "leave out the names" in said


def test_tables_of_what_is_open_are_whole() -> None:
    assert {*DIALECTS} == {*dialects()}
    assert {*FORMATS} == {*formats()}
    assert {*CHAPTERS} == {*EXTRA, CHECKS}


def test_a_document_that_nobody_asked_for_is_refused() -> None:
    assert not WrittenDocument(CommandLine(["handout"])).displayed

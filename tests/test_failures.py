"""What goes wrong while a command runs: its paragraph, its exit status, and nothing for a terminal."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

import pytest

from derive import __main__ as command_line
from derive.__main__ import main
from derive.errors import (
    CheckError,
    DerivationError,
    RangeError,
    RenderError,
    SpecError,
    UsageError,
)

Captured = pytest.CaptureFixture[str]


def refusal(capsys: Captured, status: int, *words: str) -> str:
    """Run the command that fails; its one paragraph."""
    assert main(["broken", *words]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("derive: error: ")
    assert "Traceback" not in err
    assert err.count("\n") == 1
    return err


def raising(error: BaseException) -> Any:
    class Broken:
        __doc__ = "Fails."
        HELP = "fail"

        def arguments(self, parser: Any) -> None:
            parser.add_argument("cell", nargs="?")
            parser.add_argument("--limit", action="append")
            parser.add_argument("--steps")

        def run(self, args: Any, terminal: Any) -> int:
            raise error

    return lambda: {"broken": Broken()}


def test_interruption_is_status_130(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_line, "commands", raising(KeyboardInterrupt()))
    assert main(["broken"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_a_programmers_mistake_is_a_paragraph_to_report(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_line, "commands", raising(TypeError("mine")))
    said = refusal(capsys, 70)
    for part in ("internal error: TypeError in test_failures.py, line", "mine", "please report it"):
        assert part in said
    assert "`derive broken`" in said
    assert f"Python {platform.python_version()}" in said
    assert main(["broken", "-v"]) == 70
    assert capsys.readouterr().err.startswith("Traceback (most recent call last):\n")


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (
            SpecError("no shape"),
            1,
            "no shape; the networks are those that ship, so this is a fault",
        ),
        (UsageError("bad name"), 2, "bad name"),
        (CheckError("not equal"), 1, "not equal"),
        (RenderError("no TeX"), 1, "no TeX"),
        (DerivationError("no rule"), 1, "no rule"),
        (MemoryError(), 1, "not enough memory"),
        (RecursionError("maximum"), 1, "nested too deeply"),
        (PermissionError(13, "Permission denied", "a/b"), 1, "a/b: Permission denied"),
        (OSError("only words"), 1, "only words"),
    ],
)
def test_every_error_has_its_status(
    error: Exception, status: int, said: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_line, "commands", raising(error))
    text = refusal(capsys, status)
    assert said in text
    assert "Errno" not in text


@pytest.mark.parametrize(
    ("error", "words", "status"),
    [
        (SpecError("bad file"), ["own.toml"], 2),
        (SpecError("bad file"), ["lstm"], 1),
        (SpecError("above a limit"), ["lstm", "--limit", "size=4"], 2),
        (RangeError("nan"), ["lstm"], 1),
        (RangeError("nan"), ["lstm", "--steps", "900"], 2),
        (SpecError("no shape"), ["lstm", "--steps", "900"], 1),
    ],
)
def test_what_makes_no_sense_without_a_file_is_no_fault_of_the_user(
    error: Exception,
    words: list[str],
    status: int,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(command_line, "commands", raising(error))
    assert ("fault of derive" in refusal(capsys, status, *words)) == (status == 1)


def test_no_error_commands_the_terminal(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    evil = "a\x1b[31m\x07\u202eb\ud800\x9b\u2028" + "x" * 100_000
    monkeypatch.setattr(command_line, "commands", raising(SpecError(evil)))
    said = refusal(capsys, 2, "own.toml")
    assert r"a\u001b[31m\u0007\u202eb\ud800\u009b\u2028xxx" in said
    assert len(said) < 2000


def test_no_file_commands_the_terminal(capsys: Captured, tmp_path: Path) -> None:
    assert main(["audit", "--example"]) == 0
    example = capsys.readouterr().out
    evil = r"The gradient\u001b]0;x\u0007\u202e by V"
    path = tmp_path / "claims.toml"
    path.write_text(example.replace("The gradient by V", evil), encoding="utf-8")
    assert main(["audit", str(path)]) == 2
    said = capsys.readouterr().err
    assert "invisible character U+001B" in said
    assert "\x1b" not in said

"""What may stand next, and that the shells' scripts ask for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from derive.__main__ import main
from derive.cli.commands import commands
from derive.cli.completion import SCRIPTS, candidates
from derive.cli.parser import build_parser
from derive.render import formats


def words(*before: str) -> list[str]:
    return [candidate.word for candidate in candidates(build_parser(), before)]


def test_commands_and_flags() -> None:
    assert words("") == list(commands())
    assert words("ha") == ["handout"]
    assert "--version" in words("-")
    assert words("handout", "--not") == ["--notation"]
    assert words("-q", "handout", "--not") == ["--notation"]
    assert words() == words("")


def test_names_come_from_where_they_are() -> None:
    from derive.catalogue import names

    assert words("handout", "") == names()
    assert words("handout", "--format", "") == list(formats())
    assert words("handout", "--format", "pdf,m") == ["pdf,markdown"]
    assert words("handout", "--notation=s") == ["--notation=source"]
    assert words(
        "show",
        "elman-forward-",
    )[:2] == ["elman-forward-a", "elman-forward-s"]
    assert words("show", "elman-forward-a", "--as", "p") == ["plain"]


def test_where_a_file_or_anything_may_stand_nothing_is_offered() -> None:
    assert words("handout", "--out", "") == []
    assert words("handout", "--title", "a") == []
    assert (
        words(
            "handout",
            "--unknown=",
        )
        == []
    )


def test_the_command_prints_words_with_their_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "words", "--", "handout", "--lan"]) == 0
    assert capsys.readouterr().out == "--lang\ten\n"


@pytest.mark.parametrize("shell", sorted(SCRIPTS))
def test_every_script_is_valid(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "derive completion words -- " in script
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell}")
    subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_bash_completes(tmp_path: Path) -> None:
    program = tmp_path / "derive"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m derive "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    ask = 'COMP_WORDS=(derive handout --notation go); COMP_CWORD=3; _derive; echo "${COMPREPLY[@]}"'
    done = subprocess.run(
        ["bash", "-c", f"{SCRIPTS['bash']}\n{ask}"],
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "goodfellow\n"

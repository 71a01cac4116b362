"""What may stand next, as a shell asks for it, and that it is told without delay."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from argcomplete.completers import FilesCompleter

from derive.__main__ import main
from derive.catalogue import names
from derive.cli import completion
from derive.cli.commands import commands
from derive.cli.completion import IDS, SHELLS, require_completers
from derive.errors import CheckError
from derive.render import formats
from tests import ROOT

HEAVY = ("sympy", "numpy", "matplotlib", "jinja2", "pylatex", "pydantic", "rich", "babel")


def ask(line: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Ask as a shell does; the answer stands in the file `answer`."""
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(folder / "answer"),
    }
    command = [sys.executable, *options, "-m", "derive"]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.toml").touch()
    (tmp_path / "numbers.json").touch()
    (tmp_path / "more").mkdir()
    return tmp_path


CELLS, FORMATS = names(), list(formats())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", list(commands())),
        ("ha", ["handout"]),
        ("handout --not", ["--notation"]),
        ("-q handout --not", ["--notation"]),
        ("handout ", [*CELLS, "mine.toml"]),
        ("handout m", ["mamba", "min_gru", "minimal_gated", "mlstm", "mine.toml", "more/"]),
        ("check lstm_", ["lstm_coupled", "lstm_peephole"]),
        ("show --cell mi", ["min_gru", "minimal_gated", "mine.toml"]),
        ("handout --format ", FORMATS),
        ("handout --format pdf,m", ["pdf,markdown"]),
        ("handout --engine t", ["tex", "typst"]),
        ("handout --notation=s", ["--notation=source"]),
        ("handout --lang ", ["en"]),
        ("show elman-forward-", [f"elman-forward-{name}" for name in "aszo"]),
        ("show elman-forward-a --as p", ["plain"]),
        ("evaluate --values n", ["numbers.json"]),
        ("audit mi", ["mine.toml"]),
        ("completion ", ["bash", "fish", "zsh"]),
        # Where anything may stand, nothing is offered.
        ("handout --title a", [""]),
        ("handout --title=", [""]),
    ],
)  # fmt: skip
def test_what_may_stand_next(line: str, expected: list[str], folder: Path) -> None:
    ask(f"derive {line}", folder)
    found = (folder / "answer").read_text(encoding="utf-8").split("\n")
    assert sorted(found) == sorted(expected)


def test_flags_come_with_their_help(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_ARGCOMPLETE_DFS", "\t")
    ask("derive --vers", folder)
    assert (folder / "answer").read_text(encoding="utf-8") == "--version\tprint the version"


@pytest.mark.parametrize("line", ["", "handout ", "handout --format ", "show elman-", "check -"])
def test_nothing_heavy_is_loaded(line: str, folder: Path) -> None:
    said = ask(f"derive {line}", folder, "-X", "importtime").stderr
    loaded = {row.rpartition("|")[2].strip().partition(".")[0] for row in said.splitlines()}
    assert {"derive", "argcomplete"} <= loaded
    assert not loaded & set(HEAVY)


def test_the_ids_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--ids"]) == 0
    assert IDS.read_text(encoding="utf-8") == capsys.readouterr().out, "make ids"


def test_the_ids_of_one_network(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "elman", "--ids", "--steps", "1"]) == 0
    ids = capsys.readouterr().out.split()
    assert main(["list", "elman", "--steps", "1"]) == 0
    assert ids == [row.split()[0] for row in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("shell", sorted(SHELLS))
def test_every_script_is_valid(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert script.startswith("# In ~/.")
    assert "_ARGCOMPLETE" in script
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell}")
    subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_bash_completes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "derive"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m derive "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    assert main(["completion", "bash"]) == 0
    line = "derive handout --notation go"
    ask = f"COMP_LINE='{line}' COMP_POINT={len(line)}; _python_argcomplete derive; echo $COMPREPLY"
    done = subprocess.run(
        ["bash", "-c", f"{capsys.readouterr().out}\n{ask}"],
        env={
            **os.environ,
            "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "goodfellow\n"


def test_half_a_question_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_ARGCOMPLETE", "1")
    monkeypatch.delenv("COMP_LINE", raising=False)
    assert main(["completion", "bash"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("target", "wrong", "refusal"),
    [
        ("cells", lambda: CELLS[:-1], "the networks that are offered"),
        ("cells", lambda: CELLS[1:], "the networks that are offered"),
        ("NameCompleter.__call__", lambda self, *, prefix: [*self.find()], r"behind \w+,"),
        ("NameCompleter.__call__", lambda self, *, prefix: [n[1:] for n in self.find()],
         "which ids are offered"),
        ("NameCompleter.__call__",
         lambda self, *, prefix: [prefix[: prefix.rfind(",") + 1] + n for n in self.find()],
         "is offered behind"),
        ("Networks.__call__", lambda self, *, prefix: ["mine.toml"], "the networks"),
    ],
)  # fmt: skip
def test_what_a_shell_would_be_told_wrongly_is_refused(
    target: str, wrong: object, refusal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"derive.cli.completion.{target}", wrong)
    with pytest.raises(CheckError, match=refusal):
        require_completers()


@pytest.mark.parametrize("argument", ["file", "values", "gradients", "out"])
@pytest.mark.parametrize("endings", [("npz",), ("toml", "json"), ("txt",)])
def test_other_files_than_are_taken_are_not_offered(
    argument: str, endings: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    completers = vars(completion)["COMPLETERS"]
    monkeypatch.setitem(completers, argument, FilesCompleter(endings))
    with pytest.raises(CheckError, match=f"the files that are offered for {argument}"):
        require_completers()


@pytest.mark.parametrize("ids", [lambda: ["elman-x"], lambda: IDS.read_text().split()[:20]])
def test_other_ids_are_not_offered(ids: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vars(completion)["COMPLETERS"], "id", completion.NameCompleter(ids))  # type: ignore[arg-type]
    with pytest.raises(CheckError, match="which ids are offered"):
        require_completers()


@pytest.mark.parametrize("argument", ["notation", "lang", "format"])
def test_what_is_offered_is_what_there_is(argument: str, monkeypatch: pytest.MonkeyPatch) -> None:
    require_completers()
    monkeypatch.setitem(
        vars(completion)["COMPLETERS"], argument, completion.NameCompleter(lambda: ["other"])
    )
    with pytest.raises(CheckError, match=f"what is offered for {argument}"):
        require_completers()

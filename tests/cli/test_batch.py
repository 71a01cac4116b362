"""Tables of documents: read, refused, made several at a time, and stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derive.__main__ import main
from derive.cli import tables, workers
from derive.cli.commands import handout
from derive.cli.rowsread import require_failed
from derive.cli.tables import TableRow
from derive.cli.workers import Done, room
from derive.errors import CheckError, UsageError
from tests import ROOT


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def table(text: str, name: str = "table.csv") -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def rows(text: str, name: str = "table.csv", **more: Any) -> list[tables.TableRow]:
    return tables.rows(table(text, name), handout, Path("output"), **{"force": False, **more})


# -- what a row means ------------------------------------------------------------------------------


@pytest.mark.usefixtures("folder")
def test_a_row_is_a_command_line() -> None:
    head = "cell,steps,format,title,bias,output_layer"
    text = f'{head}\nelman,2,"md,html","Hand, out",yes,mse\nlstm,,md,,,\n'
    first, second = rows(text)
    assert first.words == (
        "--out=output", "--steps=2", "--format=md,html", "--title=Hand, out", "--bias",
        "--output-layer=mse", "--", "elman",
    )  # fmt: skip
    assert first.manifest == Path("output/elman-T2.json")
    assert (second.args.steps, second.args.bias, second.manifest.name) == (
        None,
        None,
        "lstm-T3.json",
    )


@pytest.mark.usefixtures("folder")
def test_csv_and_toml_say_the_same() -> None:
    of_csv = rows("cell;steps;with;bias;out\nelman;2;proofs,checks;no;week 1\n")
    of_toml = rows(
        '[[handout]]\ncell = "elman"\nsteps = 2\nwith = ["proofs", "checks"]\nbias = false\n'
        'out = "week 1"\n', "table.toml",
    )  # fmt: skip
    assert [row.words for row in of_csv] == [row.words for row in of_toml]


def test_files_stand_where_the_table_does(folder: Path) -> None:
    (folder / "course").mkdir()
    cell = (ROOT / "examples" / "sphinx" / "leaky_cell.toml").read_text(encoding="utf-8")
    (folder / "course" / "own.toml").write_text(cell, encoding="utf-8")
    (row,) = rows("cell\nown.toml\n", "course/table.csv")
    assert row.words[-1] == "course/own.toml"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20))
def test_any_text_is_one_word(text: str) -> None:
    columns = tables._columns(_parser())
    made = tables._words(
        {"cell": "elman", "title": text, "author": text}, columns, Path(), Path("o")
    )
    assert len(made) == 5
    args = _parser().parse_args(made)
    assert (args.cell, args.title, args.author) == ("elman", text, text.strip())


def _parser() -> Any:
    from derive.cli.arguments import Parser

    parser = Parser(prog="derive handout")
    handout.arguments(parser)
    return parser


# -- what is refused -------------------------------------------------------------------------------

REFUSED = {
    "an unknown column": ("cell,stepps\nelman,2\n", "row 1: unknown column 'stepps': did you mean"),
    "no network": ("cell,steps\n,2\n", "row 1: there is no cell"),
    "an unknown network": ("cell\nelmann\n", "row 1: unknown cell 'elmann': did you mean elman?"),
    "a number that is none": ("cell,steps\nelman,two\n", "row 1: argument -T/--steps: the number of"),
    "a truth that is none": ("cell,bias\nelman,perhaps\n", "row 1: bias is perhaps; expected yes or no"),
    "the same twice": ("cell,steps,activation\nelman,2,\nelman,2,relu\n",
                       "row 2: it would write output/elman-T2.json, as row 1 does"),
    "too many cells": ("cell\nelman,2\n", "line 2: 2 cells, and 1 columns have names"),
    "a column twice": ("cell,cell\nelman,elman\n", "the column 'cell' stands twice"),
    "nothing": ("", "table.csv has no row"),
    "a head alone": ("cell,steps\n", "table.csv has no row"),
    "no CSV": ('cell\n"elman\n', "not CSV"),
    "a folder elsewhere": ("cell,out\nelman,../week1\n", "row 1: out is ../week1; expected a folder"),
    "a folder of the machine": ("cell,out\nelman,/week1\n", "row 1: out is /week1; expected a folder"),
    "a format": ("cell,format\nelman,doc\n", "row 1: no format 'doc'"),
    "an option for all": ("cell,force\nelman,yes\n", "row 1: unknown column 'force'"),
    "steps that cannot be": ("cell,steps\nelman,0\n", "row 1: the number of steps T is 0"),
    "a file that is not there": ("cell\nown.toml\n", "row 1: there is no file own.toml"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_a_table_that_cannot_be_used_is_refused_whole(
    what: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, said = REFUSED[what]
    table(text)
    assert main(["batch", "table.csv"]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "fault" not in error
    assert [path.name for path in folder.iterdir()] == ["table.csv"]


def test_every_row_that_cannot_be_used_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table('[[handout]]\ncell = "elman"\n[[handout]]\ncell = "x"\n[[handout]]\ncell = 3\n', "t.toml")
    assert main(["batch", "t.toml"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(", row ")[2][:1] for line in lines] == ["2", "3"]
    assert not (folder / "output").exists()


def test_what_is_the_users_stays(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table("cell,steps,format\nelman,2,md\n")
    (folder / "output").mkdir()
    (folder / "output" / "elman-T2.md").write_text("mine", encoding="utf-8")
    assert main(["batch", "table.csv"]) == 1
    error = capsys.readouterr().err
    assert "1 of 1 documents failed" in error
    assert (
        "table.csv, row 1: output/elman-T2.md is not as derive writes it; --force replaces it"
        in error
    )
    assert (folder / "output" / "elman-T2.md").read_text(encoding="utf-8") == "mine"


@pytest.mark.usefixtures("folder")
def test_a_long_table_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    table("cell,steps\n" + "".join(f"elman,{n}\n" for n in range(1, 4)))
    assert main(["batch", "table.csv", "--limit", "table-rows=2"]) == 2
    assert (
        "table.csv has 3 rows; expected at most 2 documents of a table" in capsys.readouterr().err
    )


# -- what is made ----------------------------------------------------------------------------------


def test_one_that_fails_leaves_the_others(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table("cell,steps,format\nelman,1,md\nleaky,1,md\nirnn,1,md\n")
    right = workers.run

    def failing(commands: Any, *more: Any) -> list[Done]:
        (made,) = right(commands[:1], *more)
        return [made, Done(1, "", "derive: error: elman-x did not pass\n"), Done(-9, "", "")]

    monkeypatch.setattr(workers, "run", failing)
    assert main(["batch", "table.csv", "--jobs", "2"]) == 1
    said = capsys.readouterr()
    assert said.out.splitlines()[0] == "output/elman-T1.md"
    assert said.out.splitlines()[-1] == "output/elman-T1.json"
    assert "2 of 3 documents failed, the others are written" in said.err
    assert "row 2: elman-x did not pass" in said.err
    assert "row 3: it was ended by the signal 9; with --jobs 1" in said.err
    assert (folder / "output" / "elman-T1.md").exists()


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ("1 of 2 documents failed, none is written\ntable.csv, row 2: no", "is said of 1 of 2"),
        ("2 of 2 documents failed, the others are written\ntable.csv, row 2: no", "is said of 1 of 2"),
        ("1 of 2 documents failed, the others are written\ntable.csv, row 1: no", "row 2 is not named"),
        ("1 of 2 documents failed, the others are written\ntable.csv, row 2: yes", "did not say 'yes'"),
        ("1 of 2 documents failed, the others are written\ntable.csv, row 1: no\n"
         "table.csv, row 2: no", r"the rows \[1, 2\] are named"),
    ],
)  # fmt: skip
def test_what_is_said_of_rows_that_failed_is_so(folder: Path, wrong: str, problem: str) -> None:
    made = TableRow("table.csv, row 1", (), Namespace(), folder / "made.json")
    made.manifest.write_text("{}", encoding="utf-8")
    found = [made, TableRow("table.csv, row 2", (), Namespace())]
    ended = [Done(0, "", ""), Done(1, "", "derive: error: no\n")]
    right = "1 of 2 documents failed, the others are written\ntable.csv, row 2: no"
    require_failed(Path("table.csv"), right, found, ended)
    with pytest.raises(CheckError, match=problem):
        require_failed(Path("table.csv"), wrong, found, ended)
    made.manifest.unlink()
    with pytest.raises(CheckError, match="row 1 is not written"):
        require_failed(Path("table.csv"), right, found, ended)


def test_lines_that_are_not_of_the_manifest_are_not_printed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table("cell,steps,format\nelman,1,md\n")
    (folder / "output").mkdir()
    (folder / "output" / "elman-T1.json").write_text(json.dumps({"files": []}), encoding="utf-8")
    monkeypatch.setattr(
        workers, "run", lambda *_: [Done(0, "output/x.md\noutput/elman-T1.json\n", "")]
    )
    assert main(["batch", "table.csv", "--force"]) == 1
    assert capsys.readouterr().out == ""


# -- workers ---------------------------------------------------------------------------------------


def test_there_are_as_many_as_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "cores", lambda: 8)
    for free, wanted in ((None, 8), (0, 1), (2 * workers.NEEDED, 2), (99 * workers.NEEDED, 8)):
        monkeypatch.setattr(workers, "available", lambda free=free: free)
        assert room(None, 20) == wanted
    assert (room(None, 3), room(50, 3), room(2, 3)) == (3, 3, 2)


def test_a_container_may_have_less_than_its_machine(tmp_path: Path) -> None:
    (tmp_path / "memory.current").write_text("300\n", encoding="ascii")
    for most, wanted in (("1000\n", 700), ("200\n", 0), ("max\n", None)):
        (tmp_path / "memory.max").write_text(most, encoding="ascii")
        assert workers._of_container(tmp_path) == wanted
    assert workers._of_container(tmp_path / "none") is None
    assert workers.available() is None or workers.available() > 0  # type: ignore[operator]


def test_results_come_in_the_order_of_the_commands() -> None:
    told: list[int] = []
    commands = [["--version"], ["nosuch"], ["--version"]]
    first, second, third = workers.run(commands, 2, told.append)
    assert (first.status, second.status, third.status) == (0, 2, 0)
    assert first.out.startswith("derive ")
    assert "there is no command 'nosuch'" in second.error
    assert told == [1, 2, 3]


def test_no_file_of_the_folder_is_taken_for_a_module(folder: Path) -> None:
    (folder / "argparse.py").write_text("raise SystemExit('taken')", encoding="utf-8")
    (done,) = workers.run([["--version"]], 1, lambda count: None)
    assert done.status == 0


def test_a_batch_that_is_stopped_leaves_nothing_half_done(folder: Path) -> None:
    table("cell,steps,format\n" + "".join(f"lstm,{n},md\n" for n in range(2, 8)))
    command = [sys.executable, "-m", "derive", "batch", "table.csv", "--jobs", "2", "-v"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("0 of 6"):
                break
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        left = process.stderr.read()
        assert process.wait(60) == 128 + signal.SIGTERM
    assert left.endswith("interrupted\n")
    # Those that were done before are whole; of the others nothing is left.
    for path in (folder / "output").glob("**/*") if (folder / "output").exists() else ():
        assert not path.name.startswith(".")


def test_the_table_stands_for_its_documents_only_once(folder: Path) -> None:
    with pytest.raises(UsageError, match="as row 1 does"):
        rows("cell,steps,out\nelman,2,a\nelman,2,./a\n")
    assert len(rows("cell,steps,out\nelman,2,a\nelman,2,b\n")) == 2
    (row,) = rows("cell\nelman\n", force=True, limits=["size=40"])
    assert (row.args.force, row.args.limit) == (True, ["size=40"])
    assert folder.is_dir()

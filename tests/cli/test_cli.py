"""The command line: what it prints, and how it refuses."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from derive.__main__ import main
from derive.catalogue import names
from derive.cli.commands import commands
from derive.cli.terminal import Terminal
from derive.errors import CheckError

Captured = pytest.CaptureFixture[str]


def refused(argv: list[str], capsys: Captured, status: int = 2) -> str:
    """Run a command that must fail; its one paragraph."""
    assert main(argv) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("derive: error: ")
    assert "Traceback" not in err
    assert err.endswith("\n")
    assert "\n\n" not in err
    return err


def test_help_names_every_command(capsys: Captured) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    for name, command in commands().items():
        assert f"    {name} " in out
        assert command.__doc__
        assert main([name, "--help"]) == 0
    assert "Exit status: 0" in out


@pytest.mark.parametrize(
    "argv", [["--help"], ["--version"], ["handout", "--help"], ["completion", "zsh"]]
)
def test_quick_answers_load_nothing_heavy(argv: list[str]) -> None:
    code = (
        "import sys; from derive.__main__ import main; status = main(sys.argv[1:]); "
        "heavy = {'sympy', 'numpy', 'matplotlib', 'jinja2', 'pylatex', 'rich', 'babel'}; "
        "print(heavy & set(sys.modules)); sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *argv], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "set()"


def test_version(capsys: Captured) -> None:
    assert main(["--version"]) == 0
    name, version = capsys.readouterr().out.split()
    assert name == "derive"
    assert version[0].isdigit()


def test_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "derive", "show", "elman-nope"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("derive: error: unknown equation 'elman-nope'")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["handuot"], "there is no command 'handuot': did you mean handout?"),
        ([], "the following arguments are required: COMMAND"),
        (["show"], "required: ID"),
        (["show", "elman-grad-W-termz"], "did you mean elman-grad-W-terms-3"),
        (["show", "elmam-grad-W"], "did you mean elman"),
        (["show", ""], "an id begins with the name of a cell"),
        (["handout", "elmann"], "unknown cell 'elmann': did you mean elman?"),
        (["handout", "../elman"], "unknown cell"),
        (["list", "lstmm"], "unknown cell 'lstmm'"),
        (["check", "elman", "--steps", "0"], "the number of steps T is 0: expected"),
        (["handout", "--steps", "-3"], "T is -3: expected"),
        (["handout", "--steps", "3.5"], "T is '3.5': expected a whole number"),
        (["handout", "--steps", "three"], "T is 'three': expected a whole number"),
        (["handout", "--steps", "١"], "expected a whole number"),
        (["handout", "--steps", ""], "T is '': expected"),
        (["handout", "--steps", "2001"], "at most 2000"),
        (["handout", "--steps", "9" * 5000], "at most 2000"),
        (["show", "elman-forward-s", "--steps", "2001"], "at most 2000"),
        (["handout", "--seed", "-1"], "the seed is -1"),
        (["handout", "--format", "docx"], "no format 'docx'"),
        (["handout", "--format", ","], "no format is named"),
        (["handout", "--notation", "sauce"], "unknown notation 'sauce': did you mean source?"),
        (["handout", "--lang", "xx"], "unknown language 'xx': expected one of"),
        (["show", "elman-forward-s", "--as", "html"], "invalid choice: 'html'"),
        (["check", "--step", "3"], "unrecognized arguments: --step"),
        (["check", "-q", "-v"], "not allowed with"),
        (["check", "--steps=--"], "argument -T/--steps: expected a value"),
        (["handout", "a\0b"], "contains a NUL"),
        (["show", "\udcff\x1b"], r"'\udcff\x1b'"),
    ],
)
def test_wrong_usage_is_one_paragraph_and_status_2(
    argv: list[str], said: str, capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert said in refused(argv, capsys)
    assert not list(tmp_path.iterdir())


def test_an_unknown_activation_is_named(capsys: Captured) -> None:
    said = refused(["check", "elman", "--activation", "tahn"], capsys)
    assert "unknown activation 'tahn': did you mean tanh?" in said


def test_an_unknown_output_layer_is_named(capsys: Captured) -> None:
    said = refused(["check", "elman", "--output-layer", "softmin"], capsys)
    assert "unknown output layer 'softmin': did you mean softmax?" in said


def test_a_file_is_no_folder_to_write_into(capsys: Captured, tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("mine", encoding="utf-8")
    said = refused(["handout", "--steps", "1", "--format", "md", "--out", str(place)], capsys)
    assert f"cannot write into {place}: {place} is a file, not a folder" in said
    assert place.read_text(encoding="utf-8") == "mine"


def test_show_in_every_manner(capsys: Captured) -> None:
    assert main(["show", "elman-forward-s"]) == 0
    assert capsys.readouterr().out == "s_t = tanh(a_t)\n"
    assert main(["show", "elman-forward-s", "--as", "latex"]) == 0
    assert capsys.readouterr().out == "s_{t} = \\tanh(a_{t})\n"
    assert main(["show", "elman-forward-s", "--as", "markdown"]) == 0
    assert capsys.readouterr().out == "$$\ns_{t} = \\tanh(a_{t})\n$$\n"


def test_show_without_a_step_is_for_the_last(capsys: Captured) -> None:
    assert main(["show", "elman-grad-W-terms", "--steps", "2"]) == 0
    short = capsys.readouterr().out
    assert main(["show", "elman-grad-W-terms-2", "--steps", "2"]) == 0
    assert capsys.readouterr().out == short
    assert "s_2" in short


def test_show_follows_notation_and_options(capsys: Captured) -> None:
    assert main(["show", "elman-forward-s", "--notation", "goodfellow"]) == 0
    assert capsys.readouterr().out != "s_t = tanh(a_t)\n"
    assert main(["show", "elman-forward-a", "--bias", "--activation", "relu"]) == 0
    assert capsys.readouterr().out == "a_t = U x_t + W s_{t-1} + b\n"


def test_show_checks_what_it_prints(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    break_jacobian(monkeypatch)
    said = refused(["show", "elman-step-jacobian"], capsys, 1)
    assert "elman-step-jacobian" in said
    assert "seed 0" in said


def break_jacobian(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the step Jacobian be twice what it is."""
    from derive.bptt.stepwise import StepJacobians
    from derive.expressions.algebra import mul

    right = StepJacobians.step_jacobian
    monkeypatch.setattr(StepJacobians, "step_jacobian", lambda self: mul(2, right(self)))


def test_list_names_everything(capsys: Captured) -> None:
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    for word in ("elman", "tanh", "softmax", "markdown", "source", "en", "a_t = U x_t + W s_{t-1}"):
        assert word in out


def test_every_listed_id_can_be_shown(capsys: Captured) -> None:
    assert main(["list", "elman", "--steps", "2"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert len(rows) > 40
    for row in rows[::9]:
        id, _, text = row.partition("  ")
        assert main(["show", id.strip(), "--steps", "2"]) == 0
        assert capsys.readouterr().out.strip() == text.strip()


def test_check_prints_a_row_per_equation(capsys: Captured) -> None:
    assert main(["check", "elman", "--steps", "2", "--seed", "5"]) == 0
    out, err = capsys.readouterr()
    head, *rows = out.splitlines()
    assert head.split() == ["equation", "kind", "method", "error", "places"]
    assert all(row.endswith("  passed") for row in rows)
    assert err == f"{len(rows)} of {len(rows)} equations passed: T = 2, seed 5\n"


@pytest.mark.deferred
@pytest.mark.parametrize("steps", [150, 400])
def test_check_of_many_steps_never_goes_too_deep(steps: int, capsys: Captured) -> None:
    assert main(["check", "elman", "-T", f"{steps}", "-q"]) == 0
    rows = capsys.readouterr().out.splitlines()[1:]
    assert len(rows) > 100
    assert all(row.endswith("passed") for row in rows)


def test_check_fails_with_status_1(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    break_jacobian(monkeypatch)
    assert main(["check", "elman", "--steps", "2"]) == 1
    failed = [row for row in capsys.readouterr().out.splitlines() if "FAILED at" in row]
    assert any(row.startswith("elman-step-jacobian ") for row in failed)
    assert main(["check", "elman", "--steps", "2", "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["passed"] is False
    bad = [row for row in data["cells"][0]["checks"] if not row["passed"]]
    assert {"where", "error"} <= set(bad[0])


def test_check_as_json(capsys: Captured) -> None:
    assert main(["check", "--steps", "1", "--json"]) == 0
    out, err = capsys.readouterr()
    data = json.loads(out)
    assert data["passed"] is True
    assert data["steps"] == 1
    assert [cell["cell"] for cell in data["cells"]] == names()
    row = data["cells"][names().index("elman")]["checks"][0]
    assert row["id"] == "elman-forward-a"
    assert row["bound"] == "< 1e-12"
    assert "60" not in err


def test_a_doctor_who_says_something_else_is_not_heard(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "derive.cli.doctor.main_doctor", lambda stream: stream.write("well\n") and 0
    )
    assert main(["doctor"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("derive: error: ")


@pytest.mark.parametrize(
    ("words", "verbose"),
    [
        ("-q check elman -T 1", False),
        ("check -q elman -T 1", False),
        ("-v check elman -T 1", True),
        ("check elman -T 1 -v", True),
    ],
)
def test_quiet_and_verbose_before_or_after_the_command(
    words: str, verbose: bool, capsys: Captured
) -> None:
    assert main(words.split()) == 0
    said = capsys.readouterr().err
    assert "checking elman-forward-a\n" in said if verbose else said == ""


def test_a_closed_pipe_is_quiet() -> None:
    command = f"{sys.executable} -m derive list elman | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout == "141\n"
    assert done.stderr == ""


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_colours_only_on_a_terminal_that_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert Terminal(Screen(), Screen()).paint("x", "good") == "\x1b[32mx\x1b[0m"
    assert Terminal(io.StringIO(), Screen()).paint("x", "good") == "x"
    monkeypatch.setenv("TERM", "dumb")
    assert Terminal(Screen(), Screen()).paint("x", "good") == "x"
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert Terminal(Screen(), Screen()).paint("x", "good") == "x"
    monkeypatch.setenv("NO_COLOR", "")
    assert Terminal(Screen(), Screen()).paint("x", "good") != "x"


def test_progress_goes_to_a_terminal_and_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    screen = Screen()
    terminal = Terminal(io.StringIO(), screen)
    terminal.progress("[bold]half[/]\nway")
    terminal.progress("half\nway " * 100)
    assert "\n" not in screen.getvalue()
    assert "[bold]half[/] way" in screen.getvalue()
    terminal.remark("done", lambda line: None)
    up_and_erased, shown_again = "\x1b[1A\x1b[2K", "\x1b[?25h"
    assert screen.getvalue().endswith(f"{up_and_erased}done\n")
    assert screen.getvalue().count("\n") == 2
    assert shown_again in screen.getvalue()
    for verbosity, said in ((0, ""), (-1, ""), (1, "half\n")):
        pipe = io.StringIO()
        Terminal(io.StringIO(), pipe, verbosity).progress("half")
        assert pipe.getvalue() == said


@pytest.mark.parametrize("name", ["TERM", "NO_COLOR"])
def test_progress_without_colours(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(name, "dumb")
    screen = Screen()
    terminal = Terminal(io.StringIO(), screen)
    terminal.progress("half")
    terminal.clear()
    assert re.findall(r"\x1b\[[\d;]*m", screen.getvalue()) == []
    assert ("half" in screen.getvalue()) == (name == "NO_COLOR")


ROWS = [("λ", "+0.05", "passed"), ("network", "-10.00", "FAILED at t = 3 \x1b]0;x\x07")]


def table(
    out: io.StringIO,
    head: Sequence[str] = ("name", "log", "[bold]"),
    rows: Sequence[Sequence[str]] = ROWS,
) -> str:
    terminal = Terminal(out, io.StringIO())
    with terminal.read_back(lambda _: None):
        terminal.table(head, rows, right=[1])
    return out.getvalue()


@pytest.mark.parametrize("columns", ["20", "200"])
@pytest.mark.parametrize("name", ["FORCE_COLOR", "TTY_COMPATIBLE", "CLICOLOR_FORCE"])
def test_a_table_for_a_file_is_plain_and_as_wide_as_it_must_be(
    name: str, columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv(name, "1")
    assert table(io.StringIO()) == (
        "name        log  [bold]\n"
        "λ         +0.05  passed\n"
        "network  -10.00  FAILED at t = 3 \\u001b]0;x\\u0007\n"
    )


def test_long_tables_lose_nothing() -> None:
    long = "x" * 5000
    made = table(io.StringIO(), ("a", "b"), [(long, long)])
    assert made == f"{'a':5000}  {'b':>5000}\n{long}  {long}\n"


def test_a_result_that_nothing_reads_is_not_written() -> None:
    out = io.StringIO()
    with pytest.raises(CheckError, match="where nothing was confirmed"):
        Terminal(out, io.StringIO()).say("x")
    assert not out.getvalue()


def test_a_table_on_a_narrow_terminal_is_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "24")
    screen = Screen()
    lines = re.sub(r"\x1b\[[\d;]*m", "", table(screen)).splitlines()
    assert "\x1b[2m" in screen.getvalue()
    assert max(map(len, lines)) <= 24
    assert "…" not in screen.getvalue()


@pytest.mark.parametrize(
    ("words", "said"), [("show elman-forward-a", "False"), ("check elman", "True")]
)
def test_rich_is_loaded_where_it_is_used_only(words: str, said: str) -> None:
    code = (
        "import sys; from derive.__main__ import main; main(sys.argv[1:]); "
        "print('rich' in sys.modules)"
    )
    command = [sys.executable, "-c", code, *words.split(), "--steps", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == said

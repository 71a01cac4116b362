"""Output that cannot be written, or not as it is: an error or another character, no traceback."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from derive.cli.streams import ESCAPE, shortened, streams, visible
from tests import ROOT

COMMANDS = [
    "--version",
    "check --help",
    "check elman -T 1 --json",
    "audit --example",
    "code elman",
    "handout -T 1 --format md --out out",
]
PYTHON = f"'{sys.executable}' -m derive"


def run(line: str, folder: Path, **env: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        capture_output=True,
        timeout=180,
        check=False,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_an_error(command: str, tmp_path: Path) -> None:
    done = run(f"{PYTHON} -q {command} >/dev/full", tmp_path)
    assert done.returncode == 1
    assert done.stderr == (
        b"derive: error: standard output cannot be written: No space left on device\n"
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_closed_streams(command: str, tmp_path: Path) -> None:
    done = run(f"{PYTHON} -q {command} >&- <&-", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(b"derive: error: standard output is closed")
    assert done.stderr.count(b"\n") == 1
    assert not list(tmp_path.iterdir())
    shown = run(f"{PYTHON} {command}", tmp_path).stdout
    done = run(f"{PYTHON} {command} 2>&-", tmp_path)
    assert (done.returncode, done.stdout) == (0, shown)


def test_nobody_to_tell(tmp_path: Path) -> None:
    for redirected in ("2>&-", "2>&- >&-", "2>/dev/full"):
        assert run(f"{PYTHON} handuot {redirected}", tmp_path).returncode == 2 - (
            ">&- >&-" in redirected
        )


@pytest.mark.parametrize("command", ["check elman --json", "audit --json", "check elman"])
def test_what_reads_has_enough(command: str, tmp_path: Path) -> None:
    done = run(f"{PYTHON} -q {command} | head -c 10; echo ${{PIPESTATUS[0]}}", tmp_path)
    assert done.stdout[10:] in (b"141\n", b"0\n")
    assert done.stderr == b""


def test_a_pipe_that_does_not_wait(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    code = (
        "import time\n"
        "from derive.cli.streams import streams\n"
        "with streams() as (out, err):\n"
        "    out.write('x' * 300_000)\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", code], stdout=writing, env=env) as process:
        os.close(writing)
        with open(reading, "rb") as pipe:
            assert len(pipe.read()) == 300_000
    assert process.returncode == 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252:strict", "utf-8", "utf-16"])
def test_encodings_that_lack_characters(encoding: str, tmp_path: Path) -> None:
    done = run(f"{PYTHON} -q check elman -T 1 --json", tmp_path, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout.decode(encoding.partition(":")[0]))["passed"] is True
    done = run(f"{PYTHON} -q list diagonal", tmp_path, PYTHONIOENCODING=encoding)
    text = done.stdout.decode(encoding.partition(":")[0])
    assert "s_t = λ ⊙ s_{t-1} + U x_t" in text.replace(r"\u03bb \u2299", "λ ⊙")


def test_the_plain_locale(tmp_path: Path) -> None:
    env = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = run(f"{PYTHON} -q list && {PYTHON} show '\xff' ", tmp_path, **env)
    assert done.returncode == 2
    assert rb"s_t = \u03bb \u2299 s_{t-1} + U x_t" in done.stdout
    assert b"Traceback" not in done.stderr


def test_escapes_are_those_of_json() -> None:
    text = "a \u03bb \U0001d400 \udcff"
    assert json.loads(f'"{text.encode("ascii", ESCAPE).decode()}"') == text
    assert visible("a\tb\nc") == "a\tb\nc"
    assert visible("\x1b[1;31mbad\x1b[0m\x1b[31m\x1b]0;x\x07\r\u202e") == (
        "\x1b[1;31mbad\x1b[0m" r"\u001b[31m\u001b]0;x\u0007\u000d\u202e"
    )


def test_absurd_lengths() -> None:
    assert shortened("a b\nc") == "a b\nc"
    assert len(shortened("x" * 10**6)) < 500
    assert len(shortened("x " * 10**6 + "\nend")) < 3000
    assert shortened("x " * 10**6 + "\nend").endswith("\nend")


def test_streams_of_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = io.StringIO()
    monkeypatch.setattr(sys, "stdout", mine)
    with streams() as (out, _):
        out.write("kept")
    assert sys.stdout is mine
    assert mine.getvalue() == "kept"

"""SECURITY.md is true: its tests exist, and what a run touches is what it says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT

TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")

WATCHED = """
import json, os, sys
seen = []
def hook(event, args):
    if event == "open" and isinstance(args[0], (str, bytes)) and (args[2] or 0) & 3:
        seen.append(["write", os.path.abspath(os.fsdecode(args[0]))])
    elif event in ("os.remove", "os.rmdir", "os.mkdir", "os.rename", "os.truncate", "os.chmod"):
        # shutil.rmtree names what it removes by the folder that it has open.
        at = {"os.remove": 1, "os.rmdir": 1, "os.mkdir": 2}.get(event)
        inside = at is not None and args[at] >= 0
        folder = os.readlink("/proc/self/fd/%d" % args[at]) if inside else os.getcwd()
        seen.append([event, os.path.normpath(os.path.join(folder, os.fsdecode(args[0])))])
    elif event == "subprocess.Popen":
        seen.append(["run", " ".join(map(os.path.basename, map(os.fsdecode, args[1][:5])))])
    elif event.startswith(("socket.", "pickle.", "ctypes.dlopen", "urllib.")) or event in (
        "os.system", "os.exec", "os.posix_spawn", "os.fork"
    ):
        seen.append([event, repr(args)])
sys.addaudithook(hook)
from tests import ROOT
from derive.__main__ import main
status = main(sys.argv[1:])
sys.stderr.write("\\n" + json.dumps([status, seen]))
"""


def watched(argv: list[str], folder: Path) -> list[tuple[str, str]]:
    """What a run opened for writing, removed, started or connected to."""
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *argv],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1",
             "TMPDIR": str(folder / "scratch")},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    status, seen = json.loads(done.stderr.splitlines()[-1])
    assert status == 0, done.stderr
    return [(event, what) for event, what in seen]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a network, and a file of someone's own."""
    (tmp_path / "own.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "scratch").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    "line",
    [
        "handout -T 1 --format md,latex --out out",
        "check elman -T 1",
        "show elman-forward-s --as svg",
        "new-cell other --out out",
        "code gru --out out/gru.py",
    ],
)
def test_what_a_run_touches(line: str, folder: Path) -> None:
    seen = [each for each in watched(line.split(), folder) if each[1] != os.devnull]
    out, scratch = str(folder / "out"), folder / "scratch"
    # Matplotlib keeps a list of the fonts that it has found.
    cache = re.compile(r"/matplotlib[-/\w]*($|/)|/fontlist")
    for event, what in seen:
        if event == "run" and what == f"{Path(sys.executable).name} -I -X utf8 checker.py":
            # The checker of certificates imports nothing of derive, and runs in a folder of its own.
            assert line.startswith(("handout", "check")), line
        elif event in ("run", "os.posix_spawn", "os.fork"):
            assert what.partition(" ")[0] == "fc-list", "only Matplotlib asks for fonts"
        elif event.startswith(("os.", "write")) and event not in ("os.system", "os.exec"):
            inside = what == out or what.startswith((f"{out}/", f"{scratch}/"))
            assert inside or cache.search(what), (event, what)
        elif event == "pickle.find_class":
            assert re.match(r"\('babel\.", what), "only Babel reads the plural rules that it ships"
        else:
            assert event in ("ctypes.dlopen", "socket.__new__", "socket.gethostname"), (event, what)
    assert (folder / "own.txt").read_text(encoding="utf-8") == "mine"
    assert not any(scratch.iterdir()), "what was tried is gone"


def test_every_promise_has_its_tests() -> None:
    promises = TEXT.partition("## What is promised")[2].partition("\n## ")[0]
    points = re.findall(r"^- \*\*(.+?)\*\*(.*?)(?=^- |\Z)", promises, re.MULTILINE | re.DOTALL)
    assert len(points) >= 7
    for name, point in points:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", point)
        assert named, name
        for path, test in named:
            source = (ROOT / path).read_text(encoding="utf-8")
            assert f"def {test}(" in source, f"{path}::{test}"

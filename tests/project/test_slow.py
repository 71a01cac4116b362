"""The list of slow tests: `make quick` leaves them out, and each of them exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT
from tests.slow import LIMIT, LIST, Measure, listed, text_of

SLOW = listed(LIST.read_text(encoding="utf-8"))


def test_each_of_them_exists() -> None:
    assert SLOW
    for name in SLOW:
        path, *_, test = name.split("::")
        source = (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).exists() else ""
        assert re.search(rf"^ *def {test}\(", source, re.MULTILINE), f"{name}: make durations"


def collected(*words: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", *words],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return {line.partition("[")[0] for line in done.stdout.splitlines() if "::" in line}


def test_quick_leaves_them_out() -> None:
    path = sorted(SLOW)[0].partition("::")[0]
    mine = {name for name in SLOW if name.startswith(f"{path}::")}
    assert collected("-m", "slow", path) == mine
    assert not collected("-m", "not slow", path) & mine
    assert mine <= collected(path)


def test_only_what_takes_long_is_listed() -> None:
    assert listed(text_of({"b": LIMIT + 1, "a": LIMIT + 1, "c": LIMIT})) == {"a", "b"}
    assert text_of({"b": 3.0, "a": 3.0}) == text_of({"a": 3.0, "b": 3.0})


def test_all_phases_and_cases_are_added_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.slow.LIST", tmp_path / "slow.txt")
    test = tmp_path / "test_it.py"
    test.write_text(
        "import pytest, time\n"
        "def burn(seconds):\n"
        "    end = time.process_time() + seconds\n"
        "    while time.process_time() < end: pass\n"
        "@pytest.fixture\n"
        "def prepared(): burn(0.3)\n"
        "@pytest.mark.parametrize('n', range(2))\n"
        "def test_long(prepared, n): burn(0.3)\n"
        "def test_short(): pass\n",
        encoding="utf-8",
    )
    monkeypatch.setattr("tests.slow.LIMIT", 1.0)
    assert pytest.main(["-q", "-p", "no:cacheprovider", str(test)], plugins=[Measure()]) == 0
    (found,) = listed((tmp_path / "slow.txt").read_text(encoding="utf-8"))
    assert found.endswith("test_it.py::test_long")

"""The list of slow tests: `make quick` leaves them out, and each of them exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from tests import ROOT
from tests.slow import LIMIT, LIST, SHARE, Measure, listed, rotate, text_of

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
    assert listed(text_of({"b": LIMIT + 1, "a": LIMIT + 2, "c": LIMIT})) == {"a": 3.0, "b": 2.0}
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
    ((found, seconds),) = listed((tmp_path / "slow.txt").read_text(encoding="utf-8")).items()
    assert found.endswith("test_it.py::test_long")
    assert seconds >= 4 * 0.3
    some = ["-k", "long and 0"]
    assert pytest.main(["-q", "-p", "no:cacheprovider", *some, str(test)], plugins=[Measure()]) == 0
    ((_, seconds),) = listed((tmp_path / "slow.txt").read_text(encoding="utf-8")).items()
    assert seconds >= 4 * 0.3, "cases that were not run are not counted"


class Item:
    """What `rotate` asks of a test, and whether it was deferred."""

    def __init__(self, nodeid: str) -> None:
        self.nodeid, self.marks = nodeid, list[str]()

    def get_closest_marker(self, name: str) -> str | None:
        return name if name in self.marks else None

    def add_marker(self, mark: pytest.MarkDecorator) -> None:
        self.marks.append(mark.name)


def chosen(seed: str, seconds: float, *marks: str, every: bool = False) -> set[str]:
    items = [Item(f"t.py::slow[{n}]") for n in range(10)] + [Item("t.py::fast[0]")]
    for item in items:
        item.marks += marks
    rotate(cast("list[pytest.Item]", items), {"t.py::slow": seconds}, seed, every=every)
    left = {item.nodeid for item in items if item.marks == list(marks)}
    assert "t.py::fast[0]" in left
    return left - {"t.py::fast[0]"}


COMMITS = [f"commit {n}" for n in range(200)]


def test_cases_take_turns() -> None:
    assert len(chosen("a", SHARE)) == 10
    assert len(chosen("a", 2 * SHARE)) == 5
    assert chosen("a", 2 * SHARE) == chosen("a", 2 * SHARE)
    turns = [chosen(commit, 5 * SHARE) for commit in COMMITS]
    assert len(set().union(*turns)) == 10


def test_functions_of_which_no_case_fits_take_turns_too() -> None:
    turns = [chosen(commit, 40 * SHARE) for commit in COMMITS]
    assert {len(turn) for turn in turns} == {0, 1}
    # One case takes four shares: a fourth of 200 commits, give or take four standard deviations.
    assert 25 <= sum(map(len, turns)) <= 75
    assert len(set().union(*turns)) == 10


@pytest.mark.parametrize(("marks", "every"), [(["always"], False), ([], True)])
def test_one_case_is_always_run_where_that_is_asked_for(marks: list[str], every: bool) -> None:
    turns = [chosen(commit, 40 * SHARE, *marks, every=every) for commit in COMMITS]
    assert {len(turn) for turn in turns} == {1}
    by_chance = [chosen(commit, 40 * SHARE) for commit in COMMITS]
    assert all(some <= turn for some, turn in zip(by_chance, turns, strict=True))


def test_who_defers_some_cases_has_chosen() -> None:
    items = [Item(f"t.py::slow[{n}]") for n in range(3)]
    items[0].marks.append("deferred")
    rotate(cast("list[pytest.Item]", items), {"t.py::slow": 100.0}, "a")
    assert items[1].marks == items[2].marks == []

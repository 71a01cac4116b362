"""Which tests are slow: tests/slow.txt, as measured by ``pytest --measure`` (`make durations`).

What counts is the time of the processor, of what a test starts as well: it is much the same on a
busy machine.  A function stands in the list, with its seconds, if its cases together take longer
than `LIMIT`.  `make test` gives each such function `SHARE` seconds: as many of its cases as fit, and
where not even one fits, one case in as many commits as it takes shares.  The seed that chooses the
planted faults chooses both.  `make test-more` runs one case of every function at least, and
`make test-all` all.  Where only some cases were run, the others are taken to be like them, so that
measuring takes no longer than `make test-more`.
"""

from __future__ import annotations

import os
import random
from collections import Counter, defaultdict
from collections.abc import Generator
from pathlib import Path

import pytest

LIST = Path(__file__).parent / "slow.txt"
LIMIT = 1.0
"""Seconds; with it `make quick` takes less than a minute on two cores."""

SHARE = 1.0
"""Seconds for the cases of one slow function in `make test`, on average over commits."""

_SPENT = "seconds of the processor"


def function(test: str) -> str:
    """Return a test's id without its parameters."""
    return test.partition("[")[0]


def listed(text: str) -> dict[str, float]:
    """Return the functions of a list, and how many seconds all cases of each take."""
    lines = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(seconds) for seconds, name in lines}


def mark(items: list[pytest.Item], slow: dict[str, float]) -> None:
    """Mark the tests of those functions as slow."""
    for item in items:
        if function(item.nodeid) in slow:
            item.add_marker(pytest.mark.slow)


def rotate(
    items: list[pytest.Item], slow: dict[str, float], seed: str, *, every: bool = False
) -> None:
    """Mark as deferred what is not this seed's choice among the cases of a slow function.

    Where `every` is asked for, one case at least is left of each.  A function some of whose cases
    are deferred has made its own choice, and one that is marked `always` has its turn each time.
    """
    cases: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if function(item.nodeid) in slow:
            cases[function(item.nodeid)].append(item)
    for name, found in cases.items():
        if any(item.get_closest_marker("deferred") for item in found):
            continue
        draw = random.Random(f"{seed} {name}")
        fitting = SHARE / slow[name] * len(found)
        always = every or any(item.get_closest_marker("always") for item in found)
        # The draw is made in any case: what else is chosen does not depend on who asks.
        turn = draw.random() < fitting
        number = max(int(fitting), 1 if always or turn else 0)
        for item in draw.sample(found, max(0, len(found) - number)):
            item.add_marker(pytest.mark.deferred)


def text_of(spent: dict[str, float]) -> str:
    """Return the list of those that took longer than the limit, in alphabetical order."""
    head = f"# Tests that take longer than {LIMIT:g} seconds; make durations measures them anew."
    slow = sorted(name for name, seconds in spent.items() if seconds > LIMIT)
    # Two digits: the list changes where a test did, not with each measurement.
    return "\n".join([head, *(f"{spent[name]:.2g} {name}" for name in slow), ""])


class Measure:
    """Adds up what each function takes, over all processes that run tests."""

    def __init__(self) -> None:
        self._spent: dict[str, float] = defaultdict(float)
        self._run: dict[str, set[str]] = defaultdict(set)
        self._cases: dict[str, int] = {}
        self._last = _clock()

    @pytest.hookimpl(tryfirst=True)  # before -m "not deferred" takes some away
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Count the cases of each function."""
        self._cases = Counter(function(item.nodeid) for item in items)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add to a report what the phase took that it is on."""
        report = yield
        now = _clock()
        cases = self._cases.get(function(item.nodeid), 1)
        report.sections.append((_SPENT, f"{now - self._last} {cases}"))
        self._last = now
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count what a report says, in the process that hears of all."""
        for name, content in report.sections:
            if name == _SPENT:
                seconds, cases = content.split()
                name = function(report.nodeid)
                self._spent[name] += float(seconds)
                self._run[name].add(report.nodeid)
                self._cases[name] = int(cases)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the list, in that process too."""
        if not hasattr(session.config, "workerinput"):
            all_cases = {
                name: seconds * self._cases[name] / len(self._run[name])
                for name, seconds in self._spent.items()
            }
            LIST.write_text(text_of(all_cases), encoding="utf-8")


def _clock() -> float:
    return sum(os.times()[:4])

"""Which tests are slow: tests/slow.txt, as measured by ``pytest --measure`` (`make durations`).

What counts is the time of the processor, of what a test starts as well: it is much the same on a
busy machine.  A function stands in the list if its cases together take longer than `LIMIT`.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path

import pytest

LIST = Path(__file__).parent / "slow.txt"
LIMIT = 1.0
"""Seconds; with it `make quick` takes less than a minute on two cores."""

_SPENT = "seconds of the processor"


def function(test: str) -> str:
    """Return a test's id without its parameters."""
    return test.partition("[")[0]


def listed(text: str) -> frozenset[str]:
    """Return the functions of a list."""
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def mark(items: list[pytest.Item], slow: frozenset[str]) -> None:
    """Mark the tests of those functions as slow."""
    for item in items:
        if function(item.nodeid) in slow:
            item.add_marker(pytest.mark.slow)


def text_of(spent: dict[str, float]) -> str:
    """Return the list of those that took longer than the limit, in alphabetical order."""
    head = f"# Tests that take longer than {LIMIT:g} seconds; make durations measures them anew."
    slow = sorted(name for name, seconds in spent.items() if seconds > LIMIT)
    return "\n".join([head, *slow, ""])


class Measure:
    """Adds up what each function takes, over all processes that run tests."""

    def __init__(self) -> None:
        self._spent: dict[str, float] = defaultdict(float)
        self._last = _clock()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add to a report what the phase took that it is on."""
        report = yield
        now = _clock()
        report.sections.append((_SPENT, str(now - self._last)))
        self._last = now
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count what a report says, in the process that hears of all."""
        for name, content in report.sections:
            if name == _SPENT:
                self._spent[function(report.nodeid)] += float(content)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the list, in that process too."""
        if not hasattr(session.config, "workerinput"):
            LIST.write_text(text_of(self._spent), encoding="utf-8")


def _clock() -> float:
    return sum(os.times()[:4])

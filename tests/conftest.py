"""Random examples, slow tests and what makes all run faster: what all tests have in common.

Examples are drawn anew on each machine, and the same ones each time where CI is set.
"""

from __future__ import annotations

import gc
import os
from typing import Protocol

import pytest
from hypothesis import settings

from tests import slow
from tests.faults.seed import VARIABLE, seed

# A submission is judged by what it changed, not by the luck of a draw; people's runs go on looking.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

# Tests start `derive` hundreds of times, which compiles its modules anew where none may be kept.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# As `derive` itself does: expressions are many and live long.
gc.set_threshold(50_000, 10, 10)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of `make durations` and `make test-more`."""
    parser.addoption("--measure", action="store_true", help="write tests/slow.txt anew")
    parser.addoption("--every", action="store_true", help="one case at least of each slow test")


def pytest_configure(config: pytest.Config) -> None:
    """Measure where that is asked for."""
    if config.getoption("--measure"):
        config.pluginmanager.register(slow.Measure())


@pytest.hookimpl(tryfirst=True)  # before -m "not slow" looks at the marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the slow tests, and those of their cases that `make test` leaves to another commit."""
    every = config.getoption("--every") or config.getoption("--measure")
    times = slow.listed(slow.LIST.read_text(encoding="utf-8"))
    slow.mark(items, times)
    slow.rotate(items, times, seed(), every=bool(every))


class Lines(Protocol):
    """Where lines are written."""

    def write_line(self, line: str) -> None: ...


def pytest_terminal_summary(terminalreporter: Lines) -> None:
    """Say by which seed cases and faults were chosen, so that the same can be run again."""
    terminalreporter.write_line(f"chosen cases and planted faults: {VARIABLE}={seed()}")

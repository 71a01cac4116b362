"""What the program should reach, as numbers beside the rows that tell whether it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Aim:
    """A row and the most that it should take: seconds, MB, or as many times as another row."""

    row: str
    most: float
    unit: str = "s"
    times: str = ""


def aims() -> Iterator[Aim]:
    """Yield the aims for deriving, checking, start-up and handouts."""
    yield Aim("derive and print elman, T = 3", 0.01)
    yield Aim("derive and print lstm, T = 3", 0.05)
    yield Aim("derive and print elman, T = 10000", 1)
    yield Aim("derive and print lstm, T = 10000", 1)
    yield Aim("all T(T+1)/2 terms of elman, T = 100", 2)
    for row, most in (
        ("check elman, T = 3", 0.1),
        ("check elman, T = 1000", 3),
        ("check lstm, T = 300", 3),
    ):
        yield Aim(row, most)
        yield Aim(row, 500, "MB")
    yield Aim("derive --help", 0.5, times="import sympy")
    yield Aim("derive --version", 0.5, times="import sympy")
    yield Aim("derive show elman-grad-W-sum", 2, times="import sympy")
    yield Aim("handout of elman, T = 3, md", 1)
    yield Aim(
        "handout of elman, T = 3, pdf --engine typst", 1.3, times="handout of elman, T = 3, md"
    )

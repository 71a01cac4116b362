"""The page of limits says what `derive.budgets` holds."""

from __future__ import annotations

from derive.budgets import BUDGETS, Budget
from tests import ROOT

PAGE = ROOT / "docs" / "limits.md"


def row(budget: Budget) -> str:
    most = f"{budget.most:,}".replace(",", " ")
    return f"| `{budget.name}` | {most} | {budget.unit} | {budget.why} |"


def test_every_limit_stands_on_the_page() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").split("\n") if line.startswith("| `")]
    assert rows == [row(budget) for budget in BUDGETS.values()]

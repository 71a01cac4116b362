"""What is said of the check of an equation where that unfolds beside it.

What is written is made of the manifest, and what is meant of the check itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from derive.checks.verify import Check
from derive.document.text import Bound, Number, Text, Value
from derive.expressions.equation import Kind


def said_checks(content: Mapping[str, Any]) -> Mapping[str, Text]:
    """Return what the entries of a manifest say of their checks, by the ids of the equations."""
    return {entry["id"]: _said(entry, content["seed"]) for entry in content["equations"]}


def _said(entry: Mapping[str, Any], seed: int) -> Text:
    check = entry["check"]
    method: str = check["method"]
    values: dict[str, Value] = {"count": check["places"], "seed": seed}
    values["method"] = Text(f"method.{method}")
    if "proved" in entry:
        values["method"] = Text("method.proved", {"method": values["method"]})
    sign, _, limit = check["bound"].partition(" ")
    if sign == "<":
        # Half of a power of ten is bounded by it, and by no lower one.
        return Text("ui.check.holds", {**values, "error": Bound(float(limit) / 2)})
    if sign == ">":
        return Text("ui.check.fails", {**values, "error": Number(float(limit), 1)})
    return Text("ui.check.no_value", values)


def meant_check(check: Check, seed: int, proved: bool = False) -> Text:
    """Return what is to be said of a check, and that the equation is proved if it is."""
    error, refuted = check.error, check.kind is Kind.REFUTED
    values: dict[str, Value] = {
        "method": Text(f"method.{check.method}"), "count": check.count, "seed": seed,
    }  # fmt: skip
    if proved:
        values["method"] = Text("method.proved", {"method": values["method"]})
    if math.isnan(error):
        return Text("ui.check.no_value", values)
    if refuted and error > 0:
        return Text("ui.check.fails", {**values, "error": Number(_below(error), 1)})
    # A claim that something is not 0 is refuted by an error of 0, and a rounded number is off anyway.
    bounded = check.tolerance if check.kind is Kind.ROUNDED else error
    return Text("ui.check.holds", {**values, "error": Bound(bounded)})


def _below(error: float) -> float:
    """Return the largest power of ten below an error, and 1 where it has no size."""
    if math.isinf(error):
        return 1.0
    exact = Decimal(error)
    power = Decimal(10) ** exact.adjusted()
    return float(power if power < exact else power / 10)

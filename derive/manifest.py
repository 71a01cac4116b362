"""The manifest: what stands in a handout, equation by equation, for other programs to read.

Its form is described by ``manifest.schema.json``, a JSON schema.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from derive.bounds import bound
from derive.printing import Printer
from derive.render.page.numbering import number

if TYPE_CHECKING:
    from derive.cell import Cell
    from derive.equation import Equation
    from derive.handout import Handout
    from derive.notation import Notation
    from derive.verify import Check

FORMAT = 1
"""To be raised when a reader of the old form would misread the new one."""


def manifest(
    handout: Handout, cell: Cell, steps: int, seed: int, notation: Notation
) -> dict[str, Any]:
    """Yield the manifest of a handout as plain data, equations in the order of their numbers."""
    document = handout.document
    labels = number(document)
    checks = {check.id: check for check in handout.report.checks}
    printer, texts = Printer(notation, "bare"), Printer(notation, "plain")
    return {
        "format": FORMAT,
        "document": document.id,
        "cell": cell.name,
        "steps": steps,
        "seed": seed,
        "language": document.language,
        "notation": notation.name,
        "equations": [
            _entry(equation, labels[equation.id].number, checks[equation.id], printer, texts)
            for equation in document.equations()
        ],
    }


def _entry(
    equation: Equation, numbered: str, check: Check, printer: Printer, texts: Printer
) -> dict[str, Any]:
    return {
        "id": equation.id,
        "number": numbered,
        "kind": equation.kind.value,
        # Bare: no delimiters, number, label or colours; those belong to a format.
        "tex": printer.display(equation),
        "text": texts.inline(equation),
        "indices": [
            {"symbol": str(i.symbol), "from": texts.index(i.low), "to": texts.index(i.high)}
            for i in equation.free
        ],
        "assumptions": list(equation.assumes),
        "rule": equation.step.rule,
        "uses": list(equation.step.uses),
        "check": {
            "method": check.method,
            "bound": bound(check).text,
            "places": check.count,
            "passed": check.passed,
        },
    }


def dump(data: dict[str, Any]) -> bytes:
    """Yield the manifest as the bytes of its file: UTF-8, the same for the same content."""
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8")

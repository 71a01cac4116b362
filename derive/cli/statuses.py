"""Exit statuses, told a second time: from the lines that a command has printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from derive.cli.same import require_same


def _checked(lines: Sequence[str]) -> bool:
    """Tell whether a table, or its JSON, says of no equation that it failed."""
    if lines[0].startswith("{"):
        cells = json.loads("\n".join(lines))["cells"]
        return all(row["passed"] for cell in cells for row in cell["checks"])
    # Each cell has a table of its own, with a head.
    rows = [line.split() for line in lines if not line.startswith("equation ")]
    return all(words[-1] == "passed" for words in rows)


def _compared(lines: Sequence[str]) -> bool:
    """Tell whether lines, or their JSON, say of no gradient that it differs."""
    if lines[0].startswith("{"):
        return all(row["agrees"] for row in json.loads("\n".join(lines))["parameters"])
    # What a gradient looks like stands below it, further in.
    return all(line.endswith("  agrees") for line in lines if not line.startswith(" "))


def _there(lines: Sequence[str]) -> bool:
    """Tell whether no line says that something is missing."""
    return not any(line.startswith("missing ") for line in lines)


GOOD: Mapping[str, Callable[[Sequence[str]], bool]] = {
    "check": _checked, "compare": _compared, "doctor": _there,
}  # fmt: skip
"""What tells of printed lines whether they say that all is well, by the commands that find out."""


def require_status(command: str, status: int, lines: Sequence[str]) -> int:
    """Return an exit status if it is the one that follows from what was printed; else a `CheckError`."""
    good = GOOD.get(command)
    wanted = int(good is not None and not good(lines))
    require_same("the exit status", status, wanted)
    return status


FAILURES = (1, 2, 70)
"""How a command ends that could not give its answer: it failed, was misused, or is at fault itself."""


def failed(status: int) -> int:
    """Return a status with which something may fail; any other one is a fault of the program."""
    return status if status in FAILURES else FAILURES[-1]

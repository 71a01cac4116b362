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


def _proved(lines: Sequence[str]) -> bool:
    """Tell whether no line says that a statement is not proved."""
    return not any(line.startswith("not proved ") for line in lines)


GOOD: Mapping[str, Callable[[Sequence[str]], bool]] = {
    "check": _checked, "compare": _compared, "doctor": _there,
    "prove": _proved,
}  # fmt: skip
"""What tells of printed lines whether they say that all is well, by the commands that find out."""


def require_status(command: str, status: int, lines: Sequence[str]) -> int:
    """Return an exit status if it is the one that follows from what was printed; else a `CheckError`."""
    good = GOOD.get(command)
    wanted = int(good is not None and not good(lines))
    require_same("the exit status", status, wanted)
    return status


MISUSES = ("UsageError", "SpecError")
"""Errors in what was typed, or in a file that was named."""

FOUND = ("DeriveError", "MemoryError", "RecursionError", "OSError")
"""Errors of which it is known what failed."""

FAILED, MISUSED, OUR_FAULT, PIPE_CLOSED = 1, 2, 70, 141
"""How a command ends that could not give its answer: it failed, was misused, is at fault itself, or
nobody reads on."""


def failed(status: int, error: BaseException, message: str) -> int:
    """Return the status of an error if it follows from what failed, else that of a fault of ours."""
    allowed: tuple[int, ...]
    names = {kind.__name__ for kind in type(error).__mro__}
    if "BrokenPipeError" in names:
        allowed = (PIPE_CLOSED,)
    elif names.intersection(MISUSES):
        # Of a network that ships it is not the user who is to correct something.
        allowed = (FAILED,) if "this is a fault of derive" in message else (MISUSED,)
    else:
        # What broke in a check has failed it.
        allowed = (FAILED,) if names.intersection(FOUND) else (FAILED, OUR_FAULT)
    return status if status in allowed else OUR_FAULT

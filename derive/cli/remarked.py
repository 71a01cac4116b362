"""Remarks that are owed beside a result, told from what was typed and printed: none is left out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from derive.cli.asked import CommandLine
from derive.cli.same import require_same

WRITTEN = "displayed"
"""A word of the remark on what was written."""


def _instead_of(*others: str) -> Callable[[CommandLine], bool]:
    """Return what tells whether none of these options was given, with which other things are printed."""
    return lambda asked: not any(asked.typed(option) for option in others)


def _document(asked: CommandLine) -> bool:
    return asked.typed("format")


OWED: Mapping[str, Mapping[str, Callable[[CommandLine], bool]]] = {
    "handout": {WRITTEN: lambda _: True},
    "export": {WRITTEN: lambda _: True},
    "check": {"equations passed": _instead_of("json")},
    "audit": {
        WRITTEN: _document,
        "claims, ": _instead_of("json", "example", "format"),
    },
    "flow": {
        WRITTEN: _document,
        "spectral norms": _instead_of("json", "list", "format"),
    },
    "learn": {"learnt: ": _instead_of("json", "format")},
}  # fmt: skip
"""Words of the remarks that a command makes, each with what was typed where it is owed."""


def require_remarked(command: str, asked: CommandLine, remarks: Sequence[str]) -> None:
    """Raise a `CheckError` unless each remark that is owed was made once, and no other."""
    if asked.typed("quiet"):
        require_same("what is remarked", [*remarks], [])
        return
    for words, owed in OWED.get(command, {}).items():
        made = sum(words in remark for remark in remarks)
        require_same(
            f"how often it is remarked how many ({words.strip(', :')})", made, int(owed(asked))
        )


def compared(lines: Sequence[str]) -> set[str]:
    """Return the parameters that printed lines, or their JSON, tell something of."""
    if lines[0].startswith("{"):
        return {row["parameter"] for row in json.loads("\n".join(lines))["parameters"]}
    # What a gradient looks like stands below it, further in.
    return {line.partition("  ")[0] for line in lines if not line.startswith(" ")}

"""Where a page of Markdown has fences called ``bptt``, and what stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from derive.errors import UsageError

_FENCE = re.compile(r"^(?P<indent> *)(?P<mark>`{3,}|~{3,}) *(?P<info>[^`\n]*)$")


@dataclass(frozen=True)
class Fence:
    """A fence: its cell, its options, and its first line and the line behind it, from 0.

    ``indent`` is what stands before it in a list or an admonition.
    """

    cell: str
    options: dict[str, str]
    start: int
    end: int
    indent: str = ""


def fences(lines: list[str]) -> Iterator[Fence]:
    """Yield the fences of a page that are ours; those within other code are text.

    A `UsageError` with the line for one that is not closed or has no options as it should.
    """
    start, mark, info, indent = None, "", "", ""
    for n, line in enumerate(lines):
        found = _FENCE.match(line)
        if start is None:
            if found:
                start, mark, info = n, found["mark"], found["info"].strip()
                indent = found["indent"]
        elif found and not found["info"] and found["mark"].startswith(mark):
            if _ours(info):
                yield Fence(_cell(info), _options(lines, start + 1, n), start, n + 1, indent)
            start = None
    if start is not None and _ours(info):
        raise UsageError(f"line {start + 1}: this fence is not closed; expected {mark} below it")


def code_lines(lines: list[str]) -> set[int]:
    """Return the lines that are code, in which nothing is a reference."""
    inside: set[int] = set()
    mark = ""
    for n, line in enumerate(lines):
        found = _FENCE.match(line)
        if mark:
            inside.add(n)
            if found and not found["info"] and found["mark"].startswith(mark):
                mark = ""
        elif found:
            mark = found["mark"]
            inside.add(n)
    return inside


def _ours(info: str) -> bool:
    return re.fullmatch(r"\{?bptt\}?( .*)?", info) is not None


def _cell(info: str) -> str:
    return info.partition(" ")[2].strip()


def _options(lines: list[str], start: int, end: int) -> dict[str, str]:
    found: dict[str, str] = {}
    for n in range(start, end):
        line = lines[n].strip()
        if not line:
            continue
        match = re.fullmatch(r":([a-z-]+):(?: +(.*))?", line)
        if match is None:
            raise UsageError(
                f"line {n + 1}: expected an option, such as ':steps: 3', found '{line}'"
            )
        found[match[1]] = (match[2] or "").strip()
    return found

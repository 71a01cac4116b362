"""Files that a user names: looked at before they are opened, and read as far as they may be long."""

from __future__ import annotations

import os
import re
import stat
import sys
import tomllib
from pathlib import Path
from typing import Any

from derive.budgets import exceeded, most
from derive.errors import UsageError, shown
from derive.source import Origin


def contents(path: Path, budget: str, hint: str = "") -> bytes:
    """Return what stands in a regular file; a `UsageError` if there is none or it is too long.

    Anything else, a folder, a device, a pipe, may never end, and is refused without being read;
    ``budget`` is the name of the limit, ``hint`` says what to do where there is no file.
    """
    name = shown(path)
    try:
        # Without waiting: a pipe would be opened only when something writes to it.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise UsageError(f"there is no file {name}{hint and f'; {hint}'}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot read {name}: {reason}; expected a file") from error
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise UsageError(f"{name} is {_kind(status.st_mode)}; expected a file")
    with open(handle, "rb") as file:
        _check(name, status.st_size, budget)
        try:
            # A file can grow while it is read, and those of the system have no size.
            data = file.read(most(budget) + 1)
        except OSError as error:
            raise UsageError(f"cannot read {name}: {error.strerror}; expected a file") from error
    _check(name, len(data), budget)
    return data


def text(path: Path, budget: str, hint: str = "") -> str:
    r"""Return the text of a file in UTF-8, its line ends as \n; a `UsageError` if it is not."""
    data = contents(path, budget, hint)
    try:
        # Windows editors put a mark at the beginning, which belongs to no line.
        read = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise UsageError(
            f"{Origin(str(path), line, column).where}: the byte {data[error.start]:#04x} is not "
            "UTF-8; save the file as UTF-8"
        ) from error
    return read.replace("\r\n", "\n")


def toml(text: str, name: str) -> dict[str, Any]:
    """Return what stands in the text of a TOML file; a `SpecError` says where it is not TOML."""
    # Each part of a dotted key, and each bracket, is a level, which the parser walks again and again.
    deepest = most("nesting")
    dotted = re.compile(rf"(?<![\w\"'-])(?:[\w\"'-]++[ \t]*+\.[ \t]*+){{{deepest}}}")
    deep = _deeper_than(deepest, text) or dotted.search(text)
    if deep is not None:
        said = exceeded("nesting", f"lists and tables more than {deepest} levels deep")
        before = text[: deep.start()]
        raise Origin(name, before.count("\n") + 1, len(before) - before.rfind("\n")).error(said)
    try:
        return tomllib.loads(text)
    except ValueError as error:
        line, column = _place(text, str(error))
        words = next(
            (ours for theirs, ours in _FAULTS if str(error).startswith(theirs)), str(error)
        )
        raise Origin(name, line, column).error(f"not TOML: {words}; correct it there") from error


_FAULTS = (
    ("Cannot", "something is defined twice"),
    ("Expected '='", "a key without = after it"),
    ("Expected newline", "something more in a line that should have ended"),
    ("Expected ']", "a closing bracket is missing"),
    ("Expected \"'", "a text without its closing quotes"),
    ("Unterminated", "a text without its closing quotes"),
    ("Unclosed", "a closing bracket is missing"),
    ("Invalid value", "no value that TOML knows"),
    ("Invalid date", "a date or a time that does not exist"),
    ("Invalid initial", "a key that TOML does not know"),
    ("Invalid statement", "a line that TOML does not know"),
    ("Duplicate", "a key that stands twice"),
    ("Illegal character", "a character that TOML does not allow"),
    ("Unescaped", "a backslash that TOML does not know"),
    ("Exceeds", "a number has too many digits"),
)
"""How Python says that a text is no TOML, and what is meant."""


def _place(text: str, said: str) -> tuple[int, int]:
    """Return the line and column that Python's words name, or those of what they are about."""
    place = re.search(r"line (\d+), column (\d+)", said)
    if place is not None:
        return int(place[1]), int(place[2])
    # Of a number that is too long for Python there is no place; all else is about the end.
    digits = re.search(rf"\d{{{sys.get_int_max_str_digits() + 1}}}", text)
    before = text if digits is None else text[: digits.start()]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


# A text that does not end is taken to its line's end, or the file's: each sign is looked at once.
_TOKENS = re.compile(
    r'''"""(?:[^\\]|\\.)*?(?:"""|\Z)|\'{3}.*?(?:\'{3}|\Z)'''
    r"""|"(?:[^"\\\n]|\\.)*+"?|\'[^\'\n]*+\'?|\#[^\n]*+|[\[\]{}]""",
    re.DOTALL,
)


def _deeper_than(deepest: int, text: str) -> re.Match[str] | None:
    """Return the first bracket that stands in more than so many; none in texts and comments counts."""
    depth = 0
    for token in _TOKENS.finditer(text):
        depth += (token[0] in "[{") - (token[0] in "]}")
        if depth > deepest:
            return token
    return None


def _check(name: str, size: int, budget: str) -> None:
    if size > most(budget):
        raise UsageError(exceeded(budget, f"{name} has {size} bytes"))


def _kind(mode: int) -> str:
    kinds = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((words for test, words in kinds if test(mode)), "no regular file")

"""Files that a user names: looked at before they are opened, and read as far as they may be long."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from derive.budgets import exceeded, most
from derive.errors import UsageError, shown


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
            f"{shown(path)}, line {line}, column {column}: the byte {data[error.start]:#04x} is "
            "not UTF-8; save the file as UTF-8"
        ) from error
    return read.replace("\r\n", "\n")


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

"""A table of documents read once more, by a reader that knows no options: against words and manifests.

A document is held against the words of its command; whether these are what its row says, only the
table tells. Its cells are taken apart sign by sign here, and compared with the words and with what was
written.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from derive.errors import CheckError, shown

SAID_BY_MANIFEST = {"steps": "steps", "seed": "seed", "lang": "language", "notation": "notation"}
"""Columns that the manifest of a document gives again, by what it calls them."""

YES, NO = ("yes", "true", "1"), ("no", "false", "0")


PATHS = ("out", "values")
"""Columns with a place that is looked for in a folder."""


class UnderstoodRow(Protocol):
    """A row as it was understood: where it stands, and the words of its command."""

    @property
    def where(self) -> str: ...
    @property
    def words(self) -> tuple[str, ...]: ...
    @property
    def manifest(self) -> Path: ...


class EndedCommand(Protocol):
    """How the command of a row ended, and what it wrote."""

    @property
    def status(self) -> int: ...
    @property
    def error(self) -> str: ...


def require_placed(path: Path, places: Sequence[str]) -> None:
    """Raise a `CheckError` unless rows are said to stand where they do: an error may name each."""
    wanted = [f"{shown(path)}, row {n}" for n, _ in enumerate(_counted(path, len(places)), 1)]
    for found, right in zip(places, wanted, strict=True):
        if found != right:
            raise CheckError(
                f"{right} would be called {found}. Nothing is written; please report it"
            )


def require_rows(path: Path, found: Sequence[UnderstoodRow]) -> None:
    """Raise a `CheckError` unless the words of each row are what stands in its cells."""
    for row, cells in zip(found, _counted(path, len(found)), strict=True):
        *words, _, network = row.words
        given = dict(word.removeprefix("--").partition("=")[::2] for word in words)
        for name, text in cells.items():
            if name == "cell":
                if Path(network).name != Path(text).name:
                    raise _unlike(row, name, text, network)
            elif text.lower() in (*YES, *NO) and name not in given and f"no-{name}" not in given:
                raise _unlike(row, name, text, "nothing")
            elif name in given and not given[name] and text.lower() not in YES:
                raise _unlike(row, name, text, f"--{name}")
            elif f"no-{name}" in given and text.lower() not in NO:
                raise _unlike(row, name, text, f"--no-{name}")
            elif given.get(name) and not (_ends if name in PATHS else _equal)(given[name], text):
                raise _unlike(row, name, text, given[name])
            elif name not in given and f"no-{name}" not in given:
                raise _unlike(row, name, text, "nothing")
        for name in given.keys() - {"out", "force", "limit"}:
            if name.removeprefix("no-") not in cells and name not in cells:
                raise _unlike(row, name, "nothing", given[name] or name)


def require_made(path: Path, found: Sequence[UnderstoodRow], made: Sequence[bool]) -> None:
    """Raise a `CheckError` unless the manifests of what was made say what stands in the table."""
    for row, cells, there in zip(found, _counted(path, len(found)), made, strict=True):
        if not there:
            continue
        manifest = json.loads(row.manifest.read_bytes())
        if not cells["cell"].endswith(".toml") and manifest["cell"] != cells["cell"]:
            raise _unlike(row, "cell", cells["cell"], manifest["cell"])
        for name, key in SAID_BY_MANIFEST.items():
            said = str(manifest[key])
            # A file of a notation or a language has a name of its own.
            if name in cells and not {".", "/"} & {*cells[name]} and not _equal(said, cells[name]):
                raise _unlike(row, name, cells[name], said)


_FAILED = re.compile(r"(\d+) of (\d+) documents failed, the others are written")


def require_failed(
    path: Path, message: str, found: Sequence[UnderstoodRow], ended: Sequence[EndedCommand]
) -> None:
    """Raise a `CheckError` unless a message names each row that failed, with what its command said."""
    first, *_ = message.split("\n")
    failed = [n for n, one in enumerate(ended) if one.status]
    counts = _FAILED.fullmatch(first)
    if counts is None or (int(counts[1]), int(counts[2])) != (len(failed), len(ended)):
        raise _untold(path, len(failed), f"{first!r} is said of {len(failed)} of {len(ended)}")
    rest = message.removeprefix(f"{first}\n")
    for n in failed:
        begins = f"{shown(path)}, row {n + 1}: "
        said = next((text for text in _beginnings(rest) if text.startswith(begins)), None)
        if said is None:
            raise _untold(path, len(failed), f"row {n + 1} is not named")
        own = said.removeprefix(begins).split("\n", 1)[0]
        if ended[n].error.strip() and own not in ended[n].error:
            raise _untold(path, len(failed), f"row {n + 1} did not say {own!r}")
    for n, (row, one) in enumerate(zip(found, ended, strict=True)):
        if not one.status and not row.manifest.is_file():
            raise _untold(path, len(failed), f"row {n + 1} is not written")
    named = {
        int(n) for n in re.findall(rf"^{re.escape(shown(path))}, row (\d+): ", rest, re.MULTILINE)
    }
    if named != {n + 1 for n in failed}:
        raise _untold(path, len(failed), f"the rows {sorted(named)} are named")


def _beginnings(text: str) -> Iterator[str]:
    lines = text.split("\n")
    yield from ("\n".join(lines[n:]) for n in range(len(lines)))


def _untold(path: Path, count: int, problem: str) -> CheckError:
    return CheckError(
        f"{count} documents of {shown(path)} failed, and what would be said of them is not so: "
        f"{problem}. Please report it"
    )


def _ends(found: str, text: str) -> bool:
    """Tell whether a word is a text, or a path that ends in it."""
    if found == text:
        return True
    parts, last = Path(found).parts, Path(text).parts
    return len(last) < len(parts) and parts[len(parts) - len(last) :] == last


def _equal(found: str, text: str) -> bool:
    try:
        return found == text or float(found) == float(text)
    except ValueError:
        return False


def _counted(path: Path, count: int) -> list[Mapping[str, str]]:
    text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    rows = list(_of_toml(text) if path.suffix.lower() == ".toml" else _of_csv(text))
    if len(rows) != count:
        raise CheckError(
            f"{count} rows of {path} were read, and it has {len(rows)}. Nothing is written; please "
            "report it"
        )
    return rows


def _of_toml(text: str) -> Iterator[Mapping[str, str]]:
    for row in tomllib.loads(text)["handout"]:
        yield {
            _named(key): ",".join(value)
            if isinstance(value, list)
            else str(value) if key == "title" else str(value).strip()
            for key, value in row.items()
        }  # fmt: skip


def _of_csv(text: str) -> Iterator[Mapping[str, str]]:
    head = text.split("\n", 1)[0]
    rows = [
        row
        for row in _cells(text, ";" if head.count(";") > head.count(",") else ",")
        if any(map(str.strip, row))
    ]
    names = [_named(name) for name in rows[0]]
    for row in rows[1:]:
        yield {
            name: cell if name == "title" else cell.strip()
            for name, cell in zip(names, row, strict=False)
            if cell.strip()
        }


def _cells(text: str, sign: str) -> Iterator[list[str]]:
    """Yield the cells of each row: quotes keep what separates, and two of them are one."""
    row, cell, quoted, at = list[str](), "", False, 0
    while at < len(text):
        letter = text[at]
        at += 1
        if quoted and text[at - 1 : at + 1] == '""':
            cell, at = cell + '"', at + 1
        elif letter == '"' and (quoted or not cell):
            quoted = not quoted
        elif quoted or letter not in (sign, "\n", "\r"):
            cell += letter
        else:
            row, cell = [*row, cell], ""
            if letter != sign:
                yield row
                row = []
    yield [*row, cell]


def _named(name: str) -> str:
    return name.strip().lower().replace("_", "-")


def _unlike(row: UnderstoodRow, name: str, wanted: str, found: str) -> CheckError:
    return CheckError(
        f"{row.where}: {name} is {wanted} in the table, and {found} was taken. It is not what is asked "
        "for; please report it"
    )

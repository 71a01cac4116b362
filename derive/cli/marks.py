"""Whether a place that an error names is the place: the file is read again, and the mark looked at.

Nothing is taken from what found the place: only the message is read, and the bytes of the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from derive.errors import shown

MOST_BYTES = 1_000_000
"""A longer file is not read a second time; places are told of none that long."""

_NUMBER = re.compile(
    r"[-+]?(?:0x[0-9a-fA-F_]+|[\d_]+(?:\.[\d_]+)?(?:[eE][-+]?\d+)?|\binf\b|\bnan\b)"
)


@dataclass(frozen=True)
class ErrorMark:
    """What an error says of a place: its file, line and column, what is wrong, and what is shown.

    ``row`` is the line that is shown, and ``caret`` the offset of the mark in it; None without one.
    """

    name: str
    line: int
    column: int
    said: str
    row: str = ""
    caret: int | None = None


def misplaced(mark: ErrorMark) -> str | None:
    """Return why a place is not the one that the message is about, None if it may be."""
    path, text = Path(mark.name.split(", the function ")[0]), _text(mark.name)
    if text is None:
        return None
    if (byte := re.match(r"the byte 0x(\w\w) is not UTF-8", mark.said)) is not None:
        rows = path.read_bytes().split(b"\n")
        there = rows[mark.line - 1 : mark.line]
        at = there[0][mark.column - 1 : mark.column].hex() if there else ""
        return None if at == byte[1] else f"0x{byte[1]} is not the byte there"
    rows_of_text = text.split("\n")
    if not 1 <= mark.line <= len(rows_of_text):
        return f"{shown(path, 200)} has no line {mark.line}"
    line = rows_of_text[mark.line - 1].replace("\t", " ")
    if not 1 <= mark.column <= len(line) + 1:
        return f"line {mark.line} has no column {mark.column}"
    if mark.caret is None:
        return None
    before, after = mark.row[: mark.caret].lstrip("…"), mark.row[mark.caret :].removesuffix("…")
    left, right = line[: mark.column - 1], line[mark.column - 1 :]
    # What is cut off may be escaped, and is as long as it takes.
    if not (_shown(left).endswith(before) and _shown(right).startswith(after)):
        return f"what is marked does not stand in line {mark.line}, column {mark.column}"
    return _misnamed(mark, left, right)


def _shown(text: str) -> str:
    return shown(text, len(text) + 1)


def _misnamed(mark: ErrorMark, left: str, right: str) -> str | None:
    """Return why a marked word is not what the message is about, None if it may be."""
    word = re.match(r"\w+|.?", right)[0]  # type: ignore[index]
    if word[:1].isalnum() and re.search(r"\w$", left):
        return f"the mark stands within a word, before {shown(word)}"
    quoted = re.findall(r"'([^']+)'", mark.said.partition("expected")[0])
    if word and _named(word, mark.said):
        return _miscounted(word, mark.said)
    side = re.search(r"(\w+)\s*\[\s*t\s*\]\s*=\s*$", left)
    if side is not None and _whole(side[1], mark.said):
        # What is said of a whole right side is marked where it begins.
        return None
    first = not left.strip()
    about = [one for one in quoted if _whole(one, left + right)]
    if about and not first:
        return f"{about[0]!r} stands elsewhere in line {mark.line}"
    # A key may be marked for what stands behind it, and a sign for what it does.
    if about or said_of_file(mark.said) or not re.match(r"[^\W\d]", word):
        return None
    return f"nothing is said of {shown(word)}, which is marked"


def said_of_file(said: str) -> bool:
    """Tell whether a message is about all of a file, or how an index is made, and names nothing."""
    return said.startswith(("the file has more than ", "an index is multiplied "))


def _whole(word: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def _named(word: str, said: str) -> bool:
    """Tell whether a message is about a word: whole, cut in its middle, or in the singular."""
    cut = [(a, b) for a, b in re.findall(r"(\w+)…(\w+)", said)]
    return (
        _whole(word, said)
        # The index of a quantity.
        or re.search(rf"\w_(?:\w*,)?{re.escape(word)}(?!\w)", said) is not None
        or any(word.startswith(a) and word.endswith(b) for a, b in cut)
        or (word.endswith("s") and _whole(word[:-1], said))
    )


def _miscounted(word: str, said: str) -> str | None:
    count = re.search(r"^the (?:name|number) \S+ has (\d+) (?:characters|digits)", said)
    if count is not None and int(count[1]) != len(word):
        return f"what is marked has {len(word)} characters, and not {count[1]}"
    return None


def untrue_value(mark: ErrorMark) -> str | None:
    """Return which value that a message quotes does not stand in its line, None if all do."""
    text = _text(mark.name)
    if text is None:
        return None
    rows = text.split("\n")
    # Without a place of its own an error is about the file, and a list may take several lines.
    there = rows if mark.caret is None else rows[mark.line - 1 : mark.line + 99]
    numbers = {_value(found) for row in there for found in _NUMBER.findall(row)}
    if mark.caret is not None and "[" not in there[0]:
        numbers = {_value(found) for found in _NUMBER.findall(there[0])}
    for found in re.findall(r"\bthe (?:number|size) ([-+\d][-+.\w]*)(?=[;: ,]|$)", mark.said):
        if _value(found.rstrip(".")) not in numbers:
            return f"{found} does not stand there"
    for found in re.findall(r"(?:unknown [\w ]+|the text|the shape|the size) '([^']*)'", mark.said):
        if not re.search(r"[\\…]", found) and not any(found in row for row in there):
            return f"'{found}' does not stand there"
    return None


def _value(text: str) -> float | str:
    try:
        return float(int(text, 0)) if "x" in text else float(text.replace("_", ""))
    except (ValueError, OverflowError):
        return text


def words(mark: ErrorMark) -> frozenset[str]:
    """Return the words of the file of a place; none of one that cannot be read again."""
    return frozenset(re.findall(r"\w+", _text(mark.name) or ""))


@cache
def _text(name: str) -> str | None:
    """Return the text of a file, or of a function in it; None where it can't be read again."""
    path, _, function = name.partition(", the function ")
    try:
        if not Path(path).is_file() or Path(path).stat().st_size > MOST_BYTES:
            return None
        text = Path(path).read_bytes().decode("utf-8-sig", "replace").replace("\r\n", "\n")
    except (OSError, ValueError):
        return None
    return text if not function else _function(text, function)


def _function(text: str, name: str) -> str | None:
    import tomllib

    try:
        table = tomllib.loads(text)["functions"]
    except (ValueError, LookupError):
        return None
    return next((one for key, one in table.items() if re.match(rf"{re.escape(name)}\b", key)), None)

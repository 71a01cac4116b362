"""What an error says of a file without a place in it: looked up and counted in the file itself.

Only the text of the message is read, and the file by `json`.  What cannot be told is let through.
"""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

from derive.cli.asked import CommandLine
from derive.errors import shown

_WORDS = {"','": "comma", "':'": "colon"}
"""What Python expects where it is no JSON, by the word for it."""

_PLACE = r"[\w.]+(?:\[\d+\])*"


def not_json(found: re.Match[str], asked: CommandLine) -> str | None:
    """Return why a file is no JSON elsewhere, or for another reason, None if it is so."""
    try:
        json.loads(file_of(found["name"], asked).read_bytes())
    except json.JSONDecodeError as error:
        if (int(found["line"]), int(found["column"])) != (error.lineno, error.colno):
            return f"it is no JSON at line {error.lineno}, column {error.colno}"
        word = next((word for sign, word in _WORDS.items() if sign in error.msg), None)
        if word is not None and word not in found["what"]:
            return f"it is a {word} that is missing"
    except (OSError, ValueError, RecursionError):
        return None
    return None


def unlike_there(found: re.Match[str], asked: CommandLine) -> str | None:
    """Return why what is said of a part of a file of numbers is not so, None if it is."""
    try:
        tree = json.loads(file_of(found["name"], asked).read_bytes())
        there = _at(tree, found["place"])
    except (OSError, ValueError, RecursionError):
        return None
    except IndexError:
        return f"there is no {found['place']}"
    except LookupError:
        # Gradients may stand in an object of their own.
        return None
    for problem in (
        _unlike(found["said"], there),
        _uncounted(found["said"], there, tree),
        _unlike_first(found["said"], found["place"], tree),
    ):
        if problem is not None:
            return f"{found['place']} {problem}"
    return None


def file_of(name: str, asked: CommandLine) -> Path:
    """Return the file that a message is about: of a long path it leaves out the middle."""
    typed = (file for file in asked.files if name in (shown(file), shown(file, 200)))
    return Path(next(typed, name))


def _at(tree: object, place: str) -> object:
    for key in re.findall(r"\w+", place):
        if isinstance(tree, dict):
            tree = tree[key]
        elif isinstance(tree, list):
            tree = tree[int(key)]
        else:
            raise LookupError(place)
    return tree


def _unlike(said: str, there: object) -> str | None:
    """Return what stands there instead of the value that is named."""
    value = re.match(
        r"is (?P<text>the text '|an object|a list|true|false|null|)(?P<rest>[^:,]*)", said
    )
    if value is None:
        return None
    kinds = {"the text '": str, "an object": dict, "a list": list, "true": bool, "false": bool,
             "null": type(None)}  # fmt: skip
    if value["text"]:
        return None if isinstance(there, kinds[value["text"]]) else "is something else"
    number = re.fullmatch(r"(?:the number )?(-?[\d.]+(?:e[-+]?\d+)?)", value["rest"])
    if number is not None and isinstance(there, (bool, str, list, dict, type(None))):
        return "is no number" if not isinstance(there, list) else None
    if number is not None and f"{there:g}" != f"{float(number[1]):g}":
        return f"is {there}"
    extent = re.fullmatch(r"\d+(?: × \d+)+", value["rest"])
    wanted = " × ".join(map(str, _shape(there)))
    return f"is {wanted}" if extent is not None and extent[0] != wanted else None


def _uncounted(said: str, there: object, tree: object) -> str | None:
    """Return which count is not that of the file."""
    shape = _shape(there)
    for pattern, count in (
        (r"^has ([\d,]+) (?:rows|entries)", shape[:1]),
        (r"^has rows of (\d+)", shape[1:2]),
    ):
        told = re.match(pattern, said)
        if told is not None and count != (int(told[1].replace(",", "")),):
            return f"has {count[0] if count else 'none'}"
    other = re.search(rf"rows and (?P<place>{_PLACE}) has (?P<rows>\d+)", said)
    known = re.search(rf"as \w+ = (?P<size>\d+) by (?P<place>{_PLACE})$", said)
    try:
        if other is not None and _shape(_at(tree, other["place"]))[:1] != (int(other["rows"]),):
            return f"is as long as {other['place']}, or that is not so long"
        if known is not None and int(known["size"]) not in _shape(_at(tree, known["place"])):
            return f"{known['place']} has no size {known['size']}"
    except LookupError:
        return "is compared with what is not there"
    width = re.match(r"has rows of (\d+): expected (\w+)", said)
    if width is not None and known is not None and not width[1] != width[2] == known["size"]:
        return f"is not compared with {known['place']}"
    return None


def _unlike_first(said: str, place: str, tree: object) -> str | None:
    """Return how many entries the first row of a matrix has, if not so many as is said."""
    told = re.search(r"and the first row has (\d+)", said)
    if told is None:
        return None
    entries = _shape(_at(tree, f"{place.rpartition('[')[0]}[0]"))[:1]
    return None if entries == (int(told[1]),) else f"is beside a first row of {entries}"


def _shape(value: object) -> tuple[int, ...]:
    found = []
    while isinstance(value, list):
        found.append(len(value))
        value = value[0] if value else None
    return tuple(found)


def _side(asked: CommandLine, name: str) -> list[tuple[int, str]]:
    """Return the numbers and the right sides of the lines that define a quantity."""
    rows = []
    for file in asked.files:
        if file.endswith(".toml") and Path(file).is_file():
            text = Path(file).read_text(encoding="utf-8", errors="replace")
            rows += [
                (n, row.partition("=")[2])
                for n, row in enumerate(text.splitlines(), 1)
                if re.match(rf"\W*{re.escape(name)}\s*\[\s*t\s*\]\s*=", row)
            ]
    return rows


def defined_elsewhere(found: re.Match[str], asked: CommandLine) -> str | None:
    """Return where a quantity is defined, None if it is in the line that is named."""
    lines = [n for n, _ in _side(asked, found["name"])]
    if not lines or int(found["line"]) in lines:
        return None
    return f"{shown(found['name'])} is defined in line {lines[0]}"


def no_cycle(found: re.Match[str], asked: CommandLine) -> str | None:
    """Return which arrow of a cycle is none: the equation does not read what it points to."""
    names = re.findall(r"(\w+)\[t\]", found["path"])
    if names[0] != names[-1]:
        return f"{found['path']} does not end where it begins"
    for left, right in pairwise(names):
        sides = [side for _, side in _side(asked, left)]
        read = rf"(?<!\w){re.escape(right)}\s*\[\s*t\s*\]"
        if sides and not any(re.search(read, side) for side in sides):
            return f"{shown(left)} does not read {shown(right)}"
    return None


def swapped(found: re.Match[str], asked: CommandLine) -> str | None:
    """Return why the advice on a power is not so, None if it is."""
    ways = [".*" in found["first"], ".*" in found["second"]]
    return None if ways == [False, True] else "the two ways to write a power are exchanged"


RULES = (
    (
        r"^(?P<name>\S+) is not JSON: (?P<what>.*?) in line (?P<line>\d+), column (?P<column>\d+)",
        not_json,
    ),
    (rf"^(?P<name>\S+): (?P<place>{_PLACE}) (?P<said>(?:is|has) [^;]*)", unlike_there),
    (r"\b(?P<name>\w+)\[t\] is used before it is defined in line (?P<line>\d+)", defined_elsewhere),
    (r"a cycle within one step, (?P<path>\w+\[t\](?: → \w+\[t\])+)", no_cycle),
    (r"write (?P<first>.+?) for the first and (?P<second>.+?) for the second", swapped),
)

"""What an error says of shapes and kinds, against what the file declares that it is about.

What a name is declared to be is read here from the text of the file alone; what is of an expression is
let through, but that its words and its shape must fit together.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from derive.cli.asked import CommandLine
from derive.resources import templates_root

_SHAPE = r"\((?P<rows>[\w+*]+), (?P<columns>[\w+*]+)\)"


def _networks(asked: CommandLine) -> Iterator[Mapping[str, Any]]:
    """Yield the networks that the words are about, each as the tables of its file."""
    word = asked.word(0) or ""
    shipped = templates_root() / "zoo" / f"{word}.toml"
    for path in (*map(Path, asked.files), *([shipped] if word.isidentifier() else [])):
        if path.suffix == ".toml" and path.is_file():
            try:
                yield tomllib.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue


def _shapes(asked: CommandLine, *tables: str) -> dict[str, tuple[str, ...]]:
    """Return the shapes that names are declared in, where the sizes are letters or numbers."""
    found = {}
    for network in _networks(asked):
        for table in tables:
            given = network.get(table)
            for names, shape in given.items() if isinstance(given, dict) else ():
                sizes = str(shape).split()
                if 1 <= len(sizes) <= 2 and all(
                    re.fullmatch(r"[A-Za-z_]\w*|\d+", n) for n in sizes
                ):
                    found.update(dict.fromkeys(names.split(), tuple(sizes)))
    return found


def untrue_declared(found: re.Match[str], asked: CommandLine) -> str | None:
    """Return why a name has another shape than is said, None if it has that, or is none of the file."""
    declared = _shapes(asked, "parameters", "states", "inputs").get(found["name"])
    if declared is None:
        return None
    wanted = (*declared, "1")[:2]
    if found["turned"]:
        wanted = wanted[::-1]
    told = (found["rows"], found["columns"])
    return None if told == wanted else f"{found['name']} is ({', '.join(wanted)})"


def untrue_kind(found: re.Match[str], asked: CommandLine) -> str | None:
    """Return why a shape is none of a row, a matrix or a column, as it is said to be."""
    single = (found["rows"] == "1", found["columns"] == "1")
    kind = {(True, False): "row", (False, False): "matrix", (False, True): "column"}.get(single)
    return None if found["kind"] == kind else f"({found['rows']}, {found['columns']}) is a {kind}"


def untrue_given(found: re.Match[str], asked: CommandLine) -> str | None:
    """Return why what an input is, or computes, is said of what is none, or the other way round."""
    inputs = _shapes(asked, "inputs")
    if not any(True for _ in _networks(asked)):
        return None
    wanted = "its values" if found["name"] in inputs else "what it computes"
    return None if found["own"] == wanted else f"of {found['name']} it is {wanted}"


def untrue_expected(found: re.Match[str], asked: CommandLine) -> str | None:
    """Return why the sizes that are expected of a parameter are not those that it is declared in."""
    declared = _shapes(asked, "parameters").get(found["name"])
    told = tuple(found["expected"].split(" × "))
    if declared is None or len(told) not in (len(declared), 2):
        return None
    wanted = (*declared, "1")[: len(told)]
    return None if told == wanted else f"{found['name']} is {' × '.join(wanted)}"


# A name that is all of an operand: behind another one it would be a factor or a term.
_INDEXED = (
    r"(?:(?<=product of )|(?<=and )|(?<=but )|(?<=the state ))"
    r"(?P<name>[A-Za-z]\w*?)(?:\[t(?:-\d+)?\]|_t|_\{t[-+]?\d*\})?"
)


RULES = (
    (rf"{_INDEXED}(?P<turned>'|ᵀ|)(?: is)? {_SHAPE}", untrue_declared),
    (rf" would be a (?P<kind>\w+), {_SHAPE}", untrue_kind),
    (r"(?P<before>\b(?P<name>[A-Za-z]\w*?)_\{t.*?\} is read; .*?)\. The nearest that works: give "
     r"(?P<own>its values|what it computes) in that[^\n]*",
     untrue_given),
    (r"(?P<before>: params\.(?P<name>\w+) is [\d ×]+): expected (?P<expected>[A-Za-z]\w*(?: × \w+)*)"
     r"(?=, as |$)", untrue_expected),
)  # fmt: skip
"""What is said by its pattern, and what tells why it is not so."""

"""What an error says, held against the files, limits and lists that it tells of, before it is printed.

An error must reach the user, whatever is wrong with it: what is not so is left out, the rest is printed,
and it is said that this is a fault of the program.  Only the text of the message is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from derive.cli import advised, infile, shapesaid
from derive.cli.asked import CommandLine
from derive.cli.bounds import known, limits
from derive.cli.marks import ErrorMark, misplaced, untrue_value, words
from derive.errors import shown

_PLACE = re.compile(
    r"(?P<row>(?:[^:]+, row \d+: )?)(?P<name>.+?), "
    r"line (?P<line>\d+), column (?P<column>\d+): (?P<said>.*)",
    re.S,
)
_MORE = re.compile(r"and (\d+) more")
MOST_PRINTED = 8
"""So many errors of a file are printed, and the others counted."""


def confirmed(
    message: str, asked: CommandLine, found: Sequence[str] | None = None
) -> tuple[str, list[str]]:
    """Return a message without what is not so in it, and what that was.

    ``found`` are the errors that were found, where they are several.
    """
    false: list[str] = []
    parts = [_part(part, asked, false) for part in _parts(message)]
    if found is not None:
        parts = _counted(parts, message, found, asked, false)
    return "\n".join(parts), false


def _parts(message: str) -> Iterator[str]:
    """Yield the errors of a message, each with the line that it shows below it."""
    rows = message.split("\n")
    while rows:
        part = [rows.pop(0)]
        while len(rows) > 1 and re.fullmatch(r"  .*", rows[0]) and re.fullmatch(r" +\^", rows[1]):
            part += [rows.pop(0), rows.pop(0)]
        yield "\n".join(part)


def _part(part: str, asked: CommandLine, false: list[str]) -> str:
    """Return an error without what is not so in it, which is noted."""
    first, *below = part.split("\n")
    place = _PLACE.fullmatch(first)
    mark = None
    if place is not None:
        caret = below[1].index("^") - 2 if below else None
        row = below[0][2:] if below else ""
        mark = ErrorMark(
            place["name"], int(place["line"]), int(place["column"]), place["said"], row, caret
        )
        problem = _unasked(mark, asked) or misplaced(mark)
        if problem is not None:
            false.append(problem)
            return f"{place['row']}{place['name']}: {_said(place['said'], None, asked, false)}"
        if (problem := untrue_value(mark)) is not None:
            false.append(problem)
            head = first[: place.start("said")]
            return "\n".join([f"{head}what stands there cannot be used", *below])
    said = first if place is None else place["said"]
    head = "" if place is None else first[: place.start("said")]
    return "\n".join([head + _said(said, mark, asked, false), *below])


def _unasked(mark: ErrorMark, asked: CommandLine) -> str | None:
    """Return why a file is none of those that were typed, None if it is one, or none was."""
    name = mark.name.split(", the function ")[0]
    typed = {shown(Path(file), 200) for file in asked.files}
    return None if not typed or name in typed else f"{name} was not typed"


def _said(said: str, mark: ErrorMark | None, asked: CommandLine, false: list[str]) -> str:
    """Return what is said, without limits, lists and numbers that are other ones, which are noted."""
    for pattern, untrue in (*_RULES, *infile.RULES, *advised.RULES, *shapesaid.RULES):
        for found in reversed([*re.finditer(pattern, said)]):
            problem = untrue(found, asked)
            if problem is not None:
                false.append(problem)
                kept = said[: found.start()] + found.groupdict().get("before", "")
                if not kept and "name" in found.groupdict() and pattern.startswith("^"):
                    # Which file it is about is told in any case.
                    kept = f"{found['name']} cannot be used as it is"
                rest = said[found.end() :]
                # What follows was another sentence, and goes on in this one.
                between = ";" if re.match(r" [`\w]", rest) and kept else ""
                said = kept.rstrip(":;, ") + between + rest
    near = re.search(r"[:;] did you mean (.*?)\?", said)
    # Of a shipped network, which claims may be about, the quantities stand in no file.
    if (
        near is not None
        and mark is not None
        and asked.command != "audit"
        and (there := words(mark))
    ):
        every = there.union(*known().values())
        for one in near[1].split(" or "):
            if one not in every:
                false.append(f"{shown(one)} is nothing that could be meant")
                return said[: near.start()] + said[near.end() :]
    return said


_Untrue = Callable[[re.Match[str], CommandLine], str | None]


def _limit(found: re.Match[str], asked: CommandLine) -> str | None:
    name, number = found["name"], int(found["most"])
    typed = [one.partition("=") for one in asked.all_given("limit")]
    raised = [int(value) for limit, _, value in typed if limit == name and value.isdigit()]
    right = raised[-1] if raised else limits().get(name)
    return None if number == right else f"the limit {name} is {right}, and not {number}"


_TOLD = 20
"""How many digits of a longer number are told."""


def _steps(found: re.Match[str], asked: CommandLine) -> str | None:
    typed = asked.given("steps")
    # As text: a number of thousands of digits is none to Python, and is told by its first ones.
    told, asked_for = found["steps"].lstrip("0"), (typed or "").strip().lstrip("0")
    if asked_for[: max(len(told), _TOLD)] not in ("", told):
        return f"{shown(typed)} steps were asked for, and not {found['steps']}"
    right = limits()["steps"]
    return None if int(found["most"]) == right else f"the most steps are {right}"


def _list(found: re.Match[str], asked: CommandLine) -> str | None:
    names = re.findall(r"[^\s,']+", found["names"].rstrip("."))
    lists = _lists(found["before"])
    if not lists or (len({*names}) == len(names) and {*names} in lists):
        return None
    return f"these are not all that is known: {', '.join(names)}"


_ABOUT = r"(?<!\w){0}(?: '|: invalid choice)|name of a {0};|^{0} is "
"""How it is said what is unknown, or what another value was given for."""


def _lists(before: str) -> list[set[str]]:
    """Return what may be named where these words stand before a list."""
    # "an id begins with the name of a cell; expected one of …"
    kinds = [kind for kind in known() if re.search(_ABOUT.format(re.escape(kind)), before)]
    longest = max(kinds, key=len, default=None)
    if longest is None:
        return []
    return [{*names} for kind, names in known().items() if kind.split(" of ")[0] == longest]


def _overflow(found: re.Match[str], asked: CommandLine) -> str | None:
    if int(found["step"]) != int(found["row"]) + 1:
        return f"row {found['row']} of the numbers is not step {found['step']}"
    values = asked.given("values")
    if values is None:
        return None
    from derive.gradcheck.straight import rows

    return None if rows(Path(values)) == int(found["of"]) else f"there are not {found['of']} steps"


def _size(found: re.Match[str], asked: CommandLine) -> str | None:
    path = infile.file_of(found["name"], asked)
    if not path.is_file() or path.stat().st_size == int(found["size"]):
        return None
    return f"{shown(path)} has {path.stat().st_size} bytes"


_RULES: tuple[tuple[str, _Untrue], ...] = (
    (r"[;:]? ?expected at most (?P<most>\d+) [^(`]*\(`--limit (?P<name>[\w-]+)=NUMBER` raises this "
     r"limit\)", _limit),
    (r"T is (?P<steps>\d+): expected at most (?P<most>\d+)", _steps),
    (r"(?:(?<=^)|(?<=\n))(?P<before>.*?[:;]) expected (?:a text, )?one of "
     r"(?P<names>[^\s,]+(?:, [^\s,]+)*)", _list),
    (r"(?P<before>argument --?\w+: invalid choice: '[^\n]*?') \(choose from (?P<names>[^)]*)\)", _list),
    (r"\[(?P<row>\d+)\][^ ]* is (?:not a finite number: the forward pass overflows|no number: [^;]*) at "
     r"step (?P<step>\d+) of (?P<of>\d+)", _overflow),
    (r"(?<!\S)(?P<name>\S+) has (?P<size>\d+) bytes", _size),
)  # fmt: skip
"""What is said by its pattern, and what tells why it is not so."""


def _counted(
    parts: list[str], message: str, found: Sequence[str], asked: CommandLine, false: list[str]
) -> list[str]:
    """Return the errors that were found, as many as are printed, and how many more there are."""
    more = _MORE.fullmatch(parts[-1])
    count = int(more[1]) if more is not None else 0
    printed = [*_parts(message)][: len(parts) - (more is not None)]
    places = [int(m["line"]) for p in printed if (m := _PLACE.match(p)) is not None]
    if (
        len(printed) + count == len(found)
        and len(printed) == min(len(found), MOST_PRINTED)
        and {*printed} <= {*found}
        and places == sorted(places)
    ):
        return parts
    false.append(f"{len(found)} errors were found, and other ones or another number told of")
    every = [_part(one, asked, false) for one in found[:MOST_PRINTED]]
    left = len(found) - len(every)
    return [*every, *([f"and {left} more"] if left else [])]

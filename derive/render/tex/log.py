"""What a TeX log says, in a few words: why it failed, and what must not stay as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass

# A line this little too long is not seen, and comes from rounding.
TOLERATED = 1.0

_OVERFULL = re.compile(
    r"^Overfull \\([hv])box \((\d+(?:\.\d+)?)pt too (?:wide|high)\)(.*)$", re.MULTILINE
)
_AT_LINE = re.compile(r"(?:at lines?|detected at line) (\d+)")
_TOO_LARGE = re.compile(r"Float too large for page by (\d+(?:\.\d+)?)pt on input line (\d+)")
_MISSING = re.compile(r"^Missing character: There is no (\S+)", re.MULTILINE)
_BLOCK = re.compile(r"^\s*% block: (.*)$")


@dataclass(frozen=True)
class Fault:
    """Something in the pages that a reader would see; ``line`` is one of ``main.tex``."""

    what: str
    line: int | None = None


def failure(log: str) -> str:
    """Return the error of a failed run: the ``!`` line, the input line and what stands there."""
    lines = log.splitlines()
    starts = [at for at, line in enumerate(lines) if line.startswith("! ")]
    if not starts:
        return "TeX stopped without saying why"
    first = starts[0]
    message = lines[first]
    for at, line in enumerate(lines[first + 1 : first + 40], start=first + 1):
        if re.match(r"l\.\d+", line):
            # TeX breaks the input line where it stopped reading.
            stopped = [part for part in lines[at : at + 2] if part.strip()]
            # A macro's own text stands between, where the error is in one.
            within = [part for part in lines[first + 1 : at] if part.strip()][:2]
            return "\n".join([message, *within, *stopped])
    return message


def faults(log: str) -> list[Fault]:
    """Lines in the margin, boxes higher than the page, characters without a glyph."""
    found: list[Fault] = []
    for character in dict.fromkeys(_MISSING.findall(log)):
        code = " ".join(f"U+{ord(part):04X}" for part in character)
        found.append(
            Fault(
                f"the fonts have no {character} ({code}); leave it out of the title or the name "
                "it stands in, or write a page (--format html) or Markdown, or a PDF by Typst "
                "(--engine typst)"
            )
        )
    for direction, amount, rest in _OVERFULL.findall(log):
        if float(amount) > TOLERATED:
            where = _AT_LINE.search(rest)
            way = "wider than the text" if direction == "h" else "higher than the page"
            found.append(Fault(f"{amount} pt {way}", int(where.group(1)) if where else None))
    for amount, line in _TOO_LARGE.findall(log):
        found.append(Fault(f"a figure or table {amount} pt higher than the page", int(line)))
    return found


def block_at(source: str, line: int) -> str:
    """Return what the source says stands at a line, by the comment above it."""
    for text in reversed(source.splitlines()[:line]):
        if found := _BLOCK.match(text):
            return found.group(1).strip()
    return "the title"


def describe(found: list[Fault], source: str) -> str:
    """Return the faults, one to a line, each with its block."""
    lines = [
        fault.what
        if fault.line is None
        else f"{block_at(source, fault.line)} (main.tex, line {fault.line}): {fault.what}"
        for fault in found
    ]
    return "\n".join(dict.fromkeys(lines))

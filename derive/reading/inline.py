"""Where mathematics stands within the lines of a document: between single dollar signs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.reading.passage import Passage, ReadingError

_BODY = "\\begin{document}"

_LATEX = re.compile(r"(?P<skip>\\.|%[^\n]*)|(?P<sign>\$)", re.DOTALL)

# Code, displays and the formulas of algorithms, which are read as displays, are passed over.
_CODE = r"(?P<skip>\\.|(?P<tick>`+).*?(?<!`)(?P=tick)(?!`)"
_CONTENTS = r"|^ *- \[(?:(?!\]\()[^\n])*\]\(#sec-[^)\n]*\)$)"
_DOLLARS = re.compile(
    rf"{_CODE}|^\$\$$.*?^\$\$$|\$\\displaystyle \{{[^$]*\}}\$ \| <a id=[^\n]*{_CONTENTS}"
    r"|(?P<sign>\$)",
    re.DOTALL | re.MULTILINE,
)
_GITHUB = re.compile(
    r"(?P<skip>\\.|^```math$.*?^```$|\$`\\displaystyle \{[^$]*\}`\$ \| <a id=[^\n]*"
    rf"{_CONTENTS}|(?P<open>\$`)(?P<inner>[^`]*)`\$|(?P<tick>`+).*?(?<!`)(?P=tick)(?!`)"
    r"|(?P<sign>\$)",
    re.DOTALL | re.MULTILINE,
)
_MYST = re.compile(
    r"(?P<skip>\\.|^ *```\{math\}$.*?^ *```$"
    rf"{_CONTENTS}|(?P<open>\{{math\}}`)(?P<inner>[^`]*)`|(?P<tick>`+).*?(?<!`)(?P=tick)(?!`)"
    r"|(?P<sign>\$)",
    re.DOTALL | re.MULTILINE,
)


def of_latex(document: Passage) -> Iterator[Passage]:
    """Yield the formulas within the lines of a LaTeX document, in the order of its text."""
    begin = document.text.find(_BODY, document.start, document.stop)
    start = document.start if begin < 0 else begin
    return _between(document.part(start, document.stop), _LATEX)


def of_markdown(document: Passage, dialect: str = "common") -> Iterator[Passage]:
    """Yield the formulas within the lines of a Markdown document, without its table of contents."""
    if dialect == "github":
        return _enclosed(document, _GITHUB)
    if dialect == "myst":
        return _enclosed(document, _MYST)
    return _between(document, _DOLLARS)


def _enclosed(document: Passage, pattern: re.Pattern[str]) -> Iterator[Passage]:
    """Yield what stands between an opening and a closing sign that differ."""
    for found in pattern.finditer(document.text, document.start, document.stop):
        if found["open"] is not None:
            yield document.part(*found.span("inner"))
        elif found["sign"] is not None:
            problem = "this dollar sign is not that of mathematics"
            raise ReadingError(problem, document, found.start())


def _between(document: Passage, pattern: re.Pattern[str]) -> Iterator[Passage]:
    start: int | None = None
    for found in pattern.finditer(document.text, document.start, document.stop):
        if found["sign"] is None:
            continue
        if start is None:
            start = found.end()
        else:
            yield document.part(start, found.start())
            start = None
    if start is not None:
        raise ReadingError("this dollar sign is not closed by another", document, start - 1)

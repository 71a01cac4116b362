"""Where the formulas of a LaTeX document stand: on display, in algorithms, within lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.reading.display import DisplayedText
from derive.reading.passage import Passage, ReadingError

_ENVIRONMENT = re.compile(r"\\begin\{(equation|gather|align|multline|displaymath)(\*?)\}")
_LABEL = re.compile(r"\\label\{([^{}]*)\}")
_EDGE = re.compile(r"\\(begin|end)\{[^{}]*\}|\\\\(?:\[[^\]\n]*\])?|\\.|[{}]", re.DOTALL)
_NUMBERLESS = re.compile(r"\\(?:notag|nonumber)(?![A-Za-z])")
_LINED = ("gather", "align")

_FITTED = r"\fitted{"

_ALGORITHM = re.compile(r"\\alglineequation(?=\{)")
_FORMULA = re.compile(r"\\formula(?:break)?(?=\{)")


def displays(document: Passage) -> Iterator[DisplayedText]:
    """Yield the formulas on display, each line of a gather by itself, then those of algorithms."""
    yield from _environments(document)
    for *_, tex, label in _called(document, _ALGORITHM, 5):
        yield DisplayedText((label.inner,), _unfitted(tex))
    for label, tex in _called(document, _FORMULA, 2):
        yield DisplayedText((label.inner,), _unfitted(tex))


def _environments(document: Passage) -> Iterator[DisplayedText]:
    for opening in _ENVIRONMENT.finditer(document.text, document.start, document.stop):
        closing = f"\\end{{{opening[1]}{opening[2]}}}"
        end = document.text.find(closing, opening.end(), document.stop)
        if end < 0:
            raise ReadingError(f"expected {closing} further on", document, opening.start())
        inner = document.part(opening.end(), end)
        for line in _lines(inner) if opening[1] in _LINED else [inner]:
            yield _display(line)


def _lines(passage: Passage) -> Iterator[Passage]:
    """Yield the lines of an environment, split where a break stands in no group and no inner one."""
    level, start = 0, passage.start
    for edge in _EDGE.finditer(passage.text, passage.start, passage.stop):
        text = edge[0]
        if edge[1] or text in ("{", "}"):
            level += 1 if text == "{" or edge[1] == "begin" else -1
        elif text.startswith("\\\\") and level == 0:
            yield passage.part(start, edge.start())
            start = edge.end()
    yield passage.part(start, passage.stop)


def _display(passage: Passage) -> DisplayedText:
    """Return a formula without its labels, which must stand at its ends; one has a number with them."""
    start, end = passage.start, passage.stop
    labels = []
    for label in _LABEL.finditer(passage.text, start, end):
        labels.append(label[1])
        if not passage.text[start : label.start()].strip():
            start = label.end()
        elif not passage.text[label.end() : end].strip():
            end = label.start()
    without = _NUMBERLESS.search(passage.text, start, end)
    if labels and without:
        raise ReadingError("a formula with a label has no number", passage, without.start())
    return DisplayedText(tuple(labels), _unfitted(passage.part(start, end)))


def _unfitted(passage: Passage) -> Passage:
    r"""Return a formula without the macro round it that makes it smaller: ``\fitted{…}``."""
    blank = len(passage.inner) - len(passage.inner.lstrip())
    opening = passage.start + blank + len(_FITTED) - 1
    if not passage.inner.lstrip().startswith(_FITTED):
        return passage
    end = closed(passage, opening)
    if passage.text[end : passage.stop].strip():
        raise ReadingError("expected nothing behind what is made smaller", passage, end)
    return passage.part(opening + 1, end - 1)


def _called(document: Passage, macro: re.Pattern[str], count: int) -> Iterator[list[Passage]]:
    """Yield the arguments of a macro wherever it is used."""
    for use in macro.finditer(document.text, document.start, document.stop):
        if not document.text[: use.start()].endswith("\\newcommand"):
            yield _arguments(document, use.end(), count)


def _arguments(document: Passage, at: int, count: int) -> list[Passage]:
    """Return the groups in braces that follow one another from a place on."""
    found = []
    for _ in range(count):
        end = closed(document, at)
        found.append(document.part(at + 1, end - 1))
        at = end
    return found


def closed(document: Passage, at: int) -> int:
    """Return where the group ends that opens at a place."""
    if document.text[at : at + 1] != "{":
        raise ReadingError("expected a group in braces", document, at)
    level = 0
    for edge in _EDGE.finditer(document.text, at, document.stop):
        level += (edge[0] == "{") - (edge[0] == "}")
        if level == 0:
            return edge.end()
    raise ReadingError("these braces are not closed", document, at)

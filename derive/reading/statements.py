"""Texts that say how things look, in their statements: the head of a LaTeX file, a style sheet.

What differs from document to document is taken out, so that a statement reads the same in all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_NAME = re.compile(r"(\\[A-Za-z@]+\*?|\\.)(\[[^\[\]]*\])*(\{[^{}]*\}|\\[A-Za-z@]+|)")
_VALUE = re.compile(
    r"(?<![A-Za-z])pdf(?:title|author|subject|keywords|lang)=\{"
    r"|^\\fancyhead\[L\]\{\\footnotesize\\color\{quiet\}"
)
_OF_TERMS = re.compile(r"\\definecolor\{(?P<name>lag\d+of\d+)\}\{HTML\}\{[0-9A-F]{6}\}")

_RULE = re.compile(r"(?P<head>[^{};]+)\{|(?P<said>[^{};]+)(?:;|(?=\}))|(?P<end>\})")
_REMARK = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True)
class SourceStatement:
    """A statement: what it is called in a message, and its text."""

    name: str
    text: str


def of_latex(head: str) -> Iterator[SourceStatement]:
    """Yield the statements of what stands above a LaTeX document, without its remarks.

    One begins with a backslash at the beginning of a line, outside all braces.  The colours of
    contributions, which a document has as many of as it shows, are no statements.
    """
    begun: list[str] = []
    level = 0
    for line in head.split("\n"):
        if line.startswith("%"):
            # Within a statement too: TeX reads nothing of it, nor the end of the line.
            continue
        if level == 0 and line.startswith("\\"):
            yield from _stated(begun)
            begun = []
        if line.strip() or level:
            begun.append(line.rstrip())
        for brace in _BRACE.finditer(_unremarked(line)):
            level += (brace[0] == "{") - (brace[0] == "}")
    yield from _stated(begun)


def _unremarked(line: str) -> str:
    return re.split(r"(?<!\\)%", line, maxsplit=1)[0]


def _stated(lines: list[str]) -> Iterator[SourceStatement]:
    text = "\n".join(lines)
    if not text or _OF_TERMS.fullmatch(text):
        return
    found = _NAME.match(text)
    yield SourceStatement(found[0] if found else text[:40], _without_values(text))


def _without_values(text: str) -> str:
    """Return a statement without the properties of a document, which are read elsewhere."""
    kept, at = [], 0
    for value in _VALUE.finditer(text):
        if value.start() < at:
            continue
        begin = value.end()
        kept.append(text[at:begin])
        at = _closing(text, begin)
    return "".join([*kept, text[at:]])


def _closing(text: str, at: int) -> int:
    """Return where the brace stands that closes what is open at a place."""
    level = 1
    for brace in _BRACE.finditer(text, at):
        level += (brace[0] == "{") - (brace[0] == "}")
        if level == 0:
            return brace.start()
    return len(text)


SHOWN = "#show: handout.with("
"""What begins the statement that gives a document in Typst its properties."""

_OF_TYPST_TERMS = re.compile(
    r'#let lag\d+of\d+\(body\) = text\(fill: rgb\("#[0-9A-F]{6}"\), body\)'
)
_STRING = re.compile(r'^(  [a-z]+: )"(?:[^"\\]|\\.)*",$', re.MULTILINE)


def of_typst(head: str) -> Iterator[SourceStatement]:
    """Yield the statements of what stands above a document in Typst, without remarks on their lines.

    One begins with a hash at the beginning of a line.  The properties of the document, which are read
    elsewhere, are taken out, and the colours of contributions are no statements.
    """
    begun: list[str] = []
    for line in [*head.split("\n"), "#"]:
        if line.startswith("#") and begun:
            text = "\n".join(begun)
            begun = []
            if not _OF_TYPST_TERMS.fullmatch(text):
                text = _STRING.sub(r'\1"",', text) if text.startswith(SHOWN) else text
                yield SourceStatement(text.split("\n", 1)[0][:40], text)
        if line.strip() and not line.startswith("//"):
            begun.append(line.rstrip())


def of_lines(lines: Iterable[str]) -> Iterator[SourceStatement]:
    """Yield the lines of a text that are not empty."""
    return (SourceStatement(line, line) for line in lines if line.strip())


def of_css(sheet: str) -> Iterator[SourceStatement]:
    """Yield the declarations of a style sheet, each with the selectors and the media it is for."""
    around: list[str] = []
    text = _REMARK.sub(" ", sheet)
    at = 0
    while found := _RULE.search(text, at):
        at = found.end()
        if found["head"] is not None:
            around.append(" ".join(found["head"].split()))
        elif found["end"]:
            around = around[:-1]
        elif said := " ".join(found["said"].split()):
            place = " ".join(around)
            yield SourceStatement(f"{place} {{ {said} }}", f"{place} {{ {said} }}")
    if rest := text[at:].strip():
        yield SourceStatement(rest[:40], rest)

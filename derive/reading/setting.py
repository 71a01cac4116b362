"""How a label is set: which signs stand beside, above and below each other.

Takes a label as it is spoken, with its mathematics in TeX between dollar signs; gives what must be
seen of it, whatever draws it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from derive.reading.passage import Passage, ReadingError
from derive.reading.signs import NAMED, SIGNS, letter_signs
from derive.reading.tokens import GREEK, TexToken, tokens

UPRIGHT, SLANTED, BOLD, ANY = "upright", "slanted", "bold", "any"


@dataclass(frozen=True)
class SetSign:
    """One sign, any of ``signs``, in a face; ``floats`` where it is as high as what is beside it."""

    signs: str
    face: str = ANY
    floats: bool = False


@dataclass(frozen=True)
class SetAccent:
    """A sign above a letter."""

    mark: SetSign
    base: SetRow


@dataclass(frozen=True)
class SetScripts:
    """What stands below and above, smaller, beside a base or, of a sum, under and over it."""

    base: SetPart
    below: SetRow | None
    above: SetRow | None


@dataclass(frozen=True)
class SetFraction:
    """One thing over another, with a bar between."""

    above: SetRow
    below: SetRow


@dataclass(frozen=True)
class SetRoot:
    """A root with a bar over what is under it."""

    sign: SetSign
    inner: SetRow


@dataclass(frozen=True)
class SetWord:
    """A word of a sentence, whose letters may be joined."""

    text: str


SetPart: TypeAlias = "SetSign | SetAccent | SetScripts | SetFraction | SetRoot | SetWord | SetGroup"


@dataclass(frozen=True)
class SetRow:
    """Parts beside each other, from the left to the right."""

    parts: tuple[SetPart, ...]


@dataclass(frozen=True)
class SetGroup:
    """Braces round parts, so that something may stand above all of them."""

    row: SetRow


GREEK_LETTERS = frozenset(f"\\{name}" for name in GREEK)

_ACCENTS = {"\\tilde": "\u0303", "\\hat": "\u0302", "\\bar": "\u0304\u0305"}
_UPRIGHT = ("\\mathrm", "\\text", "\\operatorname")
_LARGE = ("\\sum", "\\prod")
_FLOATING = "()[]‖|∑∏"
_PIECE = re.compile(r"\\(?P<escaped>[!-/:-@\[-`{-~])|\$(?P<formula>[^$]*)\$|(?P<text>[^\\$]+)")


def setting(label: str) -> SetRow:
    """Return how a label is set; a `ReadingError` for what has no known setting."""
    passage, words, end = Passage(label, "a label"), "", 0
    parts: list[SetPart] = []
    for found in _PIECE.finditer(label):
        if found.start() != end:
            break
        end = found.end()
        if found["formula"] is None:
            words += found["escaped"] or found["text"]
            continue
        parts += [SetWord(word) for word in words.split()]
        words = ""
        parts += _Setter(passage.part(*found.span("formula"))).row().parts
    if end != len(label):
        raise ReadingError(
            "this is no label: a dollar sign or backslash stands alone", passage, end
        )
    return SetRow((*parts, *(SetWord(word) for word in words.split())))


class _Setter:
    """Reads a formula for its looks alone."""

    def __init__(self, passage: Passage) -> None:
        self.passage = passage
        self.words = [word for word in tokens(passage) if word.kind != "stop"]
        self.place = 0

    def row(self, face: str | None = None) -> SetRow:
        """Return what is left."""
        return SetRow(tuple(self._parts(lambda: self.place < len(self.words), face)))

    def _parts(self, more: Callable[[], bool], face: str | None) -> Iterator[SetPart]:
        while more():
            yield from self._scripted(list(self._atom(face)), face)

    def _scripted(self, parts: list[SetPart], face: str | None) -> list[SetPart]:
        """Return parts, the last with what stands below and above it."""
        found: dict[str, SetRow] = {}
        while self._sees("_", "^"):
            sign = self._next().text
            if sign in found:
                raise ReadingError(f"a second {sign} has no place", self.passage, self._at())
            found[sign] = self._group(face)
        if found:
            base = parts.pop() if parts else SetGroup(SetRow(()))
            parts.append(SetScripts(base, found.get("_"), found.get("^")))
        return parts

    def _atom(self, face: str | None) -> Iterator[SetPart]:
        word = self._next()
        if word.text == "{" and word.kind == "sign":
            inside = tuple(self._parts(lambda: not self._sees("}"), face))
            self._next()
            if inside:
                yield SetGroup(SetRow(inside))
        elif word.text in _ACCENTS:
            yield SetAccent(SetSign(_ACCENTS[word.text]), self._group())
        elif word.text in _UPRIGHT:
            yield from self._group(UPRIGHT).parts
        elif word.text == "\\mathbf":
            yield from self._group(BOLD).parts
        elif word.text == "\\textcolor":
            self._group()
            yield from self._group(face).parts
        elif word.text == "\\frac":
            yield SetFraction(self._group(), self._group())
        elif word.text == "\\sqrt":
            yield SetRoot(SetSign("√", floats=True), self._group())
        elif word.text == "\\overset":
            above = self._group()
            yield SetScripts(SetGroup(self._group()), None, above)
        elif word.text[1:] in NAMED:
            yield from (SetSign(letter, UPRIGHT) for letter in word.text[1:])
        else:
            yield from self._signs(word, face)

    def _signs(self, word: TexToken, face: str | None) -> Iterator[SetPart]:
        if word.kind == "letter":
            signs = letter_signs(word.text)
            # Capitals of Greek are set upright by some, and letters of other alphabets by all.
            slanted = signs.isascii() or (word.text in GREEK_LETTERS and signs[0].islower())
            yield SetSign(signs, face or (SLANTED if slanted else ANY))
        elif word.kind == "number":
            yield from (SetSign(digit, face or ANY) for digit in word.text)
        elif word.text in SIGNS or word.kind == "sign":
            seen = SIGNS.get(word.text, word.text)
            yield SetSign(seen, ANY, floats=seen in _FLOATING)
        else:
            raise ReadingError(f"{word} has no look that is known", self.passage, word.at)

    def _group(self, face: str | None = None) -> SetRow:
        if not self._sees("{"):
            return SetRow(tuple(self._atom(face)))
        self._next()
        parts = tuple(self._parts(lambda: not self._sees("}"), face))
        self._next()
        return SetRow(parts)

    def _sees(self, *texts: str) -> bool:
        return self.place < len(self.words) and self.words[self.place].text in texts

    def _next(self) -> TexToken:
        if self.place >= len(self.words):
            raise ReadingError("the formula ends within a group", self.passage, self.passage.stop)
        self.place += 1
        return self.words[self.place - 1]

    def _at(self) -> int:
        return self.words[self.place - 1].at

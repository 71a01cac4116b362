"""A place in the words of a formula: what comes next, groups and indices, and complaints."""

from __future__ import annotations

from derive.reading.passage import Passage, ReadingError
from derive.reading.tokens import TexToken, tokens
from derive.reading.tree import WordGroup
from derive.reading.typst import typst_words

_CLOSING = {"{": "}", "(": ")", "[": "]"}


_DIALECTS = {"tex": tokens, "typst": typst_words}
"""What cuts a formula into words, by its dialect."""


class TexCursor:
    """Reads the words of one passage in order."""

    def __init__(self, passage: Passage, words: list[TexToken] | None = None) -> None:
        self.passage = passage
        self.words = _DIALECTS[passage.dialect](passage) if words is None else words
        self.place = 0

    @property
    def now(self) -> TexToken:
        """Return the next word."""
        return self.words[self.place]

    def ahead(self, count: int) -> TexToken:
        """Return the word that comes ``count`` words after the next one."""
        return self.words[min(self.place + count, len(self.words) - 1)]

    def fail(self, problem: str, at: int | None = None) -> ReadingError:
        """Return a complaint about the next word, or about another place."""
        return ReadingError(problem, self.passage, self.now.at if at is None else at)

    def expected(self, what: str) -> ReadingError:
        """Return the complaint that something else stands here."""
        return self.fail(f"expected {what}, found {self.now}")

    def sees(self, *texts: str) -> bool:
        """Tell whether the next word is one of these."""
        return self.now.text in texts and self.now.kind not in ("begin", "end", "stop")

    def skip(self, *texts: str) -> bool:
        """Pass over the next word if it is one of these."""
        found = self.sees(*texts)
        self.place += found
        return found

    def take(self, *texts: str, what: str = "") -> TexToken:
        """Return the next word, which must be one of these."""
        if not self.sees(*texts):
            raise self.expected(what or " or ".join(f"'{text}'" for text in texts))
        self.place += 1
        return self.words[self.place - 1]

    def group(self) -> WordGroup:
        """Return the words of a group in braces, or the one word that stands for it."""
        start = self.now.at
        if not self.sees("{"):
            if self.now.kind not in ("letter", "number", "command", "sign") or self.sees("}"):
                raise self.expected("a group in braces")
            self.place += 1
            return WordGroup((self.words[self.place - 1],), start)
        begin, level = self.place + 1, 0
        while True:
            level += self.sees("{") - self.sees("}")
            if self.now.kind == "stop":
                raise self.fail("these braces are not closed", start)
            self.place += 1
            if level == 0:
                return WordGroup(tuple(self.words[begin : self.place - 1]), start)

    def inside(self, item: WordGroup) -> list[TexToken]:
        """Return the words of a group as those of a formula of its own."""
        last = item.words[-1] if item.words else None
        end = item.at if last is None else last.at + len(last.text)
        return [*item.words, TexToken("stop", "", end)]

    def until(self, *texts: str) -> WordGroup:
        """Return the words up to one of these outside of all brackets, and pass over that one."""
        start, begin = self.now.at, self.place
        open_: list[str] = []
        while open_ or not self.sees(*texts):
            if self.now.kind == "stop":
                raise self.fail(f"expected {' or '.join(map(repr, texts))} before the end", start)
            if self.now.text in _CLOSING:
                open_.append(_CLOSING[self.now.text])
            elif open_ and self.now.text == open_[-1]:
                open_.pop()
            self.place += 1
        self.place += 1
        return WordGroup(tuple(self.words[begin : self.place - 1]), start)


def separated(item: WordGroup, comma: str = ",") -> tuple[WordGroup, ...]:
    """Return the parts of a group between its commas, those inside brackets apart."""
    parts: list[list[TexToken]] = [[]]
    level = 0
    for word in item.words:
        level += (word.text in _CLOSING) - (word.text in _CLOSING.values())
        if word.text == comma and level == 0:
            parts.append([])
        else:
            parts[-1].append(word)
    return tuple(WordGroup(tuple(part), part[0].at if part else item.at) for part in parts)

"""How a quantity becomes letters in Typst: a letter is itself, a word stands in quotation marks.

The rules of `derive.typesetting.lettering`, with the letters of Typst: signs instead of commands, and
spaces between letters, as several side by side would be the name of a variable.
"""

from __future__ import annotations

from collections.abc import Mapping

from derive.typesetting.lettering import (
    GREEK,
    WORDS,
    accented,
    accented_index,
    changes_numbered,
    is_greek_index,
    is_word,
    numbered,
)

_ACCENTS = {"tilde": "tilde", "hat": "hat", "bar": "macron"}
"""The accents of names, by the functions of Typst that set them."""


def typst_string(text: str) -> str:
    """Return a text as a string of Typst, in which nothing of it has a meaning."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def upright(word: str) -> str:
    """Return a word in upright letters."""
    return f"upright({typst_string(word)})"


def typst_symbol(name: str, symbols: Mapping[str, str]) -> str:
    """Return the Typst of a name without index."""
    if name in symbols:
        return symbols[name]
    base, accent = accented(name)
    if accent:
        return f"{_ACCENTS[accent]}({typst_symbol(base, symbols)})"
    word = WORDS.get(name, name)
    if word in GREEK:
        return GREEK[word]
    return name if len(name) == 1 else upright(name)


def typst_mark(name: str, symbols: Mapping[str, str]) -> str:
    """Return the Typst of a name that stands above a letter: whole, or what stands below another."""
    head, parted, tail = name.partition("_")
    if parted:
        return f"{typst_symbol(head, symbols)}_({typst_index(tail)})"
    return typst_index(name) if changes_numbered(name) else typst_symbol(name, symbols)


def typst_index(text: str) -> str:
    """Return the Typst of an index that is part of a name."""
    head, parted, tail = text.partition("_")
    if parted:
        return f"{GREEK.get(head) or typst_index(head)}_({typst_index(tail)})"
    word, number = numbered(text)
    behind = f" {number}" if number else ""
    if is_greek_index(word):
        return GREEK[word] + behind
    base, accent = accented_index(word)
    if accent:
        return f"{_ACCENTS[accent]}({typst_index(base)}){behind}"
    if is_word(word):
        return upright(word) + behind
    return beside(text)


def beside(text: str) -> str:
    """Return letters and numbers side by side, apart."""
    found = ""
    for sign in text:
        apart = found and not (found[-1].isdecimal() and sign.isdecimal())
        found += f" {sign}" if apart else sign
    return found

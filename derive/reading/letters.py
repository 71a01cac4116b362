"""How the name of a quantity is spelled in TeX, and in which words a document writes functions.

A notation gives letters of its own to some names. Without one a name is its own letter; that of a
Greek letter is the letter, an ending ``tilde``, ``hat`` or ``bar`` an accent, what follows an
underscore an index, and a longer word is set upright.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from derive.reading.atoms import ACCENTS
from derive.reading.parser import TreeParser
from derive.reading.passage import Passage
from derive.reading.tokens import GREEK

_ENDINGS = {accent[1:]: accent for accent in ACCENTS[:3]}

COMMANDS = ("tanh", "log", "exp", "sin", "cos", "max", "min", "sqrt")
"""Functions that are commands of TeX."""

SPELLED = {"sigmoid": ("\\sigma",), "rho": ("\\rho",), "sigma_max": ("\\sigma_\\max",),
           "sigma_min": ("\\sigma_\\min",),
           "leaky_relu": ("\\operatorname{leakyrelu}",)}  # fmt: skip
"""Functions with a letter of their own."""


@dataclass(frozen=True)
class Spelling:
    """The letter of a quantity, and the marks below and above it that belong to its name."""

    letter: str
    below: str = ""
    above: str = ""


def functions(names: Iterable[str]) -> dict[str, str]:
    """Return the spellings of functions, each with the name of its function."""
    found: dict[str, str] = {}
    for name in names:
        own = (f"\\{name}",) if name in COMMANDS else SPELLED.get(name, ())
        # Where a site knows no \\operatorname, the word alone is set upright.
        for spelling in (*own, f"\\operatorname{{{name}}}", f"\\mathrm{{{name}}}"):
            found[spelling] = name
    return found


NAMES = frozenset(name for name in GREEK if name != "ell" and not name.startswith("var"))
"""The letters that names stand for; another form of one, such as varphi, is a word as any other."""


def spelling(name: str, marks: Iterable[str], symbols: Mapping[str, str]) -> Spelling:
    """Return how a quantity is spelled: ``W_in`` is W with the index in; marks stand above it."""
    base, _, index = name.partition("_")
    # A comma between two marks is a mark as well.
    above = "".join(mark if mark == "," else _mark(mark, symbols) for mark in marks)
    return Spelling(letter(base, symbols), _below(index), above)


@lru_cache(maxsize=4096)
def spelled(name: str, marks: tuple[str, ...], symbols: frozenset[tuple[str, str]]) -> Spelling:
    """Return how a quantity is spelled; it is asked for in each formula."""
    return spelling(name, marks, dict(symbols))


_PART = re.compile(r"(?P<word>.*?)(?P<accent>tilde|hat|bar)?(?P<number>\d*)", re.DOTALL)


def _below(index: str) -> str:
    """Return an index as its words are read: each part of it may be a letter, and have an accent."""
    *bases, last = index.split("_")
    # What has an index is the letter of a name, of two letters as well: mu_p.
    spelt = (f"\\{base}" if base in NAMES else _part(base) for base in bases)
    return "_".join((*spelt, _part(last)))


def _part(index: str) -> str:
    found = _PART.fullmatch(index)
    assert found is not None, index
    word, accent, number = found["word"], found["accent"] or "", found["number"]
    # Two letters are two indices, though ``xi`` is a letter too.
    greek = word in NAMES and len(word) > 2
    if greek or (accent and len(word) == 1):
        ending = _ENDINGS[accent] if accent else ""
        sign = f"\\{word}" if greek else index_sign(word)
        return f"{ending}{sign}{number}"
    return "".join(map(index_sign, index))


def _mark(name: str, symbols: Mapping[str, str]) -> str:
    """Return a name that stands above a letter as its words are read."""
    base, parted, index = name.partition("_")
    if parted:
        return f"{_plain(letter(base, symbols))}_{_below(index)}"
    numbered = name[-1].isdigit() and _below(name).startswith("\\")
    return _below(name) if numbered else _plain(letter(name, symbols))


def letter(name: str, symbols: Mapping[str, str]) -> str:
    """Return the letter of a name without index, as the reader spells letters."""
    if name in symbols:
        return _read(symbols[name])
    for ending, accent in _ENDINGS.items():
        # An ending of an index is no accent of the letter above it: a_hhat.
        if name.endswith(ending) and len(name) > len(ending) and "_" not in name:
            return f"{accent}{{{letter(name.removesuffix(ending), symbols)}}}"
    if name in NAMES or index_sign(name) != name:
        return f"\\{name}" if name in NAMES else index_sign(name)
    return name if len(name) == 1 else f"\\mathrm{{{name}}}"


def index_sign(sign: str) -> str:
    """Return a sign of an index: a Greek letter as the command for it."""
    called = unicodedata.name(sign, "") if len(sign) == 1 else ""
    kind, _, word = called.lower().rpartition(" ")
    return f"\\{word}" if kind == "greek small letter" and word in GREEK else sign


def _read(tex: str) -> str:
    return TreeParser(Passage(tex, "the notation"), {}).spelling()


def _plain(spelled: str) -> str:
    """Return a letter as `WordGroup.text` gives it: without braces, an upright one without command."""
    return spelled.replace("\\mathrm", "").replace("{", "").replace("}", "")

"""How a quantity becomes letters: Greek, accents, words as indices.

``alpha`` is α, ``htilde`` is h with a tilde, ``W_in`` is W with an upright "in".  A notation's own
symbols come first.  What a derivation introduces has no name of its own: `letters` gives each its
letter, D or δ or J, which no quantity of the user has and no other that is introduced.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import count, product
from typing import Any

from sympy import Basic

from derive.expressions.introduced import Introduced, Role, Roster
from derive.expressions.quantities import T, j, k, t

GREEK = dict(
    zip(
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
        "upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega".split(),
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ",
        strict=True,
    )
)
"""The letters that names stand for, by the words for them, which are TeX's commands too."""

WORDS = {sign: word for word, sign in GREEK.items()}
"""The words of Greek letters, by the letters."""

_ACCENTS = {"tilde": "\u0303", "hat": "\u0302", "bar": "\u0304"}
ACCENTED = tuple(rf"\{accent}{{" for accent in _ACCENTS)
"""What the TeX of a letter with an accent begins with."""
_SHORT_WORDS = {"in"}
"""Two letters are two indices (b_ih: from i to h), but for these."""


@dataclass(frozen=True)
class Letter:
    """What a quantity is called on paper: ``name_t``, with ``marks`` as its superscript."""

    name: str
    marks: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """Return it as one word, for ids: ``delta.i``."""
        return ".".join([self.name, *([",".join(self.marks)] if self.marks else [])])


def letter_of(quantity: Any) -> Letter:
    """Return the letter of a quantity: its name, or what it gets among all that is introduced."""
    if not isinstance(quantity, Introduced):
        return Letter(quantity.name)
    roster = quantity.roster
    if roster is None or quantity not in roster:
        roster = Roster(frozenset())
        roster.introduce(quantity.role, *quantity.of)
    return letters(roster, len(roster))[_family(quantity)]


Family = tuple[Role, tuple[Basic, ...]]
"""Who shares a letter: δ_t and δ_{t,k} are told apart by their indices."""


def _family(quantity: Introduced) -> Family:
    role = Role.ADJOINT if quantity.role is Role.LAGGED_ADJOINT else quantity.role
    return role, quantity.of


@lru_cache(maxsize=256)
def letters(roster: Roster, size: int) -> dict[Family, Letter]:
    """Return the letter of each of the ``size`` that are introduced, no two alike."""
    return _Lettering(roster).letters


_BASES = {
    Role.STACK: "xi",
    Role.SLOPE: "D",
    Role.STEP_JACOBIAN: "J",
    Role.BLOCK: "J",
    Role.PART: "E",
    Role.PATH: "G",
    Role.ADJOINT: "delta",
}


class _Lettering:
    """Gives letters in the order of the roster: the first wish of each that is still free."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        steps = {str(index) for index in (t, T, k, j)}
        parts = [(name, *name.partition("_")) for name in roster.names]
        # D_1 prints as D does at the step 1.
        self.names = {name for name, *_ in parts} | {
            base for _, base, _, index in parts if index in steps or index.isdigit()
        }
        self.letters: dict[Family, Letter] = {}
        self._slopes = self._marks_of_slopes()
        self._printed: set[tuple[str, str]] = set()
        for one in roster:
            if _family(one) not in self.letters:
                letter = next(filter(self._is_free, self._wishes(*_family(one))))
                self.letters[_family(one)] = letter
                self._printed.add((letter.name, "".join(letter.marks)))

    def _is_free(self, letter: Letter) -> bool:
        unused = (letter.name, "".join(letter.marks)) not in self._printed
        return unused and letter.name not in self.names

    def _wishes(self, role: Role, of: tuple[Any, ...]) -> Iterator[Letter]:
        if role is Role.ADJOINT and (state := self._state(of[0])):
            # The bar is on the letter, not on its index.
            head, parted, index = state.partition("_")
            yield Letter(f"{head}bar{parted}{index}")
        for base in _accented_more(_BASES[role]):
            for marks in self._marks(role, of):
                yield Letter(base, marks)

    def _state(self, quantity: Any) -> str:
        """Return what a state is called, or nothing if it is none."""
        if isinstance(quantity, Introduced):
            return self.letters.get(_family(quantity), Letter(_BASES[quantity.role])).name
        return quantity.name if quantity in self.roster.states else ""

    def _marks(self, role: Role, of: tuple[Any, ...]) -> list[tuple[str, ...]]:
        """Return the superscripts that tell one from others of its role, the shortest first."""
        if role in (Role.STACK, Role.STEP_JACOBIAN):
            return [()]
        if role is Role.SLOPE:
            return [self._slopes[of]]
        if role in (Role.BLOCK, Role.PART):
            names = [part.name for part in of]
            # Of the states ab and c, and a and bc.
            return [tuple(names), (names[0], ",", names[1])]
        entry = of[-1]
        if isinstance(entry, Introduced):
            return [()]
        if role is Role.ADJOINT and self._of_role(Role.LAGGED_ADJOINT) == [entry]:
            return [()]
        return [(self._mark(entry),), (entry.name,)]

    def _of_role(self, role: Role) -> list[Any]:
        """Return the single quantities to which something of that role belongs."""
        found = [one.of[-1] for one in self.roster if one.role is role]
        return [quantity for quantity in found if not isinstance(quantity, Introduced)]

    def _marks_of_slopes(self) -> dict[tuple[Any, ...], tuple[str, ...]]:
        """Return by what each slope is marked: the gate of its argument, if no other is so called.

        s = tanh(a_s) and r = relu(s) would both be marked by s: then the variables' own names serve,
        which are all different.
        """
        gates = [one.of for one in self.roster if one.role is Role.SLOPE]
        wished = [_gate_name(argument) for _, argument in gates]
        names = [variable.name for variable, _ in gates]
        marks = [w if wished.count(w) == 1 else n for w, n in zip(wished, names, strict=True)]
        # A name taken in place of a wish may be what another gate is called by.
        marks = marks if len({*marks}) == len(marks) else names
        # A letter that stands for several gates is none of the cell, which may have a single one.
        computed = {variable for variable, _ in self.roster.equations}
        own = [gate for gate in gates if gate[0] in computed or not computed]
        alone = own if len(own) == 1 else []
        return {
            gate: () if gate in alone else (mark,) for gate, mark in zip(gates, marks, strict=True)
        }

    def _mark(self, entry: Any) -> str:
        """Return by what an adjoint is marked: ``i`` for a_i, unless another is i."""
        roster, short = self.roster, _gate_name(entry)
        others = {q.name for q in self._of_role(Role.LAGGED_ADJOINT) if q not in roster.states}
        others |= {s.name for s in roster.states if f"{s.name}bar" in self.names}
        # p = s + tanh(a_p) is no gate of a_p: its own adjoint may be marked by p.
        others |= {
            variable.name
            for variable, expr in roster.equations
            if variable not in roster.states and expr.args[-1:] != (entry[t],)
        }
        return str(entry.name if short in others - {entry.name} else short)


def _gate_name(argument: Any) -> str:
    """Return what the gate of a pre-activation is called: ``i`` for a_i."""
    head, _, tail = argument.name.partition("_")
    return str(tail if head == "a" and tail else argument.name)


def _accented_more(base: str) -> Iterator[str]:
    """Yield a letter, then with a hat, a tilde, and with ever more of them: one of them is free."""
    for number in count():
        for accents in product(("hat", "tilde"), repeat=number):
            yield base + "".join(accents)


def tex_symbol(name: str, symbols: Mapping[str, str]) -> str:
    """Return the TeX of a name without index."""
    if name in symbols:
        return symbols[name]
    base, accent = accented(name)
    if accent:
        return rf"\{accent}{{{tex_symbol(base, symbols)}}}"
    word = WORDS.get(name, name)
    if word in GREEK:
        return rf"\{word}"
    return name if len(name) == 1 else rf"\mathrm{{{name}}}"


def tex_mark(name: str, symbols: Mapping[str, str]) -> str:
    """Return the TeX of a name that stands above a letter: whole, or what stands below another."""
    head, parted, tail = name.partition("_")
    if parted:
        return f"{tex_symbol(head, symbols)}_{{{tex_index(tail)}}}"
    return tex_index(name) if changes_numbered(name) else tex_symbol(name, symbols)


def plain_mark(name: str, symbols: Mapping[str, str]) -> str:
    """Return the plain text of a name that stands above a letter."""
    head, parted, tail = name.partition("_")
    if parted:
        return f"{plain_symbol(head, symbols)}_{plain_index(tail)}"
    return plain_index(name) if changes_numbered(name) else plain_symbol(name, symbols)


def changes_numbered(name: str) -> bool:
    """Tell whether a name is a Greek letter or has an accent, with a number behind it."""
    word, number = numbered(name)
    return bool(number) and (is_greek_index(word) or bool(accented_index(word)[1]))


def plain_symbol(name: str, symbols: Mapping[str, str]) -> str:
    """Return the plain text of a name without index."""
    if name in symbols:
        return symbols[name]
    base, accent = accented(name)
    if accent:
        return plain_symbol(base, symbols) + _ACCENTS[accent]
    return GREEK.get(name, name)


def tex_index(text: str) -> str:
    """Return the TeX of an index that is part of a name."""
    head, parted, tail = text.partition("_")
    if parted:
        # The index of a name that has one: a_{w_{1},t} is what w_1 is a function of. So what stands
        # before it is a letter, and mu is no pair of indices there.
        letter = rf"\{head}" if head in GREEK else tex_index(head)
        return f"{letter}_{{{tex_index(tail)}}}"
    word, number = numbered(text)
    if is_greek_index(word):
        # A command ends before a digit.
        return rf"\{word}{number}"
    base, accent = accented_index(word)
    if accent:
        return rf"\{accent}{{{tex_index(base)}}}{number}"
    if is_word(word):
        return rf"\mathrm{{{word}}}{number}"
    # A Greek letter is the sign itself here, as a word of several letters is a word.
    return "".join(rf"\{WORDS[sign]}" if sign in WORDS else sign for sign in text)


def plain_index(text: str) -> str:
    """Return the plain text of an index that is part of a name."""
    head, parted, tail = text.partition("_")
    if parted:
        return f"{GREEK.get(head) or plain_index(head)}_{plain_index(tail)}"
    word, number = numbered(text)
    if is_greek_index(word):
        return GREEK[word] + number
    base, accent = accented_index(word)
    return plain_index(base) + _ACCENTS[accent] + number if accent else text


def numbered(text: str) -> tuple[str, str]:
    """Return an index without the digits at its end, and these: the second of its name is h2."""
    word = text.rstrip("0123456789")
    return (word, text[len(word) :]) if word else (text, "")


def accented_index(word: str) -> tuple[str, str]:
    """Return the letter of an index with an accent, as that of a quantity has it, and the accent."""
    base, accent = accented(word)
    return (base, accent) if len(base) == 1 or is_greek_index(base) else (word, "")


def is_word(text: str) -> bool:
    """Tell whether an index is one word, and not letters side by side."""
    return text.isalpha() and (len(text) > 2 or text in _SHORT_WORDS)


def is_greek_index(text: str) -> bool:
    """Tell whether an index is a Greek letter, by its word."""
    # Two letters are two indices, xi too: from x to i.
    return text in GREEK and len(text) > 2


def accented(name: str) -> tuple[str, str]:
    """Return a name without its accent, and the accent: ``h`` and ``tilde`` of htilde, or nothing."""
    for accent in _ACCENTS:
        # An ending of an index is no accent of the letter above it: a_hhat.
        if name.endswith(accent) and len(name) > len(accent) and "_" not in name:
            return name.removesuffix(accent), accent
    return name, ""


def spelled(name: str) -> str:
    """Return a name with its Greek letters and accents as the words that print as them."""
    accents = {sign: word for word, sign in _ACCENTS.items()}
    return "".join((WORDS | accents).get(c, c) for c in unicodedata.normalize("NFD", name))

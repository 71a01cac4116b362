"""What is the same of several gates, said once, with a letter that stands for each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any, TypeVar

from sympy import Basic, Integer, Symbol

from derive.cells.cell import Cell
from derive.cells.describe import makes_gate
from derive.expressions.equation import Equation
from derive.expressions.introduced import Introduced
from derive.expressions.quantities import DiagonalSeries, Parameter, Series
from derive.expressions.walk import atoms_of, series_in
from derive.typesetting.lettering import is_word

LETTERS = {"theta": "θ", "eta": "η", "kappa": "κ", "zeta": "ζ", "iota": "ι", "omega": "ω"}
"""The letters that may stand for a gate, by the words that print as them."""

SaidSides = tuple[Basic, ...]
"""The expressions of an equation or of a row."""

S = TypeVar("S")


@dataclass(frozen=True)
class SharedEquation:
    """What several equations say, each of one gate; ``instances`` are these by their gates.

    ``back`` are what has the letter in ``equation``, each with what it stands for, by gates.
    """

    equation: Equation
    instances: Mapping[str, Equation]
    back: Mapping[str, Mapping[Basic, Basic]]

    def of(self, gate: str, expr: Basic) -> Basic:
        """Return what an expression with the letter says of one gate."""
        return expr.xreplace(dict(self.back[gate]))


class Gatewise:
    """Finds what differs by the gate alone of which it speaks.

    A gate is known by what stands below the letter of its pre-activation: i by a_i.  Two formulas are
    the same if they are so once each U_i, a_i and δ^(i) of one is U_θ, a_θ and δ^(θ), and each U_f of
    the other.  To be made when the derivation has introduced all of its quantities.
    """

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self._known: dict[str, dict[Basic, Basic]] = {}
        entries = [e.variable for e in cell.equations]
        entries = [s for s in entries if makes_gate(cell, s)]
        # One letter is of one size: of gates of several sizes, those of the most frequent share it.
        sizes = Counter(s.shape for s in entries)
        entries = [s for s in entries if s.shape == sizes.most_common(1)[0][0]]
        found = dict.fromkeys(tail for s in entries if (tail := s.name.partition("_")[2]))
        # What an activation is shown as a function of has this letter.
        found.pop("a", None)
        self.word = next((word for word in LETTERS if self._is_free(word)), "")
        self.gates = tuple(found) if self.word else ()

    def _is_free(self, word: str) -> bool:
        names = self.cell.roster.names
        return not any(word in (name, *name.split("_")) for name in names)

    @property
    def letter(self) -> Symbol:
        """Return the letter that stands for a gate."""
        return Symbol(self.word)

    def of_any_gate(self, one: Series) -> tuple[Series, ...]:
        """Return a quantity with the letter in place of a gate, for each gate that is in its name.

        These may be several: where h has a pre-activation a_h, the path from a_p to the states, of
        which h is one, is of the gate p and of h.
        """
        gates = self.gates if len(self.gates) > 1 else ()
        lettered = dict.fromkeys(self._with_letter(one, gate) for gate in gates)
        return tuple(series for series in lettered if series != one)

    def among(
        self, equations: Iterable[Equation], run: bool = False
    ) -> list[Equation | SharedEquation]:
        """Return equations, those that say the same of several gates as one, where the first stood.

        With ``run`` they are run one after the other: what reads something that is computed between the
        first and itself stays where it is, and so do those like it.
        """
        given = list(equations)
        groups = self._grouped(given, lambda e: e.sides, _without_name)
        shared: dict[str, SharedEquation] = {}
        ids = {e.id for e in given}
        for members in groups:
            free = {gate: given[n] for gate, n in members.items() if given[n].id not in shared}
            apart = run and _reads_between(given, [members[gate] for gate in free])
            made = self._shared(free, ids) if len(free) > 1 and not apart else None
            if made is not None:
                ids.add(made.equation.id)
                shared.update((e.id, made) for e in made.instances.values())
        return list(_once(given, shared))

    def alike(
        self,
        rows: Sequence[S],
        said: Callable[[S], SaidSides],
        lettered: Callable[[S, SaidSides], S],
    ) -> list[tuple[tuple[str, ...], S]]:
        """Return rows, those that differ by the gate alone as one with the letter, and its gates."""
        found: dict[int, tuple[tuple[str, ...], S]] = {n: ((), row) for n, row in enumerate(rows)}
        for members in self._grouped(rows, said, lettered):
            first, *others = members.values()
            if others and all(found.get(n, ("",))[0] == () for n in members.values()):
                gate = next(iter(members))
                row = rows[first]
                found[first] = (tuple(members), lettered(row, self._lettered(said(row), gate)))
                for n in others:
                    del found[n]
        return list(found.values())

    def _grouped(
        self,
        given: Sequence[S],
        said: Callable[[S], SaidSides],
        lettered: Callable[[S, SaidSides], Any],
    ) -> list[dict[str, int]]:
        """Return the places of what is the same with the letter, by gates."""
        groups: dict[object, dict[str, int]] = {}
        for n, one in enumerate(given):
            for gate in self.gates:
                sides = self._lettered(said(one), gate)
                if sides != said(one):
                    groups.setdefault(lettered(one, sides), {}).setdefault(gate, n)
        return list(groups.values())

    def _lettered(self, said: SaidSides, gate: str) -> SaidSides:
        """Return expressions with the letter wherever something is of a gate."""
        return tuple(expr.xreplace(self._letters(expr, gate)) for expr in said)

    def _letters(self, expr: Any, gate: str) -> dict[Basic, Basic]:
        """Return what is of a gate in an expression, each with what has the letter in its place."""
        known = self._known.setdefault(gate, {})
        found = [*atoms_of(expr, Series), *atoms_of(expr, Parameter)]
        for one in found:
            if one not in known:
                known[one] = self._with_letter(one, gate)
        return {one: known[one] for one in found if one != known[one]}

    def _with_letter(self, one: Any, gate: str) -> Any:
        if isinstance(one, Introduced):
            of = [self._with_letter(part, gate) for part in one.of]
            if list(one.of) == of:
                return one
            diagonal = isinstance(one, DiagonalSeries)
            return self.cell.roster.introduce(one.role, *of, diagonal=diagonal)
        name = self._renamed(one.name, gate)
        return one if name == one.name else type(one)(name, *one.shape)

    def _renamed(self, name: str, gate: str) -> str:
        head, parted, tail = name.partition("_")
        if name == gate:
            return self.word
        if parted and tail.endswith(gate):
            index = tail.removesuffix(gate) + LETTERS[self.word]
            # Within a word no letter is an index by itself: lag does not end with the gate g.
            if tail == gate or not (is_word(index) or (is_word(tail) and len(gate) == 1)):
                return f"{head}_{index}"
        return name

    def _shared(self, members: Mapping[str, Equation], taken: set[str]) -> SharedEquation | None:
        """Return the equation that members share, if it says each of them again."""
        (first, one), *_ = members.items()
        sides = self._lettered(one.sides, first)
        back = {
            gate: {new: old for side in e.sides for old, new in self._letters(side, gate).items()}
            for gate, e in members.items()
        }
        ids = [e.id for e in members.values()]
        head, tail = _begun(ids), _begun([id[::-1] for id in ids])[::-1]
        id = f"{head}each{tail}"
        if id in taken:
            # Other gates share another formula about the same: which, is part of the name.
            id = f"{head}each-{'-'.join(members)}{tail}"
        made = SharedEquation(replace(one, id=id, sides=sides), members, back)
        for gate, member in members.items():
            if tuple(made.of(gate, side) for side in sides) != member.sides:
                return None
        return made


def _begun(texts: Sequence[str]) -> str:
    """Return how all texts begin."""
    alike = takewhile(lambda signs: len({*signs}) == 1, zip(*texts, strict=False))
    return "".join(signs[0] for signs in alike)


def mark_of(gate: str) -> Basic:
    """Return what a gate is called in words: of h_1 and h_2 the numbers, else its letter."""
    return Integer(gate) if gate.isdecimal() else Symbol(gate)


def _reads_between(given: Sequence[Equation], places: Sequence[int]) -> bool:
    """Tell whether one of some equations reads what another computes that stands behind the first."""
    first = min(places)
    for place in places:
        between = (n for n in range(first, place) if n not in places)
        computed = {side for n in between for side in given[n].sides[:-1]}
        if computed & set(series_in(given[place].right)):
            return True
    return False


def _without_name(equation: Equation, sides: SaidSides) -> Equation:
    return replace(equation, id="", sides=sides, step=replace(equation.step, applied_to=()))


def _once(
    equations: Iterable[Equation], shared: Mapping[str, SharedEquation]
) -> Iterator[Equation | SharedEquation]:
    seen = set()
    for equation in equations:
        one = shared.get(equation.id)
        if one is None:
            yield equation
        elif one.equation.id not in seen:
            seen.add(one.equation.id)
            yield one

"""What the letters of a document may stand for: the quantities, under a notation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sympy import Basic, Symbol

from derive.expressions.named import FunctionFormula
from derive.expressions.quantities import At, Parameter, ParameterCopy, Series
from derive.reading.indices import index_of
from derive.reading.letters import Spelling, functions, spelled
from derive.reading.tree import NameNode


@dataclass(frozen=True)
class LetteredQuantity:
    """A quantity, what it is called, and how many time indices it has: none if it is a parameter.

    ``marks`` stand above its letter; ``name`` says the letter, and what stands below it.
    """

    node: Parameter | Series
    indices: int
    name: str
    marks: tuple[str, ...] = ()


Held = Callable[[Basic, Basic], tuple[Basic, ...]]


@dataclass(frozen=True)
class Vocabulary:
    """Quantities, sizes and functions by name, with the ``symbols`` of a notation.

    ``states`` are the series that a step hands on to the next, and ``stacked`` all of them as one;
    they are what an immediate derivative holds fixed. ``own`` are functions with a formula,
    and ``indices`` letters for steps that what is read leaves open.
    """

    quantities: tuple[LetteredQuantity, ...]
    symbols: Mapping[str, str]
    functions: frozenset[str]
    states: tuple[Series, ...] = ()
    stacked: Series | None = None
    sizes: Mapping[str, Symbol] = field(default_factory=dict)
    own: Mapping[str, FunctionFormula] = field(default_factory=dict)
    indices: Mapping[str, Symbol] = field(default_factory=dict)

    @cached_property
    def spelled_functions(self) -> dict[str, str]:
        """Return the functions by their spellings in TeX."""
        return functions((*self.functions, *self.own))

    @cached_property
    def _signs(self) -> frozenset[tuple[str, str]]:
        return frozenset(self.symbols.items())

    def spelled(self, quantity: LetteredQuantity) -> Spelling:
        """Return how a quantity is written in the symbols of the notation."""
        return spelled(quantity.name, quantity.marks, self._signs)

    @cached_property
    def _by_letter(self) -> dict[str, list[tuple[Spelling, LetteredQuantity]]]:
        found: dict[str, list[tuple[Spelling, LetteredQuantity]]] = defaultdict(list)
        for quantity in self.quantities:
            written = self.spelled(quantity)
            found[written.letter].append((written, quantity))
        return found

    def meanings(self, name: NameNode, known: Mapping[str, Symbol]) -> list[Basic]:
        """Return all that a name may stand for; ``known`` are the letters that are indices."""
        found = []
        for written, quantity in self._by_letter.get(name.letter, ()):
            meaning = _meaning(name, written, quantity, known)
            if meaning is not None and meaning not in found:
                found.append(meaning)
        return found

    def size(self, name: NameNode) -> Symbol | None:
        """Return the size that a name stands for, a number of rows or columns, if it is one."""
        below = ",".join(item.text for item in name.subs)
        for text, size in self.sizes.items():
            written = spelled(text, (), self._signs)
            if name.marks is None and (written.letter, written.below) == (name.letter, below):
                return size
        return None

    def letters(self) -> list[str]:
        """Return the letters that stand for something, for messages."""
        return sorted(self._by_letter)

    def held(self, num: Basic, den: Basic) -> tuple[Basic, ...]:
        """Return what the immediate derivative of one quantity by another holds fixed.

        By a state, it is the other states of that step, and where it is no derivative of a state,
        the states of its own step. By anything else, it is what the step reads of the one before;
        of what is no state itself, the states of its own step.
        """
        if not isinstance(num, At):
            return ()
        step, state = num.indices[0], self.stacked
        if isinstance(den, At) and den.series in self.states:
            others = tuple(s[den.indices[0]] for s in self.states)
            own = () if num.series in self.states else tuple(s[step] for s in self.states)
            return tuple(at for at in dict.fromkeys((*own, *others)) if at not in (den, num))
        if state is None:
            return ()
        return (state[step - 1],) if num.series in (*self.states, state) else (state[step],)


def _meaning(
    name: NameNode, spelled: Spelling, quantity: LetteredQuantity, known: Mapping[str, Symbol]
) -> Basic | None:
    below = list(name.subs)
    if spelled.below:
        if not below or below[0].text != spelled.below:
            return None
        below = below[1:]
    above = "" if name.marks is None else ",".join(mark.text for mark in name.marks)
    node = quantity.node
    if isinstance(node, Parameter):
        if below or (spelled.above and above != spelled.above):
            return None
        if spelled.above or name.marks is None:
            return node
        step = index_of(name.marks[0].words, known) if len(name.marks) == 1 else None
        return None if step is None else ParameterCopy(node, step)
    if above != spelled.above or len(below) != quantity.indices:
        return None
    indices = [index_of(item.words, known) for item in below]
    return None if any(index is None for index in indices) else At(node, *indices)

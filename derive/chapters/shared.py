"""Formulas that several gates share, on display once, with what their letter stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from derive.bptt.gatewise import Gatewise, SharedEquation, mark_of
from derive.chapters.context import Context, listed
from derive.checks.shared import SharedChecker
from derive.checks.verify import Verifier
from derive.document.blocks import Block, Display, Instance, Prose
from derive.document.text import Ref, Text
from derive.expressions.equation import Equation


@dataclass
class SharedDisplays:
    """Displays of checked equations, of which some stand for several gates."""

    context: Context
    verifier: Verifier
    _said: dict[tuple[str, ...], list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.gatewise = Gatewise(self.verifier.derivation.cell)

    def of(self, equations: Iterable[Equation], run: bool = False) -> list[Display]:
        """Return the displays of equations, in an order in which they ``run`` where that is asked for.

        A `CheckError` if one fails.
        """
        return [self._display(one) for one in self.gatewise.among(equations, run)]

    def in_groups(self, groups: Iterable[Iterable[Equation]]) -> Iterator[Display]:
        """Yield the displays of equations, each group of them from the beginning of a line on."""
        for group in groups:
            first, *others = self.of(group)
            yield from (replace(first, begins=True), *others)

    def _display(self, one: Equation | SharedEquation) -> Display:
        if isinstance(one, Equation):
            return Display(self.context.checked(one, self.verifier))
        self._said.setdefault(tuple(one.instances), []).append(one.equation.id)
        instances = tuple(
            Instance(gate, self.context.checked(own, self.verifier))
            for gate, own in one.instances.items()
        )
        return Display(
            self.context.checked(one.equation, SharedChecker(self.verifier, one)), instances
        )

    def ranges(self) -> Iterator[Block]:
        """Yield for which gates the letter stands in each formula; the first time, what it is for."""
        if self._said and not self.context.lettered:
            self.context.lettered = True
            yield Prose("prose.shared.intro", {"letter": self.gatewise.letter})
        ranges = [
            Text(
                "prose.shared.range",
                {"equations": listed([Ref(id) for id in ids]),
                 "gates": listed([mark_of(gate) for gate in gates])},
            )
            for gates, ids in self._said.items()
        ]  # fmt: skip
        if ranges:
            values = {"letter": self.gatewise.letter, "ranges": listed(ranges)}
            yield Prose("prose.shared.ranges", values)


def show_shared(
    c: Context, *equations: Equation, verifier: Verifier | None = None
) -> Iterator[Block]:
    """Check equations and yield them, those that differ by the gate alone as one formula."""
    shared = SharedDisplays(c, verifier or c.verifier)
    yield from shared.of(equations)
    yield from shared.ranges()

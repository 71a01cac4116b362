"""What the chapters share: the derivation, its verifier, and the one way to display an equation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from derive.bptt.derivation import Derivation
from derive.cells.cell import Cell
from derive.cells.describe import enters_state
from derive.chapters.facts import CellFacts
from derive.chapters.report import Checker, Report
from derive.checks.drawn import require_drawn
from derive.checks.tried import require_tried
from derive.checks.verify import Verifier
from derive.document.blocks import Block, Display, Prose
from derive.document.conditions import unmet
from derive.document.text import Text, Value
from derive.errors import CheckError
from derive.expressions.equation import Equation
from derive.expressions.quantities import Parameter
from derive.numerics.sample import Sample
from derive.numerics.trace import ForwardPass

DETAILS = ("brief", "steps", "full")
"""Results alone; the lines to them, with reasons; and these for each parameter, not for the first."""


@dataclass
class Context:
    """A handout in the making.

    ``detail`` is how much of each derivation is shown, of `DETAILS`; ``tables`` whether all checks and
    proofs stand in tables at its end; ``cited`` are the texts that it names so far, by their keys, and
    ``lettered`` tells whether it has said what the letter is for that stands for several gates, and
    ``opened`` whether it has said of which network the chapters on request are.
    """

    verifier: Verifier
    seed: int
    given: ForwardPass | None = None
    detail: str = "steps"
    tables: bool = False
    cited: dict[str, None] = field(default_factory=dict)
    lettered: bool = False
    opened: bool = False
    report: Report = field(init=False)
    facts: CellFacts = field(init=False)

    def __post_init__(self) -> None:
        require_tried()
        require_drawn(self.samples, self.seed, self.steps)
        self.report = Report(self.seed)
        self.facts = CellFacts(self.derivation, self.samples, seed=self.seed)

    @property
    def derivation(self) -> Derivation:
        """Return what the handout shows."""
        return self.verifier.derivation

    @property
    def samples(self) -> list[Sample]:
        """Return the data that its equations are checked on."""
        return self.verifier.samples

    @property
    def cell(self) -> Cell:
        """Return the cell."""
        return self.derivation.cell

    @property
    def stepwise(self) -> bool:
        """Tell whether the lines between results are shown."""
        return self.detail != "brief"

    @property
    def steps(self) -> int:
        """Return the horizon T."""
        return self.derivation.steps

    def checked(self, equation: Equation, verifier: Checker | None = None) -> Equation:
        """Check an equation and yield it: for use inside a sentence or an algorithm."""
        return self.report.require(equation, verifier or self.verifier)

    def show(self, *equations: Equation, verifier: Checker | None = None) -> Iterator[Block]:
        """Check equations and yield them as displays."""
        for equation in equations:
            yield Display(self.checked(equation, verifier))

    def may_say(self, key: str, values: Mapping[str, Value]) -> bool:
        """Tell whether the conditions of a sentence hold, with these values."""
        return not unmet(key, values, self.facts)

    def say(self, values: Mapping[str, Value], *keys: str) -> Iterator[Block]:
        """Yield a paragraph for each of these sentences that holds, all with the same values."""
        for key in keys:
            if self.may_say(key, values):
                yield Prose(key, values)

    def recurrent(self) -> list[Parameter]:
        """Return the parameters that enter the state, in the order of the cell."""
        if self.cell.has_matrices:
            return [p for p in self.cell.parameters if enters_state(self.cell, p)]
        return [p for p in self.cell.parameters if self.derivation.shared.recurrent_uses(p)]

    def handing_on(self) -> list[Parameter]:
        """Return the parameters that act on what the next step reads."""
        return [p for p in self.recurrent() if enters_state(self.cell, p)]

    def direct(self) -> list[Parameter]:
        """Return the parameters that enter the loss of a step only."""
        recurrent = self.recurrent()
        return [p for p in self.cell.parameters if p not in recurrent]


Found = TypeVar("Found")


def required_one(found: Iterable[Found], what: str) -> Found:
    """Return the first that was found; a `CheckError` that names what is missing if nothing was."""
    for one in found:
        return one
    raise CheckError(
        f"there is no {what}. Nothing is written; correct what it is chosen by, or the conditions of "
        "the sentences"
    )


def heads(table: str, *columns: str) -> tuple[Text, ...]:
    """Return the heads of the columns of a table, of the sentences ``table``.``column``."""
    return tuple(Text(f"{table}.{column}") for column in columns)


def listed(values: Sequence[Value]) -> Text:
    """Return one or several quantities as words: "V", "V and c"."""
    if len(values) == 1:
        return Text("list.one", {"a": values[0]})
    if len(values) == 2:
        return Text("list.two", {"a": values[0], "b": values[1]})
    return Text("list.many", {"a": values[0], "rest": listed(values[1:])})

"""A handout that owes something: how it was asked for, what stands in it, and what holds of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from sympy import Basic, MatrixExpr

from derive.bptt import unroll
from derive.bptt.derivation import Derivation
from derive.bptt.scalar import can_be_scalar
from derive.calculus.activations import Standing
from derive.calculus.activations import activation as row_of
from derive.cells.cell import Cell
from derive.cells.describe import carried
from derive.chapters.decimals import telling_places
from derive.chapters.example import MOST_PLACES, MOST_ROWS
from derive.chapters.exampledata import drawn
from derive.chapters.facts import CellFacts
from derive.chapters.meant.general import some_open, unproved
from derive.chapters.meant.place import Subject
from derive.chapters.owed.simply import OF_EQUATIONS, ON_DISPLAY
from derive.chapters.owed.standing import OF_NUMBERS
from derive.checks.probe import acts_in, is_added, multiplies
from derive.checks.shipped import papers
from derive.document.blocks import Algorithm, Document, FigureBlock, Heading, TableBlock
from derive.document.conditions import said
from derive.document.text import Value
from derive.errors import SpecError
from derive.expressions.derivatives import Gradient
from derive.expressions.elision import WHOLE
from derive.expressions.equation import Equation, Kind
from derive.expressions.functions import Apply
from derive.expressions.quantities import Parameter, ParameterCopy, t
from derive.expressions.walk import atoms_of
from derive.gradientflow.contributions import are_steady, contributions
from derive.gradientflow.gated import run
from derive.gradientflow.runs import of_regimes
from derive.numerics.evaluate import Evaluator
from derive.numerics.sample import is_finite, samples
from derive.typesetting.printing import tex

LARGEST = 1e12
"""Contributions beyond it have no digit in common with what they add up to."""


@dataclass(frozen=True)
class Asked:
    """How a handout was asked for: its detail, its chapters on request, numbers, the proof."""

    detail: str = "steps"
    more: tuple[str, ...] = ()
    given: bool = False
    proved: bool = True
    seed: int = 0


@dataclass
class Owing:
    """A handout with the facts of its cell, and what stands in it by kinds."""

    document: Document
    facts: CellFacts
    asked: Asked
    subject: Subject = field(init=False)
    _known: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.subject = Subject(self.document, self.facts)

    @property
    def steps(self) -> int:
        """Return the horizon T."""
        return self.facts.steps

    @cached_property
    def equations(self) -> Mapping[str, Equation]:
        """Return the equations on display by their ids, without the name of the cell before them."""
        before = f"{self.facts.cell.name}-"
        return {e.id.removeprefix(before): e for e in self.document.equations()}

    @cached_property
    def printed(self) -> str:
        """Return the formulas on display in TeX, where each sign of an operation is to be seen."""
        return " ".join(map(tex, self.document.equations()))

    @cached_property
    def sides(self) -> set[tuple[MatrixExpr, ...]]:
        """Return the sides of the equations on display."""
        return {equation.sides for equation in self.document.equations()}

    @cached_property
    def sections(self) -> dict[str, Heading]:
        """Return the headings by their ids."""
        return {b.id: b for b in self.document.blocks if isinstance(b, Heading)}

    @cached_property
    def figures(self) -> dict[str, FigureBlock | TableBlock | Algorithm]:
        """Return figures, tables and algorithms by their ids."""
        kinds = FigureBlock | TableBlock | Algorithm
        return {b.id: b for b in self.document.blocks if isinstance(b, kinds)}

    @cached_property
    def sentences(self) -> Mapping[str, list[Mapping[str, Value]]]:
        """Return the values with which each sentence is said, by its key."""
        found: dict[str, list[Mapping[str, Value]]] = {}
        for key, values in said(self.document.blocks):
            found.setdefault(key, []).append(values)
        return found

    @cached_property
    def scalar(self) -> Derivation:
        """Return the derivation with sizes of one."""
        return Derivation(self.subject.scalar, self.steps)

    @property
    def others(self) -> list[Parameter]:
        """Return the recurrent parameters but the one that is treated first."""
        return [p for p in self.subject.recurrent if p != self.subject.lead]

    def holds(self, name: str, *about: Value) -> bool:
        """Tell whether a fact holds, of the handout or of its cell."""
        if about:
            special = OF_MEMBER.get(name)
            return self.facts.holds(name, *about) if special is None else special(self, *about)
        if name not in self._known:
            whole = OF_HANDOUT.get(name)
            self._known[name] = self.facts.holds(name) if whole is None else whole(self)
        return self._known[name]


def _added(o: Owing) -> bool:
    """Tell whether a parameter is a term, and nothing else, wherever it stands."""
    cell = o.facts.cell
    places = {p: [cell.definition(s).expr for s in acts_in(cell, p)] for p in o.subject.recurrent}
    return any(all(is_added(cell, expr, p) for expr in found) for p, found in places.items())


def _multiplied(o: Owing) -> bool:
    """Tell whether a parameter multiplies component by component, and no more, wherever it stands."""
    cell = o.facts.cell
    return any(multiplies(cell, p) for p in o.subject.recurrent)


def _column(o: Owing) -> bool:
    """Tell whether a column of parameters is neither a term alone, nor multiplies by components."""
    cell = o.facts.cell
    columns = [p for p in o.subject.recurrent if p.shape[1] == 1 and not multiplies(cell, p)]
    made = {p: [cell.definition(s).expr for s in acts_in(cell, p)] for p in columns}
    return any(not all(is_added(cell, expr, p) for expr in made[p]) for p in columns)


def _carrying_run(o: Owing) -> bool:
    """Tell whether a run was measured, or could be, of a network that hands a state on."""
    cell = o.facts.cell
    return "this" in o.facts.traces or (bool(carried(cell)) and run(cell, o.facts.seed).finite)


def _tells(o: Owing) -> bool:
    """Tell whether contributions were measured that are numbers to compare with their sum."""
    lead = o.subject.lead
    if "spread" not in o.facts.traces or lead is None:
        # Where there are runs, one of them is looked at.
        return "own" in o.facts.traces or o.holds("regimes")
    with np.errstate(all="ignore"):
        found = contributions(o.facts.derivation, o.facts.traces["spread"], lead)
        whole = float(np.linalg.norm(found.gradient))
        apart = 0 < whole < LARGEST and float(found.norms.max()) < LARGEST
        return apart and are_steady(o.facts.derivation, o.facts.traces["spread"], lead)


def _through_states(o: Owing) -> bool:
    """Tell whether the parameter that is treated first acts on a loss through states alone."""
    return o.holds("makes-matrices") or not _past(o, o.subject.lead)


def _past(o: Owing, parameter: Value) -> bool:
    """Tell whether a parameter acts on the loss of its step beside the state, too."""
    return isinstance(parameter, Parameter) and bool(
        o.facts.derivation.shared.direct_uses(parameter)
    )


def _slope_at_lead(o: Owing) -> bool:
    """Tell whether an activation acts on what the parameter makes that is treated first."""
    cell, lead = o.facts.cell, o.subject.lead
    entered = [] if lead is None else acts_in(cell, lead)[:1]
    made = [e.expr for e in cell.equations if e.variable != cell.output]
    applied = [expr for expr in made if isinstance(expr, Apply)]
    return len(cell.states) == 1 and any(a.arg == s[t] for a in applied for s in entered)


def _scalar_written(o: Owing) -> bool:
    """Tell whether the scalar case has formulas of its own: else its Jacobian is pieces of matrices."""
    return o.asked.detail == "full" or not o.scalar.shared.by_state


def _draws_scalar(o: Owing) -> bool:
    """Tell whether the scalar case says something, and there are data for it."""
    if not can_be_scalar(o.facts.cell):
        return False
    try:
        samples(o.subject.scalar, o.steps, o.asked.seed)
    except SpecError:
        return False
    return True


def _example_to_read(o: Owing) -> bool:
    """Tell whether the numbers of an example are few, have a value, and show digits as decimals."""
    cell, lead, steps = o.facts.cell, o.subject.lead, o.steps if o.steps <= WHOLE else 3
    if o.asked.given or o.holds("shipped") or "example" in o.sections:
        return True
    if lead is None or cell.has_matrices or o.facts.derivation.shared.direct_uses(lead):
        return False
    trace = drawn(cell, o.asked.seed, steps, lead)
    largest = max(max(trace.parameter(p).shape) for p in cell.parameters)
    largest = max(largest, *(len(trace.value(s, 1)) for s in cell.states))
    if largest > MOST_ROWS or not is_finite(trace):
        return False
    value, loss = Evaluator(trace, {}).value, cell.loss_series[steps]
    gradients = [Gradient(cell.total, p) for p in cell.parameters]
    gradients += [Gradient(loss, ParameterCopy(lead, n)) for n in range(1, steps + 1)]
    return max(telling_places(value(one), 0) for one in gradients) <= MOST_PLACES


def _lettered(o: Owing) -> bool:
    """Tell whether a letter stands for gates in a formula of the cell itself."""
    found = (d.equation.id for d in o.document.displays() if d.instances)
    return not all(o.subject.is_aside(id) for id in found)


def _sizes_read(cell: Cell) -> bool:
    """Tell whether every size of a state is felt in the shape of a parameter or of what is given."""
    fixed = [*(p.shape for p in cell.parameters), *(s.shape for s in cell.given)]

    def felt(n: Basic) -> bool:
        return any(size.subs(n, n + 1) != size for shape in fixed for size in shape)

    return all(felt(n) for s in cell.states for size in s.shape for n in size.free_symbols)


def _pieces(o: Owing) -> bool:
    """Tell whether derivatives within a step stand before the adjoints that are made with them."""
    d = o.facts.derivation
    if d.shared.state_adjoint is None:
        return False
    named, lines = d.substitution.into_state(), d.lines.into_state()
    return bool(named or (lines and o.asked.detail != "brief"))


def _some_units(shape: str) -> Callable[[Owing], bool]:
    """Return whether what acts on a quantity has a slope of that shape."""

    def found(o: Owing) -> bool:
        named = o.facts.derivation.shared.jacobians.diagonals
        functions = {o.facts.cell.definition(v).expr.function for v in named}
        return any(o.facts.holds(shape, Apply(f, Parameter("a", 1, 1))) for f in functions)

    return found


OF_HANDOUT: Mapping[str, Callable[[Owing], bool]] = {
    **ON_DISPLAY,
    **OF_EQUATIONS,
    **OF_NUMBERS,
    "prints-ones": lambda o: r"\mathbf{1}" in o.printed,
    # A power of each component has the sign above, and a sentence of its own.
    "prints-circled": lambda o: r"\odot" in o.printed.replace(r"^{\odot", ""),
    "prints-slash": lambda o: r"\oslash" in o.printed,
    "has-contributions": lambda o: not o.holds("makes-matrices") and not o.holds("fixed-states"),
    "in-lines": lambda o: o.asked.detail != "brief",
    "sizes-read": lambda o: _sizes_read(o.facts.cell),
    "recursion-in-words": lambda o: (
        o.asked.detail == "brief"
        or o.steps == 1
        or (o.holds("one-state") and not o.holds("one-adjoint"))
    ),
    "pieces-shown": _pieces,
    "carrying-run": _carrying_run,
    "in-full": lambda o: o.asked.detail == "full",
    "numbers-given": lambda o: o.asked.given,
    "tables-asked": lambda o: "checks" in o.asked.more,
    "proof-wanted": lambda o: o.asked.proved,
    "proofs-asked": lambda o: "proofs" in o.asked.more,
    "experiments-asked": lambda o: "experiments" in o.asked.more,
    "remedies-asked": lambda o: "remedies" in o.asked.more,
    "simple-asked": lambda o: bool({"proofs", "experiments", "remedies"} & {*o.asked.more}),
    "audit-asked": lambda o: "audit" in o.asked.more,
    "begins-as-identity": lambda o: "identity_start" in o.facts.cell.remarks,
    "shipped": lambda o: o.facts.cell.written is None and o.facts.cell.title is None,
    "regimes": lambda o: not o.holds("makes-matrices") and of_regimes(o.facts.cell),
    "makes-matrices": lambda o: any(
        column.shape[2] != 1 for column in o.facts.samples[0].trace.columns.values()
    ),
    "some-activation": lambda o: any(
        row_of(node.function).use is Standing.ACTIVATION
        for e in o.facts.cell.equations
        if e.variable not in (o.facts.cell.output, o.facts.cell.loss_series)
        for node in atoms_of(e.expr, Apply)
    ),
    "units-step": _some_units("step"),
    "units-rising": _some_units("rising"),
    "several-carousels": lambda o: (
        sum(
            e.id.startswith(f"{o.facts.cell.name}-carousel-") and e.kind is Kind.REFUTED
            for e in o.document.equations()
        )
        > 1
    ),
    "nests": lambda o: unroll.nests(o.facts.cell),
    # What the layout chose, by what stands: for many parameters a table instead of a section each.
    "a-section-each": lambda o: "gradient-others" not in o.sections,
    "some-in-general": lambda o: o.steps > 1 or "gradient-others" in o.sections,
    "drawn-as-blocks": lambda o: "blocks" in o.figures,
    "parameters-in-table": lambda o: "example-parameters" in o.figures,
    "scalar-stands": lambda o: "scalar" in o.sections,
    "scalar-written": _scalar_written,
    "scalar-product": lambda o: _scalar_written(o) or not o.scalar.substitution.blocks(),
    "scalar-keeps-inputs": lambda o: any(x.shape != (1, 1) for x in o.scalar.cell.inputs),
    "example-stands": lambda o: "example" in o.sections,
    "slope-where-lead-enters": _slope_at_lead,
    "some-direct": lambda o: bool(o.subject.direct),
    "hands-states-on": lambda o: bool(o.subject.handing_on),
    "some-within": lambda o: any(p not in o.subject.handing_on for p in o.subject.recurrent),
    "lead-past-states": lambda o: _past(o, o.subject.lead),
    "others-past-states": lambda o: any(_past(o, p) for p in o.others),
    "others-not-past-states": lambda o: not all(_past(o, p) for p in o.others),
    "beside-states": lambda o: len(o.subject.handing_on) < len(o.facts.cell.parameters),
    "lead-through-states": _through_states,
    "some-left-out": lambda o: o.steps > WHOLE,
    "papers-known": lambda o: o.holds("shipped") and bool(papers(o.facts.cell.name)),
    "reads-further-back": lambda o: bool(o.facts.cell.lagged),
    "constants-written-out": lambda o: bool(unroll.constants(o.facts.cell)),
    "some-added": _added,
    "some-column": _column,
    "some-multiplied": _multiplied,
    "several-slopes": lambda o: len(o.facts.derivation.shared.jacobians.diagonals) > 1,
    "some-run": lambda o: "own" in o.facts.traces or o.holds("regimes"),
    "contributions-tell": _tells,
    "scalar-case": _draws_scalar,
    "example-to-read": _example_to_read,
    "some-doubted": lambda o: any(e.kind is Kind.REFUTED for e in o.document.equations()),
    "general-open": lambda o: o.facts.general is None or bool(unproved(o.facts.general)),
    "open-on-display": lambda o: some_open(o.subject),
    "some-proved": lambda o: bool(o.facts.proofs),
    "claims-shown": lambda o: any(e.id.startswith("claim-") for e in o.document.equations()),
    "letters-for-gates": lambda o: any(d.instances for d in o.document.displays()),
    "letters-in-own-formulas": _lettered,
    "data-shrunk": lambda o: min(s.shrunk for s in o.facts.samples) < 1.0,
    "sizes-by-letters": lambda o: (
        o.facts.example is not None
        and any(symbol in o.facts.example.sizes for symbol in o.facts.cell.dimensions)
    ),
    "some-unlisted": lambda o: bool(o.facts.derivation.recursion.unlisted()),
    "some-unnamed": lambda o: bool(o.facts.derivation.recursion.unnamed()),
}
"""What holds of a handout as a whole, told by how it was asked for, its data, or its blocks."""

OF_MEMBER: Mapping[str, Callable[[Owing, Value], bool]] = {"past-state": _past}
"""What holds of a member of a domain."""

"""A recurrent cell as data: its quantities, their shapes and the equations of one time step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

from sympy import Basic, KroneckerDelta, MatrixExpr, Symbol

from derive.calculus.losses import Loss
from derive.errors import DerivationError, SpecError
from derive.expressions.algebra import mul
from derive.expressions.blocks import Stack
from derive.expressions.components import components_beside
from derive.expressions.introduced import Role, Roster
from derive.expressions.quantities import At, Parameter, Series, t
from derive.expressions.shapes import is_vector, shape_text
from derive.expressions.types import TimeIndex
from derive.expressions.walk import atoms_of, series_in
from derive.suggest import suggestion

ConstantValue: TypeAlias = "float | list[float] | list[list[float]]"
"""The value of a constant: a number, the entries of a vector, or the rows of a matrix."""


@dataclass(frozen=True)
class Assignment:
    """``variable[t] = expr``, with ``expr`` in quantities of step t and t − 1."""

    variable: Series
    expr: MatrixExpr

    @property
    def left(self) -> At:
        """Return the left side."""
        return self.variable[t]


@dataclass(frozen=True)
class CellText:
    """What the author of a cell wrote: the file's name and its text."""

    path: str
    toml: str


@dataclass(frozen=True, eq=False)
class Cell:
    """The equations of one step, in the order in which they are computed; equal only to itself.

    ``states`` are the quantities that the next step reads, and those by which the past reaches the
    output beside them (see ``handed``).  ``output`` is o_t and ``logits`` z_t
    with o_t = loss.output(z_t); ``loss_series`` is L_t, ``total`` the sum L over the steps, each
    with ``weight`` w_t if there is one: given like an input, or by an equation of its
    own.  ``initial`` says what the states of step 0 are: zero, given, or
    trainable.  ``constants`` are quantities with their values, a number or rows of
    numbers, by which nothing is differentiated.  ``title`` is what a user calls the cell (those that
    ship have a sentence in the language file), ``remarks`` are keys of sentences about it,
    ``meanings`` what a user says that quantities are, by name; ``gate_kinds`` what the field calls the
    gates of a cell that ships, by name: input, forget, output, reset, update, and ``called`` what it
    calls others, of those that the language file has names for.  ``written`` is the
    text of a user's cell, from which all else was read, and ``lagged`` are the equations in it that
    read from further back than one step, where ``equations`` read states that hand this on.
    """

    name: str
    dimensions: tuple[Symbol, ...]
    parameters: tuple[Parameter, ...]
    inputs: tuple[Series, ...]
    target: Series
    states: tuple[Series, ...]
    equations: tuple[Assignment, ...]
    loss: Loss
    logits: Series
    output: Series
    loss_series: Series
    weight: Series | None = None
    initial: str = "zero"
    total: Parameter = field(default_factory=lambda: Parameter("L", 1, 1))
    constants: Mapping[Parameter, ConstantValue] = field(default_factory=dict)
    title: str | None = None
    remarks: tuple[str, ...] = ()
    meanings: Mapping[str, str] = field(default_factory=dict)
    gate_kinds: Mapping[str, str] = field(default_factory=dict)
    called: Mapping[str, str] = field(default_factory=dict)
    written: CellText | None = None
    lagged: tuple[Assignment, ...] = ()

    def __post_init__(self) -> None:
        check(self)

    @property
    def given(self) -> tuple[Series, ...]:
        """Return the series of the data: inputs, targets, and weights without an equation."""
        weight = () if self.weight is None or self.defines(self.weight) else (self.weight,)
        return (*self.inputs, self.target, *weight)

    @property
    def lags(self) -> tuple[Series, ...]:
        """Return the states that only hand on what ``lagged`` equations read."""
        # The output that is fed back may be the logits as they are, and hands on what is its own.
        # Nor is a state a lag that the file itself gives the value of an input before.
        own = {self.output, *(e.variable for e in self.lagged)}
        beside = (s for s in self.states if self.lagged and s not in own)
        return tuple(s for s in beside if isinstance(self.definition(s).expr, At))

    @property
    def names(self) -> frozenset[str]:
        """Return the names of all that the cell has: what is given, trained, constant, computed."""
        computed = (e.variable for e in self.equations)
        everything: list[Series | Parameter] = [*self.given, *computed, *self.states]
        everything += [*self.parameters, *self.constants]
        return frozenset(quantity.name for quantity in everything)

    @cached_property
    def components(self) -> tuple[Symbol, Symbol, Symbol]:
        """Return the letters of a row, a column and what a sum over components runs over.

        They are no names of quantities or sizes of the cell, nor those in lower case, as the numbers
        of the scalar case have: W is w there.  Nor are they what such a name begins with before its
        mark: a component mu beside mu_r would be read as a number of that column.
        """
        shapes = [q.shape for q in (*self.given, *(e.variable for e in self.equations))]
        shapes += [q.shape for q in (*self.parameters, *self.constants)]
        sizes = {str(symbol) for shape in shapes for size in shape for symbol in size.free_symbols}
        letters = {name.partition("_")[0] for name in self.names if "_" in name}
        whole = {*self.names, *(letter for letter in letters if len(letter) > 1)}
        return components_beside(whole | {name.lower() for name in whole} | sizes)

    def weighted(self, expr: MatrixExpr, index: TimeIndex) -> MatrixExpr:
        """Return a quantity of a step's loss with the weight of that step in the total loss."""
        return expr if self.weight is None else mul(self.weight[index], expr)

    @cached_property
    def counts_last_only(self) -> bool:
        """Tell whether the weight of a step is the bracket that is one for the last step alone."""
        weight = self.weight
        if weight is None or not self.defines(weight):
            return False
        return bool(self.definition(weight).expr.has(KroneckerDelta))

    @cached_property
    def has_matrices(self) -> bool:
        """Tell whether a step makes a matrix: its gradient is a matrix too, and has no Jacobian."""
        return not all(is_vector(e.variable) for e in self.equations)

    @cached_property
    def handed(self) -> tuple[Series, ...]:
        """Return the states that the next step reads.

        The others stand beside them because the past reaches the output by them, in their own step.
        """
        read = {at for e in self.equations for at in series_in(e.expr)}
        return tuple(s for s in self.states if s[t - 1] in read)

    @cached_property
    def state(self) -> Series:
        """Return the state series, stacked as one series ξ where there are several.

        A `DerivationError` where one of several is a matrix, which is not put above a column.
        """
        if len(self.states) == 1:
            return self.states[0]
        if not all(map(is_vector, self.states)):
            listed = ", ".join(f"{s.name} {shape_text(s.shape)}" for s in self.states)
            raise DerivationError(
                f"the states {listed} of {self.name} do not make one column; expected columns only"
            )
        return self.roster.introduce(Role.STACK, *self.states)

    @cached_property
    def roster(self) -> Roster:
        """Return where all that is introduced beside the cell's own quantities is noted."""
        names = self.names | {self.total.name, *map(str, self.dimensions)}
        return Roster(names, self.states, tuple((e.variable, e.expr) for e in self.equations))

    def stacked(self, index: TimeIndex) -> MatrixExpr:
        """Return the state at a step as an expression in the single states."""
        columns = [s[index] for s in self.states]
        return columns[0] if len(columns) == 1 else Stack(*columns)

    def definition(self, variable: Series) -> Assignment:
        """Return the equation of a variable."""
        return self._computed[variable]

    def defines(self, variable: Series) -> bool:
        """Tell whether a series is computed by the cell (rather than given)."""
        return variable in self._computed

    @cached_property
    def _computed(self) -> dict[Series, Assignment]:
        # Of two equations for one variable, which `check` refuses, the first.
        return {e.variable: e for e in reversed(self.equations)}

    def without_assumptions(self) -> Cell:
        """Return the same cell with the general form of its loss's residual."""
        return replace(self, loss=replace(self.loss, residual=self.loss.general, assumes=()))

    def renamed(self, name: str) -> Cell:
        """Return the same cell under another name."""
        return replace(self, name=name)


INITIAL = ("zero", "given", "trainable")
"""What an initial state can be."""


def define(variable: Series, expr: MatrixExpr) -> Assignment:
    """Return the equation ``variable[t] = expr``; a `SpecError` if the shapes differ."""
    if variable.shape != expr.shape:
        raise SpecError(
            f"equation of {variable.name}: the left side is {shape_text(variable.shape)}, "
            f"the right side {expr} is {shape_text(expr.shape)}; both must have one shape"
        )
    return Assignment(variable, expr)


def check(cell: Cell) -> None:
    """Check that a cell makes sense: every symbol known, defined once and before its use."""
    given = set(cell.given)
    computed: set[Series] = set()
    used: set[Basic] = set()
    variables = [e.variable for e in cell.equations]
    for equation in cell.equations:
        name = equation.variable.name
        if equation.variable in computed or equation.variable in given:
            raise SpecError(f"cell {cell.name}: {name} is defined twice; give each its own name")
        for at in series_in(equation.expr):
            _check_read(cell, equation, at, given | computed, variables)
        used |= set(atoms_of(equation.expr, Parameter))
        computed.add(equation.variable)
    if cell.initial not in INITIAL:
        raise SpecError(
            f"cell {cell.name}: unknown kind of initial state {cell.initial!r}: "
            f"{suggestion(cell.initial, INITIAL)}"
        )
    for state in cell.states:
        if state not in computed:
            raise SpecError(
                f"cell {cell.name}: the state {state.name} is never updated; "
                f"add an equation for {state.name}[t]"
            )
    for variable in idle(cell):
        raise SpecError(
            f"cell {cell.name}: {variable.name}[t] acts on no output; use it or take it out"
        )
    around = past_around_states(cell)
    if around is not None:
        raise PastAroundError(cell.name, around)
    for parameter in (*cell.parameters, *cell.constants):
        if parameter not in used:
            raise SpecError(f"cell {cell.name}: the parameter {parameter.name} is never used")
    for extra in used - set(cell.parameters) - set(cell.constants):
        raise SpecError(f"cell {cell.name}: {extra.name} is used but not among the parameters")


def idle(cell: Cell) -> list[Series]:
    """Return the quantities that no loss depends on, at no step."""
    computed = {e.variable: e for e in cell.equations}
    waiting, acting = [cell.loss_series], set()
    while waiting:
        variable = waiting.pop()
        if variable not in acting and variable in computed:
            acting.add(variable)
            waiting += [at.series for at in series_in(computed[variable].expr)]
    return [v for v in computed if v not in acting and v != cell.weight]


class PastAroundError(SpecError):
    """The loss depends on the past by a quantity that is not among the states."""

    def __init__(self, cell: str, variable: Series) -> None:
        self.variable = variable
        super().__init__(
            f"cell {cell}: the loss depends on {variable.name}[t], which depends on the step before "
            f"but is not among the states; add {variable.name} to the states"
        )


def past_around_states(cell: Cell) -> Series | None:
    """Return a quantity by which the past reaches the loss other than through the states, or None.

    The chain rule over the states would miss such a path.
    """
    computed = {e.variable: e for e in cell.equations}
    of_loss = {cell.loss_series, cell.output, cell.logits}
    waiting: list[tuple[Series, Series | None]] = [(cell.loss_series, None)]
    seen = set(cell.states)
    while waiting:
        variable, first = waiting.pop()
        if variable in seen or variable not in computed:
            continue
        seen.add(variable)
        first = first or (None if variable in of_loss else variable)
        for at in series_in(computed[variable].expr):
            if at.indices[0] != t:
                return first or variable
            waiting.append((at.series, first))
    return None


def _check_read(
    cell: Cell, equation: Assignment, at: At, known: set[Series], variables: list[Series]
) -> None:
    where = f"cell {cell.name}, equation of {equation.variable.name}"
    lag = t - at.indices[0]
    if lag == 0 and at.series not in known:
        if at.series in variables:
            raise SpecError(
                f"{where}: {at.series.name}[t] is used before it is defined, or in a cycle"
            )
        raise SpecError(f"{where}: unknown symbol {at.series.name}")
    if lag == 1 and at.series not in cell.states:
        raise SpecError(
            f"{where}: {at.series.name}[t-1] is read, so {at.series.name} must be among the states"
        )
    if lag not in (0, 1):
        raise SpecError(f"{where}: {at} is read; expected an index t or t-1")


def dimensions(names: str) -> tuple[Symbol, ...]:
    """Return symbols for sizes that are named in one text, such as ``"d n m"``."""
    return tuple(Symbol(name, integer=True, positive=True) for name in names.split())

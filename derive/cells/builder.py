"""A cell from what is its own: the read-out, the output and the loss are the same for all of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sympy import Symbol

from derive.calculus.losses import loss as loss_named
from derive.cells.cell import Assignment, Cell, ConstantValue, define
from derive.cells.gates import Gate, InputGate
from derive.cells.options import BiasOptions, Options
from derive.cells.weighting import weighting
from derive.expressions.algebra import add
from derive.expressions.quantities import Parameter, Series, t

_STEP = re.compile(r"([tTkj]|\d)+(_.*)?")
"""An index that can be read as a step: w_1 prints as the weight of step 1 does."""


@dataclass
class CellBuilder:
    """Collects a cell's quantities in the order in which they are named, then its equations.

    That order is the one in which documents list them.  ``sizes`` ends with m, that of the output.
    """

    name: str
    sizes: tuple[Symbol, ...]
    options: Options
    title: str | None = None
    remarks: tuple[str, ...] = ()
    inputs: list[Series] = field(default_factory=list)
    states: list[Series] = field(default_factory=list)
    parameters: list[Parameter] = field(default_factory=list)
    constants: dict[Parameter, ConstantValue] = field(default_factory=dict)
    gate_kinds: dict[str, str] = field(default_factory=dict)
    called: dict[str, str] = field(default_factory=dict)
    lagged: list[Assignment] = field(default_factory=list)
    _equations: list[Assignment] = field(default_factory=list)

    def input(self, name: str, size: Symbol) -> Series:
        """Return an input, a column."""
        self.inputs.append(Series(name, size, 1))
        return self.inputs[-1]

    def state(self, name: str, rows: Symbol | int, columns: Symbol | int = 1) -> Series:
        """Return a state, a column or a matrix: what one step hands to the next."""
        self.states.append(Series(name, rows, columns))
        return self.states[-1]

    def parameter(self, name: str, rows: Symbol | int, columns: Symbol | int = 1) -> Parameter:
        """Return a parameter to be trained."""
        self.parameters.append(Parameter(name, rows, columns))
        return self.parameters[-1]

    def bias(self, name: str, size: Symbol | int) -> tuple[Parameter, ...]:
        """Return the terms that a bias adds: one, or none in a cell without biases."""
        has_biases = isinstance(self.options, BiasOptions) and self.options.bias
        return (self.parameter(name, size),) if has_biases else ()

    def constant(self, name: str, value: ConstantValue, *, columns: int = 1) -> Parameter:
        """Return a number, or a row (1, columns), by which nothing is differentiated."""
        made = Parameter(name, 1, columns)
        self.constants[made] = value
        return made

    def gate(
        self,
        name: str,
        x: Series,
        h: Series,
        function: str = "sigmoid",
        *,
        value: str = "",
        biases: tuple[str, ...] = ("b_",),
        kind: str = "",
    ) -> Gate:
        """Return a gate over x (d,) and h (n,): U_name (n, d), W_name (n, n), and biases (n,).

        ``value`` is what it is called if not by its name, ``biases`` what stands before the name in
        those of its biases, ``kind`` what the field calls it.
        """
        if kind:
            self.gate_kinds[value or name] = kind
        (d, _), (n, _) = x.shape, h.shape
        return Gate(
            self.parameter(f"U_{name}", n, d),
            self.parameter(f"W_{name}", n, n),
            tuple(b for bias in biases for b in self.bias(f"{bias}{name}", n)),
            a=Series(f"a_{name}", n, 1),
            value=Series(value or name, n, 1),
            function=function,
        )

    def of_input(
        self,
        name: str,
        x: Series,
        n: Symbol,
        function: str = "sigmoid",
        *,
        value: str = "",
        kind: str = "",
    ) -> InputGate:
        """Return a gate over x (d,) alone: U_name (n, d), and a bias b_name (n,)."""
        if kind:
            self.gate_kinds[value or name] = kind
        return InputGate(
            self.parameter(f"U_{name}", n, x.shape[0]),
            self.bias(f"b_{name}", n),
            a=Series(f"a_{name}", n, 1),
            value=Series(value or name, n, 1),
            function=function,
        )

    def equations(self, *equations: Assignment) -> CellBuilder:
        """Return the builder itself, with more equations, in the order of computing them."""
        self._equations += equations
        return self

    def read_out(self, hidden: Series, bias: str, *, weights: Parameter | None = None) -> Cell:
        """Return the cell with the logits z_t = V h_t + bias, of which the output is made.

        ``weights`` is V (m, n), of a cell that names it before others of its parameters.
        """
        m = self.sizes[-1]
        V = weights or self.parameter("V", m, hidden.shape[0])
        z = Series("z", m, 1)
        self.equations(define(z, add(V * hidden[t], *self.bias(bias, m))))
        return self.output(z)

    def output(self, logits: Series, name: str = "o") -> Cell:
        """Return the cell with the output o_t of its logits, under that name, and the loss."""
        m = logits.shape[0]
        y, o, L = Series("y", m, 1), Series(name, m, 1), Series("L", 1, 1)
        weights = weighting(self.options.loss, self._letters())
        layer = loss_named(self.options.output_layer)
        return Cell(
            name=self.name,
            dimensions=self.sizes,
            parameters=tuple(self.parameters),
            inputs=tuple(self.inputs),
            target=y,
            states=tuple(self.states),
            equations=(
                *self._equations,
                define(o, layer.output(logits[t])),
                define(L, layer.value(y[t], o[t])),
                *weights.equations,
            ),
            loss=layer,
            logits=logits,
            output=o,
            loss_series=L,
            weight=weights.weight,
            initial=self.options.initial,
            constants=dict(self.constants),
            title=self.title,
            remarks=self.remarks,
            gate_kinds=dict(self.gate_kinds),
            called=dict(self.called),
            lagged=tuple(self.lagged),
        )

    def _letters(self) -> set[str]:
        """Return the names of all quantities, without an index that reads like a step."""
        made = (e.variable for e in (*self._equations, *self.lagged))
        given: list[Parameter | Series] = [*self.parameters, *self.constants, *self.inputs]
        names = (one.name.partition("_") for one in (*given, *self.states, *made))
        return {base for base, _, index in names if not index or _STEP.fullmatch(index)}

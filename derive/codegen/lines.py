"""The statements of a generated module: forward pass, adjoints, gradients."""

from __future__ import annotations

from dataclasses import dataclass, field

from sympy import Basic, MatMul, MatrixExpr

from derive.bptt.derivation import Derivation
from derive.calculus.pullbacks import Pullback
from derive.calculus.simplify import applied, column_and_row
from derive.cells.cell import Cell
from derive.codegen.columns import multiplied
from derive.codegen.emit import ATOM, SUM, Emitter, product
from derive.codegen.ending import ended, own_after
from derive.codegen.loops import HandedOn
from derive.codegen.names import Names, wish
from derive.codegen.plan import backward_pass, forward_pass, hidden, is_plain, peeled, split
from derive.codegen.target import NUMPY_MODULE, Target
from derive.expressions.algebra import Diag, Scaled, is_zero, mul, transpose
from derive.expressions.derivatives import Gradient
from derive.expressions.functions import Apply, Softmax
from derive.expressions.quantities import Parameter, Series, t
from derive.expressions.shapes import is_vector
from derive.expressions.sums import instantiate
from derive.expressions.types import Column
from derive.expressions.walk import series_in
from derive.typesetting.printed import Printed, summed
from derive.typesetting.printing import Printer


@dataclass(frozen=True)
class Statement:
    """A statement and the formula that it computes, as a comment.

    ``formulas`` are those that the comment writes, each by its sides.
    """

    source: str
    comment: str = ""
    formulas: tuple[tuple[Basic, ...], ...] = ()


@dataclass
class Source:
    """The parts of a generated module, each a list of lines, and what its loop hands on."""

    before: list[Statement] = field(default_factory=list)
    loop: list[Statement] = field(default_factory=list)
    after: list[Statement] = field(default_factory=list)
    carried: list[HandedOn] = field(default_factory=list)


class Writer:
    """Turns a cell into the lines of its module.

    The residual of the loss is the general one, so that the code holds for all targets.
    """

    def __init__(self, cell: Cell, target: Target = NUMPY_MODULE) -> None:
        self.cell = cell.without_assumptions()
        self.derivation = Derivation(self.cell, 1)
        self.printer = Printer(dialect="plain")
        self.library = target.library
        names = Names(target.taken(cell), target.templates)
        self.names = names
        self.adjoints = {n.series for n in self.derivation.recursion.definitions.values()}
        for parameter in (*cell.parameters, *cell.constants):
            names.give(parameter, parameter.name)
        variables = [e.variable for e in self.cell.equations]
        for series in (*cell.given, *cell.states, *variables):
            names.give(series, series.name)
        for size in cell.dimensions:
            names.give(size, str(size))
        for named in (
            *self.derivation.shared.jacobians.definitions,
            *self.derivation.recursion.definitions.values(),
        ):
            names.give(named.series, wish(named.series))
        self.used: set[str] = {"rows"}
        self.logs = self._logs()
        self.every = Emitter(names.of, self.logs, every=True, used=self.used, library=self.library)
        self.step = target.loop(names.of, self.logs, used=self.used, library=target.in_loop)

    def _logs(self) -> dict[Basic, tuple[str, Column]]:
        made = self.cell.definition(self.cell.output).expr
        o = self.cell.output[t]
        if isinstance(made, Softmax):
            return {o: ("log_softmax", made.arg)}
        if isinstance(made, Apply) and made.function == "sigmoid":
            return {o: ("softplus", -made.arg), 1 - o: ("softplus", made.arg)}
        return {}

    def _stated(self, source: str, left: MatrixExpr, right: MatrixExpr) -> Statement:
        """Return a statement with the equation that it computes as its comment."""
        said = f"{self.printer.text(left)} = {self.printer.text(right)}"
        return Statement(source, said, ((left, right),))

    def _gradient(self, source: str, of: MatrixExpr, expr: MatrixExpr) -> Statement:
        """Return a statement that computes a gradient, with its formula."""
        said = f"∇ of {self.printer.text(of)}: {self.printer.text(expr)}"
        return Statement(source, said, ((of,), (expr,)))

    def forward(self) -> Source:
        """Return the forward pass."""
        plan, source, names = forward_pass(self.cell), Source(), self.names.of
        self.step.enter([names[e.variable] for e in plan.loop], "before", self.names.fresh)
        loop = {e.variable for e in plan.loop} | set(self.cell.states)
        for e in plan.before:
            source.before.append(self._every_step(e.variable, e.expr))
        for e in plan.loop:
            free, rest = hidden(e, loop)
            name = names[e.variable]
            if free is None:
                text = self.step.text(e.expr)
            else:
                given = self.names.fresh(f"{name}_given")
                comment = f"for every step: {self.printer.text(free)}"
                source.before.append(
                    Statement(f"{given} = rows({self.every.text(free)})", comment, ((free,),))
                )
                text = f"{given}[t] + {self.step.text(rest)}"
            source.loop.append(self._stated(f"{self.step.at(name, 0)} = {text}", e.left, e.expr))
        source.carried = self.step.carried()
        for e in plan.after:
            source.after.append(self._every_step(e.variable, e.expr))
        return source

    def _every_step(self, series: Series, expr: MatrixExpr) -> Statement:
        name, text = self.names.of[series], self.every.text(expr)
        if not any(True for _ in series_in(expr)):
            # The same at every step, or a number made of t: it has no axis for the steps yet.
            text = self.library.spread.format(text, self.every.stored(series))
        made = f"{name} = rows({text})"
        if series in self.cell.handed:
            # Its row 0 is given, like that of the states in the loop.
            start = f'initial.get("{series.name}0", 0.0)'
            made = f"{name} = begun({made.removeprefix(f'{name} = ')}, {start})"
            self.used.add("begun")
        return self._stated(made, series[t], expr)

    def backward(self) -> Source:
        """Return the slopes, the recursion of the adjoints, and what is left of them."""
        plan, source, names = backward_pass(self.derivation), Source(), self.names.of
        source.before.append(self._residual())
        read = [n.expr for n in self.derivation.recursion.definitions.values()]
        read += [applied(transpose(p.left), c) for _, p, c in self._all_pulls()]
        read += [equation.right for equation in self.derivation.recursion.of_given()]
        read += [t for p in self.cell.parameters for t in self.derivation.recursion.by_matrices(p)]
        needed = {at.series for e in read for at in series_in(e)}
        jacobians = self.derivation.shared.jacobians
        for named in jacobians.definitions:
            if named.series in jacobians.diagonals.values() and named.series in needed:
                source.before.append(self._every_step(named.series, _diagonal_of(named.expr)))
        for n in plan.before:
            source.before.append(self._every_step(n.series, n.expr))
        loop = {n.series for n in plan.loop}
        self.step.enter([names[n.series] for n in plan.loop], "after", self.names.fresh)
        for n in plan.loop:
            if is_vector(n.series):
                text = self._in_loop(names[n.series], n.expr, loop, source)
            else:
                self.step.ended = {*ended(n.expr, self.adjoints)}
                text = self.step.text(n.expr)
            left = self.step.at(names[n.series], 0)
            source.loop.append(self._stated(f"{left} = {text}", n.series[t], n.expr))
        source.carried = self.step.carried()
        for n in plan.after:
            source.after.append(self._every_step(n.series, n.expr))
        return source

    def _residual(self) -> Statement:
        """Return the gradient of a step's loss by the logits, which several others begin with."""
        residual = self.derivation.shared.jacobians.residual
        name = self.names.fresh("residual")
        loss, logits = self.cell.loss_series[t], self.cell.logits[t]
        source = f"{name} = rows({self.every.text(residual)})"
        made = self._stated(source, Gradient(loss, logits), residual)
        self.every.hoisted[residual] = self.step.hoisted[residual] = name
        return made

    def _in_loop(self, name: str, expr: MatrixExpr, loop: set[Series], source: Source) -> str:
        """Return the source of an adjoint in the loop; what can be is computed before it."""
        made = split(expr, loop)
        terms: list[Printed] = []
        if made.free is not None:
            given = self.names.fresh(f"{name}_given")
            source.before.append(
                Statement(
                    f"{given} = rows({self.every.text(made.free)})",
                    self.printer.text(made.free),
                    ((made.free,),),
                )
            )
            terms.append(Printed(f"{given}[t]", ATOM))
        for term in made.terms:
            factors, core = peeled(term, loop)
            parts = {*ended(term, self.adjoints)}
            self.step.ended = parts - {term}
            printed = self._times(name, factors, self.step.column(core), source)
            terms.append(self.step.before_the_end(printed) if term in parts else printed)
        self.step.ended = set()
        if any(map(own_after, made.factors)):
            # All of it is multiplied by what stands beside the adjoint of the next step.
            whole = self._times(name, list(made.factors), summed(terms, SUM), source)
            return self.step.before_the_end(whole).whole
        total = terms[0] if len(terms) == 1 else summed(terms, SUM)
        return self._times(name, list(made.factors), total, source).whole

    def _times(
        self, name: str, factors: list[MatrixExpr], text: Printed, source: Source
    ) -> Printed:
        if not factors:
            return text
        fixed = not any(True for f in factors for _ in series_in(f))
        if fixed or (len(factors) == 1 and is_plain(factors[0])):
            return multiplied(self.step, factors, text)
        given = self.names.fresh(f"{name}_factor")
        made = multiplied(self.every, factors)
        source.before.append(Statement(f"{given} = rows({made.whole})"))
        return product(Printed(f"{given}[t]", ATOM), text)

    def _all_pulls(self) -> list[tuple[Parameter, Pullback, Column]]:
        recursion = self.derivation.recursion
        return [
            (p, pullback, recursion.column(entry))
            for p in self.cell.parameters
            for entry, pullback in self.derivation.shared.jacobians.entries(p)
        ]

    def gradients(self) -> list[Statement]:
        """Return the gradients of the parameters, the initial states and the inputs."""
        names, lines = self.names.of, []
        recursion = self.derivation.recursion
        for p in self.cell.parameters:
            made = [
                self._contribution(p, pullback, recursion.column(entry))
                for entry, pullback in self.derivation.shared.jacobians.entries(p)
            ]
            made += [self._term(term) for term in recursion.by_matrices(p)]
            source = f'grads["{p.name}"] = {" + ".join(made)}'
            lines.append(self._gradient(source, p, recursion.gradient(p)))
        for s in self.cell.handed:
            made_first = instantiate(recursion.initial_adjoint(s), {t: 0})
            first = Emitter(names, self.logs, used=self.used, fixed=0, library=self.library)
            text = first.text(recursion.initial_adjoint(s))
            if is_zero(made_first):
                text = f"{self.library.module}.zeros_like({names[s]}[0])"
            if self.cell.initial == "trainable":
                text = self.library.summed.format(f"({text})", 0)
            lines.append(self._gradient(f'grads["{s.name}0"] = {text}', s[0], made_first))
        for x in self.cell.inputs:
            column = recursion.pulled(x[t], x[t - 1])
            source = f'grads["{x.name}"] = {self.every.text(column)}'
            lines.append(self._gradient(source, x[t], column))
        return lines

    def _contribution(self, parameter: Parameter, pullback: Pullback, column: Column) -> str:
        made = applied(transpose(pullback.left), column)
        right = pullback.right
        if right is not None and right.shape == (1, 1) and not any(True for _ in series_in(right)):
            # A constant or another trained number has no rows: it is a factor like any other.
            made, right = mul(right, made), None
        if right is None:
            return self.library.summed.format(self.every.text(made, ATOM), (0, 1))
        factors = [self.every.text(made), self.every.text(right)]
        text = self.every.call("outer", *(reversed(factors) if pullback.transposed else factors))[0]
        # A vector that multiplies a number: its gradient is a vector, no matrix of one column.
        return f"{text}[:, 0]" if parameter.shape[1] == 1 else text

    def _term(self, term: MatrixExpr) -> str:
        """Return the source of a gradient at a step, summed over steps and sequences."""
        scale, inner = term.args if isinstance(term, Scaled) else (None, term)
        parts = column_and_row(inner)
        if parts is None:
            return self.library.summed.format(self.every.text(term, ATOM), (0, 1))
        column, row = parts
        column = column if scale is None else mul(scale, column)
        return self.every.call("outer", *map(self.every.text, (column, transpose(row))))[0]

    def total(self) -> str:
        """Return the source of the total loss before it is summed."""
        return self.every.text(self.cell.weighted(self.cell.loss_series[t], t), ATOM)


def _diagonal_of(matrix: MatrixExpr) -> MatrixExpr:
    """Return the column on the diagonal of a matrix: v of diag(v), and -v of -diag(v).

    The diagonal matrix of a single component is that component.
    """
    if isinstance(matrix, MatMul) and matrix.args[0].is_number:
        return mul(matrix.args[0], _diagonal_of(mul(*matrix.args[1:])))
    return matrix.arg if isinstance(matrix, Diag) else matrix

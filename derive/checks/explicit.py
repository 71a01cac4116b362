"""Expressions as explicit SymPy matrices of scalars, for small sizes and a concrete horizon.

As in `derive.numerics.evaluate`, but exact: the entries of the matrices are expressions in those of
the parameters, inputs, targets and initial states, with the forward pass substituted down to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from sympy import Add, Basic, Expr, Integer, MatAdd, MatrixExpr, OneMatrix, Symbol, log

from derive.cells.cell import Cell
from derive.checks.elements import ELEMENTS, Matrix
from derive.checks.scalars import Exp
from derive.expressions.definition import Definition, ended
from derive.expressions.functions import Apply, Softmax
from derive.expressions.quantities import At, Parameter, Series, T, t
from derive.expressions.sums import instantiate
from derive.expressions.types import MatrixShape, TimeIndex
from derive.expressions.walk import series_in


class Explicit:
    """The forward pass of a cell as scalars, and the values of expressions over it.

    ``sizes`` gives every dimension.  Where the loss assumes that targets sum to one, the last
    component of each target is one minus the others, unless ``free_targets``.
    """

    def __init__(
        self,
        cell: Cell,
        steps: int,
        sizes: Mapping[Symbol, int],
        named: Iterable[Definition] = (),
        free_targets: bool = False,
    ) -> None:
        self.cell, self.steps, self.sizes = cell, steps, dict(sizes)
        self._named: dict[Series, Definition] = {n.series: n for n in named}
        self._backward = {n.series for n in self._named.values() if n.backward}
        self._memo: dict[Basic, Matrix] = {}
        self._scalars: dict[tuple[str, tuple[int, ...]], Symbol] = {}
        self._values: dict[tuple[Series, int], Matrix] = {}
        for state in cell.states:
            self._values[state, 0] = self._symbols(state.name, state.shape, 0)
        for step in range(1, steps + 1):
            for given in cell.given:
                self._values[given, step] = self._symbols(given.name, given.shape, step)
            if cell.loss.assumes and not free_targets:
                target = self._values[cell.target, step]
                self._values[cell.target, step] = Matrix([*target[:-1], 1 - Add(*target[:-1])])
            for equation in cell.equations:
                made = instantiate(equation.expr, {t: step, T: steps})
                self._values[equation.variable, step] = self.value(made)

    def size(self, shape: MatrixShape) -> tuple[int, int]:
        """Return a shape as numbers."""
        rows, columns = (
            int(s.xreplace({k: Integer(v) for k, v in self.sizes.items()})) for s in shape
        )
        return rows, columns

    def _symbols(self, name: str, shape: MatrixShape, *step: int) -> Matrix:
        rows, columns = self.size(shape)
        # Only what there are several of is counted: W, W_{1,2}, x_{3}, x_{3,1}.
        return Matrix(
            rows,
            columns,
            lambda i, j: self._symbol(
                name, *step, *([i + 1] * (rows > 1)), *([j + 1] * (columns > 1))
            ),
        )

    def _symbol(self, name: str, *indices: int) -> Symbol:
        if (name, indices) not in self._scalars:
            base, _, mark = name.partition("_")
            listed = ",".join([*([mark] if mark else []), *map(str, indices)])
            label = f"{base}_{{{listed}}}" if listed else base
            # A quantity b_1 and the first entry of b must stay apart.
            while Symbol(label) in self._scalars.values():
                label += "'"
            self._scalars[name, indices] = Symbol(label)
        return self._scalars[name, indices]

    def parameter(self, parameter: Parameter) -> Matrix:
        """Return a parameter's entries, or the total loss as the sum over the steps."""
        if parameter == self.cell.total:
            losses = [self._values[self.cell.loss_series, s] for s in range(1, self.steps + 1)]
            weights = self._weights()
            return Matrix([Add(*(w * loss[0] for w, loss in zip(weights, losses, strict=True)))])
        made = self._symbols(parameter.name, parameter.shape)
        if parameter not in self.cell.constants:
            return made
        # What a mask leaves out is 0 for good; its other numbers may be any.
        given = np.asarray(self.cell.constants[parameter], dtype=float).reshape(made.shape)
        return Matrix(*made.shape, lambda i, j: made[i, j] if given[i, j] else Integer(0))

    def _weights(self) -> list[Expr]:
        weight = self.cell.weight
        if weight is None:
            return [1] * self.steps
        return [self._values[weight, s][0] for s in range(1, self.steps + 1)]

    def value(self, expr: MatrixExpr) -> Matrix:
        """Return an expression without free indices (but T) as an explicit matrix."""
        if expr not in self._memo:
            self._memo[expr] = Matrix(ELEMENTS[expr](self, expr))
        return self._memo[expr]

    def quantity(self, at: At) -> Matrix:
        """Return a series at its indices: from the forward pass, or by its definition."""
        named = self._named.get(at.series)
        if named is None:
            step = int(at.indices[0])
            if step > self.steps:
                # An adjoint of 0 cancels it; if it did not, an entry that nothing knows would be left.
                return self._symbols(at.series.name, at.shape, step)
            return self._values[at.series, step]
        if named.backward and int(at.indices[0]) > self.steps:
            return Matrix.zeros(*self.size(at.shape))
        values = dict(zip(named.indices, at.indices, strict=True))
        return self.at(named.expr, values)

    def at(self, expr: MatrixExpr, indices: Mapping[Symbol, TimeIndex]) -> Matrix:
        """Return an expression at values of its indices, adjoints after the last step being 0."""
        made = instantiate(expr, {**indices, T: self.steps})
        return self.value(ended(made, self.steps, self._backward))

    def log_of(self, arg: MatrixExpr) -> Matrix | None:
        """Return log(arg) from the logits, where arg is softmax or sigmoid of them (or 1 − that)."""
        complement = isinstance(arg, MatAdd) and isinstance(arg.args[0], OneMatrix)
        at = next(series_in(arg), None) if complement else arg
        if not isinstance(at, At) or not self.cell.defines(at.series):
            return None
        made = instantiate(self.cell.definition(at.series).expr, {t: at.indices[0]})
        if isinstance(made, Softmax) and not complement:
            logits = self.value(made.arg)
            total = log(Add(*map(Exp, logits)))
            return logits.applyfunc(lambda z: z - total)
        if isinstance(made, Apply) and made.function == "sigmoid":
            # log σ(z) = −log(1 + e^{−z}), and log(1 − σ(z)) is that minus z.
            logits = self.value(made.arg)
            return logits.applyfunc(lambda z: (-z if complement else 0) - log(1 + Exp(-z)))
        return None

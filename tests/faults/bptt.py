"""Faults in the derivation: lost terms, wrong steps, bounds, orders and transposes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sympy import Integer, MatrixExpr, ZeroMatrix

from derive.expressions.algebra import mul, neg, transpose
from derive.expressions.equation import Equation
from derive.expressions.quantities import T, t
from derive.expressions.sums import OrderedProduct, RisingProduct, instantiate
from tests.faults.fault import Change, Fault, computed, constant, instead, text

CHAINS = "derive.bptt.chains"
SUBSTITUTION = "derive.bptt.substitution"
SHARED = "derive.bptt.shared.SharedDefinitions"
RECURSION = "derive.bptt.recursion.Recursion"
STEPWISE = "derive.bptt.stepwise.StepJacobians"
GIVEN = "derive.bptt.given"

STEPS = "derive.bptt.steps.DerivationSteps"
ENTRIES = "derive.bptt.entries.EntryLemmas"

REFUSAL = (
    r"FAILED at|equation \S+ \(\w+\) failed its check at|is defined by itself"
    r"|the check of equation \S+ broke"
    r"|the equations of \w+ for T = \d+ are not those that it has"
)


def _checked(name: str, target: str, make: Change, cell: str = "elman") -> Fault:
    """Return a fault that the checks of a cell's equations find."""
    return Fault(name, target, make, (f"run check {cell} -T 3",), REFUSAL)


def _square(change: Change) -> Change:
    """Change square matrices only, so that shapes still fit."""
    return lambda expr: change(expr) if expr.shape[0] == expr.shape[1] else expr


def _twice(expr: MatrixExpr) -> MatrixExpr:
    return mul(2, expr)


def _bounds(low: int, high: int) -> Change:
    """Shift the bounds of a sum or product."""
    return lambda right: lambda body, index, a, b: right(body, index, a + low, b + high)


def _last(equation: Equation) -> Equation:
    """Return what an equation says of any step t, said of the last one."""
    sides = tuple(side.xreplace({t: T}) for side in equation.sides)
    return replace(equation, sides=sides, free=())


def _named(function: Callable[..., Equation]) -> Change:
    """Return an equation of another function under the id of the right one."""

    def make(right: Callable[..., Equation]) -> Callable[..., Equation]:
        return lambda *args, **kwargs: replace(
            function(right, *args, **kwargs), id=right(*args, **kwargs).id
        )

    return make


FAULTS = (
    # The chain rule, term by term and summed.
    _checked("a product that begins one step late", f"{CHAINS}.Chains.product",
             instead(lambda right, self, low, high: right(self, low + 1, high))),
    _checked("a product that ends one step early", f"{CHAINS}.Chains.product",
             instead(lambda right, self, low, high: right(self, low, high - 1))),
    _checked("the product of the steps in rising order", f"{CHAINS}.OrderedProduct",
             constant(RisingProduct)),
    _checked("an immediate derivative that holds nothing fixed", f"{CHAINS}.Chains.immediate",
             text(lambda found: found.func(found.num, found.den))),
    _checked("an immediate derivative of another step", f"{CHAINS}.Chains.immediate",
             instead(lambda right, self, parameter, step: right(self, parameter, step - 1))),
    _checked("the loss of another step", f"{CHAINS}.Chains.loss_chain",
             instead(lambda right, self, step: right(self, step - 1))),
    _checked("a sum over the steps that begins too late", f"{CHAINS}.TimeSum", _bounds(1, 0)),
    _checked("a sum over the steps that ends too early", f"{CHAINS}.TimeSum", _bounds(0, -1)),
    _checked("a sum over the steps that ends too late", f"{CHAINS}.TimeSum", _bounds(0, 1)),
    _checked("the terms of the step before", f"{CHAINS}.Chains.spelled",
             instead(lambda right, self, parameter, step: right(self, parameter, max(step - 1, 1)))),
    _checked("a direct term that is missing", f"{CHAINS}.Chains.direct_chain",
             text(lambda found: ZeroMatrix(*found.shape))),
    _checked("the row of the loss negated", f"{STEPWISE}.loss_row", text(neg)),
    # What holds, and is not what its id says.
    _checked("the sum of the step before", f"{CHAINS}.Chains.sum_product", _named(
        lambda right, self, parameter, step=None: right(self, parameter, step and max(1, step - 1)))),
    _checked("the sum of another parameter", f"{CHAINS}.Chains.sum_product", _named(
        lambda right, self, parameter, step=None: right(self, self.cell.parameters[0], step))),
    _checked("a sum of any step that is one of the last", f"{CHAINS}.Chains.sum_product", _named(
        lambda right, self, parameter, step=None: _last(right(self, parameter, step)))),
    _checked("a sum of a step that is one of any", f"{CHAINS}.Chains.sum_product", _named(
        lambda right, self, parameter, step=None: right(self, parameter))),
    _checked("a sum at a step that has none", f"{CHAINS}.Chains.sum_product", text(
        lambda found: found if found.free else replace(found, sides=tuple(
            side.xreplace({Integer(3): t}) for side in found.sides)))),
    _checked("a total over three steps whatever T is", f"{CHAINS}.TimeSum",
             instead(lambda right, body, index, low, high: right(
                 body, index, low, Integer(3) if high == T else high))),
    _checked("terms at another step", f"{CHAINS}.Chains.terms", _named(
        lambda right, self, parameter, step: right(self, parameter, 4 - step))),
    # Jacobians substituted.
    _checked("a contribution twice", f"{SUBSTITUTION}.Substitution.substituted_term",
             text(lambda found: None if found is None else _twice(found))),
    _checked("a contribution negated", f"{SUBSTITUTION}.Substitution.substituted_term",
             text(lambda found: None if found is None else neg(found))),
    _checked("a contribution of the step after", f"{SUBSTITUTION}.pull_at",
             instead(lambda right, pullback, step: right(pullback, step + 1))),
    _checked("an adjoint with its indices exchanged", f"{SUBSTITUTION}.Substitution.substituted_term",
             instead(lambda right, self, parameter, step, use: right(self, parameter, use, step))),
    _checked("a direct gradient twice", f"{SUBSTITUTION}.Substitution.direct_gradient",
             text(_twice)),
    _checked("a step Jacobian transposed", f"{STEPWISE}.step_jacobian", text(transpose)),
    _checked("a step Jacobian negated", f"{STEPWISE}.step_jacobian", text(neg)),
    _checked("a path into the state twice", f"{SHARED}.path_into_state", text(_twice)),
    _checked("the column of the loss of another step", f"{SHARED}.loss_column",
             instead(lambda right, self, step: right(self, step - 1))),
    _checked("an adjoint's product that lacks a step", "derive.bptt.shared.OrderedProduct",
             _bounds(1, 0)),
    _checked("an adjoint's product in rising order", "derive.bptt.shared.OrderedProduct",
             constant(RisingProduct)),
    _checked("the factors of an adjoint in the wrong order", f"{SUBSTITUTION}.RisingProduct",
             constant(OrderedProduct)),
    _checked("a first contribution that is no zero", f"{SUBSTITUTION}.Substitution.vanishes_at_start",
             constant(lambda self, parameter: True), "elman --bias"),
    # The recursion.
    _checked("nothing arrives from the next step", f"{RECURSION}._next_step",
             constant(lambda self, before: [])),
    _checked("what arrives is of the same step", f"{RECURSION}._next_step",
             text(lambda terms: [instantiate(term, {t: t - 1}) for term in terms])),
    _checked("what arrives is of two steps later", f"{RECURSION}._next_step",
             text(lambda terms: [instantiate(term, {t: t + 1}) for term in terms])),
    _checked("a transpose that is lost in the recursion", "derive.bptt.recursion.transpose",
             instead(lambda right, matrix: matrix if matrix.shape[0] == matrix.shape[1]
                     else right(matrix))),
    _checked("an adjoint that is lost on one way", f"{RECURSION}._pulled_from",
             text(lambda terms: terms[1:] if len(terms) > 1 else terms), "gru"),
    _checked("a gradient that leaves out the first step", "derive.bptt.recursion.TimeSum",
             _bounds(1, 0)),
    _checked("a gradient that leaves out the last step", "derive.bptt.recursion.TimeSum",
             _bounds(0, -1)),
    _checked("a gradient that goes one step too far", "derive.bptt.recursion.TimeSum",
             _bounds(0, 1)),
    _checked("a gradient transposed", f"{RECURSION}.gradient",
             text(lambda found: found.func(_square(transpose)(found.body), *found.args[1:]))),
    _checked("the gradient by the initial state twice", f"{RECURSION}.initial_adjoint",
             text(_twice)),
    _checked("the gradient by the input of the step before", f"{RECURSION}.pulled",
             instead(lambda right, self, now, before: instantiate(
                 right(self, now, before), {} if self.cell.defines(now.series) else {t: t - 1}))),
    _checked("the residual negated", f"{STEPWISE}.residual", computed(neg)),
    # Jacobians within a step.
    _checked("a block of the Jacobian that is another's", f"{STEPWISE}.derivative",
             instead(lambda right, self, variable, den, *held: _twice(right(self, variable, den, *held))
                     if den.indices[0] == t - 1 else right(self, variable, den, *held)), "lstm"),
    _checked("a path past the step's states that is lost", f"{STEPWISE}._past_states",
             instead(lambda right, self, variable, den: self._paths(
                 variable, den, frozenset(s[t] for s in self._earlier(variable)))), "lstm"),
    _checked("states of a step in the wrong order", f"{STEPWISE}.passed",
             constant(lambda self, state: []), "lstm"),
    _checked("an initial product that lacks a step", f"{GIVEN}.OrderedProduct", _bounds(1, 0)),
    # The forward pass.
    _checked("a step written out of another step", "derive.bptt.unroll.inlined",
             text(lambda expr: instantiate(expr, {}) if expr.free_symbols & {t} else _shifted(expr))),
    _checked("a total loss that lacks a step", "derive.bptt.unroll.TimeSum", _bounds(1, 0)),
    # Reasons beside the lines.
    *(_checked(f"reasons of the side {by}, line by line", f"{STEPS}._equation", instead(
          lambda right, self, name, sides, reasons, *more, n=n: right(
              self, name, sides, (*reasons[n:], *reasons[:n]), *more)))
      for by, n in (("after", 1), ("before", -1))),
    *(_checked(f"reasons of the side {by}, by components", f"{ENTRIES}._equation", instead(
          lambda right, self, name, sides, free, *reasons, n=n: right(
              self, name, sides, free, *reasons[n:], *reasons[:n])))
      for by, n in (("after", 1), ("before", -1))),
    _checked("a chain rule that nothing is chained by", f"{STEPS}.local_chain", text(
        lambda found: [replace(e, reasons=("reason.chain", "reason.chain", "reason.name"))
                       for e in found])),
)  # fmt: skip


def _shifted(expr: MatrixExpr) -> MatrixExpr:
    """Return an expression with the quantities of step 2 where those of step 1 stand."""
    from derive.expressions.quantities import At
    from derive.expressions.rewrite import substituted
    from derive.expressions.walk import atoms_of

    reads = [at for at in atoms_of(expr, At) if at.indices[0] == 1]
    return substituted(expr, {at: at.series[Integer(2)] for at in reads})

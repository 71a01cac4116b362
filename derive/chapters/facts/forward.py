"""Facts of the horizon, the loss, the output and the states."""

from __future__ import annotations

import numpy as np
from sympy import Integer, KroneckerDelta, MatrixExpr

from derive.bptt import unroll
from derive.bptt.scalar import scalar
from derive.calculus.pullbacks import depends
from derive.cells.cell import Cell
from derive.cells.describe import parameter_role, series_role
from derive.cells.understood import actions
from derive.chapters.facts.facts import CellFacts, fact, small
from derive.checks.probe import moves_states
from derive.checks.sides import factors_of
from derive.checks.tables import members
from derive.document.text import Value
from derive.expressions.algebra import Hadamard, mul, transpose
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.functions import Softmax
from derive.expressions.quantities import At, Parameter, ParameterCopy, Series, k, t
from derive.expressions.shapes import is_vector
from derive.expressions.sums import instantiate
from derive.expressions.walk import atoms_of, series_in
from derive.numerics.evaluate import Evaluator


@fact
def _several_steps(f: CellFacts) -> bool:
    return f.steps > 1


@fact
def _some_bias(f: CellFacts) -> bool:
    """Tell whether a parameter is only added."""
    return any(parameter_role(f.cell, p) == "bias" for p in f.cell.parameters)


@fact
def _early_losses_count(f: CellFacts) -> bool:
    """Tell whether the total loss counts steps before the last."""
    return bool(np.any(f.weights[:, :-1] != 0))


@fact
def _plain_sum(f: CellFacts) -> bool:
    """Tell whether the total loss is the sum of the losses of the steps."""
    return small(f.weights - 1)


@fact
def _weighted(f: CellFacts) -> bool:
    return f.cell.weight is not None


@fact
def _mean(f: CellFacts) -> bool:
    return f.cell.weight is not None and small(f.weights - 1 / f.steps)


@fact
def _last_only(f: CellFacts) -> bool:
    return small(f.weights[:, -1] - 1) and not np.any(f.weights[:, :-1])


@fact
def _bracketed(f: CellFacts) -> bool:
    """Tell whether the weight of a step is Iverson's bracket."""
    weight = f.cell.weight
    defined = weight is not None and f.cell.defines(weight)
    return bool(defined and f.cell.definition(weight).expr.has(KroneckerDelta))


@fact
def _weights_given(f: CellFacts) -> bool:
    return f.cell.weight in f.cell.given


@fact
def _last_is_total(f: CellFacts) -> bool:
    """Tell whether the loss of the last step is the total loss."""
    loss = f.cell.loss_series[f.steps]
    return all(small(e.at(f.cell.total) - e.at(loss)) for e in f.evaluators)


# -- the output -----------------------------------------------------------------------------------


@fact
def _probabilities(f: CellFacts) -> bool:
    """Tell whether the output is a softmax: what is linear may be made of numbers that sum to one."""
    return isinstance(f.cell.definition(f.cell.output).expr, Softmax)


@fact
def _fractions(f: CellFacts) -> bool:
    """Tell whether each component of the output is between 0 and 1, and depends on its own logit."""
    slope = Partial(f.cell.output[1], f.cell.logits[1])
    local = [e.at(slope) for e in f.evaluators]
    inside = all(bool(np.all((o > 0) & (o < 1))) for o in f.outputs)
    return inside and all(small(J - np.diag(np.diag(J))) for J in local)


@fact
def _single_output(f: CellFacts) -> bool:
    """Tell whether the output is one number at each step."""
    return bool(f.cell.output.shape[0] == 1)


@fact
def _output_is_logits(f: CellFacts) -> bool:
    o, z = f.cell.output[f.steps], f.cell.logits[f.steps]
    return all(small(e.at(o) - e.at(z)) for e in f.evaluators)


@fact
def _targets_sum_to_one(f: CellFacts) -> bool:
    return bool(f.cell.loss.assumes)


@fact
def _feedback(f: CellFacts) -> bool:
    """Tell whether the output is a state: what one step hands to the next."""
    return f.cell.output in f.cell.states


# -- states, and where they start -----------------------------------------------------------------


@fact
def _one_state(f: CellFacts) -> bool:
    return len(f.cell.states) == 1


@fact
def _matrices(f: CellFacts) -> bool:
    """Tell whether a gradient of the recursion is a matrix at each step."""
    return any(1 not in delta.shape for delta in f.derivation.recursion.deltas.values())


@fact
def _column_states(f: CellFacts) -> bool:
    """Tell whether all that a step hands to the next are columns."""
    return all(is_vector(s) for s in f.cell.handed)


@fact
def _zero_start(f: CellFacts) -> bool:
    return bool(f.cell.initial == "zero")


@fact
def _trainable_start(f: CellFacts) -> bool:
    return bool(f.cell.initial == "trainable")


@fact
def _both_starts(f: CellFacts) -> bool:
    """Tell whether checks are made on a zero and on a nonzero initial state."""
    return {bool(s.zero_start) for s in f.samples} == {True, False}


@fact
def _move_states(f: CellFacts, parameters: Value) -> bool:
    """Tell whether what a step hands on changes with each of these parameters."""
    found = [p for p in members(parameters) if isinstance(p, Parameter)]
    return bool(found) and all(moves_states(f.cell, p) for p in found)


@fact
def _fixed_states(f: CellFacts) -> bool:
    """Tell whether what a step hands on changes with no parameter."""
    return not any(moves_states(f.cell, p) for p in f.cell.parameters)


@fact
def _first_zero(f: CellFacts, parameter: Parameter) -> bool:
    """Tell whether the first contribution is 0 where the initial state is, on all data."""
    last = f.cell.loss_series[f.steps]
    found = f.on_zero_start(Gradient(last, ParameterCopy(parameter, 1)))
    return bool(found) and not any(map(np.any, found))


@fact
def _start_factor(f: CellFacts, parameter: Parameter) -> bool:
    """Tell whether the contribution of the first step is one product with the initial state in it."""
    term = f.derivation.substitution.substituted_term(parameter, Integer(f.steps), Integer(1))
    start = f.cell.state[0]
    return bool({start, transpose(start)} & {*factors_of(term)})


@fact
def _acts_later(f: CellFacts, parameter: Parameter) -> bool:
    """Tell whether what the next step reads changes with a parameter."""
    return moves_states(f.cell, parameter, f.cell.handed)


@fact
def _within_step(f: CellFacts, parameters: Value) -> bool:
    """Tell whether parameters act on the loss of a step by their use at that step only."""
    last, early = f.cell.loss_series[f.steps], range(1, f.steps)
    found = [p for p in members(parameters) if isinstance(p, Parameter)]
    copies = [Gradient(last, ParameterCopy(p, n)) for p in found for n in early]
    for evaluator in f.evaluators:
        evaluator.expect(copies, [{}])
    return bool(found) and not any(np.any(e.at(c)) for e in f.evaluators for c in copies)


@fact
def _acts_beside(f: CellFacts, parameter: Parameter) -> bool:
    """Tell whether a parameter acts on the output of a step past its state."""
    return bool(f.derivation.shared.direct_uses(parameter))


@fact
def _last_use_acts(f: CellFacts, parameter: Parameter) -> bool:
    """Tell whether a path leads from a use of a parameter to the loss of the same step."""
    made: set[Series] = set()
    for equation in f.cell.equations:
        now = {at.series for at in series_in(equation.expr) if at.indices[0] == t}
        if now & made or depends(equation.expr, parameter):
            made.add(equation.variable)
    return f.cell.loss_series in made


@fact
def _alike_beside(f: CellFacts, first: Parameter, second: Parameter) -> bool:
    """Tell whether both of two parameters act so, or neither."""
    return _acts_beside(f, first) is _acts_beside(f, second)


@fact
def _has_inputs(f: CellFacts) -> bool:
    """Tell whether a step reads anything but what is handed on to it."""
    return bool(f.cell.inputs)


@fact
def _inputs_reach(f: CellFacts) -> bool:
    """Tell whether there are inputs, and a path from each of them to every later output."""
    inputs = f.cell.inputs
    return bool(inputs) and all(_reaches_on(f.cell, series, f.steps) for series in inputs)


def _reaches_on(cell: Cell, series: Series, steps: int) -> bool:
    """Tell whether a path leads from a quantity of step 1 to the output of each step after it."""
    reads = [(e.variable, list(series_in(e.expr))) for e in cell.equations]
    found: list[set[Series]] = []
    for step in range(1, steps + 1):
        made = {series} if step == 1 else set()
        before = found[-1] if found else set()
        for variable, read in reads:
            if any(at.series in (made if at.indices[0] == t else before) for at in read):
                made.add(variable)
        if step > 1 and cell.output not in made:
            return False
        if made in found:
            # What comes later is as what came after that.
            break
        found.append(made)
    return True


@fact
def _multiplies_input(f: CellFacts, parameter: Parameter) -> bool:
    """Tell whether a parameter acts on the first input of its step, and on nothing else."""
    found, first = actions(f.cell, parameter), {x[t] for x in f.cell.inputs[:1]}
    known = bool(found) and bool(first)
    return known and all(a.on is not None and {*series_in(a.on)} == first for a in found)


@fact
def _pre_activation(f: CellFacts, at: At) -> bool:
    return series_role(f.cell, at.series) == "pre_activation"


@fact
def _state(f: CellFacts, at: At) -> bool:
    return at.series in f.cell.states


# -- the example


@fact
def _example_one_hot(f: CellFacts) -> bool:
    """Tell whether each target of the example has a single one, and zeros beside it."""
    assert f.example is not None, "the chapter notes its numbers before it speaks of them"
    steps = np.arange(1, f.example.steps + 1)
    targets = f.example.value(f.example.cell.target, steps)[..., 0]
    return bool(np.all(np.sort(targets, axis=1)[:, :-1] == 0) and np.all(targets.max(axis=1) == 1))


@fact
def _example_shorter(f: CellFacts) -> bool:
    """Tell whether the example has fewer steps than the handout."""
    return f.example is not None and f.example.steps < f.steps


@fact
def _example_from_nonzero(f: CellFacts) -> bool:
    """Tell whether a state of the example begins elsewhere than at 0."""
    assert f.example is not None, "the chapter notes its numbers before it speaks of them"
    return any(bool(np.any(f.example.value(s, 0))) for s in f.example.cell.states)


@fact
def _example_some_zero(f: CellFacts, parameter: Parameter) -> bool:
    """Tell whether a step contributes nothing to the derivative of the last loss of the example."""
    assert f.example is not None, "the chapter notes its numbers before it speaks of them"
    value, last = Evaluator(f.example, {}).value, f.example.steps
    copies = (ParameterCopy(parameter, n) for n in range(1, last + 1))
    return not all(np.any(value(Gradient(f.cell.loss_series[last], copy))) for copy in copies)


@fact
def _some_state_cancels(f: CellFacts) -> bool:
    """Tell whether the gradient by a state is 0 but for rounding, at every step, and moves no output."""
    steps, total = range(1, f.steps + 1), f.cell.total
    return any(
        all(small(e.at(Gradient(total, s[n]))) for e in f.evaluators for n in steps)
        for s in f.cell.states
    )


@fact
def _lags(f: CellFacts) -> bool:
    """Tell whether a state that is called so only hands on what was read a step before."""
    return any("lag" in s.name and isinstance(f.cell.definition(s).expr, At) for s in f.cell.states)


@fact
def _listed_constants(f: CellFacts) -> bool:
    """Tell whether there are constants of several numbers."""
    return any(isinstance(value, list) for value in f.cell.constants.values())


@fact
def _explained_functions(f: CellFacts) -> bool:
    """Tell whether there are functions, or derivatives of them, that are written out as equations."""
    return bool(unroll.functions(f.cell))


@fact
def _small_letters(f: CellFacts) -> bool:
    """Tell whether the scalar case writes all parameters in small letters."""
    return all(p.name[:1].islower() for p in scalar(f.cell).parameters)


@fact
def _circled_dot(f: CellFacts) -> bool:
    """Tell whether columns are multiplied component by component, in the network or its slopes."""
    d = f.derivation
    named = [d.shared.expression_of(D) for D in d.shared.jacobians.diagonals.values()]
    found = (e for e in (*(e.expr for e in f.cell.equations), *named))
    products = (product for expr in found for product in atoms_of(expr, Hadamard))
    # Numbers multiply without the sign.
    return any(product.shape != (1, 1) for product in products)


@fact
def _affine_in(f: CellFacts, at: At, column: MatrixExpr, parameter: Parameter) -> bool:
    """Tell whether a quantity is a matrix times a column, and what does not contain the matrix."""
    expr = f.cell.definition(at.series).expr
    terms = expr.args if expr.is_MatAdd else (expr,)
    own = [term for term in terms if term.has(parameter)]
    return own == [mul(parameter, instantiate(column, {k: t}))]

"""Facts of the shape of a derivation: how many names it gives, and what its formulas are made of."""

from __future__ import annotations

from derive.bptt import unroll
from derive.bptt.steps import DEPTH
from derive.chapters.facts.facts import CellFacts, fact
from derive.expressions.averages import LayerNorm
from derive.expressions.equation import ZERO_START, Kind
from derive.expressions.walk import atoms_of


@fact
def _one_adjoint(f: CellFacts) -> bool:
    """Tell whether the recursion has one named gradient, that of what all paths lead through."""
    return len(f.derivation.recursion.deltas) == 1


@fact
def _one_slope(f: CellFacts) -> bool:
    """Tell whether the derivative of one activation has a name."""
    return len(f.derivation.shared.jacobians.diagonals) == 1


@fact
def _adjoints_by_state(f: CellFacts) -> bool:
    """Tell whether what arrives at a quantity follows from what arrives at the state."""
    return f.derivation.shared.by_state


@fact
def _sum_of_paths(f: CellFacts) -> bool:
    """Tell whether the step Jacobian is a sum: several paths lead from a state to the next."""
    shared = f.derivation.shared
    return bool(shared.expression_of(shared.J).is_MatAdd)


@fact
def _lines_from_the_first_step(f: CellFacts) -> bool:
    """Tell whether the lines on a derivative are written out for all steps."""
    return f.steps <= DEPTH


@fact
def _takes_roots(f: CellFacts) -> bool:
    """Tell whether an equation takes the square root of a variance."""
    return any(True for e in f.cell.equations for _ in atoms_of(e.expr, LayerNorm))


@fact
def _nothing_proved(f: CellFacts) -> bool:
    """Tell whether no gradient was proved in scalar symbols."""
    return not f.proofs


@fact
def _no_own_run(f: CellFacts) -> bool:
    """Tell whether no run of the network itself was measured."""
    return "own" not in f.traces


@fact
def _own_units_alike(f: CellFacts) -> bool:
    """Tell whether the states of the run have the same number of components, more than one."""
    return len(_units(f, "own")) == 1 and 1 not in _units(f, "own")


@fact
def _units_like_others(f: CellFacts) -> bool:
    """Tell whether the states of the network have as many components as those of others beside it."""
    return len(_units(f, "this")) == 1 and _units(f, "this") == _units(f, "memory")


def _units(f: CellFacts, run: str) -> set[int]:
    """Return how many components the states of a run have, none where there is no such run."""
    trace = f.traces.get(run)
    return set() if trace is None else {len(trace.value(s, 1)) for s in trace.cell.states}


@fact
def _some_refuted(f: CellFacts) -> bool:
    """Tell whether a formula is shown that does not hold."""
    return any(equation.kind is Kind.REFUTED for equation in f.shown)


@fact
def _about_zero_start(f: CellFacts) -> bool:
    """Tell whether an equation of the network is shown that is about an initial state of zero."""
    return any(ZERO_START in equation.assumes for equation in f.own)


@fact
def _nested_written(f: CellFacts) -> bool:
    """Tell whether the output is written as one nested function."""
    return unroll.nests(f.cell)


@fact
def _repeats_start(f: CellFacts) -> bool:
    """Tell whether a state, written in those of the step before, has one of them in several places."""
    return len(f.cell.states) > 1 or unroll.occurrences(f.cell) > 1


@fact
def _run_opened(f: CellFacts) -> bool:
    """Tell whether a run was measured with the biases of its gates raised."""
    return "opened" in f.traces


@fact
def _example_several_steps(f: CellFacts) -> bool:
    """Tell whether the example goes over several steps."""
    return f.example is not None and f.example.steps > 1


@fact
def _algorithm_proved(f: CellFacts) -> bool:
    """Tell whether each line of the backward recursion is proved for every number of steps and size."""
    recursion = f.derivation.recursion
    own = map(recursion.accumulated, f.cell.parameters)
    lines = (*recursion.ends(), *recursion.steps(), *own)
    return f.general is not None and all(map(f.general.proves, lines))

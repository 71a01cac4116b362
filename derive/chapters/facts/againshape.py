"""Second ways of facts of the shape of a derivation: by definitions, runs, what is printed."""

from __future__ import annotations

import numpy as np
from sympy import Basic

from derive.bptt import unroll
from derive.budgets import most
from derive.chapters.facts.facts import CellFacts, again
from derive.checks.proof import prove, smallest, work
from derive.expressions.algebra import is_zero
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import At, T
from derive.expressions.sums import instantiate
from derive.gradientflow.own import SCALES, run_at
from derive.typesetting.printing import tex


def _named(f: CellFacts, role: Role) -> int:
    """Return how many quantities a derivation gives a name and a definition in a role."""
    found = (definition.series for definition in f.derivation.definitions)
    return sum(isinstance(series, Introduced) and series.role is role for series in found)


@again
def _one_adjoint(f: CellFacts) -> bool:
    return _named(f, Role.ADJOINT) == 1


@again
def _one_slope(f: CellFacts) -> bool:
    return _named(f, Role.SLOPE) == 1


@again
def _adjoints_by_state(f: CellFacts) -> bool | None:
    return None if f.cell.has_matrices else _named(f, Role.LAGGED_ADJOINT) > 1


@again
def _sum_of_paths(f: CellFacts) -> bool | None:
    """Tell it of one state; of several, the blocks are the sums."""
    return unroll.occurrences(f.cell) > 1 if len(f.cell.states) == 1 else None


@again
def _lines_from_the_first_step(f: CellFacts) -> bool | None:
    if f.cell.has_matrices:
        return None
    lines = f.derivation.lines.unrolled(f.cell.parameters[0], f.steps)
    return bool(lines.left.num == f.derivation.shared.state[f.steps])


@again
def _takes_roots(f: CellFacts) -> bool:
    return any(e.id.endswith("function-layernorm") for e in unroll.functions(f.cell))


@again
def _nothing_proved(f: CellFacts) -> bool:
    """Tell whether one step with the smallest sizes is too long to prove, or proves nothing."""
    if f.proofs:
        return sum(one.entries for one in f.proofs) == 0
    sizes = smallest(f.cell)
    if work(f.cell, 1, sizes) > most("proof"):
        return True
    return not prove(f.cell, 1, sizes, telling=False, most=most("proof-terms")).proved


@again
def _no_own_run(f: CellFacts) -> bool:
    if "own" in f.traces:
        return not np.isfinite(f.traces["own"].value(f.cell.states[0], f.traces["own"].steps)).all()
    return not any(run_at(f.derivation, scale, f.seed).finite for scale in SCALES)


@again
def _own_units_alike(f: CellFacts) -> bool | None:
    """Tell it by the shapes of the cell; letters that differ may have the same value in a run."""
    if "own" not in f.traces:
        return False
    sizes = {s.shape[0] for s in f.cell.states}
    return sizes != {1} if len(sizes) == 1 else None


@again
def _units_like_others(f: CellFacts) -> bool | None:
    """Tell it by the letter of the states, which is another than those of inputs and outputs."""
    if "this" not in f.traces:
        return False
    sizes = {s.shape[0] for s in f.cell.states}
    ends = {s.shape[0] for s in (*f.cell.inputs[:1], f.cell.target)}
    return not sizes & ends if len(sizes) == 1 and all(s.free_symbols for s in sizes) else None


@again
def _some_refuted(f: CellFacts) -> bool:
    return any("?" in tex(equation) for equation in f.shown)


@again
def _about_zero_start(f: CellFacts) -> bool | None:
    """Tell it of what is said to be zero at the last step, and is not from another start.

    Adjoints after the last step are zero from any, and one may stand for those of several gates.
    """
    said = (e.left for e in f.own if len(e.sides) == 2 and is_zero(e.right) and not e.free)
    zero = [instantiate(left, {T: f.steps}) for left in said if not _after_the_last(left)]
    from_other = [e for s, e in zip(f.samples, f.evaluators, strict=True) if not s.zero_start]
    if any(np.any(e.at(left)) for left in zero for e in from_other):
        return True
    return None if zero else False


def _after_the_last(left: Basic) -> bool:
    return isinstance(left, At) and left.indices[-1] == T + 1


@again
def _nested_written(f: CellFacts) -> bool | None:
    """Tell whether an equation on display is nested, once there are any."""
    nested = f"{f.cell.name}-nested-{f.steps}"
    return any(equation.id == nested for equation in f.shown) if f.shown else None


@again
def _run_opened(f: CellFacts) -> bool | None:
    """Tell whether entries of a parameter are all one number in the run, which drawn ones are not."""
    if "opened" not in f.traces:
        return None
    numbers = map(f.traces["opened"].parameter, f.cell.parameters)
    return any(n.size > 1 and bool(np.ptp(n) == 0) and bool(n.any()) for n in numbers)


@again
def _example_several_steps(f: CellFacts) -> bool:
    if f.example is None:
        return False
    losses = f.example.columns[f.example.cell.loss_series]
    return int(np.isfinite(losses).sum()) > 1


@again
def _algorithm_proved(f: CellFacts) -> bool:
    """Tell it by the lines of the checker: the ids of adjoints and gradients stand in none."""
    if f.general is None:
        return False
    ids = {e.id for e in f.general.equations if e.step.rule in ("end", "recursion", "accumulate")}
    named = {line.partition(": ")[0].rpartition(" ")[2] for line in f.general.verdict.said}
    return bool(ids) and ids.isdisjoint(named)

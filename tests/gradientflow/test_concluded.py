"""The logarithms in the table of experiments are those of the factors, multiplied one by one."""

from __future__ import annotations

import pytest

from derive.bptt.derivation import Derivation
from derive.catalogue import load
from derive.chapters import landscape
from derive.chapters.context import Context
from derive.checks.verify import Verifier
from derive.document.blocks import TableBlock
from derive.document.text import Number, Text
from derive.errors import CheckError
from derive.gradientflow.concluded import require_logs, require_row
from derive.gradientflow.confirmed import require_flow
from derive.gradientflow.measure import Flow
from derive.gradientflow.runs import carry_out, experiment, table
from derive.gradientflow.scaled import ScaledMatrix
from derive.gradientflow.stepwise import require_jacobians, require_radii
from derive.numerics.sample import samples


@pytest.mark.parametrize("name", ["saturated", "nonnormal", "typical"])
def test_another_logarithm_is_refused(name: str) -> None:
    run = carry_out(experiment(name), 1)
    last = run.experiment.steps - 1
    norm, bound = (round(float(logs[last]), 1) for logs in (run.flow.log_norms, run.flow.log_bound))
    require_logs(run, Number(norm), Number(bound))
    for wrong in ((norm + 0.1, bound), (norm, bound - 0.1)):
        with pytest.raises(CheckError, match=rf"{name} does not say of the runs what they are"):
            require_logs(run, *map(Number, wrong))


def test_a_row_of_another_run_is_refused() -> None:
    (rows,) = [b.rows for b in landscape.experiments(context()) if isinstance(b, TableBlock)]
    names = list(table())
    at = names.index("saturated")
    run, row = carry_out(experiment("saturated"), 0), rows[at]
    assert require_row(run, row) == row
    for n, cell in enumerate(row):
        other = next(r[n] for r in rows if r[n] != cell) if n not in (4, 5) else 7
        with pytest.raises(CheckError, match="saturated does not say of the runs what they are"):
            require_row(run, (*row[:n], other, *row[n + 1 :]))


def context() -> Context:
    cell = load("elman")
    return Context(Verifier(Derivation(cell, 2), samples(cell, 2, 0)), 0)


def test_a_bound_for_all_states_by_another_factor_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = carry_out(experiment("typical"), 1)
    monkeypatch.setattr(Flow, "rate", Flow.radius)
    with pytest.raises(CheckError, match="the bounds for all states"):
        require_flow(Flow(run.derivation, run.trace))


def test_another_radius_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    run = carry_out(experiment("typical"), 1)
    require_radii(run.flow)
    monkeypatch.setattr(ScaledMatrix, "log_radius", lambda self: 0.0)
    with pytest.raises(CheckError, match="a spectral radius"):
        require_radii(Flow(run.derivation, run.trace))


@pytest.mark.parametrize("lag", [1, 2, 50, 99, 100])
@pytest.mark.parametrize("name", ["typical", "linear", "exploding", "init-gaussian"])
def test_a_radius_that_is_off_by_a_millionth_is_refused_at_each_lag(name: str, lag: int) -> None:
    run = carry_out(experiment(name), 1)
    flow = Flow(run.derivation, run.trace)
    flow.log_radii[lag] += 1e-6
    with pytest.raises(CheckError, match=f"at lag {lag} "):
        require_radii(flow)


@pytest.mark.parametrize("name", ["typical", "saturated", "nilpotent"])
def test_a_step_jacobian_that_is_off_by_a_millionth_is_refused_at_each_step(name: str) -> None:
    run = carry_out(experiment(name), 1)
    for step in range(0, run.trace.steps, 7):
        flow = Flow(run.derivation, run.trace)
        flow.jacobians[step] = (1 + 1e-6) * flow.jacobians[step]
        with pytest.raises(CheckError, match=f"J_{step + 1} of elman are not those of the forward"):
            require_jacobians(flow)


def test_a_product_of_zero_has_no_logarithm() -> None:
    run = carry_out(experiment("typical"), 1)
    run.flow.jacobians[5] = 0 * run.flow.jacobians[5]
    zero = Text("landscape.zero")
    require_logs(run, zero, zero)
    with pytest.raises(CheckError, match="where the run has -inf"):
        require_logs(run, Number(-30.0), zero)

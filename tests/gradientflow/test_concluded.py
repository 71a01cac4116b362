"""The logarithms in the table of experiments are those of the factors, multiplied one by one."""

from __future__ import annotations

import pytest

from derive.document.text import Number, Text
from derive.errors import CheckError
from derive.gradientflow.concluded import require_logs
from derive.gradientflow.runs import carry_out, experiment


@pytest.mark.parametrize("name", ["saturated", "nonnormal", "typical"])
def test_another_logarithm_is_refused(name: str) -> None:
    run = carry_out(experiment(name), 1)
    last = run.experiment.steps - 1
    norm, bound = (round(float(logs[last]), 1) for logs in (run.flow.log_norms, run.flow.log_bound))
    require_logs(run, Number(norm), Number(bound))
    for wrong in ((norm + 0.1, bound), (norm, bound - 0.1)):
        with pytest.raises(CheckError, match=rf"{name} does not say of the runs what they are"):
            require_logs(run, *map(Number, wrong))


def test_a_product_of_zero_has_no_logarithm() -> None:
    run = carry_out(experiment("typical"), 1)
    run.flow.jacobians[5] = 0 * run.flow.jacobians[5]
    zero = Text("landscape.zero")
    require_logs(run, zero, zero)
    with pytest.raises(CheckError, match="where the run has -inf"):
        require_logs(run, Number(-30.0), zero)

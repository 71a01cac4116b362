"""A mistake that is named gives the numbers; each name is tried on the gradients of all others."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import numpy as np
import pytest

from derive.arrays import Array
from derive.errors import CheckError
from derive.gradcheck.compare import Comparison, Finding
from derive.gradcheck.mistakes import mutations, patterns
from derive.gradcheck.naming import CONTRIBUTIONS, FACTORS, UNWEIGHTED, require_named
from derive.gradcheck.results import Results
from derive.gradcheck.values import Values, values
from derive.gradcheck.wordings import others
from tests.elman_reference import as_json, numbers

STEPS = 4


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> tuple[Values, dict[str, Array]]:
    path = tmp_path_factory.mktemp("naming") / "values.json"
    path.write_text(json.dumps(as_json(numbers(3, STEPS))), encoding="utf-8")
    read = values(path, "elman", {})
    return read, Results(read)["dL"]


def said(given: tuple[Values, dict[str, Array]], mine: Array, says: str) -> None:
    read, right = given
    # Some mistakes change nothing on these numbers.
    agrees = bool(np.abs(mine - right["W"]).max() <= 1e-6 * np.abs(right["W"]).max())
    finding = Finding("W", agrees, 1.0, (says,))
    require_named([finding], read, {**right, "W": mine}, right, 1e-6)


@pytest.mark.parametrize(
    ("says", "change"),
    [
        ("transposed", lambda W: W.T),
        ("the sign is wrong", lambda W: -W),
        ("a mean over the steps stands where the sum belongs (1/T)", lambda W: W / STEPS),
        ("a sum over the steps stands where the mean belongs (T times)", lambda W: W * STEPS),
        ("twice the gradient", lambda W: 2 * W),
        ("half the gradient", lambda W: W / 2),
        ("all zero", lambda W: 0 * W),
        ("1.7 times the gradient", lambda W: 1.7 * W),
    ],
)
def test_a_factor_is_a_ratio(
    says: str, change: object, given: tuple[Values, dict[str, Array]]
) -> None:
    right = given[1]["W"]
    assert callable(change)
    said(given, change(right), says)
    for wrong in (
        "transposed",
        "the sign is wrong",
        "twice the gradient",
        "all zero",
        "1.6 times the gradient",
    ):
        if wrong != says:
            with pytest.raises(CheckError, match="does not give these numbers"):
                said(given, change(right), wrong)


def test_contributions_are_added_up_as_the_name_says(
    given: tuple[Values, dict[str, Array]],
) -> None:
    read, right = given
    comparison = Comparison(Results(read), {"W": right["W"]})
    (parameter,) = (p for p in read.cell.parameters if p.name == "W")
    found = {says: gradients["W"] for says, gradients in comparison._patterned([parameter])}
    assert len(found) > 20
    for says, mine in found.items():
        if not says.startswith("the temporal contribution of step"):
            said(given, mine, says)
    names = [*found]
    for says, other in pairwise(names):
        if np.abs(found[says] - found[other]).max() > 1e-3:
            with pytest.raises(CheckError):
                said(given, found[says], other)


def test_one_contribution_is_told_from_another(given: tuple[Values, dict[str, Array]]) -> None:
    read, right = given
    terms = Results(read)["contributions"]["W"]
    mine = right["W"] - terms[1]
    said(given, mine, f"the temporal contribution of step 2 to the loss of step {STEPS} is missing")
    with pytest.raises(CheckError):
        said(
            given,
            mine,
            f"the temporal contribution of step 3 to the loss of step {STEPS} is missing",
        )


def test_a_name_that_is_none_is_refused(given: tuple[Values, dict[str, Array]]) -> None:
    with pytest.raises(CheckError, match="'scaled by a half' does not give"):
        said(given, given[1]["W"].T, "scaled by a half")


def test_every_mistake_has_a_name_that_is_known(given: tuple[Values, dict[str, Array]]) -> None:
    known = [*FACTORS, *CONTRIBUTIONS, UNWEIGHTED, *others(given[0].cell)]
    made = [pattern.says for pattern in patterns(STEPS, np.ones(STEPS))]
    made += [one.says for one in mutations(Results(given[0]).derivation, given[0].short)]
    for says in made:
        assert any(re.fullmatch(pattern, says) for pattern in known), says


def test_no_name_is_open_at_its_end(given: tuple[Values, dict[str, Array]]) -> None:
    for pattern in (*FACTORS, *CONTRIBUTIONS, UNWEIGHTED, *others(given[0].cell)):
        # Numbers alone are left open, and these are what the name is looked at by.
        assert re.search(r"(?<!\\)[.*?]|\\[wWS]", pattern.replace(r"(\d+)", "")) is None, pattern

"""Runs whose numbers end are left out of the figure, and told with the step where they do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from derive.bptt.derivation import Derivation
from derive.catalogue import load
from derive.chapters import landscape, ownflow
from derive.chapters.context import Context
from derive.checks.tables import members
from derive.checks.verify import Verifier
from derive.document.blocks import Prose
from derive.document.text import Number, Text
from derive.gradientflow.own import left_out, own_runs
from derive.numerics.initialisation import MATRICES
from derive.numerics.sample import samples

DIVERGING = str(Path(__file__).parent / "diverging.toml")


@pytest.fixture(scope="module")
def derivation() -> Derivation:
    return Derivation(load(DIVERGING), 2)


def test_each_scale_has_a_run_or_is_left_out(derivation: Derivation) -> None:
    shown = {run.scale for run in own_runs(derivation, 0)}
    missing = {run.scale for run in left_out(derivation, 0)}
    assert missing
    assert shown | missing == {0.5, 1.0, 2.0}
    assert not shown & missing


def test_a_run_ends_where_its_first_value_is_none(derivation: Derivation) -> None:
    for run in left_out(derivation, 0):
        state = run.trace.columns[run.trace.cell.state]
        ended = ~np.isfinite(state).all(axis=tuple(range(1, state.ndim)))
        assert run.outgrown
        # Row 0 is the initial state; what is computed of the state may end in the same step.
        assert run.ends_at <= int(np.argmax(ended)) <= run.ends_at + 1


def test_what_is_left_out_is_told(derivation: Derivation) -> None:
    c = Context(Verifier(derivation, samples(derivation.cell, 2, 0)), 0)
    (told,) = ownflow._left_out(c)
    assert isinstance(told, Prose)
    assert told.key == "prose.flow.own_left_grown"
    scales = [one.value for one in members(told.values["runs"]) if isinstance(one, Number)]
    assert scales == [run.scale for run in left_out(derivation, 0)]
    whole = Context(Verifier(Derivation(load("elman"), 2), samples(load("elman"), 2, 0)), 0)
    assert not [*ownflow._left_out(whole)]


PLAIN = {"orthogonal", "gaussian", "uniform", "identity", "square_zero"}
"""Kinds of matrices that are called what they are."""


def test_each_kind_of_matrix_is_plain_or_told() -> None:
    assert PLAIN | landscape.TOLD.keys() == MATRICES.keys()
    assert not PLAIN & landscape.TOLD.keys()
    assert {landscape.kind_of(name).key for name in landscape.TOLD} == {*landscape.TOLD.values()}
    assert isinstance(landscape.kind_of("jordan"), Text)


def test_kinds_of_matrices_are_what_is_told() -> None:
    rng = np.random.default_rng(0)
    nilpotent, jordan, bent = (
        MATRICES[k](rng, n) for k, n in (("nilpotent", 5), ("jordan", 5), ("nonnormal", 2))
    )
    assert not np.linalg.matrix_power(nilpotent, 5).any()
    assert not np.tril(nilpotent).any()
    assert np.array_equal(jordan, np.diag(np.ones(5)) + np.diag(np.ones(4), 1))
    assert np.linalg.matrix_rank(jordan - np.eye(5)) == 4
    assert not np.allclose(bent @ bent.T, bent.T @ bent)

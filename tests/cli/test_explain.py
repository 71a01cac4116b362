"""`derive explain`: what was understood of a network, in plain words."""

from __future__ import annotations

import pytest

from derive.__main__ import main
from derive.catalogue import load, names
from derive.cells.understood import readings, recurrence_is_linear
from tests import ROOT

Captured = pytest.CaptureFixture[str]
FOLDER = ROOT / "tests" / "catalogue" / "literature"


def explained(cell: str, capsys: Captured) -> list[str]:
    assert main(["explain", cell]) == 0
    return [row.strip() for row in capsys.readouterr().out.split("\n")]


def test_a_cell_with_its_sizes_states_and_parameters(capsys: Captured) -> None:
    rows = explained("lstm", capsys)
    assert "n: the size of h_t and c_t" in rows
    assert "c_t (n, 1); at step 0 it is 0" in rows
    assert "W_f (n, n) multiplies h_{t-1} in a_{f,t}" in rows
    assert "b_f (n, 1) is added in a_{f,t}" in rows
    assert "the states are not linear in those of the step before" in rows


def test_a_quantity_that_leads_past_the_states(capsys: Captured) -> None:
    rows = explained(str(FOLDER / "sru.toml"), capsys)
    assert any(row.startswith("h_t (n, 1)") and "no equation reads it" in row for row in rows)


def test_tied_weights_are_named(capsys: Captured) -> None:
    assert "used in more than one place: U" in explained(str(FOLDER / "tied.toml"), capsys)


@pytest.mark.parametrize(
    ("file", "linear"), [("linear", True), ("mingru", True), ("qrnn", True), ("sru", False),
                         ("residual", False), ("multiplicative", False)],
)  # fmt: skip
def test_what_is_linear(file: str, linear: bool) -> None:
    assert recurrence_is_linear(load(str(FOLDER / f"{file}.toml"))) is linear


def test_every_cell_that_ships_is_explained(capsys: Captured) -> None:
    for name in names():
        rows = explained(name, capsys)
        assert rows[0] == name
        assert len(readings(load(name))) > 1

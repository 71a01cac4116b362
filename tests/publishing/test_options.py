"""The handout of a network is written whatever its options: nothing that they say is read wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.calculus.activations import usable
from derive.calculus.losses import LOSSES
from derive.catalogue import load
from derive.cells.cell import INITIAL
from derive.cells.weighting import WEIGHTINGS
from derive.publishing.publish import publish

EACH = [
    *(("elman", "loss", value) for value in WEIGHTINGS),
    *(("lstm", "loss", value) for value in WEIGHTINGS),
    *(("elman", "initial", value) for value in INITIAL),
    *(("gru", "initial", value) for value in INITIAL),
    *(("elman", "output_layer", row.layer) for row in LOSSES.values()),
    *(("elman", "activation", value) for value in usable()),
    ("elman", "bias", True),
]


@pytest.mark.parametrize(("cell", "option", "value"), EACH)
def test_a_handout_is_written_with_every_option(
    tmp_path: Path, cell: str, option: str, value: object
) -> None:
    made = publish(load(cell, **{option: value}), 2, ["md", "tex"], tmp_path)
    assert made.equations > 40

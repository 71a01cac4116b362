"""Which equations a derivation must have is told from a file of ids, for any number of steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.bptt.derivation import derive
from derive.catalogue import load, names
from derive.checks.listedids import require_listed
from derive.errors import CheckError
from tests import ROOT

WRITTEN = sorted((ROOT / "tests" / "catalogue" / "literature").glob("*.toml"))[::6]


@pytest.mark.parametrize("name", names()[::3])
@pytest.mark.parametrize("steps", [1, 2, 8])
def test_networks_that_ship_have_those_of_the_file(name: str, steps: int) -> None:
    derivation = derive(load(name), steps)
    require_listed([equation.id for equation in derivation], derivation)


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_networks_of_ones_own_have_those_that_all_have(path: Path) -> None:
    derivation = derive(load(str(path)), 2)
    require_listed([equation.id for equation in derivation], derivation)


@pytest.mark.parametrize(
    "options", [{"output_layer": "linear"}, {"loss": "last"}, {"initial": "trainable"}]
)
@pytest.mark.parametrize("steps", [1, 7])
def test_networks_with_options_have_those_that_all_have(
    options: dict[str, object], steps: int
) -> None:
    derivation = derive(load("gru", **options), steps)
    ids = [equation.id for equation in derivation]
    require_listed(ids, derivation)
    with pytest.raises(CheckError, match="without \\['grad-W_h-total'\\]"):
        require_listed([id for id in ids if id != "gru-grad-W_h-total"], derivation)


@pytest.mark.parametrize("steps", [3, 6])
def test_each_one_that_is_left_out_of_a_network_that_ships_is_missed(steps: int) -> None:
    derivation = derive(load("elman"), steps)
    ids = [equation.id for equation in derivation]
    for n in range(len(ids)):
        with pytest.raises(CheckError, match="are not those that it has"):
            require_listed([*ids[:n], *ids[n + 1 :]], derivation)

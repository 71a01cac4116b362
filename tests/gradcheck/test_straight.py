"""A user's numbers are read a second time, and one that was taken otherwise is refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from derive.errors import CheckError
from derive.gradcheck import values as reading
from derive.gradcheck.straight import require_taken

U, W, V = [[0.35, 0.82], [0.33, -1.3]], [[0.91, 0.45], [-0.54, 0.58]], [[0.36, 0.29], [0.03, 0.55]]
PARTS = {"x": [[-0.74, -0.16], [-0.48, 0.6]], "s0": [-0.78, -0.26], "target": [[1, 0], [0, 1]]}


@pytest.fixture(params=["json", "npz", "flat"])
def path(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path, weights = tmp_path / f"v.{request.param}", {"U": U, "W": W, "V": V}
    if request.param == "json":
        path.write_text(json.dumps({"params": weights, **PARTS}))
    else:
        inside = "params." if request.param == "npz" else ""
        given: dict[str, Any] = {f"{inside}{name}": rows for name, rows in weights.items()} | PARTS
        with path.open("wb") as file:
            np.savez(file, **given)
    return path


def test_numbers_that_are_taken_as_they_stand_pass(path: Path) -> None:
    assert reading.values(path, "elman", {}).initial["s"].tolist() == PARTS["s0"]


@pytest.mark.parametrize(
    ("target", "change", "name"),
    [
        ("_rows", lambda a: a[::-1], "x"),
        ("_shaped", lambda a: a.T, "U"),
        ("_shaped", lambda a: 0 * a if a.ndim == 1 else a, "s0"),
    ],
)
def test_numbers_that_are_taken_otherwise_are_refused_by_name(
    path: Path, monkeypatch: pytest.MonkeyPatch, target: str, change: Any, name: str
) -> None:
    right = getattr(reading._File, target)
    monkeypatch.setattr(reading._File, target, lambda *args: change(right(*args)))
    with pytest.raises(CheckError, match=f"{name} was not taken as it stands there"):
        reading.values(path, "elman", {})


def test_gradients_that_are_taken_otherwise_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"dL": {"U": U, "W": W}}))
    with pytest.raises(CheckError, match="W was not taken as it stands there"):
        require_taken(path, {"U": np.array(U), "W": np.array(W).T}, ("dL", "gradients"))

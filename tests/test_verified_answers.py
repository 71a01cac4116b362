"""No command answers, and no function of the library, from an equation that fails its check."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import derive
from derive.__main__ import main
from derive.errors import CheckError
from derive.gradientflow import learning, runs
from derive.gradientflow.training import Batch
from tests.elman_reference import as_json, numbers
from tests.slips import wrong_gradient, wrong_rule, wrong_slope, wrong_term

Out = pytest.CaptureFixture[str]
Fault = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture(autouse=True)
def afresh() -> Iterator[None]:
    """What was checked in another test is checked again, and nothing wrong is left."""
    for found in (runs.derivation_of, learning.verified):
        found.cache_clear()
    yield
    for found in (runs.derivation_of, learning.verified):
        found.cache_clear()


CLAIM = """
[defaults]
cell = "elman"
[[claim]]
id = "slope"
place = "(1)"
says = "The slope."
written = "d(s[t])/d(a[t]) = diag(tanh'(a[t]))"
for = "t=1..T"
"""


def argv_of(command: str, folder: Path) -> list[str]:
    values, claims = folder / "values.json", folder / "claims.toml"
    values.write_text(json.dumps(as_json(numbers(3, 4))), encoding="utf-8")
    claims.write_text(CLAIM, encoding="utf-8")
    mine = folder / "mine.json"
    mine.write_text(json.dumps({"W": [[0.0] * 3] * 3}), encoding="utf-8")
    words = command.format(values=values, claims=claims, mine=mine, out=folder / "out")
    return words.split()


@pytest.mark.parametrize(
    ("command", "fault", "equation"),
    [
        ("code", wrong_rule, "elman-"),
        ("code", wrong_gradient, "elman-grad-U"),
        ("evaluate --values {values}", wrong_rule, "elman-grad-"),
        ("compare --values {values} --gradients {mine}", wrong_gradient, "elman-grad-"),
        ("compare --values {values} --gradients {mine}", wrong_term, "elman-grad-U-substituted"),
        ("show elman-step-jacobian", wrong_rule, "elman-step-jacobian"),
        ("show elman-grad-W-substituted", wrong_term, "elman-grad-W-substituted"),
        ("list elman", wrong_rule, "elman-diagonal-s"),
        ("flow vanishing", wrong_rule, "elman-diagonal-s"),
        ("learn --spans 2 --seeds 1", wrong_gradient, "elman-grad-U"),
        ("learn --spans 2 --seeds 1", wrong_rule, "elman-"),
        ("audit {claims}", wrong_slope, "slope-tanh"),
        # The sentence on the slope stands before the equation, and is false by its second way.
        ("handout -T 1 --format md --out {out}", wrong_slope, "'uses-tanh' is True of elman"),
        ("handout -T 1 --format md --out {out}", wrong_rule, "elman-"),
    ],
)
def test_a_command_fails_with_the_name_of_the_equation(
    command: str,
    fault: Fault,
    equation: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Out,
) -> None:
    fault(monkeypatch)
    assert main(argv_of(command, tmp_path)) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert (equation if " " in equation else f"equation {equation}") in err
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").glob("[!.]*"))


def test_learning_sees_a_batch_that_leaves_the_derivation(
    monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    right = Batch.gradients
    monkeypatch.setattr(
        Batch, "gradients", lambda self: {name: 2 * g for name, g in right(self).items()}
    )
    assert main(["learn", "--spans", "2", "--seeds", "1"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "equation elman-grad-U does not hold for a batch" in err


def test_the_library_gives_out_no_equation_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong_rule(monkeypatch)
    d = derive.derivation("elman", steps=2)
    assert d["elman-forward-s"].id == "elman-forward-s"
    with pytest.raises(CheckError, match="equation elman-diagonal-s"):
        _ = d["elman-diagonal-s"]
    with pytest.raises(CheckError, match="equation elman-"):
        list(d)
    with pytest.raises(CheckError, match="equation elman-"):
        list(d.equations())
    with pytest.raises(CheckError, match="equation elman-"):
        d._repr_mimebundle_()
    # Who asks for the check is told.
    assert not derive.check(d, "elman-diagonal-s").passed
    assert not all(check.passed for check in derive.check_all(d))


def test_the_logarithm_of_zero_is_no_zero(capsys: Out) -> None:
    assert main(["flow", "nilpotent"]) == 0
    assert "−∞" in capsys.readouterr().out
    assert main(["flow", "nilpotent", "--json"]) == 0
    text = capsys.readouterr().out
    norms = json.loads(text, parse_constant=pytest.fail)["experiments"][0]["log10_norms"]
    assert norms[0] == 0.0
    assert norms[-1] == "-inf"

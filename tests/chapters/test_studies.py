"""The documents on gradient flow: chapters, statements, the command."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from derive.__main__ import main
from derive.bptt.derivation import Derivation
from derive.catalogue import load
from derive.chapters.studies import flow_document
from derive.checks.verify import Verifier
from derive.expressions.equation import Kind
from derive.gradientflow.runs import table
from derive.gradientflow.theorems import (
    lower_bound,
    powers,
    product_bound,
    radius_bounds,
    uniform_bound,
)
from derive.numerics.sample import samples
from tests.katex import complaint
from tests.matrix_cells import COLUMNS


@pytest.fixture(scope="module")
def study() -> object:
    return flow_document(0)


def test_every_equation_of_the_flow_document_is_checked(study: object) -> None:
    report = study.report  # type: ignore[attr-defined]
    displayed = study.document.equations()  # type: ignore[attr-defined]
    assert len(displayed) >= 12
    assert all(report.by_id[e.id].passed for e in displayed)
    assert {e.kind for e in displayed} >= {Kind.INEQUALITY, Kind.IDENTITY}


def test_the_same_seed_gives_the_same_document(study: object) -> None:
    # As text: where a slope jumps a curve has a nan, which is not even like itself.
    assert repr(flow_document(0).document) == repr(study.document)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", COLUMNS)
def test_the_bounds_for_every_cell_hold(name: str) -> None:
    cell = load(name)
    d = Derivation(cell, 3)
    verifier = Verifier(d, samples(cell, 3, 5))
    for equation in (product_bound(d), lower_bound(d)):
        assert verifier.require(equation).passed


def test_statements_on_linear_networks_fail_for_others() -> None:
    for activation, holds in (("identity", True), ("tanh", False)):
        cell = load("elman", activation=activation)
        d = Derivation(cell, 4)
        verifier = Verifier(d, samples(cell, 4, 0))
        assert verifier.check(powers(d)).passed is holds
        assert verifier.check(radius_bounds(d)).passed
        assert verifier.check(uniform_bound(d)).passed


def test_the_command_prints_a_table_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flow", "vanishing", "nilpotent"]) == 0
    out = capsys.readouterr().out
    assert "vanishes (norm-bound 0.9)" in out
    assert main(["flow", "vanishing", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["experiments"][0]["log10_norms"][0] == 0
    assert main(["flow", "--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(table())


def test_wrong_usage_of_the_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["flow", "vanish"]) == 2
    assert "unknown experiment 'vanish'" in capsys.readouterr().err
    assert main(["flow", "vanishing", "--format", "md", "--out", str(tmp_path)]) == 2
    assert not list(tmp_path.iterdir())


def test_the_flow_document_is_written(tmp_path: Path) -> None:
    assert main(["flow", "--format", "md", "--out", str(tmp_path), "-q"]) == 0
    text = (tmp_path / "flow.md").read_text("utf-8")
    for figure in ("flow-norms", "flow-contributions", "scale-map", "saturation", "initial-norms"):
        assert f"{figure}.svg" in text


@pytest.mark.parametrize("name", ["flow", "audit"])
def test_katex_renders_every_formula(name: str, tmp_path: Path) -> None:
    assert main([name, "--format", "md", "--out", str(tmp_path), "-q"]) == 0
    text = (tmp_path / f"{name}.md").read_text("utf-8")
    formulas = [
        t.content
        for t in MarkdownIt().use(dollarmath_plugin).parse(text)
        if t.type.startswith("math_block")
    ]
    assert len(formulas) > 10
    for tex in formulas:
        assert complaint(tex, display=True) == "", tex


@pytest.mark.skipif(shutil.which("xelatex") is None and "CI" not in os.environ, reason="no TeX")
@pytest.mark.parametrize("name", ["flow", "audit"])
def test_the_pages_hold_what_is_on_them(name: str, tmp_path: Path) -> None:
    """A line that is too wide, or an undefined reference, would be an error."""
    assert main([name, "--format", "pdf", "--out", str(tmp_path), "-q"]) == 0
    assert (tmp_path / f"{name}.pdf").read_bytes().startswith(b"%PDF")

"""Pieces for other people's sources."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from derive.__main__ import main
from derive.errors import CheckError, UsageError
from derive.publishing.export import export, export_dialects
from derive.render.text import fragments
from tests.embedding.handouts import handout

EXAMPLE = Path(__file__).parents[2] / "examples" / "latex"


def exported(dialect: str, out: Path) -> list[Path]:
    return list(export(handout(), dialect, out, network=("elman", 2)).files)


@pytest.mark.parametrize("dialect", export_dialects())
def test_each_equation_section_and_figure_has_a_file(dialect: str, tmp_path: Path) -> None:
    exported(dialect, tmp_path)
    made = json.loads((tmp_path / "elman-T2.json").read_text(encoding="utf-8"))
    ids = {entry["id"] for entry in made["equations"]}
    ending = "tex" if dialect == "latex" else "md"
    assert {p.stem for p in (tmp_path / "elman-T2-equations").iterdir()} == ids
    assert all(p.suffix == f".{ending}" for p in (tmp_path / "elman-T2-equations").iterdir())
    assert (tmp_path / "elman-T2-sections" / f"recursion.{ending}").exists()
    figures = {p.suffix for p in (tmp_path / "elman-T2-figures").iterdir()}
    assert figures == {".tex" if dialect == "latex" else ".svg"}
    named = {entry["name"] for entry in made["files"]}
    assert named == {
        p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.*") if p.suffix != ".json"
    }


def test_what_is_the_same_is_not_touched(tmp_path: Path) -> None:
    exported("myst", tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    exported("myst", tmp_path)
    assert before == {path: path.stat().st_mtime_ns for path in before}
    exported("github", tmp_path)
    changed = {path for path, age in before.items() if path.stat().st_mtime_ns != age}
    assert any(path.parent.name == "elman-T2-equations" for path in changed)
    assert not any(path.parent.name == "elman-T2-figures" for path in changed)


@pytest.mark.parametrize(
    ("kind", "written", "instead", "problem"),
    [
        ("equations", "W", "U", "not printed as it was checked"),
        ("section_texts", "{W}", "{U}", "not printed as it was checked"),
        ("section_texts", "What", "That", "'That' is written, 'What' is meant"),
    ],
)
def test_a_piece_that_says_something_else_does_not_go_out(
    kind: str, written: str, instead: str, problem: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    right = getattr(fragments, kind)

    def wrong(*args: object) -> dict[str, str]:
        made = dict(right(*args))
        first = next(id for id, text in made.items() if written in text)
        return {**made, first: made[first].replace(written, instead, 1)}

    monkeypatch.setattr(fragments, kind, wrong)
    with pytest.raises(CheckError, match=problem):
        exported("common", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("dialect", export_dialects())
def test_labels_of_two_networks_differ_where_one_has_a_prefix(dialect: str, tmp_path: Path) -> None:
    def labels(text: str) -> set[str]:
        return set(re.findall(r'(?:label\{|<a id="|:label: |^\()([^}"\n)]+)', text, re.MULTILINE))

    plain, prefixed = tmp_path / "plain", tmp_path / "prefixed"
    for out, prefix in ((plain, ""), (prefixed, "my_1-")):
        export(handout(), dialect, out, network=("elman", 2), prefix=prefix)
    for path in plain.rglob("recursion.*"):
        other = prefixed / path.relative_to(plain)
        before, after = labels(path.read_text()), labels(other.read_text())
        assert "sec-recursion" in before
        assert after == {re.sub("-", "-my_5f_1-", label, count=1) for label in before}
    with pytest.raises(UsageError, match="label-prefix is 'a b': expected letters"):
        export(handout(), dialect, plain, network=("elman", 2), prefix="a b")


def test_an_unknown_dialect_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "elman", "--dialect", "gitub"]) == 2
    assert "did you mean github" in capsys.readouterr().err


def test_the_example_for_latex_is_set(tmp_path: Path) -> None:
    from shutil import copy

    assert main(["export", "elman", "--dialect", "latex", "--out", str(tmp_path / "pieces")]) == 0
    copy(EXAMPLE / "main.tex", tmp_path)
    for _ in range(2):
        run = subprocess.run(
            ["xelatex", "-halt-on-error", "-interaction=nonstopmode", "main.tex"],
            cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
        assert run.returncode == 0, run.stdout[-2000:]
    log = (tmp_path / "main.log").read_text(errors="replace")
    assert "undefined" not in log

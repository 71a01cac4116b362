"""The tables of checks and proofs stand in a handout on request, and in its manifest always."""

from __future__ import annotations

import hashlib
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from derive.__main__ import main
from derive.catalogue import load
from derive.chapters import handout
from derive.document.blocks import Prose, TableBlock
from derive.document.text import Code
from derive.errors import UsageError
from derive.publishing.manifest import manifest
from derive.typesetting import notation

TABLES = {"all-checks", "obligations", "proved"}
OPEN = "tests/catalogue/literature/weight_normalized.toml"
"""A network of which not every formula is proved for every size."""


def tables(made: handout.Handout) -> set[str]:
    return {b.id for b in made.document.blocks if isinstance(b, TableBlock)} & TABLES


def test_one_line_stays_without_the_tables() -> None:
    made = handout.build(load("elman"), 1, seed=0)
    assert tables(made) == {"obligations"}
    said = [b.key for b in made.document.blocks if isinstance(b, Prose)]
    assert said.count("prose.checks.line") == said.count("prose.general.intro") == 1
    assert not any(key.startswith("prose.proof.") for key in said)


def test_small_sizes_are_proved_where_not_every_size_is() -> None:
    made = handout.build(load(OPEN), 1, seed=0)
    said = [b.key for b in made.document.blocks if isinstance(b, Prose)]
    assert said.count("prose.proof.line_kinks") == said.count("prose.general.unproved") == 1
    assert made.report.general is not None
    # The norms of rows are no products of what the rules know.
    assert "weight_normalized-grad-W" in made.report.general.open


def test_the_tables_come_on_request() -> None:
    assert tables(handout.build(load(OPEN), 1, seed=0, more=["checks"])) == TABLES
    assert tables(handout.build(load("elman"), 1, seed=0, more=["checks"])) == TABLES - {"proved"}


def test_what_is_no_chapter_is_refused_with_the_names() -> None:
    with pytest.raises(UsageError, match="checks"):
        handout.build(load("elman"), 1, seed=0, more=["check"])


def test_the_manifest_has_the_proofs() -> None:
    made = handout.build(load(OPEN), 1, seed=0)
    found = manifest(made, notation.load())["proofs"]
    assert isinstance(found, list)
    assert sum(one["entries"] for one in found) == sum(p.entries for p in made.report.proofs) > 0
    assert {one["gradient"] for one in found} >= {"∇[U] L", "∇[V] L"}


def test_the_manifest_says_what_is_proved_before_what_was_checked(tmp_path: Path) -> None:
    made = handout.build(load("elman"), 1, seed=0)
    found: Any = manifest(made, notation.load())
    assert "proofs" not in found
    entries = {entry["id"]: entry for entry in found["equations"]}
    assert [*entries["elman-grad-W"]][-2:] == ["proved", "check"]
    assert entries["elman-grad-W"]["proved"] == "for every T and every size"
    # Steps by their numbers, and rounded numbers, are not among what is stated.
    assert "proved" not in entries["elman-step-1-s"]
    assert not any("proved" in one for id, one in entries.items() if "-example-" in id)
    certificate = tmp_path / "certificate.json"
    assert main(["prove", "elman", "--out", str(certificate)]) == 0
    assert found["certificate"] == {
        "sha256": hashlib.sha256(certificate.read_bytes()).hexdigest(),
        "statements": 52, "proved": 52,
    }  # fmt: skip


def test_the_commands_that_a_handout_prints_judge_its_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = handout.build(load("elman"), 1, seed=0)
    (said,) = (b for b in made.document.blocks if getattr(b, "key", "") == "prose.general.self")
    assert isinstance(said, Prose)
    write, check = (said.values[name] for name in ("write", "check"))
    assert isinstance(write, Code)
    assert isinstance(check, Code)
    monkeypatch.chdir(tmp_path)
    program, *words = shlex.split(write.text)
    assert program == "derive"
    assert main(words) == 0
    program, *words = shlex.split(check.text)
    assert program == "python3"
    found = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1].startswith("52 of 52 statements proved")


def test_a_checker_that_is_not_given_the_time_leaves_the_rest_unproved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("derive.budgets._raised", {"certificate-terms": 2_000})
    made = handout.build(load("elman"), 1, seed=0)
    assert made.report.general is not None
    assert 0 < made.report.general.verdict.proved < 52
    said = [b.key for b in made.document.blocks if isinstance(b, Prose)]
    assert said.count("prose.proof.line") == said.count("prose.general.unproved") == 1

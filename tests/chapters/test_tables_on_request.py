"""The tables of checks and proofs stand in a handout on request, and in its manifest always."""

from __future__ import annotations

import pytest

from derive.catalogue import load
from derive.chapters import handout
from derive.document.blocks import Prose, TableBlock
from derive.errors import UsageError
from derive.publishing.manifest import manifest
from derive.typesetting import notation

TABLES = {"all-checks", "proved"}


def tables(made: handout.Handout) -> set[str]:
    return {b.id for b in made.document.blocks if isinstance(b, TableBlock)} & TABLES


def test_one_line_stays_without_the_tables() -> None:
    made = handout.build(load("elman"), 1, seed=0)
    assert not tables(made)
    said = [b.key for b in made.document.blocks if isinstance(b, Prose)]
    assert said.count("prose.checks.line") == said.count("prose.proof.line") == 1


def test_the_tables_come_on_request() -> None:
    assert tables(handout.build(load("elman"), 1, seed=0, more=["checks"])) == TABLES


def test_what_is_no_chapter_is_refused_with_the_names() -> None:
    with pytest.raises(UsageError, match="checks"):
        handout.build(load("elman"), 1, seed=0, more=["check"])


def test_the_manifest_has_the_proofs() -> None:
    made = handout.build(load("elman"), 1, seed=0)
    found = manifest(made, notation.load())["proofs"]
    assert isinstance(found, list)
    assert sum(one["entries"] for one in found) == sum(p.entries for p in made.report.proofs) > 0
    assert {one["gradient"] for one in found} >= {"∇[W] L", "∇[V] L"}

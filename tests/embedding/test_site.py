"""The project's own site: what it must have; tests in a browser open its pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from derive.catalogue import names
from tests import ROOT

ZOO = ROOT / "docs" / "zoo"

SECTIONS = {"network", "recursion", "checks"}
"""What a page of the zoo shows of every cell; not each has step Jacobians."""


def missing(zoo: Path) -> list[str]:
    """Return what a zoo lacks: a page for each cell, with all its parts, and no other."""
    pages = {page.stem: page.read_text(encoding="utf-8") for page in zoo.glob("*.md")}
    contents = pages.pop("index").partition("```{toctree}")[2]
    lacking = [f"a page {cell}" for cell in {*names()} - {*pages}]
    lacking += [f"a cell {page}" for page in {*pages} - {*names()}]
    lacking += [f"{page} in the contents" for page in pages if f"\n{page}\n" not in contents]
    for page, text in pages.items():
        found = re.search(r"^:section: (.*)$", text, re.MULTILINE)
        parts = set() if found is None else set(found[1].split())
        lacking += [f"{one} on the page {page}" for one in SECTIONS - parts]
        wanted = (f"```{{bptt}} {page}\n", ":figure: unrolled\n", ":code:\n")
        lacking += [f"{line.strip()} on the page {page}" for line in wanted if line not in text]
    return lacking


def test_every_cell_has_a_page_with_all_its_parts() -> None:
    assert not missing(ZOO)


@pytest.mark.parametrize(
    ("page", "written", "instead", "problem"),
    [
        ("gru", " checks", "", "checks on the page gru"),
        ("gru", ":code:\n", "", ":code: on the page gru"),
        ("gru", "{bptt} gru", "{bptt} lstm", "```{bptt} gru on the page gru"),
        ("index", "\ngru\n", "\n", "gru in the contents"),
    ],
)
def test_a_part_that_is_missing_is_noticed(
    page: str, written: str, instead: str, problem: str, tmp_path: Path
) -> None:
    for path in ZOO.glob("*.md"):
        text = path.read_text(encoding="utf-8")
        (tmp_path / path.name).write_text(
            text.replace(written, instead) if path.stem == page else text, encoding="utf-8"
        )
    assert missing(tmp_path) == [problem]
    (tmp_path / "lstm.md").rename(tmp_path / "lsmt.md")
    assert {"a page lstm", "a cell lsmt"} < {*missing(tmp_path)}

"""docs/architecture.md is true: its picture and table are current, and what it names exists."""

from __future__ import annotations

import ast
import configparser
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from tests import ROOT
from tools.draw_wings import FLOW, PAGE, PICTURE, draw, table, with_table
from tools.wings import Wings, read

TEXT = (ROOT / PAGE).read_text(encoding="utf-8")
CONTRACT = (ROOT / ".importlinter").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def wings() -> Wings:
    return read(ROOT)


# The picture


def test_the_picture_is_current(wings: Wings) -> None:
    assert (ROOT / PICTURE).read_text(encoding="utf-8") == draw(wings), "make pictures"


def test_the_table_is_current(wings: Wings) -> None:
    assert with_table(TEXT, wings) == TEXT, "make pictures"


def floors_drawn(picture: str) -> list[list[str]]:
    """Return the boxes of a picture by their heights, read without the tool that drew it."""
    heights: dict[float, list[str]] = {}
    shapes = ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}g")
    groups = [group for group in shapes if group.get("class") or group.get("data-floor")]
    for group in groups:
        box = next(e for e in group if e.get("class") == "box")
        names = [e.text or "" for e in group if "name" in (e.get("class") or "").split()]
        heights.setdefault(float(box.get("y") or 0), []).extend(names)
    return [sorted(heights[y]) for y in sorted(heights)]


def floors_agreed(contract: str) -> list[list[str]]:
    parser = configparser.ConfigParser()
    parser.read_string(contract)
    layers = parser["importlinter:contract:floors"]["layers"].split("\n")
    return [sorted(re.findall(r"\w+", line)) for line in layers if line]


def test_the_floors_are_those_of_the_contract() -> None:
    drawn = floors_drawn((ROOT / PICTURE).read_text(encoding="utf-8"))
    assert drawn == floors_agreed(CONTRACT), "make pictures"
    assert drawn != floors_agreed(CONTRACT.replace("bptt | numerics", "bptt\n    numerics"))


def test_the_same_source_gives_the_same_bytes(wings: Wings) -> None:
    code = "import sys; from tools.draw_wings import *; sys.stdout.write(draw(read(ROOT)))"
    for seed in "01":
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT, env={"PYTHONHASHSEED": seed}, capture_output=True, check=True,
        )  # fmt: skip
        assert done.stdout.decode() == draw(wings)


# The source in the picture


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the package and of its contract, to be spoilt."""
    shutil.copytree(
        ROOT / "derive", tmp_path / "derive", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "line",
    [
        "from derive.chapters import handout",
        "import derive.chapters.handout",
        "from derive import chapters",
        "def late() -> None:\n    from derive.chapters import handout",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from derive.chapters import handout",
    ],
)
def test_an_import_that_goes_up_is_not_drawn(line: str, copied: Path) -> None:
    (copied / "derive" / "cells" / "gates.py").write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"cells imports chapters, which \.importlinter puts"):
        read(copied)


def test_an_import_on_one_floor_is_not_drawn(copied: Path) -> None:
    (copied / "derive" / "bptt" / "more.py").write_text(
        "import derive.numerics\n", encoding="utf-8"
    )
    with pytest.raises(ValueError, match="bptt imports numerics"):
        read(copied)


def test_a_new_import_makes_the_picture_old(copied: Path, wings: Wings) -> None:
    (copied / "derive" / "document" / "more.py").write_text(
        "import derive.budgets\n", encoding="utf-8"
    )
    assert draw(read(copied)) == draw(wings), "no lines are drawn to single files"
    (copied / "derive" / "render" / "more.py").write_text(
        "import derive.calculus\n", encoding="utf-8"
    )
    assert draw(read(copied)) != draw(wings)


def test_a_part_without_a_floor_is_named(copied: Path) -> None:
    (copied / "derive" / "attic.py").touch()
    with pytest.raises(ValueError, match="differ in attic: expected a floor for each part"):
        read(copied)
    (copied / "derive" / "attic.py").unlink()
    shutil.rmtree(copied / "derive" / "audit")
    with pytest.raises(ValueError, match="differ in audit"):
        read(copied)


def test_the_way_of_a_derivation_is_in_the_imports(wings: Wings) -> None:
    imports = {**wings.imports, "checks": wings.imports["checks"] - {"bptt"}}
    with pytest.raises(ValueError, match="from bptt to checks, but neither imports the other"):
        draw(Wings(wings.floors, imports, wings.sentences, wings.files))
    steps = re.findall(r"^\d\. `(\w+)`:", TEXT, re.MULTILINE)
    assert tuple(steps) == FLOW


# What the wings say


@pytest.mark.parametrize(("asked", "there"), [("handout", False), ("audit", True)])
def test_a_handout_does_not_wait_for_what_reads_claims(asked: str, there: bool) -> None:
    """It and what checks its files take an eighth of the time of all imports."""
    told = f"import sys, derive.chapters.{asked}; print('derive.audit' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(there)


def test_each_wing_says_what_it_takes_and_gives(wings: Wings) -> None:
    for wing in wings.sentences.keys() - wings.files:
        source = (ROOT / "derive" / wing / "__init__.py").read_text(encoding="utf-8")
        first, _, rest = (ast.get_docstring(ast.parse(source)) or "").partition("\n\n")
        assert first == wings.sentences[wing], f"{wing}: one sentence, then a blank line"
        assert re.match(r"Takes [^;]+;\s+gives ", rest), f"{wing}: Takes …; gives …"


def test_each_part_has_a_row() -> None:
    wings = read(ROOT)
    for part, sentence in wings.sentences.items():
        assert sentence.endswith("."), part
        assert f"| {sentence.replace('``', '`')} |" in table(wings)


# Where is …?


def index(page: str) -> list[tuple[str, str, str]]:
    """Return the rows of the index: question, file, name in it."""
    _, _, rows = page.partition("## Where is …?")
    return re.findall(r"^\| (.+) \| \[`(.+)`\]\(\.\./\2\) \| `(.+)` \|$", rows, re.MULTILINE)


def names_in(path: Path) -> set[str]:
    """Return what a file defines: functions, classes, methods and constants, or keys with dots."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".toml":
        return set(keys(tomllib.loads(text)))
    found = set()
    for node in ast.parse(text).body:
        for inner in [node, *(node.body if isinstance(node, ast.ClassDef) else ())]:
            owner = f"{node.name}." if isinstance(node, ast.ClassDef) and inner is not node else ""
            if isinstance(inner, (ast.FunctionDef, ast.ClassDef)):
                found.add(owner + inner.name)
            elif isinstance(inner, (ast.Assign, ast.AnnAssign)):
                targets = inner.targets if isinstance(inner, ast.Assign) else [inner.target]
                found |= {owner + target.id for target in targets if isinstance(target, ast.Name)}
    return found


def keys(table: dict[str, object], before: str = "") -> list[str]:
    found = []
    for key, value in table.items():
        found.append(before + key)
        if isinstance(value, dict):
            found += keys(value, f"{before}{key}.")
    return found


def test_the_index_leads_somewhere() -> None:
    rows = index(TEXT)
    _, _, after = TEXT.partition("## Where is …?")
    assert len(rows) == len([line for line in after.splitlines() if line.startswith("| ")]) - 1
    assert len(rows) >= 15
    for question, path, name in rows:
        assert (ROOT / path).is_file(), f"{question}: {path}"
        assert name in names_in(ROOT / path), f"{question}: {path} has no {name}"


def test_a_name_that_is_gone_is_noticed() -> None:
    path = ROOT / "derive" / "calculus" / "rules.py"
    assert "_hadamard" in names_in(path)
    assert "_hadamar" not in names_in(path)
    assert "Pullback.gradient" in names_in(path.with_name("pullbacks.py"))
    assert "gradient" not in names_in(path)


def links_of(page: str) -> set[Path]:
    """Return the files that a page of the project links to."""
    html = (
        MarkdownIt("commonmark").enable("table").render((ROOT / page).read_text(encoding="utf-8"))
    )
    found = re.findall(r'(?:href|src)="([^"#:]+)"', html)
    return {((ROOT / page).parent / link).resolve() for link in found}


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md", "CHANGELOG.md"])
def test_links_lead_somewhere(page: str) -> None:
    for link in links_of(page):
        assert link.exists(), link


@pytest.mark.parametrize(
    ("question", "path"),
    [
        ("the rule of the Hadamard product", "derive/calculus/rules.py"),
        ("the sentence on clipping", "templates/lang/en.toml"),
        ("the letter of δ", "templates/notation/source.toml"),
    ],
)
def test_a_newcomer_gets_there_by_links(question: str, path: str) -> None:
    assert {ROOT / "CONTRIBUTING.md", ROOT / PAGE} <= links_of("README.md")
    assert ROOT / PAGE in links_of("CONTRIBUTING.md")
    assert ROOT / path in links_of(str(PAGE))
    assert [found for asked, found, _ in index(TEXT) if asked == question] == [path]

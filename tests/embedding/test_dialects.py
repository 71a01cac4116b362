"""Each dialect says the same: its target's own parser finds the mathematics that was written."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from derive.catalogue import names
from derive.errors import CheckError, UsageError
from derive.publishing.export import export
from derive.publishing.readback import ReadBack
from derive.render.text.dialects import COMMON, dialect_named, dialects
from derive.render.text.source import source
from derive.typesetting import notation
from derive.typesetting.layout import PagePrinter
from tests.embedding.handouts import handout
from tests.embedding.parsers import PARSERS
from tests.katex import complaint


def text(dialect: str, cell: str = "elman", steps: int = 2, symbols: str = "source") -> str:
    printer = PagePrinter(notation.load(symbols), "markdown")
    return source(handout(cell, steps).document, printer, "a-figures", dialect_named(dialect))


def squeezed(tex: str) -> str:
    """Return TeX without its number and its line ends, which are the dialect's."""
    bare = re.sub(r"\\qquad\s*\\text\{\(\d+\)\}|\\tag\{\d+\}", "", tex)
    bare = re.sub(r"^\\displaystyle \{(.*)\}$", r"\1", " ".join(bare.split()))
    return " ".join(bare.split())


def found_by(dialect: str) -> Counter[str]:
    """Return what the target of a dialect finds in its text."""
    return Counter(squeezed(found.tex) for found in PARSERS[dialect](text(dialect)))


def adapted(found: Counter[str]) -> Counter[str]:
    """Return formulas as GitHub has them, for comparison."""
    return Counter({squeezed(dialect_named("github").adapted(tex)): n for tex, n in found.items()})


@pytest.mark.parametrize("dialect", dialects())
def test_the_parser_of_the_target_finds_the_same_formulas(dialect: str) -> None:
    wanted, found = found_by("common"), found_by(dialect)
    assert sum(wanted.values()) > 100
    if dialect == "github":
        wanted = adapted(wanted)
    if dialect == "myst":
        # Where the site counts by itself, no number stands in the reason beside a line.
        assert unreasoned(found) != found
        wanted, found = unreasoned(wanted), unreasoned(found)
    assert found == wanted


def unreasoned(found: Counter[str]) -> Counter[str]:
    """Return formulas without the reasons beside their lines."""
    return Counter(re.sub(r"&& \\text\{[^{}]*\}", "&&", tex) for tex in found.elements())


@pytest.mark.parametrize("dialect", dialects())
def test_each_dialect_is_read_back(dialect: str, tmp_path: Path) -> None:
    exported = export(handout(), dialect, tmp_path, network=("elman", 2)).files
    whole = tmp_path / "elman-T2.md"
    drawings = [path for path in exported if path.suffix == ".svg"]
    reading = ReadBack(handout(), notation.load(), 2, dialect)
    reading.inspect([whole, *drawings])
    broken = whole.read_text(encoding="utf-8").replace(r"\tanh", r"\sin", 1)
    whole.write_text(broken, encoding="utf-8")
    with pytest.raises(CheckError, match="not printed as it was checked"):
        reading.inspect([whole, *drawings])


def complaints(dialect: str, written: str) -> list[str]:
    """Return what KaTeX has against the formulas that a target finds."""
    found = PARSERS[dialect](written)
    assert len(found) > 50
    made = ((tex, complaint(tex, display)) for tex, display in found)
    return [f"{problem}: {tex}" for tex, problem in made if problem]


COVERED = {"elman", "lstm"}
"""With formulas that differ most; those of all networks take minutes."""

CELLS = [
    cell if cell in COVERED else pytest.param(cell, marks=pytest.mark.deferred) for cell in names()
]


@pytest.mark.parametrize("cell", CELLS)
def test_katex_renders_every_formula_of_every_dialect(cell: str) -> None:
    for dialect in dialects():
        assert not complaints(dialect, text(dialect, cell, 3)), dialect


@pytest.mark.parametrize("symbols", notation.names())
def test_katex_renders_every_notation(symbols: str) -> None:
    for dialect in dialects():
        assert not complaints(dialect, text(dialect, symbols=symbols)), dialect


@pytest.mark.parametrize("dialect", dialects())
def test_a_formula_that_katex_cannot_read_is_noticed(dialect: str) -> None:
    broken = text(dialect).replace(r"\tanh", r"\tanhh")
    assert any(r"\tanhh" in problem for problem in complaints(dialect, broken))


def test_github_gets_no_command_that_it_refuses() -> None:
    assert not re.search(r"\\(operatorname|mbox|phantom|tag|label)\b", text("github"))


def test_words_of_functions_are_set_on_github_as_elsewhere() -> None:
    adapted = dialect_named("github").adapted
    assert adapted(r"\operatorname{diag}(v)") == r"\mathrm{diag}(v)"
    assert adapted(r"\operatorname{diag}\bigl(v\bigr)") == r"\mathrm{diag}\bigl(v\bigr)"
    assert adapted(r"\operatorname{diag}\left(v\right)") == r"\mathrm{diag}\left(v\right)"
    assert adapted(r"\operatorname{diag} v") == r"\mathrm{diag}\, v"


def test_the_dialect_of_files_is_common() -> None:
    assert COMMON.name == "common"
    with pytest.raises(UsageError, match="did you mean mkdocs"):
        dialect_named("mkdoc")

"""Each dialect says the same: its target's own parser finds the mathematics that was written."""

from __future__ import annotations

import html
import re
from collections import Counter
from pathlib import Path

import markdown
import pytest
from docutils import nodes
from docutils.core import publish_doctree
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from myst_parser.parsers.docutils_ import Parser

from derive.errors import CheckError, UsageError
from derive.publishing.export import export
from derive.publishing.readback import ReadBack
from derive.render.text.dialects import COMMON, dialect_named, dialects
from derive.render.text.source import source
from derive.typesetting import notation
from derive.typesetting.layout import PagePrinter
from tests.embedding.handouts import handout


def text(dialect: str) -> str:
    printer = PagePrinter(notation.load(), "markdown")
    return source(handout().document, printer, "a-figures", dialect_named(dialect))


def squeezed(tex: str) -> str:
    """Return TeX without its number and its line ends, which are the dialect's."""
    bare = re.sub(r"\\qquad\s*\\text\{\(\d+\)\}|\\tag\{\d+\}", "", html.unescape(tex))
    bare = re.sub(r"^\\displaystyle \{(.*)\}$", r"\1", " ".join(bare.split()))
    return " ".join(bare.split())


def by_markdown_it(written: str) -> Counter[str]:
    parser = MarkdownIt("commonmark").use(dollarmath_plugin).enable("table")
    found: Counter[str] = Counter()
    for token in parser.parse(written):
        for one in (token, *(token.children or ())):
            if one.type.startswith("math"):
                found[squeezed(one.content)] += 1
    return found


def by_python_markdown(written: str) -> Counter[str]:
    page = markdown.markdown(
        written,
        extensions=["tables", "pymdownx.arithmatex"],
        extension_configs={"pymdownx.arithmatex": {"generic": True}},
    )
    inner = re.findall(r'<(?:div|span) class="arithmatex">\\[\[(](.*?)\\[\])]</', page, re.DOTALL)
    return Counter(map(squeezed, inner))


def by_myst(written: str) -> Counter[str]:
    document = publish_doctree(
        written,
        parser=Parser(),
        settings_overrides={"report_level": 5, "halt_level": 5},
    )
    found = Counter(squeezed(node.astext()) for node in document.findall(nodes.math))
    found.update(squeezed(node.astext()) for node in document.findall(nodes.math_block))
    return found


def by_eye(written: str) -> Counter[str]:
    """Return what stands between GitHub's signs, whose parser is nowhere but there."""
    fenced = re.findall(r"^```math\n(.*?)^```$", written, re.DOTALL | re.MULTILINE)
    return Counter(map(squeezed, [*fenced, *re.findall(r"\$`([^`]*)`\$", written)]))


PARSERS = {
    "common": by_markdown_it,
    "mkdocs": by_python_markdown,
    "myst": by_myst,
    "github": by_eye,
}


def adapted(found: Counter[str]) -> Counter[str]:
    """Return formulas as GitHub has them, for comparison."""
    return Counter({squeezed(dialect_named("github").adapted(tex)): n for tex, n in found.items()})


@pytest.mark.parametrize("dialect", dialects())
def test_the_parser_of_the_target_finds_the_same_formulas(dialect: str) -> None:
    wanted, found = by_markdown_it(text("common")), PARSERS[dialect](text(dialect))
    assert sum(wanted.values()) > 100
    if dialect in ("myst", "github"):
        # Contents are links in Markdown, and the same in all.
        wanted = wanted if dialect == "myst" else adapted(wanted)
    assert found == wanted


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


def test_github_gets_no_command_that_it_refuses() -> None:
    assert not re.search(r"\\(operatorname|mbox|phantom|tag|label)\b", text("github"))


def test_the_dialect_of_files_is_common() -> None:
    assert COMMON.name == "common"
    with pytest.raises(UsageError, match="did you mean mkdocs"):
        dialect_named("mkdoc")

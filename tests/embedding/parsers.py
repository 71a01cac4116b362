"""What each target finds in a page of Markdown: its mathematics, by a parser of its own."""

from __future__ import annotations

import html
import re
from typing import NamedTuple

import cmarkgfm
import markdown
from cmarkgfm.cmark import Options
from docutils import nodes
from docutils.core import publish_doctree
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from myst_parser.parsers.docutils_ import Parser


class Found(NamedTuple):
    """A formula as its target has it, and whether it is on display."""

    tex: str
    display: bool


def by_markdown_it(written: str) -> list[Found]:
    parser = MarkdownIt("commonmark").use(dollarmath_plugin).enable("table")
    return [
        Found(one.content, one.type == "math_block")
        for token in parser.parse(written)
        for one in (token, *(token.children or ()))
        if one.type.startswith("math")
    ]


def by_python_markdown(written: str) -> list[Found]:
    page = markdown.markdown(
        written,
        extensions=["tables", "pymdownx.arithmatex"],
        extension_configs={"pymdownx.arithmatex": {"generic": True}},
    )
    inner = re.findall(
        r'<(div|span) class="arithmatex">\\[\[(](.*?)\\[\])]</', page, re.DOTALL
    )  # fmt: skip
    return [Found(html.unescape(tex), tag == "div") for tag, tex in inner]


def by_myst(written: str) -> list[Found]:
    document = publish_doctree(
        written,
        parser=Parser(),
        settings_overrides={"report_level": 5, "halt_level": 5},
    )
    return [
        Found(node.astext(), kind is nodes.math_block)
        for kind in (nodes.math, nodes.math_block)
        for node in document.findall(kind)
    ]


def by_github(written: str) -> list[Found]:
    """Return what GitHub's parser of Markdown leaves to what sets its mathematics."""
    page = cmarkgfm.github_flavored_markdown_to_html(written, Options.CMARK_OPT_UNSAFE)
    fenced = re.findall(r'<pre lang="math"><code>(.*?)</code></pre>', page, re.DOTALL)
    inline = re.findall(r"\$<code>(.*?)</code>\$", page, re.DOTALL)
    found = [*(Found(tex, True) for tex in fenced), *(Found(tex, False) for tex in inline)]
    return [Found(html.unescape(tex), display) for tex, display in found]


PARSERS = {
    "common": by_markdown_it,
    "mkdocs": by_python_markdown,
    "myst": by_myst,
    "github": by_github,
}

"""Prints the table of texts that are always the same: `derive/publishing/fixed.txt`, made anew.

Whoever renews it has looked at documents that were made with them, a PDF and a page: what the program
refuses is whatever has not been looked at.
"""

from __future__ import annotations

from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterable, Mapping

from derive.catalogue import load
from derive.chapters.handout import build
from derive.cli.commands.audit import EXAMPLE
from derive.cli.helped import worded
from derive.cli.parser import build_parser
from derive.codegen.target import TARGETS
from derive.publishing.codelooked import lines_of
from derive.publishing.fixed import digest, shortened
from derive.publishing.htmlprops import carried_with
from derive.reading.htmlpage import HtmlPage
from derive.reading.passage import Passage
from derive.reading.statements import SourceStatement, of_css, of_latex, of_lines, of_typst
from derive.reading.typstcalls import BODY
from derive.render.latex import drawings
from derive.render.tex.fragments import preamble
from derive.render.tex.source import source
from derive.render.typst.source import TypstPrinters
from derive.render.typst.source import source as typst_source
from derive.render.web.mathematics import WebPrinter
from derive.render.web.source import source as html_source
from derive.resources import stylesheet, templates_root, tex_table
from derive.sphinx.drawings import LOOKS
from derive.sphinx.signs import declared_signs
from derive.typesetting import notation
from derive.typesetting.layout import PagePrinter
from derive.typesetting.typstlayout import TypstPrinter

AUTHOR = "李"
"""An author in whose name every package is needed."""


def main() -> None:
    """Print each kind of statement under its name."""
    document = build(load("elman"), 1, seed=0, author=AUTHOR).document
    symbols = notation.load()
    printer = PagePrinter(symbols, "latex")
    head, _, _ = source(document, printer, drawings(document, printer)).partition(
        "\\begin{document}"
    )
    _print("head", of_latex(head))
    printers = TypstPrinters(TypstPrinter(symbols), PagePrinter(symbols, "bare"))
    _print("typst", of_typst(typst_source(document, printers).partition(BODY)[0]))
    both = WebPrinter(PagePrinter(symbols, "markdown"), PagePrinter(symbols, "plain"))
    page = HtmlPage(Passage(html_source(document, both)))
    _print("page", carried_with(page))
    _print("preamble", of_latex(preamble(document, printer)))
    _print("style", of_css(stylesheet().read_text(encoding="utf-8")))
    _print("example", of_lines(EXAMPLE.splitlines()))
    begun = templates_root() / "cells" / "new.toml"
    _print("begun", of_lines(begun.read_text(encoding="utf-8").splitlines()))
    _print("needed by TeX", of_lines(tex_table().read_text(encoding="utf-8").splitlines()))
    _print("picture", of_lines([LOOKS]))
    _print("signs", of_lines(declared_signs().splitlines()))
    for target in TARGETS.values():
        if target.name != "numpy":
            _print(f"code for {target.name}", of_lines(lines_of(target)))
    parser = build_parser()
    _print("help of derive", of_lines(worded(parser)))
    for name, command in parsers(parser).items():
        _print(f"help of {name}", of_lines(worded(command)))


def parsers(parser: ArgumentParser) -> Mapping[str, ArgumentParser]:
    """Return the parsers of all commands by their names."""
    (found,) = (a for a in parser._actions if isinstance(a, _SubParsersAction))
    choices: Mapping[str, ArgumentParser] = found.choices
    return choices


def _print(kind: str, statements: Iterable[SourceStatement]) -> None:
    print(f"[{kind}]")
    for statement in statements:
        print(f"{digest(statement)}  {shortened(statement.text)}")


if __name__ == "__main__":
    main()

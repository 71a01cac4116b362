"""Faults that an attacker planted, in places that were on no list."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from derive.document.blocks import Algorithm
from derive.document.diagram import NodeRole, Style
from derive.document.text import Number
from derive.render.drawing.scene import Shape
from derive.render.page.numbering import Numbering
from tests.faults.fault import Change, Fault, constant, instead, sub, text

DRAWING = "derive.render.drawing"
MANIFEST = "derive.publishing.manifest"
HANDOUT = "elman-2"
ANY = r"is not printed as it was checked|is not what was meant|is not drawn as it was meant"
SAID = (
    rf"{ANY}|does not say|does not show|the document says|does not run|says of the slope|shows no"
    r"|begins with|does not hold|is not what was confirmed|one colour|is not what is meant there"
)


def _made(name: str, target: str, make: Change, document: str = HANDOUT, form: str = "markdown",
          refusal: str = SAID) -> Fault:  # fmt: skip
    return Fault(name, target, make, (f"make {document} {form}",), refusal)


def _ran(name: str, words: str, target: str, make: Change, refusal: str = SAID) -> Fault:
    return Fault(name, target, make, (f"run {words}",), refusal)


def _shapes(change: Any) -> Change:
    """Change the shapes that draw a node."""
    return text(lambda items: [
        change(item) if isinstance(item, Shape) else item for item in items])  # fmt: skip


FIRST = (
    # A first round.
    _made("a title of another horizon", "derive.chapters.handout._title",
          instead(lambda right, cell, steps: right(cell, steps + 1))),
    _made("a count of equations that is not theirs", "derive.chapters.closing.Prose",
          instead(lambda right, key, values: right(key, {**values, "count": 7}))),
    _made("another seed in the manifest", f"{MANIFEST}.manifest",
          text(lambda found: {**found, "seed": 5})),
    _made("another cell in the manifest", f"{MANIFEST}.manifest",
          text(lambda found: {**found, "cell": "lstm"})),
    _made("another notation in the manifest", f"{MANIFEST}.manifest",
          text(lambda found: {**found, "notation": "goodfellow"})),
    _made("lines of an algorithm in reverse order", "derive.chapters.recursion.Algorithm",
          instead(lambda right, id, caption, lines: Algorithm(id, caption, lines[::-1]))),
    _made("a largest slope that is smaller", "derive.chapters.activation.Number",
          instead(lambda right, value, *more: Number(value / 2, *more))),
    _made("dots that are not drawn", f"{DRAWING}.graph._draw_node",
          instead(lambda right, node, *more: [] if node.role is NodeRole.DOTS
                  else right(node, *more)), "elman-9/forward,first"),
    _made("nodes without outlines", f"{DRAWING}.graph._draw_node",
          text(lambda items: [i for i in items if not isinstance(i, Shape)])),
    _made("start states that look like others", f"{DRAWING}.graph._draw_node",
          _shapes(lambda shape: replace(shape, dash=()))),
    _made("labels of a legend exchanged", f"{DRAWING}.legend.draw_entry",
          instead(lambda right, entry, *more: right(replace(entry, colour="0069A8"), *more)),
          "elman-2/activation,flow"),
    _made("numbers of equations that begin with two", "derive.render.page.numbering.Numbering",
          instead(lambda right, labels, *more: Numbering({
              id: replace(label, number=str(int(label.number) + 1)) if label.kind == "equation"
              else label for id, label in labels.items()}))),
    _made("two equations under one number", "derive.render.page.numbering.Numbering",
          instead(lambda right, labels, *more: Numbering({
              id: replace(label, number="3") if label.number == "4" else label
              for id, label in labels.items()}))),
)  # fmt: skip

SECOND = (
    # A second round.
    _ran("texts of two pieces exchanged", "export elman -T 2 --dialect myst --out {out}",
         "derive.render.text.fragments.equations", text(lambda found: dict(zip(
             found, [*found.values()][::-1], strict=True)))),
    _ran("a section under another's name", "export elman -T 2 --out {out}",
         "derive.render.text.fragments.section_texts", text(lambda found: dict(zip(
             found, [*found.values()][::-1], strict=True)))),
    _ran("colours of a preamble exchanged", "export elman -T 2 --dialect latex --out {out}",
         "derive.render.tex.fragments.preamble", text(
             lambda found: re.sub(r"(lag\w+\}\{HTML\}\{)\w{6}", r"\g<1>0069A8", found))),
    _made("another title in the properties of a PDF", "derive.render.tex.source.property_text",
          text(lambda found: found.replace("steps", "years")), form="latex"),
    _made("a bookmark that is another's", "derive.render.page.words.Speaker.sentence",
          instead(lambda right, self, value: right(self, value).replace("forward", "backward")
                  if type(self.markup).__name__ == "Plain" else right(self, value)),
          "elman-2/forward,first", form="latex"),
    _ran("a hat that is lost", "show elman-forward-o --notation goodfellow",
         "derive.typesetting.glyphs.plain_symbol", sub("ŷ", "y")),
    _ran("an inner state of another name", "show elman-forward-s --notation goodfellow",
         "derive.typesetting.glyphs.plain_symbol", sub("^h$", "s")),
    _made("entries of an example exchanged", "derive.chapters.example.forward_table",
          text(lambda table: replace(table, rows=tuple(
              (row[0], *row[1:2], *row[2:][::-1]) for row in table.rows))), "elman-2/example"),
    _made("a table with its columns aligned otherwise", "derive.render.text.source.layout_values",
          text(lambda found: {**found, "rule": {"l": "--:", "c": ":-:", "r": ":--"}}),
          "elman-2/network"),
    _ran("steps of another horizon in JSON", "check elman -T 2 --json",
         "derive.cli.terminal.Terminal.json", instead(
             lambda right, self, value: right(self, {**value, "steps": 3}))),
    _made("curves without dashes", f"{DRAWING}.curves.DASHES", constant(
        dict.fromkeys(Style, ())), "elman-2/activation,flow"),
    _made("an arrow that is drawn twice", f"{DRAWING}.graph._draw_edge",
          text(lambda items: [i for item in items for i in (item, item)]), "elman-2/forward"),
    _made("a word of a sentence that is left out", "derive.render.page.escaping.markdown",
          text(lambda found: found.replace(" not ", " ")), "elman-2/forward,first"),
)  # fmt: skip

FAULTS = (*FIRST, *SECOND)

"""The words that a document is to have in HTML, made without what writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sympy import preorder_traversal

from derive.document.blocks import Algorithm, Display, FigureBlock, Heading
from derive.document.text import Ref, Text
from derive.expressions.equation import Equation
from derive.expressions.shown import Coloured
from derive.publishing.colours import PATHS, described
from derive.publishing.wording import Wording
from derive.reading.words import Word


@dataclass
class HtmlWording(Wording):
    """Says what words a document has in a page, where every number is written out.

    ``checks`` is what is to be said of the check of each equation, by its id.
    """

    checks: Mapping[str, Text] = field(default_factory=dict)

    def whole(self) -> list[Word]:
        """Return the words of the whole document, its title first."""
        sign = self.words.sign
        sign("link")
        self.say_sentence("ui.skip")
        sign("target", "text")
        sign("heading", "1")
        self.say_value(self.document.title)
        if self.document.author and self.plain_value(self.document.author):
            sign("paragraph", "author")
            self.say_value(self.document.author)
        sign("button", "button scheme")
        self.say_sentence("ui.scheme")
        headings = [b for b in self.document.blocks if isinstance(b, Heading)]
        if self.has_contents(headings):
            sign("contents", "contents")
            sign("anchor", "contents")
            self.say_contents(headings)
        sign("main", "text")
        for block in self.document.blocks:
            self.say_block(block)
        return self.words.taken()

    def say_shown(self, block: Display) -> None:
        super().say_shown(block)
        if block.equation.id not in self.checks:
            return
        self.words.sign("check", "notes")
        number = self.labels[block.equation.id].number
        self.say_value(Text("ui.check.title", {"number": number}))
        for one in (block.equation, *(each.equation for each in block.instances)):
            self.words.sign("paragraph")
            self.say_reference(Ref(one.id))
            self.say_value(self.checks[one.id])

    def say_display(self, equation: Equation) -> None:
        self.words.sign("anchor", self.labels[equation.id].anchor)
        steps = [step for step, _ in described(self.document)]
        terms = (inner for side in equation.sides for inner in preorder_traversal(side))
        leads = any(isinstance(t, Coloured) and t.args[2] == max(steps, default=0) for t in terms)
        self.words.sign("display", self.labels[PATHS].anchor if leads and steps else "")

    def say_figure(self, block: FigureBlock) -> None:
        self.words.sign("anchor", self.labels[block.id].anchor)
        self.words.sign("drawing", block.figure.id)
        if block.id == PATHS:
            # Those who touch a term see its path: colours are by step, the last one first.
            for _, colour in sorted(described(self.document), reverse=True):
                self.words.sign("button", f"button {colour}")
                self.words.sign("formula")
        self.say_caption(block)

    def say_algorithm(self, block: Algorithm) -> None:
        self.words.sign("anchor", self.labels[block.id].anchor)
        self.say_caption(block)
        for count, line in enumerate(block.lines, 1):
            self.words.sign("line", f"{count} in-{line.indent}")
            self.say_value(line.text)
            if line.equation is not None:
                self.say_shown(Display(line.equation, line.instances))

    def say_code_reference(self, ref: Ref) -> None:
        self.say_reference(ref)

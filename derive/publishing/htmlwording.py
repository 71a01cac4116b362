"""The words that a document is to have in HTML, made without what writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sympy import preorder_traversal

from derive.document.beside import CHAPTER, Beside, ends_before, panels_of
from derive.document.blocks import Algorithm, Display, FigureBlock, Heading
from derive.document.factors import Factor
from derive.document.text import Ref, Text, Value
from derive.document.used import Used, told_by
from derive.expressions.equation import Equation
from derive.expressions.shown import Coloured
from derive.publishing.colours import PATHS, described
from derive.publishing.panelmeant import MeantPanel
from derive.publishing.panelwording import say_horizons, say_live
from derive.publishing.wording import Wording
from derive.reading.words import Word


@dataclass
class HtmlWording(Wording):
    """Says what words a document has in a page, where every number is written out.

    ``checks`` is what is to be said of the check of each equation, by its id, ``factors`` are the
    factors that are marked in it, by their numbers, and ``reasons`` what is put in at each line of a
    derivation.  ``live`` is what the panel that computes is to say.
    """

    checks: Mapping[str, Text] = field(default_factory=dict)
    factors: Mapping[str, Mapping[int, Factor]] = field(default_factory=dict)
    reasons: Mapping[str, tuple[Used, ...]] = field(default_factory=dict)
    beside: Beside = field(default_factory=Beside)
    live: MeantPanel | None = None

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
            if isinstance(block, Heading):
                for name in self._panels_before(block):
                    self.say_panel(name)
            self.say_block(block)
        for name in self._panels_before(None):
            self.say_panel(name)
        self.say_step_box()
        return self.words.taken()

    def region(self) -> list[Word]:
        """Return the words of a document that is a region of a page: those of its blocks."""
        for block in self.document.blocks:
            self.say_block(block)
        return self.words.taken()

    def say_contents(self, headings: Iterable[Heading]) -> None:
        super().say_contents(headings)
        for name in self._panels_before(None):
            self._say_entry_of(name)

    def say_entry(self, heading: Heading) -> None:
        for name in self._panels_before(heading):
            self._say_entry_of(name)
        super().say_entry(heading)

    def _say_entry_of(self, name: str) -> None:
        self.words.sign("item", "  -")
        self.words.sign("link")
        self.say_sentence(f"ui.{name}.title")
        self.words.sign("target", name)

    def _panels_before(self, heading: Heading | None) -> list[str]:
        """Return the panels that stand before a chapter, or behind all."""
        place = None if heading is None else heading.id
        panels = panels_of(self.beside)
        return [n for n in panels if ends_before(self.document, CHAPTER[n]) == place]

    def say_panel(self, name: str) -> None:
        self.words.sign("panel", name)
        self.words.sign("heading", "2")
        self.say_sentence(f"ui.{name}.title")
        if name == "horizons":
            say_horizons(self, self.beside)
        elif self.live is not None:
            say_live(self, self.live)

    def say_step_box(self) -> None:
        sign = self.words.sign
        sign("dialog", f"step-box {self.plain_value(Text('ui.step.box'))}")
        sign("paragraph", "count")
        sign("output", "id=step-now")
        self.words.text(" / ")
        sign("output", "id=step-all")
        sign("list", "step-lines")
        sign("paragraph", "controls")
        for name in ("back", "next", "close"):
            sign("button", f"id=step-{name} type=button")
            self.say_sentence(f"ui.step.{name}")

    def say_shown(self, block: Display) -> None:
        super().say_shown(block)
        equation, sign = block.equation, self.words.sign
        number: dict[str, Value] = {"number": self.labels[equation.id].number}
        if equation.id in self.checks:
            sign("check", "notes")
            self.say_value(Text("ui.check.title", number))
            for one in (equation, *(each.equation for each in block.instances)):
                sign("paragraph")
                self.say_reference(Ref(one.id))
                self.say_value(self.checks[one.id])
        if self.factors.get(equation.id):
            sign("factors", "notes")
            self.say_value(Text("ui.factor.title", number))
            for place, factor in self.factors[equation.id].items():
                sign("paragraph")
                sign("factor", str(place))
                self.say_value(factor.said)
        if equation.id in self.reasons:
            sign("steps", "notes")
            self.say_value(Text("ui.step.title", number))
            lines = zip(equation.reasons, self.reasons[equation.id], strict=True)
            for count, (reason, used) in enumerate(lines, 1):
                sign("item", f"{count}.")
                sign("formula")
                self.say_value(told_by(reason, used) if used else Text(reason))

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

"""What unfolds beside an equation on a page: its check, its factors, and its lines one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sympy import Basic

from derive.document.blocks import Document
from derive.document.factors import factors_of
from derive.document.lines import is_in_steps, lines_of
from derive.document.text import Text
from derive.document.used import told_by, used_in
from derive.expressions.equation import Equation, Kind, Step
from derive.render.page.words import Speaker
from derive.render.web.marks import marks, written
from derive.render.web.mathematics import tex_of


@dataclass(frozen=True)
class CheckView:
    """A title, and of each equation anchor, number and words."""

    title: str
    lines: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class FactorsView:
    """A title, where the factors stand in the TeX, and of each its number and words."""

    title: str
    marks: str
    lines: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class StepsView:
    """A title, and of each line its formula and its reason, as they stand in a page."""

    title: str
    lines: tuple[tuple[str, str], ...]


def checks_of(
    document: Document, speaker: Speaker, checks: Mapping[str, Text]
) -> Mapping[str, CheckView]:
    """Return what unfolds beside each display, by its anchor."""
    found = {}
    for display in document.displays():
        labels = speaker.numbering
        ids = [e.id for e in (display.equation, *(one.equation for one in display.instances))]
        own = labels[display.equation.id]
        if display.equation.id in checks:
            title = speaker.say(Text("ui.check.title", {"number": own.number}))
            lines = ((labels[id].anchor, labels[id].number, speaker.say(checks[id])) for id in ids)
            found[own.anchor] = CheckView(title, tuple(lines))
    return found


def factors_in(
    document: Document,
    speaker: Speaker,
    texts: Mapping[str, str],
    about: Iterable[Equation] = (),
) -> Mapping[str, FactorsView]:
    """Return the factors of each product on display, by its anchor.

    ``texts`` is the TeX of the displays by their anchors, and ``about`` as `factors_of` has it.
    """
    found = {}
    for id, factors in factors_of(document, about).items():
        label = speaker.numbering[id]
        left = next(e.left for e in document.equations() if e.id == id)
        alone = [_alone(speaker, one.expr) for one in factors]
        there = marks(texts[label.anchor], _alone(speaker, left), alone)
        if there:
            title = speaker.say(Text("ui.factor.title", {"number": label.number}))
            numbers = dict.fromkeys(mark.number for mark in there)
            lines = ((n, speaker.say(factors[n].said)) for n in numbers)
            found[label.anchor] = FactorsView(title, written(there), tuple(lines))
    return found


def _alone(speaker: Speaker, expr: Basic) -> str:
    """Return the TeX that an expression has on display."""
    alone = Equation("alone", Kind.IDENTITY, (expr,), Step("alone"))
    return tex_of(speaker.printer.display(alone))


def steps_in(document: Document, speaker: Speaker) -> Mapping[str, StepsView]:
    """Return the lines of each derivation of several, by its anchor."""
    used, found = used_in(document), {}
    for display in document.displays():
        equation = display.equation
        if is_in_steps(equation):
            label = speaker.numbering[equation.id]
            reasons = zip(equation.reasons, used[equation.id], strict=True)
            lines = (
                (
                    speaker.markup.math(speaker.printer.display(line)),
                    speaker.say(told_by(reason, put_in) if put_in else Text(reason)),
                )
                for line, (reason, put_in) in zip(lines_of(equation), reasons, strict=True)
            )
            title = speaker.say(Text("ui.step.title", {"number": label.number}))
            found[label.anchor] = StepsView(title, tuple(lines))
    return found

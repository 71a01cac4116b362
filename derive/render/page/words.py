"""Values and sentences as strings of a format, each by its type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sympy import Basic

from derive.document.language import Filled, Language, Literal, Marked, Part, Verbatim
from derive.document.text import Bound, Code, Doi, Number, PageRef, Ref, Text, Url, Value
from derive.errors import RenderError
from derive.expressions.equation import Equation
from derive.render.page.escaping import clean, isolated
from derive.render.page.numbering import Numbering, ReferenceLabel
from derive.render.page.numerals import bound_tex, number_tex
from derive.typesetting.layout import Reason


class FormulaPrinter(Protocol):
    """What turns expressions into bare TeX."""

    def inline(self, expr: Basic | Equation) -> str:
        """Bare TeX for a formula within a line."""

    def display(self, equation: Equation, reasons: Sequence[Reason] = ()) -> str:
        """Bare TeX for a formula on display, with words beside its sides if there are any."""


class Markup(Protocol):
    """How one format writes what can stand within a line."""

    def text(self, text: str) -> str:
        """Text, escaped."""

    def code(self, text: str) -> str:
        """Text in a fixed-width face, escaped."""

    def address(self, url: str) -> str:
        """Return an address of the web as a link to it."""

    def math(self, tex: str) -> str:
        """Mathematics within a line."""

    def marked(self, inner: str, strong: bool) -> str:
        """Emphasis."""

    def number(self, anchor: str, number: str) -> str:
        """Return the number of what has that anchor."""

    def link(self, anchor: str, inner: str) -> str:
        """Return a link within the document."""

    def in_code(self, anchor: str, inner: str) -> str:
        """Return a reference to an equation within code, or nothing where none can stand."""

    def page(self, anchor: str) -> str:
        """Return the page of what has that anchor, or nothing where there are no pages."""

    def web(self, address: str, inner: str) -> str:
        """Return a link to an address in the web."""

    def join(self, pieces: list[str]) -> str:
        """Return the pieces of a sentence one after the other."""

    def beside(self, words: str, said: str, anchors: Sequence[str]) -> str | None:
        """Return a reason beside a line, which names what has these anchors; None where it can't.

        ``words`` are without markup, and ``said`` is with it.
        """


class Numerals(Protocol):
    """What writes computed numbers as mathematics."""

    def number(self, number: Number) -> str:
        """Return a number with its significant digits."""

    def bound(self, bound: Bound) -> str:
        """Return the power of ten that a number is below."""

    def whole(self, number: int) -> str:
        """Return a whole number with its sign."""


class TexNumerals:
    """Computed numbers in TeX."""

    def number(self, number: Number) -> str:
        """Return bare TeX with the significant digits."""
        return number_tex(number)

    def bound(self, bound: Bound) -> str:
        """Return bare TeX such as ``< 10^{-12}``."""
        return bound_tex(bound)

    def whole(self, number: int) -> str:
        """Return the digits."""
        return str(number)


IN_TEX = TexNumerals()
"""Writes numbers for all formats but that of Typst."""


@dataclass(frozen=True)
class _Numeral:
    """A number of the document's own, on its way into a sentence of the language file."""

    label: ReferenceLabel


@dataclass(frozen=True)
class Speaker:
    """Says values and sentences in one language and one format.

    ``elsewhere`` says what stands for a reference whose target is not in the text, if it isn't.
    """

    language: Language
    markup: Markup
    printer: FormulaPrinter
    numbering: Numbering
    elsewhere: Callable[[Ref, ReferenceLabel], Value | None] | None = None
    numerals: Numerals = IN_TEX

    def say(self, value: Value) -> str:
        """Return the string for ``value``; TypeError for what a document cannot hold."""
        if isinstance(value, Text):
            return self.sentence(value)
        if isinstance(value, Ref):
            return self.refer(value)
        if isinstance(value, PageRef):
            return self.refer_page(value)
        if isinstance(value, Doi):
            return self.markup.web(value.address, self.markup.text(f"doi:{value.name}"))
        if isinstance(value, str):
            return self.markup.text(isolated(clean(value)))
        if isinstance(value, Code):
            return self.markup.code(clean(value.text))
        if isinstance(value, Url):
            return self.markup.address(value.address)
        # bool is an int to Python, and a mistake here.
        if isinstance(value, int) and not isinstance(value, bool):
            if value < 0:
                return self.markup.math(self.numerals.whole(value))
            return self.markup.text(str(value))
        if isinstance(value, Number):
            return self.markup.math(self.numerals.number(value))
        if isinstance(value, Bound):
            return self.markup.math(self.numerals.bound(value))
        if isinstance(value, Basic | Equation):
            return self.markup.math(self.printer.inline(value))
        if isinstance(value, _Numeral):
            return self.markup.number(value.label.anchor, value.label.number)
        raise TypeError(f"a document cannot hold a {type(value).__name__}: {value!r}")

    def sentence(self, text: Text) -> str:
        """Return a sentence of the language file with its values; RenderError if they do not fit."""
        return self._join(self.language.sentence(text.key, text.values))

    def refer(self, ref: Ref) -> str:
        """Return a reference as a link: ``(2)`` or ``Figure 1``."""
        label = self.numbering[ref.target]
        other = None if self.elsewhere is None else self.elsewhere(ref, label)
        if other is not None:
            return self.say(other)
        return self.markup.link(label.anchor, self._numbered("reference", label))

    def refer_in_code(self, ref: Ref) -> str:
        """Return a reference within code, or nothing where its target is not in the text."""
        label = self.numbering[ref.target]
        if self.elsewhere is not None and self.elsewhere(ref, label) is not None:
            return ""
        return self.markup.in_code(label.anchor, self._numbered("reference", label))

    def refer_page(self, page: PageRef) -> str:
        """Return where something stands: by its page where there are pages, else as a reference."""
        label = self.numbering[page.target]
        return self.markup.page(self.numbering.spots.get(page.spot, label.anchor)) or self.refer(
            Ref(page.target)
        )

    def name(self, label: ReferenceLabel) -> str:
        """Return what stands before a caption: ``Figure 1``."""
        return self._numbered("label", label)

    def word(self, name: str) -> str:
        """One of the renderers' own words."""
        return self._join(self.language.sentence(f"ui.{name}", {}))

    def _numbered(self, table: str, label: ReferenceLabel) -> str:
        # No document may hold a _Numeral, so the type of values does not name it.
        values: Any = {"number": _Numeral(label)}
        return self._join(self.language.sentence(f"ui.{table}.{label.kind}", values))

    def _join(self, parts: tuple[Part, ...]) -> str:
        return self.markup.join([self._part(part) for part in parts])

    def _part(self, part: Part) -> str:
        if isinstance(part, Literal):
            return self.markup.text(part.text)
        if isinstance(part, Verbatim):
            return self.markup.code(part.text)
        if isinstance(part, Filled):
            return self.say(part.value)
        if isinstance(part, Marked):
            return self.markup.marked(self._join(part.parts), part.strong)
        raise RenderError(f"{self.language.path}: a placeholder {part.name!r} was left open")

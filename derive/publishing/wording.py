"""The words that a document is to have in Markdown, made without what writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from urllib.parse import quote

from sympy import Basic

from derive.document.blocks import (
    Algorithm,
    AlgorithmLine,
    Block,
    Bullets,
    Display,
    Document,
    FigureBlock,
    Heading,
    Instance,
    Listing,
    Prose,
    TableBlock,
    displays,
)
from derive.document.language import Filled, Language, Literal, Marked, Part, Verbatim, load
from derive.document.text import Bound, Code, Doi, Number, PageRef, Ref, Text, Url, Value
from derive.expressions.equation import Equation
from derive.publishing.spoken import Spoken
from derive.publishing.userstext import as_set, cleaned
from derive.reading.linear import canonical
from derive.reading.passage import Passage, ReadingError
from derive.reading.words import Word, WordSequence
from derive.render.page.numbering import Numbering, ReferenceLabel, number

_CHAPTERS, _BLOCKS = 4, 24
"""From how many chapters and blocks on a document has a list of its chapters."""

_WAYS = {"l": ":--", "c": ":-:", "r": "--:"}
ANYTHING = "\0"
"""Stands for any formula."""


@dataclass
class Wording:
    """Says what words a document has, block by block.

    ``numbers`` is false where the site numbers equations by itself. ``here`` are the anchors that
    may be linked to, all if None. ``formula`` says how a formula reads in bare text.
    """

    document: Document
    folder: str
    numbers: bool = True
    here: frozenset[str] | None = None
    formula: Callable[[Spoken], str] = lambda _: ANYTHING
    words: WordSequence = field(default_factory=WordSequence)
    language: Language = field(init=False)
    labels: Numbering = field(init=False)
    isolates: bool = field(default=True, init=False)
    """Whether the format sets letters to the left where no sign keeps them from it."""

    def __post_init__(self) -> None:
        self.language = load(self.document.language)
        self.labels = number(self.document)

    def whole(self) -> list[Word]:
        """Return the words of the whole document, its title first."""
        blocks = self.document.blocks
        self.words.sign("heading", "1")
        self.say_value(self.document.title)
        if self.document.author and cleaned(self.document.author).split():
            self.words.sign("paragraph")
            self.say_value(self.document.author)
        headings = [block for block in blocks if isinstance(block, Heading)]
        if self.has_contents(headings):
            self.say_contents(headings)
        for block in blocks:
            self.say_block(block)
        return self.words.taken()

    def pieces(self) -> list[Word]:
        """Return the words of its chapters, each of which links to what it has itself."""
        for part in _chapters(self.document.blocks):
            self.here = frozenset(self.labels[id].anchor for b in part for id in _ids(b))
            for block in part:
                self.say_block(block)
        return self.words.taken()

    def has_contents(self, headings: list[Heading]) -> bool:
        chapters = sum(heading.level == 1 for heading in headings)
        return chapters >= _CHAPTERS and len(self.document.blocks) >= _BLOCKS

    def say_contents(self, headings: Iterable[Heading]) -> None:
        sign = self.words.sign
        sign("paragraph")
        sign("mark", "**")
        self.say_sentence("ui.contents")
        sign("mark", "**")
        for heading in headings:
            self.say_entry(heading)

    def say_entry(self, heading: Heading) -> None:
        self.words.sign("item", "  -" if heading.level > 1 else "-")
        self.words.sign("link")
        self.say_title(heading)
        self.words.sign("target", self.labels[heading.id].anchor)

    def say_title(self, heading: Heading) -> None:
        self.words.text(f"{self.labels[heading.id].number} ")
        self.say_value(Text(heading.key, heading.values))

    def say_block(self, block: Block) -> None:
        sign = self.words.sign
        if isinstance(block, Heading):
            sign("anchor", self.labels[block.id].anchor)
            sign("heading", str(block.level + 1))
            self.say_title(block)
        elif isinstance(block, Prose):
            sign("paragraph")
            self.say_value(Text(block.key, block.values))
        elif isinstance(block, Bullets):
            for count, item in enumerate(block.items, 1):
                sign("item", f"{count}." if block.numbered else "-")
                self.say_spot(block.ids.get(item.key))
                self.say_value(item)
        elif isinstance(block, Display):
            self.say_shown(block)
        elif isinstance(block, FigureBlock):
            self.say_figure(block)
        elif isinstance(block, TableBlock):
            self.say_table(block)
        elif isinstance(block, Listing):
            self.say_listing(block)
        else:
            self.say_algorithm(block)

    def say_spot(self, target: str | None) -> None:
        """Say where an item stands: where there are no pages, its section is what leads there."""

    def say_shown(self, block: Display) -> None:
        self.say_instances(block.instances)
        self.say_display(block.equation)

    def say_instances(self, instances: Iterable[Instance]) -> None:
        for one in instances:
            self.words.sign("anchor", self.labels[one.equation.id].anchor)

    def say_display(self, equation: Equation) -> None:
        self.words.sign("anchor", self.labels[equation.id].anchor)
        self.words.sign("display")

    def say_figure(self, block: FigureBlock) -> None:
        self.words.sign("anchor", self.labels[block.id].anchor)
        self.words.sign("drawing", f"{quote(self.folder)}/{block.figure.id}.svg")
        self.words.sign("alternative", self.plain_words(block.caption))
        self.say_caption(block)

    def plain_words(self, text: Text) -> str:
        """Return a sentence without signs, its formulas as they read in bare text."""
        return self.plain_value(text)

    def plain_value(self, value: object) -> str:
        """Return a sentence, or any text, as it reads without signs."""
        inner = self.bare()
        inner.say_value(value)
        shown = ("word", "code", "formula")
        return " ".join(word.text for word in inner.words.taken() if word.kind in shown)

    def bare(self) -> Wording:
        """Return what says a text of the same document that has no mathematics."""
        made = _BareWording(self.document, self.folder, formula=self.formula)
        made.isolates = self.isolates
        return made

    def say_caption(self, block: FigureBlock | TableBlock | Algorithm) -> None:
        label = self.labels[block.id]
        self.words.sign("paragraph")
        self.words.sign("mark", "**")
        self.say_number("label", label)
        self.words.sign("mark", "**")
        self.say_value(block.caption)

    def say_table(self, block: TableBlock) -> None:
        self.words.sign("anchor", self.labels[block.id].anchor)
        self.say_caption(block)
        self.say_row(block.header)
        self.say_alignment(block.align)
        for row in block.rows:
            self.say_row(row)

    def say_row(self, cells: Iterable[Value]) -> None:
        self.words.sign("row")
        for cell in cells:
            self.words.sign("cell")
            self.say_value(cell)

    def say_alignment(self, ways: str) -> None:
        self.words.sign("row")
        for way in ways:
            self.words.sign("alignment", _WAYS[way])

    def say_algorithm(self, block: Algorithm) -> None:
        self.words.sign("anchor", self.labels[block.id].anchor)
        self.say_caption(block)
        if self.numbers:
            self.say_row([""] * 4)
            self.say_alignment("rllr")
        for count, line in enumerate(block.lines, 1):
            if self.numbers:
                self.say_algorithm_row(line, count)
                continue
            self.words.sign("item", f"{count}.")
            self.say_indent(line)
            if line.equation is not None:
                self.say_shown(Display(line.equation, line.instances))

    def say_algorithm_row(self, line: AlgorithmLine, count: int) -> None:
        sign = self.words.sign
        sign("row")
        sign("cell")
        self.words.text(str(count))
        sign("cell")
        self.say_indent(line)
        sign("cell")
        if line.equation is not None:
            label = self.labels[line.equation.id]
            sign("formula")
            sign("cell")
            self.say_instances(line.instances)
            sign("anchor", label.anchor)
            self.words.text(f"({label.number})")
        else:
            sign("cell")

    def say_indent(self, line: AlgorithmLine) -> None:
        for _ in range(2 * line.indent):
            self.words.sign("indentation")
        self.say_value(line.text)

    def say_listing(self, block: Listing) -> None:
        self.words.sign("listing")
        for line in block.lines:
            self.words.sign("code line", line.source)
            if line.ref is not None:
                self.say_code_reference(line.ref)

    def say_code_reference(self, ref: Ref) -> None:
        """Say a number by itself, as code holds no links; nothing where the site counts by itself."""
        if self.numbers:
            self.say_number("reference", self.labels[ref.target])

    def say_value(self, value: Value) -> None:
        if isinstance(value, Text):
            self.say_parts(self.language.sentence(value.key, value.values))
        elif isinstance(value, Ref):
            self.say_reference(value)
        elif isinstance(value, PageRef):
            self.say_page(value)
        elif isinstance(value, Doi):
            self.words.sign("link")
            self.words.text(f"doi:{value.name}")
            self.words.sign("web", value.address)
        elif isinstance(value, str):
            self.words.text(self.users_text(value))
        elif isinstance(value, Code):
            self.words.sign("code", " ".join(cleaned(value.text).split()))
        elif isinstance(value, Url):
            self.words.sign("address", value.address)
        elif isinstance(value, Number | Bound | Basic | Equation) or value < 0:
            self.say_formula(value)
        else:
            self.words.text(str(value))

    def users_text(self, text: str) -> str:
        """Return what is to stand for a text that a user wrote."""
        return as_set(text) if self.isolates else cleaned(text)

    def say_formula(self, value: Spoken) -> None:
        self.words.sign("formula")

    def say_page(self, page: PageRef) -> None:
        self.say_reference(Ref(page.target))

    def say_reference(self, ref: Ref) -> None:
        label = self.labels[ref.target]
        linked = self.here is None or label.anchor in self.here
        if linked:
            self.words.sign("link")
        if self.numbers or label.kind != "equation" or not linked:
            self.say_number("reference", label)
        if linked:
            self.words.sign("target", label.anchor)

    def say_number(self, table: str, label: ReferenceLabel) -> None:
        key = f"ui.{table}.{label.kind}"
        self.say_parts(self.language.sentence(key, {"number": label.number}))

    def say_sentence(self, key: str) -> None:
        self.say_parts(self.language.sentence(key, {}))

    def say_parts(self, parts: Iterable[Part]) -> None:
        for part in parts:
            if isinstance(part, Literal):
                self.words.text(part.text)
            elif isinstance(part, Verbatim):
                self.words.sign("code", " ".join(part.text.split()))
            elif isinstance(part, Filled):
                self.say_value(part.value)
            elif isinstance(part, Marked):
                mark = "**" if part.strong else "*"
                self.words.sign("mark", mark)
                self.say_parts(part.parts)
                self.words.sign("mark", mark)


class _BareWording(Wording):
    """Says words and formulas of a text that has no mathematics."""

    def say_formula(self, value: Spoken) -> None:
        self.words.sign("formula", self.formula(value))


def unlike(found: list[Word], meant: list[Word], text: Passage) -> Iterator[ReadingError]:
    """Yield the first place at which other words stand than are meant."""
    for word, wanted in zip_longest(found, meant):
        if word is None:
            yield ReadingError(f"the text ends where {wanted} is meant", text, text.stop)
            return
        if wanted is None:
            yield ReadingError(f"{word} stands behind all that is meant", text, word.at)
            return
        if word != wanted and not _alternative(word, wanted):
            yield ReadingError(f"{word} is written, {wanted} is meant", text, word.at)
            return


def _alternative(word: Word, wanted: Word) -> bool:
    return word.kind == wanted.kind == "alternative" and alike(word.text, wanted.text)


def alike(text: str, meant: str) -> bool:
    """Tell whether a text without signs says what `Wording.plain_words` gives."""
    parts = map(re.escape, canonical(meant).split(ANYTHING))
    return re.fullmatch(".+".join(parts), canonical(text)) is not None


def _chapters(blocks: tuple[Block, ...]) -> list[list[Block]]:
    """Return the blocks of each chapter; what stands before the first is one."""
    found: list[list[Block]] = []
    for block in blocks:
        if not found or (isinstance(block, Heading) and block.level == 1):
            found.append([])
        found[-1].append(block)
    return found


def _ids(block: Block) -> Iterator[str]:
    if isinstance(block, Heading | FigureBlock | TableBlock | Algorithm):
        yield block.id
    for display in displays(block):
        yield display.equation.id
        yield from (one.equation.id for one in display.instances)

"""The words that a part of a handout is to have on a page of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from derive.document.blocks import Block, FigureBlock, Heading, Instance
from derive.document.text import Ref, Text
from derive.embedding.meant import MeantPart
from derive.publishing.spoken import Spoken
from derive.publishing.wording import Wording
from derive.reading.words import Word
from derive.render.page.numbering import Numbering, ReferenceLabel


@dataclass
class PageWording(Wording):
    """Says what words a page has where it asks for some of a document.

    ``shown`` are the labels of all that stands there, and ``drawings`` the addresses of drawings by
    the ids of their figures.
    """

    part: MeantPart = field(kw_only=True)
    shown: Mapping[str, ReferenceLabel] = field(default_factory=dict)
    drawings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.labels = Numbering({**self.labels.labels, **self.shown})

    def words_of(self, blocks: Iterable[Block]) -> list[Word]:
        """Return the words of some blocks, behind those that are there."""
        for block in blocks:
            self.say_block(block)
        return self.words.taken()

    def say_title(self, heading: Heading) -> None:
        # Other pages have no numbers before their headings.
        self.say_value(Text(heading.key, heading.values))

    def say_instances(self, instances: Iterable[Instance]) -> None:
        """Say nothing: a page may have them elsewhere."""

    def say_figure(self, block: FigureBlock) -> None:
        self.words.sign("anchor", self.labels[block.id].anchor)
        self.words.sign("drawing", self.drawings[block.figure.id])
        self.words.sign("alternative", self.plain_words(block.caption))
        self.say_caption(block)

    def bare(self) -> Wording:
        return _BarePageWording(
            self.document, self.folder, formula=self.formula, part=self.part, shown=self.shown
        )

    def say_reference(self, ref: Ref) -> None:
        label = self.shown.get(ref.target)
        if label is None:
            self.say_value(self.part.elsewhere(ref))
            return
        self.words.sign("link")
        if label.kind == "section":
            self._say_section(ref)
        elif self.numbers or label.kind != "equation":
            self.say_number("reference", label)
        self.words.sign("target", label.anchor)

    def say_code_reference(self, ref: Ref) -> None:
        if ref.target in self.shown:
            super().say_code_reference(ref)

    def _say_section(self, ref: Ref) -> None:
        """Say the title of a section, as headings have no numbers on other pages."""
        headings = (b for b in self.part.blocks if isinstance(b, Heading))
        heading = next(block for block in headings if block.id == ref.target)
        title = f"“{self.plain_words(Text(heading.key, heading.values))}”"
        self.say_parts(self.language.sentence("ui.reference.section", {"number": title}))


@dataclass
class _BarePageWording(PageWording):
    """Says words, formulas and references of a text that has no mathematics and no links."""

    def say_formula(self, value: Spoken) -> None:
        self.words.sign("formula", self.formula(value))

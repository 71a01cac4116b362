"""What stands on a page read back: it must say what was checked, in its place and under its number."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from derive.checks.requested import require_equation
from derive.document.blocks import Block, FigureBlock
from derive.document.text import Ref, Value
from derive.embedding.meant import CountedPage, MeantPart
from derive.embedding.parts import Parts
from derive.embedding.request import Request
from derive.embedding.wording import PageWording
from derive.errors import CheckError
from derive.expressions.equation import Equation
from derive.publishing.readback import ReadBack
from derive.publishing.wording import ANYTHING, Wording, alike, unlike
from derive.reading import inline, markdown
from derive.reading.display import DisplayedText
from derive.reading.passage import Passage, ReadingError
from derive.reading.prose import MarkdownWords
from derive.reading.words import WordSequence
from derive.render.page.escaping import anchor
from derive.render.page.numbering import Numbering, ReferenceLabel, number
from derive.render.text.dialects import dialect_named

_CODE = "```python\n"

_FENCED = re.compile(
    r"^ *(?P<mark>`{3,}|~{3,}).*?(?:^ *(?P=mark)[`~]* *$|\Z)", re.MULTILINE | re.DOTALL
)
_ROLES = re.compile(r"\{eq\}`(?P<label>[^`\n]+)`(?!`)|(?P<code>`+)(?!`).*?(?<!`)(?P=code)(?!`)")

_LINK = re.compile(r"\[\((\d+)\)\]\(#(eq-[^()\s]*)\)")


def part_reader(
    found: Parts,
    meant: MeantPart,
    blocks: tuple[Block, ...],
    shown: Mapping[str, ReferenceLabel],
    dialect: str,
) -> ReadBack:
    """Return what reads some blocks of a handout where they stand by themselves.

    ``shown`` are the labels of what stands there: references lead to nothing else.
    """

    def instead(ref: Ref) -> Value | None:
        return None if ref.target in shown else meant.elsewhere(ref)

    labels = Numbering({**number(found.document).labels, **shown})
    part = replace(found.handout, document=replace(found.document, blocks=blocks))
    steps = found.network.steps
    return ReadBack(
        part, found.notation, steps, dialect, labels=labels, instead=instead, whole=found.document
    )


def asked_equations(found: Parts, wanted: Request) -> list[Equation]:
    """Return the equations that a request names."""
    steps = found.network.steps
    return [require_equation(id, found.equation(id), steps) for id in wanted.equations]


@dataclass
class PageReader:
    """Reads what is put on a page of Markdown, request by request.

    ``numbers`` are those that equations have there, by their anchors, as they were read, and
    ``pictures`` the words in place of each picture, and the picture, in their order; ``formulas`` are
    those on display.
    """

    dialect: str
    counted: CountedPage = field(default_factory=CountedPage)
    numbers: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    pictures: list[tuple[str, str]] = field(default_factory=list)
    formulas: list[str] = field(default_factory=list)

    def require(
        self,
        text: str,
        wanted: Request,
        found: Parts,
        drawings: Mapping[str, tuple[str, str]],
    ) -> None:
        """Raise a `CheckError` unless a text is what is meant by a request.

        ``drawings`` are the addresses and the texts of drawings, by the ids of their figures.
        """
        # The handout's own listing stands before the whole module.
        prose, fence, code = text.rpartition(_CODE) if wanted.code else (text, "", "")
        meant = f"{_CODE}{found.code}\n```" if wanted.code else ""
        if _lines(fence + code) != _lines(meant):
            raise CheckError(f"the code of {found.network.cell} on a page is not what was checked")
        passage = Passage(text, "the page", 0, len(prose))
        displays = [*markdown.displays(passage, self.dialect)]
        displays.sort(key=lambda display: display.passage.start)
        asked = asked_equations(found, wanted)
        labels = [self.counted.equation(wanted.prefix + equation.id) for equation in asked]
        for equation, display in zip(asked, displays, strict=False):
            found.require(equation, display.passage.inner, "markdown")
        words = WordSequence()
        for label in labels:
            words.sign("anchor", label.anchor)
            words.sign("display")
        if wanted.sections or wanted.figures or wanted.whole:
            shown = self._require_blocks(passage, wanted, found, drawings, displays, words)
            labels += [label for label in shown.values() if label.kind == "equation"]
        else:
            _require_words(passage, self.dialect, words)
        self._require_numbers(passage, displays, labels)
        self.formulas += [display.passage.inner for display in displays]
        self.texts.append(text)

    def require_page(self, page: str, source: str) -> None:
        """Raise a `CheckError` unless a whole page has what was read, in order.

        And the references to equations that its source does not have show their numbers.
        """
        rest = page.split("\n")
        for text in self.texts:
            at = next((n for n in range(len(rest)) if _stands(text.split("\n"), rest[n:])), None)
            if at is None:
                raise CheckError(f"a page lacks what was made for it: {text[:80]!r} …")
            rest = rest[at + text.count("\n") :]
        own = Counter(_LINK.findall(page)) - Counter(_LINK.findall(source))
        wanted = Counter(f"eq-{anchor(label)}" for label in _referred(source))
        missing = wanted - Counter(place for _, place in own.elements())
        if missing:
            raise CheckError(f"a page does not refer to {', '.join(missing)}, as its source does")
        for said, place in own:
            if self.numbers.get(place, said) != said:
                raise CheckError(
                    f"a page refers to {place} as ({said}), which has the number "
                    f"{self.numbers[place]} there"
                )

    def require_reference(self, text: str, label: str) -> None:
        """Raise a `CheckError` unless a text refers to an equation by the number that it has there."""
        place = f"eq-{anchor(label)}"
        passage, words = Passage(text, "a reference of the page"), WordSequence()
        words.sign("paragraph")
        words.sign("link")
        if dialect_named(self.dialect).numbers:
            words.text(f"({self.numbers[place]})")
        words.sign("target", place)
        _require_words(passage, self.dialect, words)

    def _require_blocks(
        self,
        passage: Passage,
        wanted: Request,
        found: Parts,
        drawings: Mapping[str, tuple[str, str]],
        displays: list[DisplayedText],
        words: WordSequence,
    ) -> Mapping[str, ReferenceLabel]:
        """Read some blocks of a handout; return the labels of what stands there."""
        meant = MeantPart(found.document, wanted)
        shown = self.counted.labels(meant.blocks, wanted.prefix)
        reading = part_reader(found, meant, meant.blocks, shown, self.dialect)
        texts = [drawing for _, drawing in drawings.values()]
        sentences = inline.of_markdown(passage, self.dialect)
        reading.read_formulas(passage, displays[len(wanted.equations) :], sentences, texts)
        named = {Path(f"{id}.svg"): svg for id, (_, svg) in drawings.items()}
        reading.read_drawings(named, tex=False)
        wording = PageWording(
            found.document,
            "",
            dialect_named(self.dialect).numbers,
            formula=reading.bare_formula,
            words=words,
            part=meant,
            shown=shown,
            drawings={id: address for id, (address, _) in drawings.items()},
        )
        reading.read_words(MarkdownWords(passage, self.dialect), wording.words_of(meant.blocks))
        for block in meant.blocks:
            if isinstance(block, FigureBlock):
                said = wording.plain_words(block.caption)
                self.pictures.append((said, drawings[block.figure.id][1]))
        return shown

    def _require_numbers(
        self,
        passage: Passage,
        displays: Iterable[DisplayedText],
        labels: Iterable[ReferenceLabel],
    ) -> None:
        """Raise a `CheckError` unless these equations are displayed in this order, and note them.

        A dialect whose site numbers equations by itself has no numbers.
        """
        numbers = dialect_named(self.dialect).numbers
        found = [(display.labels, display.number) for display in displays]
        wanted = [((label.anchor,), label.number if numbers else None) for label in labels]
        if found != wanted:
            problem = f"these equations are displayed: {found}, {wanted} are meant"
            raise CheckError(str(ReadingError(problem, passage, passage.start)))
        self.numbers.update((label, number or "") for (label,), number in found)


def _referred(source: str) -> list[str]:
    """Return the labels of equations that a page's source refers to, outside code."""
    return [found["label"] for found in _ROLES.finditer(_FENCED.sub("", source)) if found["label"]]


def _stands(text: list[str], page: list[str]) -> bool:
    """Tell whether the lines of a text stand at the start of a page, indented or not."""
    before = page[0].removesuffix(text[0])
    wanted = [before + line if line else "" for line in text]
    return not before.strip() and wanted == [
        line if line.strip() else "" for line in page[: len(text)]
    ]


def _lines(code: str) -> list[str]:
    """Return the lines of code: how many blank ones part them says nothing."""
    return [line.rstrip() for line in code.splitlines() if line.strip()]


def require_caption(text: str, block: FigureBlock, found: Parts) -> str:
    """Return a caption in bare text if it has the words that are meant; else a `CheckError`.

    Its formulas are those of the picture, which are read there.
    """
    meant = Wording(found.document, "").plain_words(block.caption)
    if not alike(text, meant):
        meant = meant.replace(ANYTHING, "…")
        raise CheckError(f"the caption of the figure {block.id} is {text!r}, {meant!r} is meant")
    return text


def _require_words(passage: Passage, dialect: str, meant: WordSequence) -> None:
    try:
        words = MarkdownWords(passage, dialect).read()
        for difference in unlike(words, meant.taken(), passage):
            raise difference
    except ReadingError as error:
        raise CheckError(f"a page does not say what was meant: {error}") from error

"""The finished texts read back: what does not say what was checked does not go out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import Protocol, TypeVar

from derive.cells.cell import Cell
from derive.chapters.handout import Handout
from derive.checks.putall import require_all_named
from derive.checks.putin import require_used
from derive.checks.readback import ReadComparison
from derive.document.blocks import Document
from derive.document.language import load
from derive.document.used import Used, told_by
from derive.errors import CheckError
from derive.expressions.equation import Equation, Kind
from derive.publishing.colours import PATHS, Colours, described, drawn_colours
from derive.publishing.listed import require_code
from derive.publishing.nesting import require_nesting
from derive.publishing.pictures import PictureReader
from derive.publishing.plainly import PlainFormulas
from derive.publishing.properties import misdescribed
from derive.publishing.readfiles import ReadFiles
from derive.publishing.sentences import Sentences
from derive.publishing.shown import ShownEquations
from derive.publishing.spoken import Instead, Spoken, spoken
from derive.publishing.texwording import LatexWording
from derive.publishing.told import require_counted, source_of_cell
from derive.publishing.typeset import unlike_asked, unlike_tex, unlike_typst
from derive.publishing.typstprops import misdescribed_typst
from derive.publishing.typstwording import TypstWording
from derive.publishing.wording import Wording, unlike
from derive.reading import inline, latex, markdown, typstprose
from derive.reading.display import DisplayedText, SpokenFormula
from derive.reading.meaning import read
from derive.reading.parts import ReadFormula
from derive.reading.passage import Passage, ReadingError
from derive.reading.prose import MarkdownWords
from derive.reading.texprose import LatexWords
from derive.reading.tokens import reasons
from derive.reading.typst import typst_reasons
from derive.reading.typstprose import TypstWords
from derive.reading.vocabulary import Vocabulary
from derive.reading.words import Word
from derive.render.page.numbering import Numbering, number
from derive.render.page.pieces import without_instances
from derive.render.text.source import lettering
from derive.typesetting.layout import PagePrinter
from derive.typesetting.notation import Notation

_REASONS = {"tex": reasons, "typst": typst_reasons}
"""What finds the words beside the lines of a formula, by its dialect."""

REASON_SIGN = " | "
"""What stands before each reason in the words for a formula."""

_Found = TypeVar("_Found")

DisplayFinder = Callable[[Passage], Iterator[DisplayedText]]
"""What finds the formulas on display in a text."""


class WordReader(Protocol):
    """What reads the words of a text."""

    @property
    def document(self) -> Passage:
        """Return the text."""

    def read(self) -> list[Word]:
        """Return the words; a `ReadingError` for a sign that has no meaning."""


@dataclass
class ReadBack:
    """Reads the texts of one document; ``steps`` is the horizon that its paths are drawn for.

    ``dialect`` is that of its Markdown. Of a part of a document ``labels`` are the numbers and anchors
    that it has in its place, ``instead`` says what stands for references that lead out of it, and
    ``whole`` is all of the document.
    """

    handout: Handout
    notation: Notation
    steps: int | None = None
    dialect: str = "common"
    labels: Numbering | None = None
    instead: Instead | None = None
    whole: Document | None = None
    equations: dict[str, Equation] = field(init=False)
    numbers: dict[str, str] = field(init=False)
    files: ReadFiles = field(default_factory=ReadFiles, init=False)
    _labels: Numbering = field(init=False)
    _ran: set[tuple[object, ...]] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        document = self.handout.document
        self.all_labels = labels = self.labels or number(document)
        if self.labels is None:
            require_counted(document, labels)
            cell = self._cell()
            if cell is not None:
                require_nesting(document, cell)
        # An instance is said by the equation that it is one of, with its letter.
        shown = [display.equation for display in document.displays()]
        self.equations = {labels[e.id].anchor: e for e in shown}
        self.numbers = {e.id: labels[e.id].number for e in shown}

    def _cell(self) -> Cell | None:
        """Return the network that the document is about, where it is about one."""
        source = source_of_cell(self.handout)
        return None if source is None else source.derivation.cell

    def inspect(self, paths: list[Path]) -> None:
        """Read the texts of a format; a `CheckError` that names the equation that is not as checked."""
        made = [path for path in paths if path.suffix == ".pdf"]
        for path in made:
            self.read_pdf(path)
        texts = self.files.texts(path for path in paths if path not in made)
        for path, text in texts.items():
            figures = [other for place, other in texts.items() if place.stem == PATHS]
            passage = Passage(text, path.name)
            if path.name == "main.tex":
                self.read_latex(passage, figures)
                self.read_drawings(texts, tex=True)
            elif path.name == "main.typ":
                self.read_typst(replace(passage, dialect="typst"))
                self.read_drawings(texts, tex=False)
            elif path.suffix == ".md":
                self.read_markdown(passage, figures, f"{path.stem}-figures")
                self.read_drawings(texts, tex=False)

    def read_latex(
        self,
        text: Passage,
        figures: Sequence[str] = (),
        folder: str = "figures",
        pieces: bool = False,
    ) -> None:
        """Read what stands in LaTeX of the document, or its chapters; errors as `inspect`.

        ``folder`` is that of its drawings, as the text names it.
        """
        self.read_displays(text, latex.displays, figures)
        self.read_sentences(text, inline.of_latex, captions_first=False)
        wording = LatexWording(
            self.handout.document, folder, known=pieces, formula=self.bare_formula
        )
        self.read_words(LatexWords(text), wording.pieces() if pieces else wording.whole())
        if not pieces:
            for problem in misdescribed(self.handout.document, text.text, wording):
                raise self.failed(None, problem)

    def read_typst(self, text: Passage) -> None:
        """Read what stands in Typst of the document; errors as `inspect`."""
        self.read_displays(text, typstprose.displays)
        lines = self.readable(typstprose.spoken_lines(text))
        self.read_spoken(text, lines, self.meant(captions_first=True))
        for anchor, one in typstprose.spoken_displays(text):
            self.require_words(self.equations[anchor], one.words)
        document = self.handout.document
        wording = TypstWording(document, "figures", formula=self.bare_formula)
        self.read_words(TypstWords(text), wording.whole())
        for problem in misdescribed_typst(document, text.text, wording):
            raise self.failed(None, problem)

    def read_pdf(self, path: Path) -> None:
        """Read what a typesetter made, beside what it says of it; errors as `inspect`."""
        content = self.files.content(path)
        document, log = self.handout.document, path.with_suffix(".log")
        wording = Wording(document, "", formula=self.bare_formula)
        made = (
            unlike_tex(content, log.read_text("utf-8", "replace"))
            if log.exists()
            else (unlike_typst(content))
        )
        for problem in chain(unlike_asked(document, content, wording), made):
            raise CheckError(
                f"the PDF of {document.id} is not what was read back: {problem}\n"
                "Nothing is written; correct what makes it, or what reads it"
            )

    def _alternatives(
        self, found: Iterable[SpokenFormula], meant: Iterable[Spoken], text: Passage
    ) -> Iterator[ReadingError]:
        """Yield the words that stand for a formula within a line and say something else."""
        for one, value in zip(found, meant, strict=True):
            said = Passage(one.words, "the words for a formula")
            problem = self.speaker.plain_problem(said, value, self.notation.plain)
            if problem is not None:
                yield ReadingError(f"its words {one.words!r} say so: {problem}", text, one.at)

    def read_spoken(
        self, text: Passage, found: Iterable[SpokenFormula], meant: Iterable[Spoken]
    ) -> None:
        """Raise a `CheckError` unless formulas within lines, and their words, are those meant."""
        spoken_so, values = [*found], [*meant]
        self.require(self.speaker.differences((one.passage for one in spoken_so), values, text))
        self.require(self._alternatives(spoken_so, values, text))

    def require_words(self, equation: Equation, words: str, reasoned: bool = True) -> None:
        """Raise a `CheckError` unless the words that stand for a display are the equation.

        Unless ``reasoned``, its reasons stand elsewhere.  They stand behind all of it, or behind the
        lines that they lead to.
        """
        lines = [line.split(REASON_SIGN) for line in words.split("\n")]
        said = " ".join(line for line, *_ in lines)
        reasons_said = [reason for _, *those in lines for reason in those]
        source = self.handout.report.checkers[equation.id]
        ShownEquations(source, self.notation).require(equation, said, "plain")
        apart = len(lines) > 1 and any(len(line) != 2 for line in lines)
        if apart or reasons_said != (self._reasons(equation) if reasoned else []):
            raise self.failed(equation, f"its words give the reasons {reasons_said}")

    def read_markdown(
        self, text: Passage, figures: Sequence[str] = (), folder: str = "figures",
        pieces: bool = False,
    ) -> None:  # fmt: skip
        """Read what stands in Markdown of the document, or its chapters; errors as `inspect`.

        ``folder`` is that of its drawings, as the text names it.
        """
        displays = partial(markdown.displays, dialect=self.dialect)
        self.read_displays(text, displays, figures)
        sentences = partial(inline.of_markdown, dialect=self.dialect)
        self.read_sentences(text, sentences, captions_first=True)
        wording = Wording(
            self.handout.document, folder, self.dialect != "myst", formula=self.bare_formula
        )
        meant = wording.pieces() if pieces else wording.whole()
        self.read_words(MarkdownWords(text, self.dialect), meant)

    def read_words(self, reader: WordReader, meant: list[Word]) -> None:
        """Compare the words, and where formulas, references and drawings stand among them."""
        try:
            found = reader.read()
            for difference in unlike(found, meant, reader.document):
                raise difference
        except ReadingError as error:
            raise CheckError(
                f"the text of {self.handout.document.id} is not what was meant: {error}\n"
                "Nothing is written; correct what prints it, or what reads it"
            ) from error
        self.require_code(found)

    def require_code(self, words: Sequence[Word]) -> None:
        """Raise a `CheckError` unless the code in a text computes what the document derives."""
        source = source_of_cell(self.handout)
        if source is not None:
            about = source.derivation, source.samples
            require_code(self.handout.document, words, self.all_labels, *about, self._ran)

    def bare_formula(self, value: Spoken) -> str:
        """Return how a formula reads in bare text; a `CheckError` if its TeX says something else."""
        return self._plainly.text(value)

    def read_formulas(
        self, text: Passage, displays: Iterable[DisplayedText], sentences: Iterable[Passage],
        figures: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """Read the formulas of a text that were found in it by others; errors as `inspect`."""
        self.read_displays(text, lambda _: iter(displays), figures)
        self.read_sentences(text, lambda _: iter(sentences), captions_first=True)

    def require_number(self, anchor: str, number: str) -> None:
        """Raise a `CheckError` unless something of the document has that anchor and number."""
        if self._numbers.get(anchor) != number:
            known = self._numbers.get(anchor)
            raise self.failed(None, f"{anchor} has the number {known}, not {number}")

    def read_equations(self, text: Passage, tex: bool) -> None:
        """Read the equations of the document, which are all that stands in a text."""
        every = copy(self)
        equations = self.handout.document.equations()
        # Here each instance of a shared formula stands by itself.
        every.equations = {self.all_labels[e.id].anchor: e for e in equations}
        every.numbers = {e.id: self.all_labels[e.id].number for e in equations}
        every.read_displays(
            text, latex.displays if tex else partial(markdown.displays, dialect=self.dialect)
        )

    def read_displays(
        self, text: Passage, displays: DisplayFinder, figures: Sequence[str] = ()
    ) -> None:
        """Raise a `CheckError` unless the displays of a text are its equations, in their colours."""
        colours = Colours()
        shown: dict[tuple[int, int], Equation] = {}
        colours.define(text.text)
        for equation, display in self._matched(displays(text), text):
            comparison = self._compared(equation, display.passage)
            for found, colour in comparison.colours.items():
                shown.setdefault(found, equation)
                problem = colours.note(found, colour)
                if problem is not None:
                    raise self.failed(equation, problem)
        for paths in (described(self.handout.document), *map(drawn_colours, figures)):
            for found, problem in colours.against(paths, self.steps):
                raise self.failed(shown.get(found), problem)

    def read_sentences(
        self, text: Passage, find: Callable[[Passage], Iterator[Passage]], captions_first: bool
    ) -> None:
        """Raise a `CheckError` unless the sentences that are found are those that are meant."""
        self.require(self.speaker.differences(find(text), self.meant(captions_first), text))

    def meant(self, captions_first: bool) -> Iterator[Spoken]:
        """Yield what is to be set as mathematics within the sentences of the document."""
        document = self.handout.document
        language, titled = load(document.language), self.labels is None
        return spoken(document, language, captions_first, self.instead, titled)

    def read_drawings(self, texts: Mapping[Path, str], tex: bool) -> None:
        """Compare drawings with what they are to show: what their words say, and what is where."""
        whole = self.whole or self.handout.document
        wording = Wording(whole, "", formula=self.bare_formula)
        say = self._plainly.speaker.say
        if tex:
            # What writes LaTeX is long to import, and other formats need none of it.
            from derive.render.tex.source import latex_speaker

            say = latex_speaker(whole, PagePrinter(self.notation, "latex")).say
        cell = self._cell()
        # The rows of a network of the reader's own are placed by rules that have not seen it.
        placed = cell is None or cell.written is None
        reader = PictureReader(self.handout.document, self.speaker, wording, say, placed)
        self.require(reader.differences(texts, tex))

    @cached_property
    def _plainly(self) -> PlainFormulas:
        whole = self.whole or self.handout.document
        speaker = lettering(whole, PagePrinter(self.notation, "markdown"))
        return PlainFormulas(self.handout.document.id, speaker, self.speaker)

    @cached_property
    def speaker(self) -> Sentences:
        """Return what reads the formulas within sentences."""
        # A part may have no equation, or none of the cell: its sentences are those of the whole.
        for first in (self.whole or self.handout.document).equations():
            source = self.handout.report.checkers[first.id]
            return Sentences(source.vocabulary(first, self.notation.symbols))
        return Sentences(Vocabulary((), self.notation.symbols, frozenset()))

    def require(self, differences: Iterable[ReadingError | str]) -> None:
        """Raise a `CheckError` about the first difference, and about what cannot be read."""
        try:
            for difference in differences:
                raise self.failed(None, str(difference))
        except ReadingError as error:
            raise self.failed(None, str(error)) from error

    def _matched(
        self, found: Iterator[DisplayedText], text: Passage
    ) -> Iterator[tuple[Equation, DisplayedText]]:
        """Yield each equation of the document with the display that bears its label."""
        waiting = dict(self.equations)
        for display in self.readable(found):
            known = [waiting.pop(label) for label in display.labels if label in waiting]
            if len(known) != 1 or len(display.labels) != 1:
                problem = "a formula is displayed that is no single equation of the document"
                where = str(ReadingError(problem, text, display.passage.start))
                raise self.failed(known[0] if known else None, where)
            if display.number not in (None, self.numbers[known[0].id]):
                problem = (
                    f"it has the number {display.number} instead of {self.numbers[known[0].id]}"
                )
                where = str(ReadingError(problem, text, display.passage.start))
                raise self.failed(known[0], where)
            yield known[0], display
        for equation in waiting.values():
            raise self.failed(equation, f"it does not stand in {text.name}")

    def readable(self, found: Iterator[_Found]) -> Iterator[_Found]:
        """Yield what is found; a `CheckError` where it cannot be read."""
        try:
            yield from found
        except ReadingError as error:
            raise self.failed(None, str(error)) from error

    def _compared(self, equation: Equation, passage: Passage) -> ReadComparison:
        comparison, formula = self.formula(equation, passage)
        wanted = self._reasons(equation)
        try:
            stated = _REASONS[passage.dialect](passage, self._numbers)
        except ReadingError as error:
            raise self.failed(equation, str(error)) from error
        if stated != wanted:
            raise self.failed(equation, f"its reasons are {stated}, {wanted} are meant")
        self.require_same(comparison, formula, passage)
        return comparison

    def formula(self, equation: Equation, passage: Passage) -> tuple[ReadComparison, ReadFormula]:
        """Return what was read of a formula, and what compares it with its equation."""
        source = self.handout.report.checkers[equation.id]
        try:
            vocabulary = source.vocabulary(equation, self.notation.symbols)
            formula = read(passage, vocabulary, lenient=equation.kind is Kind.REFUTED)
        except ReadingError as error:
            raise self.failed(equation, str(error)) from error
        return ReadComparison(equation, source, coloured=True), formula

    def require_same(
        self, comparison: ReadComparison, formula: ReadFormula, passage: Passage
    ) -> None:
        """Raise a `CheckError` where a formula that was read differs from its equation."""
        for difference in comparison.differences(formula):
            where = ReadingError(difference.problem, passage, difference.at)
            raise self.failed(comparison.equation, str(where))

    @cached_property
    def _numbers(self) -> dict[str, str]:
        """Return the numbers of all that can be referred to, by its anchor."""
        return {label.anchor: label.number for label in self.all_labels.labels.values()}

    @cached_property
    def used(self) -> dict[str, tuple[Used, ...]]:
        """Return what is put in on each line of the equations that have reasons."""
        document = self.handout.document
        if self.instead is not None:
            # A page by itself may have what an equation says of each gate elsewhere on it.
            document = replace(document, blocks=without_instances(document.blocks))
        found = require_used(document)
        # In networks that nobody foresaw an equation may hold of a line by chance, and is not put in.
        cell = self._cell()
        if cell is None or cell.written is None:
            require_all_named(document, found)
        return found

    def _reasons(self, equation: Equation) -> list[str]:
        """Return the words that are meant beside the lines of an equation."""
        if not equation.reasons:
            return []
        language = load(self.handout.document.language)
        words = []
        for reason, used in zip(equation.reasons, self.used[equation.id], strict=True):
            told = language.entries[reason]
            # A site that counts by itself has no numbers that could be told.
            if used and self.dialect != "myst":
                numbers = ", ".join(f"({self.all_labels[id].number})" for id in used)
                told = language.entries[told_by(reason, used).key].format(equations=numbers)
            words.append(told)
        return words

    def failed(self, equation: Equation | None, problem: str) -> CheckError:
        """Return the error about an equation, or about a formula that is none."""
        what = "a formula" if equation is None else f"equation {equation.id}"
        return CheckError(
            f"{what} of {self.handout.document.id} is not printed as it was checked: {problem}\n"
            f"Nothing is written; correct what prints it in the notation {self.notation.name}, or "
            "what reads it"
        )

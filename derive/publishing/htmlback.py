"""The page of a handout read back, with all that stands beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from derive.budgets import most
from derive.chapters.handout import Handout
from derive.document.beside import Beside
from derive.document.blocks import Bullets, Document, Heading
from derive.document.factors import Factor, factors_of
from derive.document.language import load
from derive.document.lines import is_in_steps, lines_of
from derive.document.text import Text
from derive.publishing.checknotes import meant_check
from derive.publishing.colours import named_paths
from derive.publishing.factored import require_factors
from derive.publishing.horizoned import LONGEST
from derive.publishing.htmlprops import misdescribed_page
from derive.publishing.htmlwording import HtmlWording
from derive.publishing.panelmeant import MeantPanel, meant_panel
from derive.publishing.proved import proved_ids
from derive.publishing.readback import ReadBack
from derive.publishing.spoken import Spoken, spoken
from derive.publishing.told import source_of_cell
from derive.reading.htmlpage import HtmlPage, pages
from derive.reading.htmlwords import HtmlWords
from derive.reading.passage import Passage
from derive.render.page.numbering import number


@dataclass
class PageReadBack(ReadBack):
    """Reads a page as `ReadBack` reads other formats, and the regions for other numbers of steps.

    ``horizons`` are their documents; ``around`` is the document of the page that a region stands in.
    """

    horizons: Mapping[int, Handout] = field(default_factory=dict)
    beside: Beside = field(default_factory=Beside)
    around: Document | None = None

    def inspect(self, paths: list[Path]) -> None:
        """Read the texts of a format; a `CheckError` that names the equation that is not as checked."""
        of_pages = [path for path in paths if path.suffix == ".html"]
        super().inspect([path for path in paths if path not in of_pages])
        for path, text in self.files.texts(of_pages).items():
            self.read_html(Passage(text, path.name))

    def read_html(self, text: Passage) -> None:
        """Read what stands in a page of the document; errors as `inspect`."""
        (page,) = self.readable(pages(text))
        document = self.handout.document
        self._require_short(text)
        wording = self._read_page(page)
        live = wording.live
        of_panels = [] if live is None else [*live.sentences, *(w for _, w in live.labels)]
        self._require_said(page, "panel", of_panels)
        if wording.has_contents(titles := _titles(document)):
            self._require_sentences(page, "nav", titles)
        self.require(misdescribed_page(document, page, wording))
        # Of what a page has room for, that for its own number of steps or the nearest is shown first.
        first = self.beside.chosen
        if self.steps and (self.horizons or self.beside.left):
            first = min(len(self.horizons), self.steps)
        if self.beside.chosen != first:
            raise self.failed(
                None, f"{self.beside.chosen} steps are shown first, {first} are meant"
            )
        for steps, handout in self.horizons.items():
            region = page.regions.get(f"horizon-{steps}")
            if region is None:
                raise self.failed(None, f"nothing is shown for {steps} steps")
            labels = number(handout.document).beside(self.all_labels)
            inner = PageReadBack(handout, self.notation, steps, labels=labels, around=document)
            inner._read_page(region)

    def _require_short(self, text: Passage) -> None:
        """Raise a `CheckError` for a page that is longer than it may be, or lacks a number of steps."""
        size, longest = len(text.text.encode("utf-8")), most("page-bytes")
        if size > longest:
            raise self.failed(None, f"the page has {size} bytes, and may have {longest}")
        if len(self.horizons) + self.beside.left not in (0, LONGEST):
            raise self.failed(None, f"{len(self.horizons)} numbers of steps are shown")

    def _read_page(self, page: HtmlPage) -> HtmlWording:
        document, text = self.handout.document, page.document
        self.read_displays(text, page.displays)
        self._require_spoken(page, "", self.meant(captions_first=True))
        for anchor, one in page.spoken_displays():
            self.require_words(self.equations[anchor], one.words)
        seed = self.handout.report.seed
        proved = proved_ids(self.handout)
        checks = {
            one.id: meant_check(one, seed, one.id in proved) for one in self.handout.report.checks
        }
        factors = self._read_factors(page)
        said = [one.said for id in factors for one in factors[id].values()]
        self._require_said(page, "check", [checks[e.id] for e in document.equations()])
        self._require_said(page, "factors", said)
        self._read_steps(page)
        named = [label for *_, label in sorted(named_paths(document), key=lambda one: -one[0])]
        self._require_spoken(page, "button", named)
        wording = HtmlWording(
            document, "", formula=self.bare_formula, checks=checks, factors=factors,
            reasons={e.id: self.used[e.id] for e in document.equations() if is_in_steps(e)},
            beside=self.beside, live=self._panel(page),
        )  # fmt: skip
        wording.labels = self.all_labels
        whole = wording.whole() if self.around is None else wording.region()
        self.read_words(HtmlWords(page), whole)
        self.read_drawings(dict(self.readable(_drawings(page))), tex=False)
        return wording

    def _panel(self, page: HtmlPage) -> MeantPanel | None:
        """Return what the panel that computes is to say, if there is one on the page."""
        source, made = source_of_cell(self.handout), self.beside.live
        if made is None or source is None:
            return None
        scripts = "".join(one.text for one in page.body.elements if one.name == "script")
        return meant_panel(source.derivation, made.activation, scripts)

    def _read_factors(self, page: HtmlPage) -> dict[str, dict[int, Factor]]:
        """Return the factors that are marked, by equation and number; an error for a wrong one.

        Of a product that is written out whole, all must be marked.
        """
        document = self.handout.document
        about = () if self.around is None else self.around.equations()
        known = factors_of(document, about)
        every = {e.id: e for e in (*about, *document.equations())}
        require_factors(known, every, document.id)
        found: dict[str, dict[int, Factor]] = {}
        for anchor, marked in page.factors():
            equation = self.equations[anchor]
            factors, here = known.get(equation.id, ()), {}
            for place, passage in marked:
                if place >= len(factors):
                    raise self.failed(equation, f"it has no factor {place}")
                alone = replace(equation, sides=(factors[place].expr,), reasons=())
                comparison, formula = self.formula(alone, passage)
                self.require_same(comparison, formula, passage)
                here[place] = factors[place]
            found[equation.id] = here
        for id, factors in known.items():
            if len(found.get(id, {})) < len(factors) and not self._has_dots(page, id):
                raise self.failed(every[id], "a factor of it is not marked")
        return found

    def _has_dots(self, page: HtmlPage, id: str) -> bool:
        anchor = self.all_labels[id].anchor
        shown = (one.passage for one in page.displays(page.document) if one.labels == (anchor,))
        return any("dots" in one.inner for one in shown)

    def _read_steps(self, page: HtmlPage) -> None:
        """Compare the lines that are shown one by one with those of the derivations."""
        there = self.readable(page.spoken("steps"))
        for display in self.handout.document.displays():
            if is_in_steps(display.equation):
                for line in lines_of(display.equation):
                    one = next(there, None)
                    if one is None:
                        raise self.failed(line, "a line of it is not shown by itself")
                    self.require_same(*self.formula(line, one.passage), one.passage)
                    self.require_words(line, one.words, reasoned=False)
        for one in there:
            raise self.failed(None, f"{one.passage.inner} is a line of no derivation")

    def _require_sentences(self, page: HtmlPage, where: str, blocks: list[Heading]) -> None:
        inner = replace(self.handout.document, blocks=tuple(blocks))
        self._require_meant(page, where, inner)

    def _require_said(self, page: HtmlPage, where: str, said: list[Text]) -> None:
        inner = replace(self.handout.document, blocks=(Bullets(tuple(said)),))
        self._require_meant(page, where, inner)

    def _require_meant(self, page: HtmlPage, where: str, inner: Document) -> None:
        meant = spoken(inner, load(inner.language), captions_first=True, titled=False)
        self._require_spoken(page, where, meant)

    def _require_spoken(self, page: HtmlPage, where: str, meant: Iterable[Spoken]) -> None:
        self.read_spoken(page.document, self.readable(page.spoken(where)), meant)


def _drawings(page: HtmlPage) -> Iterator[tuple[Path, str]]:
    for name, text in page.drawings.items():
        yield Path(f"{name}.svg"), text


def _titles(document: Document) -> list[Heading]:
    return [block for block in document.blocks if isinstance(block, Heading)]

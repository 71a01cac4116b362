"""Faults in what is written as a page of HTML: each must be found in the page itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from derive.document.text import Bound
from tests.faults.fault import Change, Fault, instead, once, sub, text

PRINTER = "derive.typesetting.layout.PagePrinter"
MARKUP = "derive.render.web.source.HtmlMarkup"
CHECKS = "derive.publishing.checknotes"
SOURCE = "derive.render.web.source"

ELMAN = "elman-2"

EQUATION = r"^equation \S+ of \S+ is not printed as it was checked"
FORMULA = r"^a formula of \S+ is not printed as it was checked"
TEXT = r"^the text of \S+ is not what was meant"
HEAD = r"^the head of the page is not what was looked at"
FIGURE = r"^figure \S+ of \S+ is not drawn as it was meant"


def _set(name: str, target: str, make: Change, refusal: str, document: str = ELMAN) -> Fault:
    return Fault(f"{name}, in a page", target, make, (f"write {document} html",), refusal)


def _source(name: str, right: str, wrong: str, refusal: str, document: str = ELMAN) -> Fault:
    """Change what the layouts give, once they are filled."""
    return _set(name, f"{SOURCE}.fill", text(_replaced(right, wrong)), refusal, document)


def _replaced(right: str, wrong: str) -> Change:
    def replaced(filled: str) -> str:
        # What is not there cannot be broken: the fault would pass for another reason.
        at = filled.index(right)
        return filled[:at] + wrong + filled[at + len(right) :]

    return replaced


def _fewer(right: Any, content: Any) -> Any:
    """Say of each equation that it was compared at one place less."""
    return {
        id: replace(said, values={**said.values, "count": said.values["count"] - 1})
        for id, said in right(content).items()
    }


def _smaller(right: Any, content: Any) -> Any:
    """Say of rounded numbers that they are much nearer than they are."""
    return {
        id: replace(said, values={**said.values, "error": Bound(1e-13)})
        for id, said in right(content).items()
    }


DISPLAY = '<div class="display" id="eq-elman-forward-s">'

FAULTS = (
    # Formulas.
    _source("a lost minus", "(o_{t} - y_{t})", "(o_{t} y_{t})", f"{EQUATION}|{FORMULA}"),
    _set("a lost minus of a display", f"{PRINTER}.display",
         once(lambda right, self, *more: right(self, *more).replace("- ", "", 1)), EQUATION),
    _set("two contributions of one colour", f"{PRINTER}.display", sub("#1069A3", "#C05607"), EQUATION),
    _source("another formula within a line", '<span class="tex">U</span>', '<span class="tex">W</span>',
            FORMULA),
    _source("a formula within a line that is words", '<span class="tex">U</span>', "U", FORMULA),
    _source("a formula with an element in it", "s_{t} = \\tanh(a_{t})</div>",
            "s_{t} = <em>\\tanh</em>(a_{t})</div>", "a formula is text"),
    _source("a formula of the contents", 'gradient of <span class="tex">V</span></a>',
            'gradient of <span class="tex">W</span></a>', FORMULA),
    _source("a reason that is lost", "\\text{chain rule}", "\\text{}", EQUATION),
    # What stands where.
    _set("a display that is dropped", f"{SOURCE}.fill", sub(f"{DISPLAY}.*</details></div>", ""),
         EQUATION),
    _source("another number of an equation", ">(2)</a>", ">(3)</a>", EQUATION),
    _source("an equation without its number", '<a class="number" href="#eq-elman-forward-s">(2)</a>', "",
            "expected a formula and its number"),
    _source("a number that leads to another equation", 'href="#eq-elman-forward-s">(2)',
            'href="#eq-elman-forward-z">(2)', "a number leads to its own equation"),
    _source("the anchor of another equation", DISPLAY, DISPLAY.replace("-s", "-sum"),
            f"{EQUATION}|{FORMULA}"),
    _source("an anchor that is given twice", DISPLAY, DISPLAY.replace("-s", "-z"), "is given twice"),
    _source("a section of another anchor", '<h2 id="sec-network">', '<h2 id="sec-networks">', TEXT),
    _set("a link to the wrong equation", f"{MARKUP}.link",
         instead(lambda right, self, anchor, inner: right(self, "eq-elman-forward-s", inner)), TEXT),
    _source("a link out of the page", 'href="#tab-symbols"', 'href="page.html#tab-symbols"',
            "a link leads to a place of the page"),
    _source("an address that leads elsewhere", '<a class="web" href="https://doi.org/',
            '<a class="web" href="https://example.org/', TEXT),
    # Terms and their paths.
    _source("a button of another colour", 'value="1069A3"', 'value="C05607"', TEXT),
    _source("a button of another path", '<button type="button" value="1069A3"><span class="tex">W^{(2)}',
            '<button type="button" value="1069A3"><span class="tex">W^{(1)}', FORMULA),
    _source("terms that have no paths", ' data-paths="fig-paths"', "", TEXT),
    _source("terms whose paths are in another picture", ' data-paths="fig-paths"',
            ' data-paths="fig-unrolled"', TEXT),
    _source("terms of another loss that have paths", 'id="eq-elman-grad-W-terms-1"',
            'id="eq-elman-grad-W-terms-1" data-paths="fig-paths"', TEXT),
    # What unfolds.
    _set("a check of fewer comparisons", f"{CHECKS}.said_checks", instead(_fewer), TEXT),
    _set("a smaller error of a check", f"{CHECKS}.said_checks", instead(_smaller), FORMULA),
    _source("a check of another seed", "Seed: 0.", "Seed: 1.", TEXT),
    _source("a check of another method", "Method: forward", "Method: complex step", TEXT),
    _source("a check of another equation", "Check of (2)", "Check of (3)", TEXT),
    _source("a check that is lost", '<details class="check">', '<details class="checks">',
            "has other attributes than it may"),
    # Words.
    _source("a paragraph that is lost", "<p>Networks of this kind", "<p hidden>Networks of this kind",
            "has other attributes than it may"),
    _source("a word that is another", "Networks of this kind", "Networks of that kind", TEXT),
    _set("emphasis that is lost", f"{MARKUP}.marked",
         instead(lambda right, self, inner, strong: inner), TEXT),
    _source("a remark", "<main", "<!-- seen by nobody --><main", "a remark, which nobody sees"),
    _source("a title that is another", "<h1>Backpropagation", "<h1>Propagation", TEXT),
    _source("a line of contents that is lost", '<li class="level-1"><a href="#sec-loss">',
            '<li class="level-2"><a href="#sec-loss">', TEXT),
    # Tables, algorithms, code.
    _source("a cell of a table that is another", '<td class="l">target</td>',
            '<td class="l">output</td>', TEXT),
    _source("a cell that is lost", '<td class="l">target</td>', "", "stand as those above them do"),
    _source("cells to the other side", '<td class="l">target</td>', '<td class="r">target</td>',
            "stand as those above them do"),
    _source("a line of an algorithm that is set in", '<li class="in-0">', '<li class="in-1">', TEXT),
    _source("code that is another", '<code class="line">', '<code class="line">x = 1 #',
            f"{TEXT}|^the code of"),
    # Pictures.
    _set("pictures that are exchanged", f"{SOURCE}._drawings",
         text(lambda made: dict(zip(made, [*made.values()][::-1], strict=True))), TEXT),
    _source("other words for a picture", '<title id="unrolled-title">The network',
            '<title id="unrolled-title">No network', "is called"),
    _source("a picture that nothing names", 'aria-labelledby="unrolled-title"', 'aria-labelledby="x"',
            "is not named by its title"),
    _source("a word of a picture that is another", 'aria-label="$s_{1}$"', 'aria-label="$s_{2}$"',
            f"{FORMULA}|{FIGURE}|^unrolled"),
    _source("a picture in which a script stands", "</svg>", "<script>0</script></svg>",
            f"{FORMULA}|nothing is drawn by"),
    # What every page carries.
    _source("a sheet that hides equations", "  display: grid;\n  grid-template-columns: minmax(0, 1fr)",
            "  display: none;\n  grid-template-columns: minmax(0, 1fr)", HEAD),
    _source("a sheet that is added", "</head>", "<style>.number { opacity: 0 }</style></head>", HEAD),
    _source("a script that is added", "</body>", "<script>document.title = 1</script></body>", HEAD),
    _source("a script that is changed", "throwOnError: false", "throwOnError: true ", HEAD),
    _source("KaTeX that is changed", "0.16.22", "0.16.23", HEAD),
    _source("a handler", "<main id", '<main onclick="x" id', "has other attributes than it may"),
    _source("a way into the network", "default-src 'none'", "default-src *", "the policy of the page"),
    _source("another title in the head", "<title>Backpropagation", "<title>Propagation",
            "the title of the page"),
    _source("another language", '<html lang="en">', '<html lang="de">', "the language of the page"),
    _source("an author nobody named", "<title>", '<meta name="author" content="Ada">\n<title>',
            "the author of the page"),
    _source("a script of another place", "</main>", '<script src="https://example.org/x.js"></script></main>',
            "is no element of a page"),
)  # fmt: skip

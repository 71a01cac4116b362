"""Faults in what is written as a page of HTML: each must be found in the page itself."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from derive.document.text import Bound
from tests.faults.fault import Change, Fault, instead, once, sub, text

PRINTER = "derive.typesetting.layout.PagePrinter"
MARKUP = "derive.render.web.source.HtmlMarkup"
CHECKS = "derive.publishing.checknotes"
SOURCE = "derive.render.web.source"

ELMAN = "elman-2"

EQUATION = r"^equation \S+( of \S+)? is not printed as it was checked"
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


def _other_letter(filled: str) -> str:
    """Have the picture of the paths use another of the letters that stand in a picture before it."""
    at = filled.index('<title id="paths-title">')
    found = re.search('<use href="#(unrolled-g[0-9]+)"', filled[at:])
    assert found is not None
    other = "unrolled-g0" if found[1] != "unrolled-g0" else "unrolled-g1"
    return filled[: at + found.start(1)] + other + filled[at + found.end(1) :]


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


SET = '<span class="tex" data-tex="'
"""Where a formula within a line begins."""

DISPLAY = '<div class="display" id="eq-elman-forward-s">'

FAULTS = (
    # Formulas.
    _source("a lost minus", "(o_{t} - y_{t})", "(o_{t} y_{t})", f"{EQUATION}|{FORMULA}"),
    _set("a lost minus of a display", f"{PRINTER}.display",
         once(lambda right, self, *more: right(self, *more).replace("- ", "", 1)), EQUATION),
    _set("two contributions of one colour", f"{PRINTER}.display", sub("#1069A3", "#C05607"), EQUATION),
    _source("another formula within a line", f"{SET}U\">U</span>", f"{SET}W\">U</span>", FORMULA),
    _source("a formula within a line that is words", f"{SET}U\">U</span>", "U", TEXT),
    _source("a formula without TeX", f"{SET}U\">U</span>", '<span class="tex">U</span>',
            "a formula is words and TeX"),
    _source("a formula with an element in it", ">s_t = tanh(a_t)</div>",
            "><em>s_t</em> = tanh(a_t)</div>", "a formula is text"),
    _source("a formula of the contents", f"gradient of {SET}V\">V</span></a>",
            f"gradient of {SET}W\">V</span></a>", FORMULA),
    # The words that stand for them.
    _source("other words for a formula within a line", f"{SET}U\">U</span>", f"{SET}U\">W</span>",
            FORMULA),
    _source("other words for a formula of the contents", f"gradient of {SET}V\">V</span></a>",
            f"gradient of {SET}V\">W</span></a>", FORMULA),
    _source("other words for a display", ">s_t = tanh(a_t)</div>", ">s_t = tanh(s_t)</div>", EQUATION),
    _source("no words for a display", ">s_t = tanh(a_t)</div>", "></div>", EQUATION),
    _source("words for a display without a reason", " | chain rule", "", EQUATION),
    _source("reasons in words behind another line", " | its name\n= Σ[j=t..T] δ_{j,t}",
            "\n= Σ[j=t..T] δ_{j,t} | its name", EQUATION),
    _source("words for a line of a derivation that say another",
            "(∂L_t/∂o_t) (∂o_t/∂z_t)</span> chain rule", "(∂L_t/∂o_t) (∂o_t/∂s_t)</span> chain rule",
            EQUATION),
    _set("words for numbers with another power", "derive.render.web.mathematics.number_words",
         sub("10\\^", "20^"), FORMULA),
    _set("words for bounds with another power", "derive.render.web.mathematics.bound_words",
         sub("-12", "-2"), FORMULA),
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
    _source("a button of another path", f'<button type="button" value="1069A3">{SET}W^{{(2)}}',
            f'<button type="button" value="1069A3">{SET}W^{{(1)}}', FORMULA),
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
            "has other attributes than it may|is not printed as it was checked"),
    # Factors.
    _source("a factor that is marked as another", 'data-factors="36 73 0 77 110 1"',
            'data-factors="36 73 1 77 110 0"', EQUATION),
    _source("a mark of half a factor", 'data-factors="36 73 0 77 110 1"',
            'data-factors="36 73 0 78 110 1"', f"{EQUATION}|{FORMULA}"),
    _source("a factor that is not marked", 'data-factors="36 73 0 77 110 1"', 'data-factors="36 73 0"',
            "a factor of it is not marked"),
    _source("another kind of derivative", ">step Jacobian <", ">Jacobian <", TEXT),
    _source("another factor that is described",
            f"Jacobian {SET}\\partial o_{{t}} / \\partial z_{{t}}",
            f"Jacobian {SET}\\partial o_{{t}} / \\partial s_{{t}}", FORMULA),
    _source("a factor that links to another equation", ', equation <a href="#eq-elman-output-logits">',
            ', equation <a href="#eq-elman-loss-output">', TEXT),
    _set("factors that all link to one equation", "derive.document.factors._shown",
         instead(lambda right, expr, about: about[0].id), "are not what is said of them"),
    _set("factors of another kind", "derive.document.factors.kind_of", text(lambda kind: "jacobian"),
         "are not what is said of them"),
    # Lines one by one.
    _set("lines in another order", "derive.render.web.unfolding.lines_of",
         text(lambda lines: [*lines][::-1]), EQUATION),
    _source("another reason of a line", "</span> chain rule</li>", "</span> product rule</li>", TEXT),
    _source("a line that is shown twice", '<ol class="notes"><li>',
            '<ol class="notes"><li>x</li><li>', TEXT),
    # For another number of steps.
    _source("another number of steps", '<summary>4 steps</summary>', '<summary>5 steps</summary>', TEXT),
    _source("what is of other steps under a number", 'id="horizon-4"', 'id="horizon-9"',
            f"{TEXT}|nothing is shown for 4 steps"),
    _source("a slider of other steps", 'min="1" max="8"', 'min="1" max="9"', TEXT),
    _source("a formula of other steps", "\\nabla_{V} L_{4}", "\\nabla_{V} L_{5}", EQUATION),
    _source("a picture of other steps", '<title id="paths-4-title">The paths of the gradient of L_4',
            '<title id="paths-4-title">The paths of the gradient of L_5', "is called"),
    _set("steps that are derived for another number", "derive.publishing.besides.horizons",
         text(lambda made: dict(zip(made, [*made.values()][::-1], strict=True))), "is not of so many"),
    _set("a number of steps that is left out", "derive.publishing.besides.horizons",
         text(lambda made: {n: one for n, one in made.items() if n != 5}), "1 to 8 are meant"),
    _set("a page that is too long", "derive.publishing.besides.fitted",
         instead(lambda right, *given: replace(made := right(*given), page=made.page + 10**6 * " ")),
         "bytes, and may have"),
    _set("steps that are left out in silence", "derive.publishing.besides.fitted",
         instead(lambda right, document, printers, beside: right(
             document, printers, replace(beside.without_largest(), left=0))),
         "7 numbers of steps are shown"),
    # The panel that computes.
    _source("another norm of the panel",
            "\\partial s_{k} \\rVert_{2}\">‖(∂s_100/∂s_k)‖₂</span>; of",
            "\\partial s_{1} \\rVert_{2}\">‖(∂s_100/∂s_k)‖₂</span>; of", FORMULA),
    _source("another word of the panel", "three logarithms to base 10",
            "three logarithms to base 2", TEXT),
    _source("another kind of matrix", '<option value="gaussian">', '<option value="uniform">', TEXT),
    _source("a setting of another name", '<label for="live-scale">', '<label for="live-inputs">', TEXT),
    _source("a setting of another range", 'min="0.1" max="3"', 'min="0.1" max="4"', TEXT),
    _source("a script that computes something else", "cosine * (value - tangent",
            "cosine * (value + tangent", HEAD),
    # Words.
    _source("a paragraph that is lost", "<p>Networks of this kind", "<p hidden>Networks of this kind",
            "has other attributes than it may"),
    _source("a word that is another", "Networks of this kind", "Networks of that kind", TEXT),
    _set("emphasis that is lost", f"{MARKUP}.marked",
         instead(lambda right, self, inner, strong: inner), TEXT),
    _source("a remark", "<main", "<!-- seen by nobody --><main", "a remark, which nobody sees"),
    _source("a title that is another", "<h1>Backpropagation", "<h1>Propagation", TEXT),
    _source("a panel that the contents leave out", '<li class="level-2"><a href="#live">',
            '<li class="level-2"><a href="#sec-loss">', TEXT),
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
    _set("a letter of another picture that is exchanged", f"{SOURCE}.fill", text(_other_letter),
         "the outlines do not show"),
    _source("a letter of a picture that stands nowhere", '<use href="#unrolled-g0"',
            '<use href="#unrolled-g999"', "an outline that stands nowhere"),
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

"""What a notebook shows has all its forms, and each is what was asked for."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from derive.chapters.report import Report
from derive.checks.checked import CheckedDerivation
from derive.checks.verify import Check
from derive.embedding.pages import Page
from derive.embedding.parts import parts
from derive.embedding.request import Network, Request
from derive.errors import CheckError
from derive.expressions.equation import Equation
from derive.jupyter import shown
from derive.jupyter.display import handed_over
from derive.jupyter.magics import load
from derive.jupyter.reading import require_shown
from derive.jupyter.shown import Shown, ShownFigure
from derive.render.text.dialects import dialect_named
from derive.typesetting.printing import Printer

NETWORK = Network("elman", 2)
EQUATIONS = Request(NETWORK, equations=("elman-forward-s", "elman-grad-W-terms-2"))
FIGURES = Request(NETWORK, figures=("unrolled", "paths"))
Make = Callable[[Any], Any]


def made(request: Request) -> Shown:
    return Shown(request, parts(request))


def shown_figure(request: Request) -> object:
    return [figure._repr_mimebundle_() for figure in made(request).figures]


def other(request: Request, **named: Any) -> Callable[..., Any]:
    wrong = replace(request, **named)
    return lambda self: Page(dialect_named("mkdocs"), shown._inside).text(wrong, self.parts)


def exchanged(text: str) -> str:
    """Exchange the first two pictures in a text."""
    first, second = re.findall(r"data:[^)]*", text)[:2]
    return text.replace(first, "?").replace(second, first).replace("?", second)


def turned(pictures: tuple[ShownFigure, ...]) -> tuple[ShownFigure, ...]:
    one, two = pictures
    return replace(one, svg=two.svg), replace(two, svg=one.svg)


FAULTS: list[tuple[str, Request, object, str, Make]] = [
    ("another equation in Markdown", EQUATIONS, Shown, "markdown",
     lambda right: property(other(EQUATIONS, equations=("elman-forward-a", "elman-grad-U")))),
    ("an equation that is left out", EQUATIONS, Shown, "markdown",
     lambda right: property(other(EQUATIONS, equations=("elman-forward-s",)))),
    ("equations in another order", EQUATIONS, Shown, "markdown",
     lambda right: property(other(EQUATIONS, equations=EQUATIONS.equations[::-1]))),
    ("another notation in Markdown", EQUATIONS, Shown, "markdown",
     lambda right: property(lambda self: Page(dialect_named("mkdocs"), shown._inside).text(
         replace(EQUATIONS, network=replace(NETWORK, notation="goodfellow")),
         parts(replace(EQUATIONS, network=replace(NETWORK, notation="goodfellow")))))),
    ("plain text of another notation", EQUATIONS, shown, "Printer",
     lambda right: lambda notation, dialect: right(None if notation.name != "source"
                                                   else shown_goodfellow(), dialect)),
    ("plain text of another equation", EQUATIONS, Printer, "inline",
     lambda right: lambda self, value: right(self, parts(EQUATIONS).equation("elman-grad-U"))),
    ("plain text of fewer equations", EQUATIONS, Shown, "_plain",
     lambda right: lambda self: right(self).rpartition("\n")[0]),
    ("plain text with another head", EQUATIONS, Shown, "_plain",
     lambda right: lambda self: right(self).replace("T = 2", "T = 3")),
    ("pictures exchanged in Markdown", FIGURES, Shown, "markdown",
     lambda right: property(lambda self: exchanged(right.func(self)))),
    ("a picture that is no picture", FIGURES, Shown, "markdown",
     lambda right: property(lambda self: re.sub(r"base64,\w{8}", "base64,AAAA", right.func(self)))),
    ("a picture with an address elsewhere", FIGURES, Shown, "markdown",
     lambda right: property(lambda self: re.sub(r"\(data:[^)]*\)", "(a.svg)", right.func(self)))),
    ("a picture that is drawn otherwise", FIGURES, shown, "_inside",
     lambda right: lambda name, drawing: right(name, drawing.replace("<path", "<path opacity='0'"))),
    ("words in place of a picture", FIGURES, Shown, "markdown",
     lambda right: property(lambda self: right.func(self).replace("![The network", "![A network"))),
    ("a caption of another figure", FIGURES, Shown, "markdown",
     lambda right: property(lambda self: right.func(self).replace("unrolled over", "rolled over"))),
]  # fmt: skip


def shown_goodfellow() -> Any:
    from derive.typesetting.notation import load

    return load("goodfellow")


@pytest.mark.parametrize(
    ("request_", "home", "name", "make"),
    [row[1:] for row in FAULTS],
    ids=[row[0] for row in FAULTS],
)
def test_a_form_that_is_another_is_refused(
    request_: Request, home: object, name: str, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert made(request_)._repr_mimebundle_()
    # What a fault shows instead is checked before, as its check prints.
    parts(EQUATIONS).equation("elman-grad-U")
    monkeypatch.setattr(home, name, make(vars(home)[name]))
    with pytest.raises(CheckError):
        made(request_)._repr_mimebundle_()


@pytest.mark.parametrize(
    "change",
    [
        lambda right: {**right, "text/html": ""},
        lambda right: {"text/markdown": right["text/markdown"]},
        lambda right: dict(zip(right, [*right.values()][::-1], strict=True)),
    ],
)
def test_forms_that_are_exchanged_or_missing_are_refused(
    change: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        shown, "require_shown", lambda found, *more: require_shown(change(found), *more)
    )
    with pytest.raises(CheckError):
        made(EQUATIONS)._repr_mimebundle_()


FIGURE_FAULTS: dict[str, tuple[object, str, Make]] = {
    "pictures exchanged": (
        Page, "text",
        lambda right: lambda self, *a: _renamed(self, lambda: right(self, *a)),
    ),
    "captions exchanged": (
        shown, "require_caption",
        lambda right: lambda text, block, found: (
            "The network unrolled over 2 steps. The same parameters are used at every step."),
    ),
    "an id of another": (
        ShownFigure, "__repr__", lambda right: lambda self: right(self).replace("paths", "unrolled")
    ),
    "figures in another order": (
        shown, "ShownFigure",
        lambda right: lambda id, *more: right({"paths": "unrolled"}.get(id, "paths"), *more),
    ),
}  # fmt: skip


def _renamed(page: Page, run: Callable[[], str]) -> str:
    draw = page.draw
    names = {"paths.svg": "unrolled.svg", "unrolled.svg": "paths.svg"}
    page.draw = lambda name, drawing: (draw(names[name], drawing), name)[1]
    return run()


@pytest.mark.parametrize("name", FIGURE_FAULTS)
def test_a_figure_that_is_another_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown_figure(FIGURES)
    home, attribute, make = FIGURE_FAULTS[name]
    monkeypatch.setattr(home, attribute, make(getattr(home, attribute)))
    with pytest.raises(CheckError):
        shown_figure(FIGURES)


def test_pictures_are_read_as_they_stand_inside() -> None:
    text = made(FIGURES).forms["text/markdown"]
    codes = re.findall(r"base64,([^)]*)\)", text)
    assert [b"<svg" in base64.b64decode(code) for code in codes] == [True] * 2


@pytest.mark.parametrize("notation", ["source", "goodfellow"])
@pytest.mark.parametrize("named", [{}, {"sections": ("recursion",)}, {"code": True}])
def test_what_is_right_is_shown(notation: str, named: dict[str, Any]) -> None:
    request = Request(Network("elman", 2, notation=notation), **named)
    assert sorted(made(request)._repr_mimebundle_()) == ["text/markdown", "text/plain"]


HANDED: dict[str, tuple[Any, Callable[[], Any]]] = {
    "parts": (Shown, lambda: made(EQUATIONS)),
    "a figure": (ShownFigure, lambda: made(FIGURES).figures[0]),
    "an equation": (Equation, lambda: parts(EQUATIONS).equation("elman-forward-s")),
    "a check": (Check, lambda: parts(EQUATIONS).whole.report.checks[0]),
    "a report": (Report, lambda: parts(EQUATIONS).whole.report),
    "a derivation": (CheckedDerivation, lambda: parts(EQUATIONS).derivation),
}


@pytest.mark.parametrize("name", HANDED)
def test_a_form_that_is_changed_behind_its_reader_is_refused(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, of = HANDED[name]
    value, right = of(), kind._repr_mimebundle_
    assert handed_over(value) == value._repr_mimebundle_()
    wrong = {"s": "h", "The network": "A network", "tanh": "tan", "passed": "failed"}

    def changed(self: Any, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {
            form: re.sub("|".join(wrong), lambda word: wrong[word[0]], text)
            for form, text in right(self).items()
        }

    monkeypatch.setattr(kind, "_repr_mimebundle_", changed)
    with pytest.raises(CheckError):
        handed_over(value)


def test_a_notebook_shows_what_is_handed_over() -> None:
    shell = InteractiveShell.instance()
    load(shell)
    formatter = shell.display_formatter.mimebundle_formatter  # type: ignore[union-attr]
    assert all(formatter.lookup_by_type(kind) is handed_over for kind, _ in HANDED.values())

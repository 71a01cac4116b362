"""Both formats show the same picture, whole, the same bytes each time."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from derive.document.figures import Curve, Diagram, Figure, Node, NodeRole, Panel, Plot
from derive.errors import RenderError
from derive.render.drawing.layout import lay_out
from derive.render.drawing.scene import Shape, Words
from derive.render.drawing.svg import escaped, svg
from derive.render.drawing.tikz import tikz
from tests.render.drawing.samples import every_kind, network, typeset

FIGURES = every_kind()
SVG = "{http://www.w3.org/2000/svg}"


def named(figure: Figure) -> str:
    return figure.id


def worded(label: str) -> Diagram:
    """Return a diagram of one node with this label."""
    return Diagram("one", (Node("a", 0, 0, label, NodeRole.STATE),), ())


@pytest.mark.parametrize("figure", FIGURES, ids=named)
def test_same_bytes_each_time(figure: Figure) -> None:
    again = next(other for other in every_kind() if other.id == figure.id)
    assert svg(figure, typeset) == svg(again, typeset)
    assert tikz(figure, typeset) == tikz(again, typeset)


@pytest.mark.parametrize("figure", FIGURES, ids=named)
def test_every_word_is_in_both_formats(figure: Figure) -> None:
    words = [item.text for item in lay_out(figure, typeset).items if isinstance(item, Words)]
    assert words
    tree = ElementTree.fromstring(svg(figure, typeset).encode())
    assert [g.get("aria-label") for g in tree.iter(f"{SVG}g") if g.get("aria-label")] == words
    nodes = re.findall(r"\\node\[.*\] at \(.*?\) \{(.*)\};", tikz(figure, typeset))
    assert nodes == words


@pytest.mark.parametrize("figure", FIGURES, ids=named)
def test_svg_refers_only_to_what_it_has(figure: Figure) -> None:
    tree = ElementTree.fromstring(svg(figure, typeset, "Title", "What it shows").encode())
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert all(name is not None and name.startswith(f"{figure.id}-") for name in ids)
    used = {use.get("href", "")[1:] for use in tree.iter(f"{SVG}use")}
    clips = {g.get("clip-path", "")[5:-1] for g in tree.iter(f"{SVG}g") if g.get("clip-path")}
    assert used | clips <= set(ids)
    title, desc = tree.find(f"{SVG}title"), tree.find(f"{SVG}desc")
    assert title is not None
    assert desc is not None
    assert (title.text, desc.text) == ("Title", "What it shows")
    assert tree.get("role") == "img"


@pytest.mark.parametrize("figure", FIGURES, ids=named)
def test_nothing_lies_outside_the_drawing(figure: Figure) -> None:
    scene = lay_out(figure, typeset)
    for item in scene.items:
        points = [p for _, ps in item.path for p in ps] if isinstance(item, Shape) else []
        if isinstance(item, Words):
            points = [(item.x, item.y)]
        for x, y in points:
            assert scene.left - 1e-6 <= x <= scene.right + 1e-6
            assert scene.bottom - 1e-6 <= y <= scene.top + 1e-6
    assert scene.right - scene.left <= 15.6


@pytest.mark.parametrize("figure", FIGURES, ids=named)
def test_no_date_and_no_number_without_end(figure: Figure) -> None:
    for text in (svg(figure, typeset), tikz(figure, typeset)):
        assert not re.search(r"20\d\d-\d\d|\bnan\b|\binf\b|\d\.\d{5}|e-\d\d", text)


def test_description_is_light_to_import() -> None:
    code = (
        "import sys, derive.document.figures, derive.render.drawing.tikz;"
        "import derive.chapters.figures.unrolled, derive.typesetting.palette;"
        "print([m for m in ('numpy', 'matplotlib', 'sympy') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_hostile_words_stay_words() -> None:
    label = "<script>&\"'\x00]]>"
    text = svg(worded(label), typeset, title=label, description=label)
    tree = ElementTree.fromstring(text.encode())
    assert not list(tree.iter(f"{SVG}script"))
    title = tree.find(f"{SVG}title")
    assert title is not None
    assert title.text == label.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def test_chinese_stays_text_of_fixed_width() -> None:
    tree = ElementTree.fromstring(svg(worded("时间步 $t$"), typeset).encode())
    (text,) = tree.iter(f"{SVG}text")
    assert text.text == "时间步"
    assert float(text.get("textLength", "0")) == pytest.approx(30)


def test_escaped_text_shows_as_it_is() -> None:
    def outlines(label: str) -> str:
        return re.sub(r'aria-label="[^"]*"', "", svg(worded(label), typeset))

    assert outlines(escaped("a$b")) == outlines(r"a\$b") != outlines("ab")
    assert outlines(escaped("a\\b")) != outlines("ab")


@pytest.mark.parametrize("label", ["}", "{", "$x", "a\\", "x\n\ny", r"\textbf{a"])
def test_tikz_refuses_a_label_that_breaks_the_document(label: str) -> None:
    with pytest.raises(RenderError, match="unbalanced"):
        tikz(worded(label), typeset)


def test_no_figure() -> None:
    with pytest.raises(TypeError, match="no figure"):
        lay_out("picture", typeset)  # type: ignore[arg-type]


def test_far_values_stay_within_the_lengths_of_tex() -> None:
    x = (0.0, 1.0, 2.0)
    steep = Curve(x, (0.0, -1e9, 1e9), None, "1069A3", band=((-1e9,) * 3, (1e9,) * 3))
    plot = Plot("far", (Panel((steep,), "x", "y", y_limits=(-1.0, 1.0)),))
    numbers = re.findall(r"-?\d+(?:\.\d+)?", tikz(plot, typeset).split("clip", 1)[1])
    coordinates = [float(n) for n in numbers if "E" not in n]
    assert max(map(abs, coordinates)) < 1e6
    for line in tikz(plot, typeset).splitlines():
        if line.strip().startswith(r"\path"):
            for n in re.findall(r"\((-?[\d.]+),(-?[\d.]+)\)", line):
                assert max(abs(float(v)) for v in n) < 100


@pytest.mark.skipif(shutil.which("xelatex") is None, reason="needs xelatex")
def test_tikz_compiles_with_no_library(tmp_path: Path) -> None:
    # Chinese would need its fonts.
    shown: list[Figure] = [network(), *(f for f in FIGURES if isinstance(f, Plot))]
    drawn = "\n\n".join(tikz(figure, typeset) for figure in shown if figure.id != "several")
    source = (
        f"\\documentclass{{article}}\\usepackage{{tikz}}\\begin{{document}}{drawn}\\end{{document}}"
    )
    (tmp_path / "f.tex").write_text(source)
    run = subprocess.run(
        ["xelatex", "-interaction=nonstopmode", "-halt-on-error", "-no-pdf", "f.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stdout[-1500:]

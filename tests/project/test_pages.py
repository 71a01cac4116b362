"""README.md and the guides are true: commands run and print what is shown, pictures are current."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from pypdf import PdfReader

import derive
from derive.__main__ import main
from derive.api import check_all
from derive.bptt.derivation import derive as derivation
from derive.catalogue import load
from derive.cli.commands import commands
from derive.cli.parser import build_parser
from tests import ROOT
from tests.project.test_project import ENV
from tools import draw_page

PICTURES = ROOT / "docs" / "pictures"
PATHS = (
    ROOT / "README.md",
    ROOT / "docs" / "start.md",
    *sorted((ROOT / "docs/guide").glob("*.md")),
)

SETTINGS = {"csv", "py", "yaml", "rst", "tex", "markdown", "toml", "json", "{toctree}"}
"""What is shown and not run: excerpts of other programs' files; toml and json are files of ours."""


class GuidePage:
    """A page: its blocks of code with what they print, and the code within its lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        self.tokens = MarkdownIt("commonmark").enable("table").parse(self.text)
        inline = [child for token in self.tokens for child in token.children or ()]
        self.code = sorted({child.content for child in inline if child.type == "code_inline"})
        self.blocks = list(self._blocks())
        # A block such as ```json numbers.json is a file of the reader's own.
        self.files = {
            language.split()[1]: source
            for language, source, _ in self.blocks
            if len(language.split()) == 2 and language.split()[0] in ("toml", "json")
        }

    def _blocks(self) -> Iterator[tuple[str, str, str | None]]:
        """Yield the language, source and shown output of each block of code."""
        kinds = ("fence", "paragraph_open", "heading_open")
        fences = [token for token in self.tokens if token.type in kinds]
        before: str | None = None
        for token, after in zip(fences, [*fences[1:], None], strict=True):
            if token.type == "fence":
                shows = after is not None and after.type == "fence" and after.info == "text"
                if token.info == "text":
                    # Without a command it is what is typed elsewhere, in a notebook.
                    assert before is not None or token.content.startswith("%"), token.content
                else:
                    yield token.info, token.content, after.content if after and shows else None
            before = token.info if token.type == "fence" else None

    def of(self, language: str) -> list[tuple[str, str | None]]:
        """Return the blocks of a language, with what they print."""
        return [(source, shown) for name, source, shown in self.blocks if name == language]


PAGES = {path.relative_to(ROOT).as_posix(): GuidePage(path) for path in PATHS}
SHELL = [
    pytest.param(page, source, shown, id=f"{name}: {source.splitlines()[0]}")
    for name, page in PAGES.items()
    for source, shown in page.of("sh")
]
each_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())


def matches(shown: str, printed: str) -> bool:
    """Whether output is as shown; a line … stands for any lines, spaces at ends do not count.

    Of numbers in full precision ten decimals count: the last ones differ from machine to machine.
    """
    shown, printed = (
        re.sub(r"-?\d+\.\d{11,}", lambda found: f"{float(found[0]):.10f}", text)
        for text in (shown, printed)
    )
    lines = [
        re.escape(line.rstrip()) + "\n" if line != "…" else "(?:.*\n)*"
        for line in shown.splitlines()
    ]
    printed = "".join(line.rstrip() + "\n" for line in printed.splitlines())
    return re.fullmatch("".join(lines), printed) is not None


def run(line: str) -> str:
    """Run a line that begins with `derive`; what it prints. Output goes to a file after `>`."""
    _, *words = shlex.split(line)
    target = None
    if ">" in words:
        place = words.index(">")
        words, target = words[:place], Path(words[place + 1])
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()) as errors:
        status = main(words)
    # They say what is missing and what is wrong, and that is no fault of this page.
    found = words == ["doctor"] or (words[0] == "compare" and status == 1 and out.getvalue())
    assert status == 0 or found, f"{line}: {errors.getvalue()}"
    if target is None:
        return out.getvalue()
    target.write_text(out.getvalue(), encoding="utf-8")
    return ""


def test_there_is_something_to_test() -> None:
    assert len(SHELL) >= 20
    assert len(PAGES) >= 10
    assert any(page.of("python") for page in PAGES.values())
    languages = {language.split()[0] for page in PAGES.values() for language, *_ in page.blocks}
    assert languages - SETTINGS == {"sh", "python"}
    assert sum(len(page.files) for page in PAGES.values()) >= 3


@pytest.mark.parametrize("name", ["README.md"])
def test_the_first_page_is_short(name: str) -> None:
    assert len(PAGES[name].text.split()) <= 1000


def test_the_comparison_can_fail() -> None:
    assert matches("a\n…\nd\n", "a\nb\nc\nd  \n")
    assert matches("a\n…\n", "a\n")
    assert not matches("a\n…\nd\n", "a\nb\n")
    assert not matches("a\n", "a\nb\n")
    assert not matches("a.\n", "ab\n")
    assert matches("-0.3000000000000001 a\n", "-0.30000000000000004 a\n")
    assert not matches("0.300000001000000\n", "0.300000000000000\n")


@pytest.mark.parametrize(("page", "source", "shown"), SHELL)
def test_commands_run_and_print_what_is_shown(
    page: GuidePage, source: str, shown: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in page.files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    if "mycell.toml" in source and "new-cell" not in source:
        # Each block stands alone here; the file was begun in one above it.
        run("derive new-cell mycell")
    printed = ""
    for line in source.splitlines():
        if line.startswith("make"):
            make = ["make", "-C", str(ROOT), "-n", *shlex.split(line)[1:]]
            done = subprocess.run(make, env=ENV, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
        else:
            assert line.startswith("derive "), line
            printed += run(line)
    assert shown is None or matches(shown, printed), printed


@each_page
def test_python_runs_and_prints_what_is_shown(
    page: GuidePage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for source, shown in page.of("python"):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(source, names)
        assert shown is None or matches(shown, out.getvalue()), out.getvalue()


def test_files_shown_are_as_shown(tmp_path: Path) -> None:
    """What is no file of ours is a cell of the reader's: it can be read, and its equations hold."""
    shown = [source for page in PAGES.values() for source, _ in page.of("toml")]
    tracked = [path.read_text(encoding="utf-8") for path in (ROOT / "templates").rglob("*.toml")]
    assert shown
    for source in shown:
        if source not in tracked:
            path = tmp_path / "shown.toml"
            path.write_text(source, encoding="utf-8")
            assert all(check.passed for check in check_all(derivation(load(str(path)), 2))), source


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("src", "href") and value]


@each_page
def test_links_and_paths_lead_somewhere(page: GuidePage) -> None:
    links = _Links()
    links.feed(MarkdownIt("commonmark").enable("table").render(page.text))
    assert links.found or page.path.name != "README.md"
    for link in links.found:
        assert (page.path.parent / link).is_file(), link
    folders = "derive/ templates/ tests/ docs/ tools/ examples/"
    paths = [code for code in page.code if code.startswith(tuple(folders.split()))]
    assert len(paths) >= 6 or page.path.name != "extend.md"
    for path in paths:
        assert (ROOT / path).exists(), path


@each_page
def test_what_is_named_in_passing_exists(page: GuidePage) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w-]+):.*##", makefile, re.MULTILINE))
    help_of_all = ""
    for command in commands():
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            main([command, "--help"])
        help_of_all += out.getvalue()
    options = set(re.findall(r"(?<![\w-])--?\w[\w-]*", help_of_all))
    for code in page.code:
        words = code.split()
        if words[0] == "make":
            assert set(words[1:]) <= targets, code
        elif words[0] == "derive" and len(words) == 2:
            assert words[1] in commands(), code
        elif words[0] == "derive" and len(words) > 2:
            build_parser().parse_args(words[1:])
        elif words[0].startswith("--") and code != "--mathjax" and code != "--katex":
            assert words[0] in options, code
            assert words[1:] == [] or code in {"--as svg", "--as latex", "--as markdown"}, code
        elif code.startswith("derive.") and "/" not in code:
            name = re.findall(r"\w+", code)[1]
            assert hasattr(derive, name) or (ROOT / "derive" / name).is_dir(), code


# The pictures


def numbers_apart(text: str) -> tuple[str, list[float]]:
    pattern = r"-?\d+(?:\.\d+)?"
    return re.sub(pattern, "#", text), [float(found) for found in re.findall(pattern, text)]


def test_the_formula_is_current() -> None:
    picture = derive.svg(derive.derivation("elman", 3)["elman-grad-W-terms-3"])
    assert (PICTURES / "grad-W-terms.svg").read_text(encoding="utf-8") == picture, "make pictures"


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("handout")
    formats = "pdf,md" if shutil.which("xelatex") or "CI" in os.environ else "md"
    run(f"derive handout elman --steps 3 --format {formats} --out {folder}")
    return folder / "elman-T3-figures"


def test_the_paths_are_current(figures: Path) -> None:
    assert (PICTURES / "paths.svg").read_bytes() == (figures / "paths.svg").read_bytes(), (
        "make pictures"
    )


def test_the_norms_are_current(figures: Path) -> None:
    # What is measured may differ from machine to machine, by less than a line is wide.
    shown, shown_at = numbers_apart((PICTURES / "flow-norms.svg").read_text(encoding="utf-8"))
    drawn, drawn_at = numbers_apart((figures / "flow-norms.svg").read_text(encoding="utf-8"))
    assert shown == drawn, "make pictures"
    assert shown_at == pytest.approx(drawn_at, abs=0.2), "make pictures"


def test_the_page_is_one_of_the_sample() -> None:
    pdf = (PICTURES / "elman-T3.pdf").read_bytes()
    assert len(pdf) < 200_000, "it is tracked because it is small"
    assert draw_page.said((PICTURES / "page.png").read_bytes()) == draw_page.of_file(pdf), (
        "make pictures"
    )


def words_of(pdf: Path) -> tuple[str, list[float]]:
    """Return the text of a PDF without spaces, which TeX of another year may set otherwise."""
    pages = PdfReader(pdf).pages
    return numbers_apart("".join("".join(page.extract_text() for page in pages).split()))


@pytest.mark.always
def test_the_sample_is_current(figures: Path) -> None:
    made = figures.parent / "elman-T3.pdf"
    if not made.exists():
        pytest.skip("no xelatex")
    shown, shown_numbers = words_of(PICTURES / "elman-T3.pdf")
    written, numbers = words_of(made)
    assert shown == written, "make pictures"
    assert shown_numbers == pytest.approx(numbers, rel=1e-2, abs=1e-2), "make pictures"

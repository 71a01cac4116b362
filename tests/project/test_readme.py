"""README.md is true: its commands run, print what it shows, and its pictures are current."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

import derive
from derive.__main__ import main
from derive.cli.commands import commands
from derive.cli.parser import build_parser
from tests import ROOT
from tests.project.test_project import ENV

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
PICTURES = ROOT / "docs" / "pictures"

_TOKENS = MarkdownIt("commonmark").enable("table").parse(TEXT)
_INLINE = [child for token in _TOKENS for child in token.children or ()]
CODE = sorted({child.content for child in _INLINE if child.type == "code_inline"})


def blocks() -> Iterator[tuple[str, str, str | None]]:
    """The language, source and shown output of each block of code."""
    fences = [
        token for token in _TOKENS if token.type in ("fence", "paragraph_open", "heading_open")
    ]
    for token, after in zip(fences, [*fences[1:], None], strict=True):
        if token.type == "fence" and token.info != "text":
            shows = after is not None and after.type == "fence" and after.info == "text"
            yield token.info, token.content, after.content if after is not None and shows else None


BLOCKS = list(blocks())
# A block such as ```json numbers.json is a file of the reader's own.
FILES = {
    language.split()[1]: source for language, source, _ in BLOCKS if len(language.split()) == 2
}
SHELL = [(source, shown) for language, source, shown in BLOCKS if language == "sh"]
PYTHON = [(source, shown) for language, source, shown in BLOCKS if language == "python"]


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
    assert len(SHELL) >= 6
    assert PYTHON
    assert {language.split()[0] for language, *_ in BLOCKS} <= {"sh", "python", "toml", "json"}
    assert len(FILES) >= 3
    assert sum(shown is not None for _, _, shown in BLOCKS) == sum(
        token.type == "fence" and token.info == "text" for token in _TOKENS
    ), "an output that belongs to no command"


def test_the_comparison_can_fail() -> None:
    assert matches("a\n…\nd\n", "a\nb\nc\nd  \n")
    assert matches("a\n…\n", "a\n")
    assert not matches("a\n…\nd\n", "a\nb\n")
    assert not matches("a\n", "a\nb\n")
    assert not matches("a.\n", "ab\n")
    assert matches("-0.3000000000000001 a\n", "-0.30000000000000004 a\n")
    assert not matches("0.300000001000000\n", "0.300000000000000\n")


@pytest.mark.parametrize(("source", "shown"), SHELL, ids=lambda value: (value or "").split("\n")[0])
def test_commands_run_and_print_what_is_shown(
    source: str, shown: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in FILES.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
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


def test_python_runs_and_prints_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for source, shown in PYTHON:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(source, names)
        assert shown is None or matches(shown, out.getvalue()), out.getvalue()


def test_files_shown_are_as_shown() -> None:
    shown = [source for language, source, _ in BLOCKS if language == "toml"]
    tracked = [path.read_text(encoding="utf-8") for path in (ROOT / "templates").rglob("*.toml")]
    assert shown
    assert all(source in tracked for source in shown)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("src", "href") and value]


def test_links_and_paths_lead_somewhere() -> None:
    links = _Links()
    links.feed(MarkdownIt("commonmark").enable("table").render(TEXT))
    assert len(links.found) >= 3
    for link in links.found:
        assert (ROOT / link).is_file(), link
    folders = "derive/ templates/ tests/ docs/ tools/"
    paths = [code for code in CODE if code.startswith(tuple(folders.split()))]
    assert len(paths) >= 6
    for path in paths:
        assert (ROOT / path).exists(), path


def test_what_is_named_in_passing_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w-]+):.*##", makefile, re.MULTILINE))
    help_of_all = ""
    for command in commands():
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            main([command, "--help"])
        help_of_all += out.getvalue()
    options = set(re.findall(r"(?<![\w-])--?\w[\w-]*", help_of_all))
    for code in CODE:
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
            assert hasattr(derive, re.findall(r"\w+", code)[1]), code


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
    run(f"derive handout elman --steps 3 --format md --out {folder}")
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

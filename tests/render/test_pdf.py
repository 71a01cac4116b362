"""Real PDFs: numbers, names, the same bytes each time, and failures that say why."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

import pypdf
import pytest

from derive.document.blocks import Document, Prose
from derive.errors import RenderError
from derive.render.page.numbering import number
from derive.render.pdf import _require_counted, write_pdf
from derive.render.tex.run import compile_folder
from tests.render.sample import HOSTILE, SamplePrinter, sample

pytestmark = pytest.mark.usefixtures("tex")


def folder_with(path: Path, body: str) -> Path:
    """Return a folder with a document that needs no fonts of ours."""
    lines = [r"\documentclass{article}", r"\begin{document}", body, r"\end{document}"]
    (path / "main.tex").write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.always
def test_latex_counts_as_we_do(compiled: Path) -> None:
    aux = (compiled / "main.aux").read_text(encoding="utf-8")
    counted = dict(re.findall(r"\\newlabel\{([^}]*)\}\{\{([^}]*)\}", aux))
    labels = number(sample()).labels.values()
    assert {label.anchor: label.number for label in labels}.items() <= counted.items()


def test_what_tex_counts_otherwise_is_refused(compiled: Path) -> None:
    aux = (compiled / "main.aux").read_text(encoding="utf-8")
    _require_counted(sample(), aux)
    with pytest.raises(RenderError, match=r"TeX gave \S+ the number"):
        _require_counted(sample(), re.sub(r"(\\newlabel\{[^}]*\}\{\{)\d", r"\g<1>7", aux, count=1))


def test_a_text_that_is_changed_before_tex_reads_it_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(folder: Path, **named: object) -> Path:
        (folder / "main.tex").write_text("", encoding="utf-8")
        return folder / "main.tex"

    monkeypatch.setattr("derive.render.tex.run.compile_folder", changed)
    with pytest.raises(RenderError, match="another text than the one that was read back"):
        write_pdf(sample(), SamplePrinter(), tmp_path / "a.pdf")


def test_properties_and_pages_say_what_the_user_wrote(compiled: Path) -> None:
    reader = pypdf.PdfReader(compiled / "main.pdf")
    assert reader.metadata is not None
    assert reader.metadata.title == HOSTILE
    assert reader.metadata.author == "王小明 & Zoë"
    assert reader.metadata.subject == "Backpropagation through time"
    assert str(reader.root_object["/Lang"]) == "en"
    text = "".join(page.extract_text() for page in reader.pages)
    for part in (r"\input{/etc/passwd}", r"\write18{touch", "<script>alert(1)</script>", "Zoë"):
        assert part in text.replace("\n", " ")
    assert f"1/{len(reader.pages)}" in text
    bookmarks = [str(item.title) for item in reader.outline if not isinstance(item, list)]
    assert bookmarks == ["1 The recurrent network", "2 What W does"]


def test_the_same_bytes_in_another_folder(compiled: Path, tmp_path: Path) -> None:
    other = tmp_path / "an other place"
    shutil.copytree(
        compiled,
        other,
        ignore=lambda _, names: [n for n in names if n.startswith("main.") and n != "main.tex"],
    )
    assert compile_folder(other).read_bytes() == (compiled / "main.pdf").read_bytes()


def test_a_failure_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(RenderError) as error:
        compile_folder(folder_with(tmp_path, r"some \nonsense here"))
    assert "! Undefined control sequence." in str(error.value)
    assert r"l.3 some \nonsense" in str(error.value)


def test_tex_reads_nothing_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "secret.tex").write_text("secret", encoding="utf-8")
    (tmp_path / "work").mkdir()
    for file in (tmp_path / "secret.tex", Path("../secret.tex")):
        with pytest.raises(RenderError, match="TeX failed"):
            compile_folder(folder_with(tmp_path / "work", rf"\input{{{file}}}"))


def test_a_loop_ends_with_its_time(tmp_path: Path) -> None:
    start = time.monotonic()
    with pytest.raises(RenderError, match="took longer than 1 s"):
        compile_folder(folder_with(tmp_path, r"\def\x{\x}\x"), seconds=1)
    assert time.monotonic() - start < 10


def test_text_in_the_margin_is_refused(tmp_path: Path) -> None:
    body = "% block: eq-wide\n\\begin{equation}\\hbox to 500pt{wide}\\end{equation}"
    with pytest.raises(RenderError, match=r"eq-wide \(main\.tex, line 4\): .* wider than the text"):
        compile_folder(folder_with(tmp_path, body))
    steps: list[str] = []
    assert compile_folder(tmp_path, strict=False, progress=steps.append).is_file()
    assert steps == ["XeLaTeX, pass 1", "XeLaTeX, pass 2", "writing the PDF"]


def test_a_character_without_a_glyph_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "out.pdf"
    path.write_bytes(b"as it was")
    smile = Document("d", "Smile 😀", None, "en", (Prose("sample.second"),))
    with pytest.raises(RenderError, match=r"😀 \(U\+1F600\)"):
        write_pdf(smile, SamplePrinter(), path)
    assert path.read_bytes() == b"as it was"
    assert list(tmp_path.iterdir()) == [path]


def test_without_tex_the_way_to_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RenderError, match=r"xelatex is not installed.*derive doctor"):
        compile_folder(tmp_path)

"""A handout as files: all of them, or none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from derive.__main__ import main
from derive.catalogue import load
from derive.chapters import handout as handouts
from derive.document.blocks import Display, Document
from derive.errors import CheckError, RenderError, UsageError
from derive.publishing.publish import publish, require_checked
from derive.record import read

HOSTILE = r"a_b & 100% #1 $x$ ~ ^ \ {c} \input{/etc/passwd} \write18{touch x} 梯度"


def tree(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def test_markdown_latex_and_manifest(tmp_path: Path) -> None:
    made = publish(load("elman"), 2, ["md", "tex"], tmp_path / "new" / "out")
    names = {path.relative_to(tmp_path / "new" / "out").as_posix() for path in made.files}
    assert {"elman-T2.md", "elman-T2-tex/main.tex", "elman-T2.json"} <= names
    assert any(name.startswith("elman-T2-figures/") for name in names)
    assert set(tree(tmp_path / "new" / "out")) == names
    assert made.checks >= made.equations > 40


def test_the_same_bytes_every_time(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        publish(load("elman"), 1, ["latex", "markdown"], tmp_path / folder, seed=4)
    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    publish(load("elman"), 1, ["latex", "markdown"], tmp_path / "b", seed=5)
    assert tree(tmp_path / "a") != tree(tmp_path / "b")


def test_a_format_named_twice_is_written_once(tmp_path: Path) -> None:
    made = publish(load("elman"), 1, ["md", "markdown", "md"], tmp_path)
    assert len(made.files) == len(set(made.files))


def test_progress_is_told(tmp_path: Path) -> None:
    said: list[str] = []
    publish(load("elman"), 1, ["md"], tmp_path, progress=said.append)
    assert said[-1] == "writing markdown"
    assert len(said) > 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"steps": 0}, "T is 0"),
        ({"steps": 10**9}, "at most"),
        ({"formats": ["md", "docx"]}, "no format 'docx'"),
        ({"notation": "x"}, "unknown notation"),
        ({"language": "../en"}, "unknown language"),
    ],
)
def test_bad_arguments_are_known_before_any_work(
    change: dict[str, Any], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handouts, "build", lambda *a, **k: pytest.fail("work was begun"))
    given: dict[str, Any] = {"steps": 1, "formats": ["md"], "out": tmp_path / "out", **change}
    with pytest.raises(UsageError, match=said):
        publish(load("elman"), **given)
    assert not (tmp_path / "out").exists()


@pytest.fixture
def built() -> handouts.Handout:
    return handouts.build(load("elman"), 1, seed=0)


def test_an_equation_without_a_check_is_refused(built: handouts.Handout) -> None:
    require_checked(built)
    display = next(b for b in built.document.blocks if isinstance(b, Display))
    strange = Display(replace(display.equation, id="elman-strange"))
    document = replace(built.document, blocks=(*built.document.blocks, strange))
    with pytest.raises(CheckError, match="elman-strange"):
        require_checked(handouts.Handout(document, built.report))


def test_an_equation_that_only_shares_the_id_is_refused(built: handouts.Handout) -> None:
    blocks = list(built.document.blocks)
    i = next(i for i, b in enumerate(blocks) if isinstance(b, Display))
    equation = blocks[i].equation  # type: ignore[union-attr]
    blocks[i] = Display(replace(equation, sides=(equation.left, 2 * equation.right)))
    with pytest.raises(CheckError, match=equation.id):
        require_checked(
            handouts.Handout(replace(built.document, blocks=tuple(blocks)), built.report)
        )


def test_an_equation_whose_check_failed_is_refused(built: handouts.Handout) -> None:
    first = built.document.equations()[0].id
    built.report.by_id[first] = replace(built.report.by_id[first], passed=False)
    with pytest.raises(CheckError, match=f"{first} of elman-T1 failed its check"):
        require_checked(built)


def test_nothing_is_written_after_a_failed_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from derive.bptt.stepwise import StepJacobians

    right = StepJacobians.step_jacobian
    monkeypatch.setattr(StepJacobians, "step_jacobian", lambda self: 2 * right(self))
    with pytest.raises(CheckError, match="seed 3"):
        publish(load("elman"), 2, ["md"], tmp_path / "out", seed=3)
    assert not (tmp_path / "out").exists()


def broken(error: Exception) -> Any:
    def write(*args: Any, **kwargs: Any) -> list[Path]:
        raise error

    return write


@pytest.fixture
def older(tmp_path: Path) -> Iterator[Path]:
    """Return a folder with an older handout that must survive."""
    publish(load("elman"), 1, ["md"], tmp_path, title="older")
    before = tree(tmp_path)
    yield tmp_path
    assert tree(tmp_path) == before


def test_one_failing_format_leaves_all_as_it_was(
    older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("derive.render.latex.write", broken(RenderError("no ink")))
    with pytest.raises(RenderError, match="no ink"):
        publish(load("elman"), 1, ["md", "latex"], older, title="newer")


def test_a_failing_manifest_leaves_all_as_it_was(
    older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("derive.record.sealed", broken(OSError(28, "No space left on device")))
    with pytest.raises(RenderError, match="No space left on device"):
        publish(load("elman"), 1, ["md"], older, title="newer")


def test_an_interruption_leaves_all_as_it_was(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("derive.render.markdown.write", broken(KeyboardInterrupt()))  # type: ignore[arg-type]
    assert main(["handout", "--steps", "1", "--format", "md", "--out", str(older)]) == 130


def test_no_tex_is_one_paragraph(
    older: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    out = ["--out", str(older)]
    assert main(["handout", "--steps", "1", "--format", "md,pdf", "--engine", "tex", *out]) == 1
    err = capsys.readouterr().err
    assert "xelatex is not installed" in err
    assert "derive doctor" in err


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(RenderError, match="Permission denied"):
        publish(load("elman"), 1, ["md"], tmp_path / "out")


def test_title_and_author_print_as_given(tmp_path: Path) -> None:
    publish(load("elman"), 1, ["md", "tex"], tmp_path, title=HOSTILE, author=HOSTILE)
    from markdown_it import MarkdownIt

    tokens = MarkdownIt().parse((tmp_path / "elman-T1.md").read_text(encoding="utf-8"))
    heading = next(t for i, t in enumerate(tokens) if tokens[i - 1].type == "heading_open")
    assert heading.children is not None
    assert "".join(child.content for child in heading.children) == HOSTILE
    source = (tmp_path / "elman-T1-tex" / "main.tex").read_text(encoding="utf-8")
    assert r"\input{/etc" not in source
    assert r"\write18" not in source


def test_an_empty_title_is_a_title(tmp_path: Path) -> None:
    publish(load("elman"), 1, ["md"], tmp_path, title="")
    assert (tmp_path / "elman-T1.md").exists()


def test_from_the_command_line_to_a_pdf(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which("xelatex") is None and "CI" not in os.environ:
        pytest.skip("no xelatex")
    argv = ["handout", "elman", "--steps", "3", "--format", "pdf,md", "--out", str(tmp_path)]
    assert main([*argv, "--title", HOSTILE, "--author", "王小明"]) == 0
    out, err = capsys.readouterr()
    assert f"{tmp_path}/elman-T3.pdf\n" in out
    assert "checked, seed 0" in err
    from pypdf import PdfReader

    reader = PdfReader(tmp_path / "elman-T3.pdf")
    assert reader.metadata is not None
    assert reader.metadata.title == HOSTILE
    assert reader.metadata.author == "王小明"
    assert len(reader.pages) > 5
    assert not list(tmp_path.glob(".derive-*"))


def test_a_run_keeps_the_formats_that_it_does_not_write(tmp_path: Path) -> None:
    publish(load("elman"), 1, ["tex"], tmp_path)
    tex = {name for name in tree(tmp_path) if "-tex/" in name}
    publish(load("elman"), 1, ["md"], tmp_path, seed=1)
    assert tex <= set(tree(tmp_path))
    named = {entry.name for entry in read(tmp_path / "elman-T1.json").entries}
    assert named == set(tree(tmp_path)) - {"elman-T1.json"}


def test_another_network_of_the_same_name_replaces_the_files(tmp_path: Path) -> None:
    publish(load("elman"), 1, ["md"], tmp_path)
    publish(load("elman", activation="relu"), 1, ["md"], tmp_path)
    figures = {path.name for path in (tmp_path / "elman-T1-figures").iterdir()}
    assert "activation-relu.svg" in figures
    assert "activation-tanh.svg" not in figures


def test_a_changed_file_is_known_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(load("elman"), 1, ["md"], tmp_path)
    (tmp_path / "elman-T1.md").write_text("better", encoding="utf-8")
    before = tree(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(handouts, "build", lambda *a, **k: pytest.fail("work was begun"))
        with pytest.raises(UsageError, match=r"elman-T1\.md was changed"):
            publish(load("elman"), 1, ["md"], tmp_path)
    assert tree(tmp_path) == before
    publish(load("elman"), 1, ["md"], tmp_path, force=True)
    assert (tmp_path / "elman-T1.md").read_text(encoding="utf-8") != "better"


def test_what_is_read_is_not_written_over(tmp_path: Path) -> None:
    mine = tmp_path / "elman-T1.md"
    mine.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="is read by this command"):
        publish(load("elman"), 1, ["md"], tmp_path, force=True, inputs=[mine])
    assert tree(tmp_path) == {"elman-T1.md": b"mine"}


def test_documents_without_a_network_have_a_manifest_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    claims = tmp_path / "claims.toml"
    claims.write_text(
        'source = "Notes"\n\n[defaults]\ncell = "elman"\nT = 1\n\n[[claim]]\nid = "v"\nsays = "Said."\n'
        'written = "grad(L[1], V) = (o[1] - y[1])*s[1]\'"\n',
        encoding="utf-8",
    )
    command = ["audit", str(claims), "--format", "md", "--out", str(tmp_path)]
    assert main(command) == 0
    assert str(tmp_path / "audit.json") in capsys.readouterr().out
    assert read(tmp_path / "audit.json").entries
    (tmp_path / "audit.md").write_text("better", encoding="utf-8")
    assert main(command) == 2


def test_documents_name_their_files() -> None:
    document: Document = handouts.build(load("elman"), 1, seed=0).document
    assert document.id == "elman-T1"

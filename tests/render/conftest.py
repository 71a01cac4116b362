"""Fixtures: the sample's sentences in English, and its PDF, compiled once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from derive.resources import templates_root
from tests.render.sample import HOSTILE, SENTENCES, SamplePrinter, sample


@pytest.fixture(scope="package", autouse=True)
def sample_sentences(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """English with the sentences of the sample added."""
    root = tmp_path_factory.mktemp("templates")
    (root / "lang").mkdir()
    english = (templates_root() / "lang" / "en.toml").read_text(encoding="utf-8")
    (root / "lang" / "en.toml").write_text(english + SENTENCES, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("derive.document.language.templates_root", lambda: root)
        yield


@pytest.fixture(scope="session")
def tex() -> None:
    """Skip where there is no TeX, except on the project's own CI, which must have it."""
    if shutil.which("xelatex") is None and "CI" not in os.environ:
        pytest.skip("no xelatex")


@pytest.fixture(scope="package")
def compiled(tex: None, sample_sentences: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the sample with hostile names in it, compiled."""
    from derive.render.latex import write_latex
    from derive.render.tex.run import compile_folder

    folder = tmp_path_factory.mktemp("sample")
    write_latex(sample(title=HOSTILE, author="王小明 & Zoë", user=HOSTILE), SamplePrinter(), folder)
    compile_folder(folder)
    return folder

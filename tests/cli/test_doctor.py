"""The doctor names what is missing and the command that gets it."""

from __future__ import annotations

import io
import os
import re
import time
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from derive.cli import doctor
from tests import ROOT


def program(folder: Path, name: str, script: str = "true") -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def no_tex(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The only folder on the PATH, empty."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.fixture
def all_tex(no_tex: Path) -> Path:
    """Every program there, and a kpsewhich that finds every file."""
    (no_tex / "tree").mkdir()
    for need in doctor.tex_needs():
        if need.kind == "program":
            program(no_tex, need.name)
        else:
            (no_tex / "tree" / need.name).touch()
    program(no_tex, "kpsewhich", f'for name; do echo "{no_tex}/tree/$name"; done')
    return no_tex


def finding(name: str) -> doctor.Requirement:
    return next(found for found in doctor.diagnose() if found.name == name)


@pytest.mark.usefixtures("no_tex")
def test_a_missing_program_comes_with_its_command() -> None:
    xelatex = finding("xelatex")
    assert xelatex.found is None
    assert xelatex.command.startswith("sudo apt-get ")
    assert xelatex.command.endswith(" texlive-xetex")
    assert "PDF" in xelatex.needed_for


@pytest.mark.usefixtures("no_tex")
def test_without_tex_no_file_is_found() -> None:
    out = io.StringIO()
    assert doctor.main_doctor(out) == 1
    missing = [
        line.split()[1] for line in out.getvalue().splitlines() if line.startswith("missing")
    ]
    assert missing == [need.name for need in doctor.tex_needs()]
    assert "Markdown and figures need none of this" in out.getvalue()


def test_everything_there(all_tex: Path) -> None:
    assert finding("xelatex").found == str(all_tex / "xelatex")
    assert finding("tikz.sty").found == str(all_tex / "tree" / "tikz.sty")
    out = io.StringIO()
    assert doctor.main_doctor(out) == 0
    assert out.getvalue().endswith("Nothing is missing.\n")


def test_one_missing_file_is_told_apart(all_tex: Path) -> None:
    (all_tex / "tree" / "ctex.sty").unlink()
    out = io.StringIO()
    assert doctor.main_doctor(out) == 1
    assert re.search(r"^missing +ctex\.sty +Chinese$", out.getvalue(), re.MULTILINE)
    assert re.search(r"^ok +tikz\.sty ", out.getvalue(), re.MULTILINE)
    assert re.search(r"^  sudo apt-get .* texlive-lang-chinese$", out.getvalue(), re.MULTILINE)
    assert "\n1 missing" in out.getvalue()


@pytest.mark.parametrize(
    "does",
    [
        "printf '\\377\\000\\033[31m%s' garbage",
        "exit 1",
        "while :; do echo tikz.sty; done",
        "for n; do echo /nowhere/$n; done",
        "sleep 60 & sleep 60",
        "head -c 5000 /dev/zero | tr '\\0' a",
    ],
)
def test_junk_under_the_name_of_kpsewhich(
    does: str, no_tex: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "PATIENCE", 0.5)
    program(no_tex, "kpsewhich", f"PATH={os.defpath}\n{does}")
    start = time.monotonic()
    assert finding("tikz.sty").found is None
    assert time.monotonic() - start < 5


def test_programs_that_cannot_be_run(no_tex: Path) -> None:
    (no_tex / "kpsewhich").write_text("not a program", encoding="utf-8")
    (no_tex / "xelatex").mkdir()
    assert finding("tikz.sty").found is None
    assert finding("xelatex").found is None
    (no_tex / "kpsewhich").chmod(0o755)
    assert finding("tikz.sty").found is None


@pytest.mark.usefixtures("all_tex")
def test_a_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    version = metadata.version

    def without_pylatex(name: str) -> str:
        if name == "pylatex":
            raise metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(metadata, "version", without_pylatex)
    pylatex = finding("pylatex")
    assert pylatex.found is None
    assert pylatex.command.endswith("-m pip install pylatex")
    out = io.StringIO()
    assert doctor.main_doctor(out) == 1
    assert "Markdown and figures need none of this" not in out.getvalue()


def test_the_packages_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.split(r"[^\w.-]", requirement)[0] for requirement in project["dependencies"]]
    assert sorted(names) == sorted(doctor.PACKAGES)
    assert project["requires-python"] == ">=" + ".".join(map(str, doctor.PYTHON))


def test_the_list_for_tex_is_well_formed() -> None:
    needs = doctor.tex_needs()
    names = [need.name for need in needs]
    assert len(names) == len(set(names))
    assert {need.kind for need in needs} == {"program", "file"}

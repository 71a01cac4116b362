"""The wheel, installed where nothing else of the project is, writes a handout on its own."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests import ROOT

ENV = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, env=ENV, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a new environment: the wheel, and the libraries from this one."""
    folder = tmp_path_factory.mktemp("wheel")
    python = Path(sys.executable)
    pip: list[str | Path] = [python, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    offline = ["--no-index", "--no-deps"]
    run(*pip, "wheel", *offline, "--no-build-isolation", "-w", folder, ROOT, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    venv = folder / "venv"
    run(python, "-m", "venv", "--without-pip", venv, cwd=folder)
    run(*pip, "--python", venv / "bin" / "python", "install", *offline, wheel, cwd=folder)
    # Only a path: what is installed in here for work on the project itself is not seen through it.
    (site,) = (venv / "lib").glob("python*/site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return venv / "bin"


def test_the_code_is_that_of_the_wheel(installed: Path, tmp_path: Path) -> None:
    code = "import derive, derive.resources as r; print(derive.__file__); print(r.templates_root())"
    found = run(installed / "python", "-c", code, cwd=tmp_path).splitlines()
    assert len(found) == 2
    for path in found:
        assert Path(path).is_relative_to(installed.parent), path


def test_a_handout_from_another_folder(installed: Path, tmp_path: Path) -> None:
    written = run(
        installed / "derive",
        "handout",
        "--steps",
        "2",
        "--format",
        "md",
        "--out",
        "here",
        cwd=tmp_path,
    ).splitlines()
    assert "here/elman-T2.md" in written
    assert "here/elman-T2.json" in written
    for name in written:
        assert (tmp_path / name).stat().st_size > 0, name
    text = (tmp_path / "here" / "elman-T2.md").read_text(encoding="utf-8")
    assert r"\frac{\partial L_{2}}{\partial W}" in text


def test_the_readme_is_its_description(installed: Path, tmp_path: Path) -> None:
    code = "from importlib.metadata import metadata as m; print(m('derive')['Description'])"
    described = run(installed / "python", "-c", code, cwd=tmp_path).rstrip()
    assert described == (ROOT / "README.md").read_text(encoding="utf-8").rstrip()

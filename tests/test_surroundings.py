"""Whatever the machine, its variables and the folder are: the same bytes, or one clear error."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT

SVG = ["show", "elman-forward-s", "--as", "svg"]
HANDOUT = ["-q", "handout", "-T", "1", "--format", "md,latex", "--out", "out"]


def run(
    argv: list[str], folder: Path, *flags: str, without: str = "", **env: str
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name != without}
    return subprocess.run(
        [sys.executable, *flags, "-m", "derive", *argv],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), **env},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, bytes]]:
    """A figure and a handout, made without anything odd."""
    folder = tmp_path_factory.mktemp("usual")
    assert run(HANDOUT, folder).returncode == 0
    return run(SVG, folder).stdout, tree(folder)


@pytest.mark.parametrize(
    "env",
    [
        {"MPLBACKEND": "nope"},
        {"MPLCONFIGDIR": "/proc/nope"},
        {"HOME": "/proc/nope", "XDG_CACHE_HOME": "", "XDG_CONFIG_HOME": ""},
        {"without": "HOME"},
        {"TMPDIR": "/proc/nope"},
        {"LANG": "zz_ZZ.junk", "LC_ALL": "zz_ZZ.junk", "TERM": "\x1b[31m", "NO_COLOR": "\x07"},
        {"COLUMNS": "0", "LINES": "-1"},
        {"COLUMNS": "abc"},
        {"COLUMNS": "9" * 30},
    ],
    ids=str,
)
def test_variables(
    env: dict[str, str], usual: tuple[str, dict[str, bytes]], tmp_path: Path
) -> None:
    done = run(SVG, tmp_path, **env)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == usual[0]
    assert run(["handout", "--help"], tmp_path, **env).returncode == 0


@pytest.mark.parametrize("text", [b"\xff\xfe", b"nonsense: 1\nbackend: nope\n", b"font.size: 99"])
def test_settings_of_matplotlib_are_not_read(
    text: bytes, usual: tuple[str, dict[str, bytes]], tmp_path: Path
) -> None:
    (tmp_path / "matplotlibrc").write_bytes(text)
    done = run(HANDOUT, tmp_path, HOME=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    made = tree(tmp_path)
    assert {name: data for name, data in made.items() if name.startswith("out")} == usual[1]


@pytest.mark.parametrize(
    ("flags", "env"),
    [
        (["-OO"], {}),
        (["-W", "error"], {"PYTHONHASHSEED": "1"}),
        (["-X", "dev"], {"PYTHONWARNINGS": "error", "PYTHONHASHSEED": "77"}),
    ],
    ids=str,
)
def test_manners_of_python(
    flags: list[str], env: dict[str, str], usual: tuple[str, dict[str, bytes]], tmp_path: Path
) -> None:
    done = run(HANDOUT, tmp_path, *flags, **env)
    assert (done.returncode, done.stderr) == (0, "")
    assert tree(tmp_path) == usual[1]
    said = run(["audit", "--help"], tmp_path, *flags, **env)
    assert said.returncode == 0
    assert "est" in said.stdout.partition("\n\n")[2]  # what the command does: tests, or test
    wrong = [run(["lisst"], tmp_path, *flags, PYTHONHASHSEED=seed) for seed in "18"]
    assert wrong[0].stderr == wrong[1].stderr != ""
    assert wrong[0].returncode == 2


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    line = f"mkdir gone; cd gone; rmdir ../gone; '{sys.executable}' -m derive"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}

    def there(command: str) -> subprocess.CompletedProcess[str]:
        whole = ["bash", "-c", f"{line} {command}"]
        return subprocess.run(
            whole, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )

    assert there("list elman").returncode == 0
    assert there("show elman-forward-s --as svg").returncode == 0
    for command in ("handout --format md -T 1", "new-cell mine", "evaluate --values x.json"):
        done = there(command)
        assert done.returncode in (1, 2)
        assert done.stderr.startswith("derive: error: ")
        assert "internal" not in done.stderr
        assert "Errno" not in done.stderr

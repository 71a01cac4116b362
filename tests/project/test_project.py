"""The project's own files: lock, make, CI, wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from derive import record
from derive.cli.doctor import tex_needs
from tests import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")

# A test may itself run under make, whose flags and variables must not reach the make that it tests.
VARIABLES = re.findall(r"^(\w+) +\?=", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
ENV = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("MAKE", "MFLAGS")) and name not in VARIABLES
}


def script(path: Path, *lines: str) -> None:
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]), encoding="utf-8")
    path.chmod(0o755)


# The lock file


def test_lock_covers_what_the_project_asks_for() -> None:
    locked = dict(re.findall(r"^([\w.-]+)==(\S+)", LOCK, re.MULTILINE))
    extras = PYPROJECT["project"]["optional-dependencies"]
    asked = [
        *PYPROJECT["build-system"]["requires"],
        *PYPROJECT["project"]["dependencies"],
        *extras["test"],
        *extras["lock"],
    ]
    for requirement in map(Requirement, asked):
        version = locked.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not locked: make lock"
        assert requirement.specifier.contains(version), (
            f"{requirement} against {version}: make lock"
        )


def test_lock_is_hashed_and_names_no_index() -> None:
    for entry in re.split(r"\n(?=\w)", LOCK):
        assert "--hash=sha256:" in entry, entry
    assert not re.search(r"://|--\w*index|--find-links|--trusted-host", LOCK)
    assert not re.search(r"^ *# .*(/|\\)", LOCK, re.MULTILINE), "a path in a comment"


# What is tracked


def tracked() -> Iterator[tuple[str, str]]:
    """Yield name and text of each file that git has."""
    if shutil.which("git") is None:
        pytest.skip("no git")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            yield name, (ROOT / name).read_text(encoding="utf-8", errors="ignore")


def refused(python: str, asked: dict[str, str]) -> list[str]:
    """Return the names that can't be installed by a Python, of those that ask for some Python."""
    return [name for name, said in asked.items() if not SpecifierSet(said).contains(python)]


def test_what_is_locked_can_be_installed_by_the_oldest_python_that_is_promised() -> None:
    """Debian 12 has 3.11.2; a version that asks for a later 3.11 would stop `make` there."""
    locked = dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", LOCK, re.MULTILINE))
    # What is installed in another version says nothing of the one that is locked.
    there = {
        str(canonicalize_name(one.name)): str(one.metadata["Requires-Python"] or "")
        for one in distributions()
        if locked.get(canonicalize_name(one.name)) == one.version
    }
    assert len(there) > 0.9 * len(locked)
    oldest = str(PYPROJECT["project"]["requires-python"]).removeprefix(">=") + ".0"
    assert refused(oldest, there) == []
    assert refused(oldest, {"newer": ">=3.11.5", "older": ">=3.9"}) == ["newer"]


def test_no_file_names_a_folder_of_one_machine() -> None:
    machine = re.compile(r"(?<![\w.~*-])/(?:home|Users|root|opt|srv|mnt|media|work|farm)/\w")
    found = [f"{name}: {m.group()}" for name, text in tracked() for m in machine.finditer(text)]
    assert not found


HALF_MERGED = re.compile(r"^(?:<{7}|>{7}) .*$", re.MULTILINE)


def test_no_merge_is_left_half_done() -> None:
    assert HALF_MERGED.search("a\n" + "<" * 7 + " HEAD\nb\n")
    assert not [name for name, text in tracked() if HALF_MERGED.search(text)]


def test_build_files_name_no_host() -> None:
    files = ["pyproject.toml", "Makefile", "requirements.lock", ".ci/run", "derive/tex.txt"]
    for path in [*map(ROOT.joinpath, files), *(ROOT / "tools").glob("*[!_]")]:
        text = path.read_text(encoding="utf-8")
        if path.name == "get_pip.py":
            # Where pip itself looks by default stands in one line, and may.
            text = re.sub(r"^DEFAULT_INDEX = .*  # pip's own default$", "", text, flags=re.M)
        if path.suffix == ".py":
            text = text.replace("http://www.w3.org/2000/svg", "")  # a name, which nobody calls
        assert "://" not in text, path


def test_ci_runs_make_test_and_nothing_else() -> None:
    path = ROOT / ".ci" / "run"
    assert os.access(path, os.X_OK)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines == [
        "#!/usr/bin/env bash",
        "set -euo pipefail",
        'cd "$(dirname "$0")/.."',
        "make test",
    ]


def test_the_list_for_tex_covers_what_documents_load() -> None:
    listed = {need.name for need in tex_needs()}
    code = [*(ROOT / "derive" / "render").rglob("*.py"), *(ROOT / "templates").rglob("*.tex")]
    for path in code:
        text = path.read_text(encoding="utf-8")
        packages = re.findall(r"\bPackage\(\s*\"([\w-]+)\"", text)
        for names in re.findall(r"\\(?:usepackage|RequirePackage)(?:\[[^]]*\])?\{([^}]*)\}", text):
            packages += [name.strip() for name in names.split(",")]
        needed = {f"{name}.sty" for name in packages} | set(re.findall(r"[\w-]+\.otf\b", text))
        assert needed <= listed, f"{path.name}: add {sorted(needed - listed)} to derive/tex.txt"


# make: against a pretended environment, so that nothing here installs or derives anything


@pytest.fixture
def make(tmp_path: Path) -> list[str]:
    """A make whose set-up is done and whose `derive` writes empty files and a line of a log."""
    venv, out = tmp_path / "venv", tmp_path / "out"
    (venv / "bin").mkdir(parents=True)
    out.mkdir()
    (venv / "setup.stamp").touch()
    (venv / "tex.stamp").touch()
    script(
        venv / "bin" / "derive",  # handout CELL --steps T --format F,F --out OUT
        f'echo "$@" >> {tmp_path}/log',
        'for suffix in $(echo "$6,json" | tr , " "); do : > "$8/$2-T$4.$suffix"; done',
    )
    return ["make", "-C", str(ROOT), f"VENV={venv}", f"OUT={out}"]


def run(command: list[str], env: dict[str, str] = ENV) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def derived(folder: Path) -> list[str]:
    log = folder / "log"
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def test_make_writes_all_formats_in_one_run(make: list[str], tmp_path: Path) -> None:
    done = run([*make, "-j4"])
    assert done.returncode == 0, done.stderr
    assert derived(tmp_path) == [
        f"handout elman --steps 3 --format pdf,latex,md,html --out {tmp_path}/out --engine auto"
    ]
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    # The stand-in for the program makes one file per format.
    endings = ("html", "json", "latex", "md", "pdf")
    assert written == [f"elman-T3.{ending}" for ending in endings]


def test_a_second_make_does_nothing(make: list[str], tmp_path: Path) -> None:
    assert run([*make, "--question"]).returncode == 1
    run(make)
    assert run([*make, "--question"]).returncode == 0
    run(make)
    assert len(derived(tmp_path)) == 1


def test_make_follows_its_sources_and_variables(make: list[str], tmp_path: Path) -> None:
    run(make)
    assert run([*make, "--question", "STEPS=5"]).returncode == 1
    assert run([*make, "--question", "CELL=lstm"]).returncode == 1
    sources = [
        ROOT / "derive" / "cli" / "doctor.py",
        *sorted((ROOT / "templates").rglob("*.toml"))[:1],
    ]
    for source in sources:
        changed = [f"--what-if={source.relative_to(ROOT)}", "--question"]
        assert run([*make, *changed]).returncode == 1, source
    (tmp_path / "out" / "elman-T3.md").unlink()
    run(make)
    assert (tmp_path / "out" / "elman-T3.md").exists()


def test_make_brings_back_what_is_missing_beside_its_targets(
    make: list[str], tmp_path: Path
) -> None:
    run(make)
    names = ["elman-T3-figures/a.svg", "elman-T3.md"]
    entries = [record.Entry(name, "markdown", record.digest(b"")) for name in names]
    sealed = record.sealed({"document": "elman-T3"}, entries)
    (tmp_path / "out" / "elman-T3.json").write_bytes(sealed)
    (tmp_path / "out" / "elman-T3-figures").mkdir()
    (tmp_path / "out" / "elman-T3-figures" / "a.svg").touch()
    assert run([*make, "--question"]).returncode == 0
    shutil.rmtree(tmp_path / "out" / "elman-T3-figures")
    assert run([*make, "--question"]).returncode == 1
    run(make)
    assert len(derived(tmp_path)) == 2


def test_make_clean_leaves_what_derive_did_not_write(tmp_path: Path) -> None:
    # In a copy, as it also removes what was left by tools.
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "derive").symlink_to(ROOT / "derive")
    (tmp_path / "tests").mkdir()
    out = tmp_path / "output"
    out.mkdir()
    kept = ["my-T3notes.txt", "flowers.jpg", "flow.txt", "audit-T3", "learning.md", "elman-T3.md"]
    for name in [*kept, "elman-T3.pdf"]:
        (out / name).touch()
    entry = record.Entry("elman-T3.pdf", "pdf", record.digest(b""))
    (out / "elman-T3.json").write_bytes(record.sealed({"document": "elman-T3"}, [entry]))
    done = run(["make", "-C", str(tmp_path), "clean", f"PYTHON={sys.executable}"])
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in out.iterdir()) == sorted(kept)


def no_tex_path(folder: Path) -> dict[str, str]:
    """An environment without TeX, where a user without rights has apt-get but may not use it."""
    folder.mkdir()
    for name in ["make", "find", "dirname", "grep", "sed", "sort", "tr", "rm", "touch"]:
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    script(folder / "id", "echo 1000")
    script(folder / "apt-get", "echo apt-get must not run >&2", "exit 9")
    return {**ENV, "PATH": str(folder)}


def test_without_tex_make_writes_all_formats_and_says_how_to_get_it(
    make: list[str], tmp_path: Path
) -> None:
    (tmp_path / "venv" / "tex.stamp").unlink()
    env = no_tex_path(tmp_path / "bin")
    done = run(make, env)
    assert done.returncode == 0, done.stderr
    assert derived(tmp_path) == [
        f"handout elman --steps 3 --format pdf,latex,md,html --out {tmp_path}/out --engine auto"
    ]
    # It neither installs TeX nor asks for it.
    assert "apt-get" not in done.stderr + done.stdout
    (line,) = (line for line in done.stdout.splitlines() if "TeX" in line)
    assert "make tex" in line
    assert run([*make, "pdf"], env).returncode == 0
    assert run([*make, "test"], env).returncode != 0
    installed = run([*make, "tex"], env)
    assert "sudo apt-get update && sudo apt-get install -y" in installed.stderr
    assert "texlive-xetex" in installed.stderr
    assert "must not run" not in installed.stderr
    assert "Going on without TeX" in installed.stdout


def test_make_makes_the_pdf_anew_where_there_is_tex_since_or_an_engine_is_named(
    make: list[str], tmp_path: Path
) -> None:
    stamp = tmp_path / "venv" / "tex.stamp"
    stamp.unlink()
    run(make)
    assert run([*make, "--question"]).returncode == 0
    assert run([*make, "pdf", "ENGINE=typst"]).returncode == 0
    assert derived(tmp_path)[-1].endswith("--engine typst")
    assert run([*make, "--question"]).returncode == 0
    stamp.touch()
    os.utime(stamp, (time.time() + 10,) * 2)
    assert run([*make, "--question"]).returncode == 1


def test_help_lists_every_public_target(make: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    listed = re.findall(r"^  ([\w-]+) ", run([*make, "help"]).stdout, re.MULTILINE)
    assert sorted(listed) == sorted(phony.group(1).split())


def test_a_python_without_venv_is_told_the_command(tmp_path: Path) -> None:
    env = no_tex_path(tmp_path / "bin")
    script(
        tmp_path / "bin" / "python",
        'case "$2" in *ensurepip*) exit 1 ;; *print*) echo python3.11-venv ;; esac',
    )
    done = run([str(ROOT / "tools" / "make-venv"), "python", str(tmp_path / "new")], env)
    assert done.returncode != 0
    assert (
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends python3.11-venv"
        in done.stderr
    )
    assert "must not run" not in done.stderr


def test_a_folder_that_takes_no_environment_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = str(tmp_path / "file" / "new")
    done = run([str(ROOT / "tools" / "make-venv"), sys.executable, folder])
    assert done.returncode == 1
    assert done.stderr.startswith(f"No virtual environment can be made in {folder}, as nothing can")
    assert "make VENV=… OUT=…" in done.stderr
    assert "ensurepip" not in done.stdout + done.stderr


# The wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    offline = ["--no-index", "--no-deps", "--no-build-isolation"]
    done = run([*pip, "wheel", "--quiet", *offline, "--wheel-dir", str(folder), str(ROOT)])
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_wheel_carries_code_and_templates(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"derive/cli/doctor.py", "derive/py.typed", "derive/tex.txt"} <= names
    for path in (ROOT / "templates").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert f"derive/{path.relative_to(ROOT).as_posix()}" in names
    assert not [name for name in names if name.startswith(("tests/", "templates/"))]


def test_unpacked_wheel_finds_its_own_files(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = "import derive.resources as r; print(r.tex_table()); print(r.templates_root())"
    env = {**ENV, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [
        str(tmp_path / "derive" / "tex.txt"),
        str(tmp_path / "derive" / "templates"),
    ]

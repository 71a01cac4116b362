"""What those who come next rely on: CONTRIBUTING.md, changelog, licence, hooks."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests import ROOT

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
LICENSE = (ROOT / "LICENSE").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


# CONTRIBUTING.md


def git(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *words], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False
    )


COMMITS = re.findall(r"^git show (\w+)((?: -- )?[^#\n]*?)  # (.+)$", CONTRIBUTING, re.MULTILINE)


@pytest.fixture
def history() -> None:
    """What is said of the past needs the past: a shallow clone or an archive does not have it."""
    if shutil.which("git") is None:
        pytest.skip("no git")
    shallow = git("rev-parse", "--is-shallow-repository")
    if shallow.returncode != 0:
        pytest.skip("not a git checkout: there is no history in it")
    if shallow.stdout.strip() != "false":
        pytest.skip("a shallow clone: its history is cut off")


def test_each_way_has_a_commit() -> None:
    ways = re.findall(r"^### (.+)$", CONTRIBUTING, re.MULTILINE)
    assert set(ways) >= {"an activation", "a cell", "a rule", "a node", "a format"}
    assert len(COMMITS) == CONTRIBUTING.count("git show ") == len(ways)


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(("commit", "paths", "subject"), COMMITS)
def test_its_commits_are_in_the_history(commit: str, paths: str, subject: str) -> None:
    assert git("merge-base", "--is-ancestor", commit, "HEAD").returncode == 0, commit
    assert git("show", "--no-patch", "--format=%s", commit).stdout.strip() == subject
    changed = git("show", "--format=", "--name-only", commit).stdout.splitlines()
    assert set(paths.removeprefix(" -- ").split()) <= set(changed)


@pytest.mark.usefixtures("history")
def test_the_activation_touched_what_is_listed() -> None:
    section = CONTRIBUTING.partition("### an activation")[2].partition("### ")[0]
    listed = set(re.findall(r"`((?:derive|templates|tests)/[^`]+)`", section))
    (commit,) = re.findall(r"git show (\w+)", section)
    changed = set(git("show", "--format=", "--name-only", commit).stdout.splitlines())
    assert listed <= changed
    # Beside them: names in what users read, and a second loop in the tests.
    assert changed - listed == {"README.md"}, "which is named by a link"


def test_the_paths_it_names_exist() -> None:
    prose = re.sub(r"```.*?```", "", CONTRIBUTING, flags=re.DOTALL)
    paths = re.findall(r"`((?:derive|templates|tests|tools|docs)/[^`]*)`", prose)
    assert len(paths) >= 10
    for path in paths:
        assert (ROOT / path).exists(), path


# The changelog


def test_the_changelog_keeps_its_form() -> None:
    versions = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)
    assert versions[0] == "[Unreleased]"
    for version in versions[1:]:
        assert re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", version), version
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    for part in re.split(r"^## .+$", CHANGELOG, flags=re.MULTILINE)[1:]:
        found = re.findall(r"^### (.+)$", part, re.MULTILINE)
        assert set(found) <= kinds
        assert len(found) == len(set(found))


# The licence


def test_the_licence_is_mit() -> None:
    assert PROJECT["license"] == "MIT"
    assert LICENSE.startswith("MIT License\n")
    assert re.search(r"^Copyright \(c\) \d{4} the derive authors$", LICENSE, re.MULTILINE)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel and a source distribution."""
    folder = tmp_path_factory.mktemp("built")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-t", "sdist"]
    subprocess.run([*build, "-d", folder], cwd=ROOT, capture_output=True, check=True)
    return folder


def test_the_licence_goes_with_the_wheel(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (licence,) = (n for n in names if n.endswith(".dist-info/licenses/LICENSE"))
        assert archive.read(licence).decode() == LICENSE
        (metadata,) = (n for n in names if n.endswith(".dist-info/METADATA"))
        assert "License-Expression: MIT\n" in archive.read(metadata).decode()


def test_the_source_distribution_is_whole(built: Path) -> None:
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    beside = {"LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "README.md", "SECURITY.md", "Makefile"}
    assert beside | {".importlinter", ".pre-commit-config.yaml", "requirements.lock"} <= names
    assert {"tools/make-venv", "tests/slow.txt", "docs/architecture.md"} <= names


# make, and the hooks


def recipe(target: str) -> list[str]:
    """Return the lines of a target of the Makefile, without what make itself reads."""
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert found is not None
    return [line.strip() for line in found[1].splitlines()]


def hooks(config: str) -> list[str]:
    return re.findall(r"^ +entry: (.+)$", config, re.MULTILINE)


def test_hooks_run_what_make_lint_runs() -> None:
    config = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.search(r"^VENV *\?= \.venv$", MAKEFILE, re.MULTILINE)
    wanted = [line.replace("$(BIN)", ".venv/bin") for line in recipe("lint")]
    assert hooks(config) == wanted
    assert hooks(config.replace("ruff check", "ruff check --fix")) != wanted
    assert config.count("language: system") == config.count("- id: ") == len(wanted)


def test_make_test_lints_first() -> None:
    for target in ("test", "test-all"):
        assert re.search(rf"^{target}: lint ", MAKEFILE, re.MULTILINE), target


def test_make_test_and_quick_leave_out_what_they_say() -> None:
    marks = [PROJECT_MARK.match(m) for m in pytest_marks()]
    names = {m[1] for m in marks if m is not None}
    assert names == {"torch", "slow", "deferred", "always"}
    assert shlex.split(recipe("test")[-1])[1:3] == ["-m", "not deferred"]
    assert shlex.split(recipe("quick")[-1])[1:3] == ["-m", "not slow and not deferred"]
    assert "-m" not in shlex.split(recipe("test-all")[-1])


PROJECT_MARK = re.compile(r"(\w+): ")


def pytest_marks() -> list[str]:
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    marks: list[str] = tool["pytest"]["ini_options"]["markers"]
    return marks

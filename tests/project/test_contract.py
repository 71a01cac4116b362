"""The contract of imports can fail: broken on purpose, it is seen by the tool that checks it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT
from tools.wings import contract

LINT = Path(sys.executable).with_name("lint-imports")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A house of empty wings, under the contract of the real one."""
    shutil.copy(ROOT / ".importlinter", tmp_path)
    for part in ["", *(part for floor in contract(ROOT / ".importlinter") for part in floor)]:
        (tmp_path / "derive" / part).mkdir()
        (tmp_path / "derive" / part / "__init__.py").touch()
    # A contract of its own is about this module.
    (tmp_path / "derive" / "proving" / "checker.py").touch()
    assert lint(tmp_path).returncode == 0
    return tmp_path


@pytest.mark.parametrize(
    ("wing", "line", "broken"),
    [
        ("cells", "import derive.chapters", "derive.cells -> derive.chapters"),
        ("cells", "def late():\n    import derive.chapters", "derive.cells -> derive.chapters"),
        (
            "cells",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import derive.chapters",
            "derive.cells -> derive.chapters",
        ),
        ("typesetting", "import derive.document", "derive.typesetting -> derive.document"),
        ("bptt", "import derive.numerics", "derive.bptt -> derive.numerics"),
        ("attic", "", "attic"),
    ],
    ids=["up", "late", "for-types", "on-one-floor", "law-2", "no-floor"],
)
def test_what_the_contract_forbids_is_seen(wing: str, line: str, broken: str, house: Path) -> None:
    (house / "derive" / wing).mkdir(exist_ok=True)
    (house / "derive" / wing / "__init__.py").write_text(line, encoding="utf-8")
    done = lint(house)
    assert done.returncode == 1
    assert broken in re.sub(r"\s+", " ", done.stdout)


def test_a_bad_import_in_the_real_source_is_seen(tmp_path: Path) -> None:
    shutil.copy(ROOT / ".importlinter", tmp_path)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "derive", tmp_path / "derive", ignore=ignored)
    assert lint(tmp_path).returncode == 0
    rules = tmp_path / "derive" / "calculus" / "rules.py"
    late = "\n\ndef late() -> None:\n    from derive.numerics import evaluate\n"
    rules.write_text(rules.read_text(encoding="utf-8") + late, encoding="utf-8")
    done = lint(tmp_path)
    assert done.returncode == 1
    assert "derive.calculus.rules -> derive.numerics" in re.sub(r"\s+", " ", done.stdout)

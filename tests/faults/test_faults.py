"""Planted faults: none of them gets out.

What is printed is what was checked, whatever is broken in between. A fault that passes unnoticed
fails here, and what should have noticed it is to be mended.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest

from derive.render.engine import TEX, TEX_PROGRAMS
from tests.conftest import pytest_terminal_summary
from tests.faults.areas import AREAS
from tests.faults.fault import Fault, plant
from tests.faults.runs import KINDS, forget, handout, prepare, refused
from tests.faults.sample import cases, chosen
from tests.faults.seed import VARIABLE, seed

CHOSEN = chosen(seed())

CASES = [
    pytest.param(
        area,
        fault,
        run,
        id=f"{area}: {fault.name}: {run}",
        marks=() if (fault.name, run) in CHOSEN else pytest.mark.deferred,
    )
    for area, fault, run in cases()
]


@pytest.fixture(autouse=True)
def afresh() -> Iterator[None]:
    """Nothing that was computed with a fault is left for other tests."""
    yield
    forget()


@pytest.mark.parametrize(("area", "fault", "run"), CASES)
def test_a_planted_fault_is_refused(
    area: str,
    fault: Fault,
    run: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if run.endswith(f" {TEX}") and "CI" not in os.environ and not all(map(which, TEX_PROGRAMS)):
        pytest.skip("no TeX")
    prepare(run)
    if area == "printing":
        # Pictures are set first, and by themselves they complain of what is no mathematics at all.
        monkeypatch.setattr("derive.render.drawing.svg.svg", lambda *args, **kwargs: "")
        monkeypatch.setattr(
            "derive.publishing.readback.ReadBack.read_drawings", lambda *args, **kwargs: None
        )
        # Letters for two quantities are refused before anything is printed, which is tested elsewhere.
        monkeypatch.setattr("derive.publishing.injective.require_injective", lambda *args: None)
    plant(fault, monkeypatch)
    found = refused(run, tmp_path, lambda: "\n".join(capsys.readouterr()))
    assert found is not None, "it passed unnoticed"
    assert re.search(fault.refusal, found, re.MULTILINE), found
    if area == "printing":
        # It is found by the name of an equation that stands in the document.
        document = handout(run.split()[1]).document
        named = re.match(r"equation (\S+) (?:of|is) ", found)
        assert named is not None
        assert named[1] in {equation.id for equation in document.equations()}


WRITTEN = sorted({run for _, _, run in cases() if run.startswith("write ")})


@pytest.mark.parametrize("run", WRITTEN)
def test_without_a_fault_nothing_is_refused(run: str, tmp_path: Path) -> None:
    assert refused(run, tmp_path, str) is None
    assert any((tmp_path / "out").iterdir())


def test_names_and_runs_are_known_and_each_is_there_once() -> None:
    names = [fault.name for faults in AREAS.values() for fault in faults]
    assert len({*names}) == len(names)
    assert all(run.partition(" ")[0] in KINDS for _, _, run in cases())


def test_the_choice_goes_by_the_seed_and_takes_of_each_area() -> None:
    assert chosen("a") == chosen("a") != chosen("b")
    areas = {fault.name: area for area, fault, _ in cases()}
    assert {areas[name] for name, _ in chosen("a")} == {*AREAS}


def test_every_fault_is_planted_sooner_or_later() -> None:
    wanted = {(fault.name, run) for _, fault, run in cases()}
    # As many commits as there are cases: each takes a few dozen.
    assert {case for n in range(len(wanted)) for case in chosen(str(n))} == wanted


def test_every_fault_can_be_planted() -> None:
    # What a fault changes may have moved, which else is seen when a commit happens to choose it.
    stale = []
    for fault in (fault for faults in AREAS.values() for fault in faults):
        with pytest.MonkeyPatch.context() as patch:
            try:
                plant(fault, patch)
            except (AssertionError, AttributeError, LookupError, StopIteration) as error:
                stale.append((fault.name, error))
    assert not stale


class Printed:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def write_line(self, line: str) -> None:
        self.lines.append(line)


def test_the_seed_is_that_of_the_environment_and_is_printed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seed.cache_clear()
    monkeypatch.setenv(VARIABLE, "of-today")
    assert seed() == "of-today"
    printed = Printed()
    pytest_terminal_summary(printed)
    assert printed.lines == ["chosen cases and planted faults: FAULTS_SEED=of-today"]
    seed.cache_clear()

"""Planted faults: none gets into a document."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from derive.catalogue import load
from derive.chapters.handout import Handout, build
from derive.errors import CheckError
from derive.publishing.publish import write
from tests.reading.faults import FAULTS, IN_SENTENCES, Fault


@cache
def handout(document: str) -> tuple[Handout, tuple[str, int], str]:
    """Return a small document, what it is about, and its notation."""
    name, _, steps = document.partition("-")
    cell = {"goodfellow": "elman", "mse": "elman"}.get(name, name)
    options = {"output_layer": "linear"} if name == "mse" else {}
    made = build(load(cell, **options), int(steps), seed=0)
    notation = "goodfellow" if name == "goodfellow" else "source"
    return made, (cell, int(steps)), notation


def written(document: str, formats: list[str], out: Path) -> None:
    made, network, notation = handout(document)
    write(made, formats, out, notation=notation, network=network)


def plant(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    home, _, name = fault.target.rpartition(".")
    module, _, owner = home.rpartition(".")
    place: object
    try:
        place = importlib.import_module(home)
    except ModuleNotFoundError:
        place = getattr(importlib.import_module(module), owner)
    right: Callable[..., object] = getattr(place, name)
    monkeypatch.setattr(place, name, fault.make(right))


@pytest.mark.parametrize("form", ["latex", "markdown"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_found_by_name(
    fault: Fault, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _, _ = handout(fault.document)
    # Pictures are set first, and by themselves they complain of what is no mathematics at all.
    monkeypatch.setattr("derive.render.drawing.svg.svg", lambda *args, **kwargs: "")
    # Letters for two quantities are refused before anything is printed, which is tested elsewhere.
    monkeypatch.setattr("derive.publishing.injective.require_injective", lambda *args: None)
    plant(fault, monkeypatch)
    with pytest.raises(CheckError, match="is not printed as it was checked") as caught:
        written(fault.document, [form], tmp_path / "out")
    named = re.match(r"equation (\S+) of ", str(caught.value))
    assert named is not None, str(caught.value)
    assert named[1] in {equation.id for equation in made.document.equations()}
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("document", sorted({fault.document for fault in FAULTS}))
def test_without_a_fault_the_documents_are_written(document: str, tmp_path: Path) -> None:
    written(document, ["latex", "markdown"], tmp_path / "out")
    assert (tmp_path / "out").exists()


@pytest.mark.parametrize("form", ["latex", "markdown"])
@pytest.mark.parametrize("fault", IN_SENTENCES, ids=lambda fault: fault.name)
def test_a_fault_within_a_sentence_is_found_with_its_place(
    fault: Fault, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handout(fault.document)
    plant(fault, monkeypatch)
    with pytest.raises(CheckError, match=r"a formula of elman-T2 .*, line \d+, column \d+: "):
        written(fault.document, [form], tmp_path / "out")
    assert not (tmp_path / "out").exists()

"""Docstrings of functions in generated code: what they say of kinks is what the functions do there."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from derive.catalogue import load
from derive.codegen import kinks, parts, said
from derive.codegen.module import module
from derive.errors import CheckError

SOURCE = inspect.getsource(parts)


def untrue(source: str) -> list[str]:
    names: dict[str, Any] = {}
    exec(source, names)
    return list(kinks.untrue(source, names))


def test_what_ships_says_what_it_does() -> None:
    assert untrue(SOURCE) == []


@pytest.mark.parametrize(
    ("right", "wrong", "found"),
    [
        ("else 0 (at 0 too)", "else 0 (1 at 0)", "the function relu_slope gives 0 where '1 at 0'"),
        ("a.real > b.real", "a.real >= b.real", "the function larger gives 1 where 'the second"),
        ("a.real < b.real", "a.real > b.real", "the function smaller gives 2 where 'The smaller"),
        (
            "second where they are equal",
            "first where they are equal",
            "larger gives 2 where 'the f",
        ),
        (
            "a.real > 0, 1.0, 0.0",
            "a.real >= 0, 1.0, 0.0",
            "the function step gives 1 where '0 at 0'",
        ),
        ("a.real < 0, 0.01", "a.real <= 0, 0.01", "leaky_relu_slope gives 0.01 where '0 at 0'"),
        ("else a hundredth of it", "else a tenth of it", "the function leaky_relu gives"),
        ("value, 0 at 0.", "value, 1 at 0.", "the function abs_slope gives 0 where '1 at 0'"),
        ("else exp(a) - 1", "else exp(a)", "the function elu gives"),
    ],
)
def test_words_and_functions_that_differ_are_found(right: str, wrong: str, found: str) -> None:
    assert right in SOURCE
    assert found in "\n".join(untrue(SOURCE.replace(right, wrong)))


def test_a_module_with_such_words_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = load("elman", activation="relu")
    source = module(cell)
    said.require_said(cell, source)
    # As if the words were those of the file that functions are copied from.
    monkeypatch.setattr(said, "_require_copied", lambda *args: None)
    with pytest.raises(
        CheckError, match="says of itself what was not tried: the function relu_slope"
    ):
        said.require_said(cell, source.replace("(at 0 too)", "(1 at 0)"))

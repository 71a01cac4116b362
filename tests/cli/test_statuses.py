"""An exit status follows from what was printed, and no other one is returned."""

from __future__ import annotations

import json

import pytest

from derive.cli.statuses import failed, require_status
from derive.errors import CheckError, DeriveError, SpecError, UsageError

TABLE = ["equation  kind        method   error  places", "a-b       definition  forward  < 1e-9 2 "]


def lines(*rows: str) -> list[str]:
    return [TABLE[0], *(f"{TABLE[1]} {row}" for row in rows)]


SAID: list[tuple[str, list[str], int]] = [
    ("check", lines("passed", "passed"), 0),
    ("check", lines("passed", "FAILED at t = 1, s_0 ≠ 0"), 1),
    ("check", json.dumps({"cells": [{"checks": [{"passed": True}]}]}).split("\n"), 0),
    ("check", json.dumps({"cells": [{"checks": [{"passed": False}]}]}, indent=2).split("\n"), 1),
    ("compare", ["W  agrees", "U  agrees"], 0),
    (
        "compare",
        ["W  agrees", "U  differs by 1 of the largest entry", "   looks like: it agrees"],
        1,
    ),
    ("compare", json.dumps({"parameters": [{"agrees": False}]}).split("\n"), 1),
    ("doctor", ["ok  Python", "Nothing is missing."], 0),
    ("doctor", ["ok  Python", "missing  a  for b"], 1),
    ("prove", ["52 of 52 statements proved, for every T and every size"], 0),
    ("prove", ["not proved own-x: no rule", "51 of 52 statements proved; no rule for 1"], 1),
    ("show", ["missing  FAILED differs"], 0),
]


@pytest.mark.parametrize(("command", "said", "status"), SAID)
def test_a_status_follows_from_what_was_printed(command: str, said: list[str], status: int) -> None:
    assert require_status(command, status, said) == status
    with pytest.raises(CheckError, match=f"the exit status reads {1 - status}, where {status}"):
        require_status(command, 1 - status, said)


@pytest.mark.parametrize(
    ("error", "message", "status"),
    [
        (UsageError("x"), "x", 2),
        (SpecError("x"), "x", 2),
        (SpecError("x"), "x; this is a fault of derive", 1),
        (DeriveError("x"), "x", 1),
        (CheckError("x"), "x", 1),
        (OSError("x"), "x", 1),
        (MemoryError(), "x", 1),
        (KeyError("x"), "x", 70),
        (BrokenPipeError(), "", 141),
    ],
)
def test_a_status_follows_from_what_failed(error: Exception, message: str, status: int) -> None:
    assert failed(status, error, message) == status
    for other in {0, 1, 2, 3, 70} - {status}:
        # What broke within a check has failed it, and only the caller knows where it broke.
        allowed = {70} | ({1} if isinstance(error, KeyError) else set())
        assert failed(other, error, message) in allowed

"""An exit status follows from what was printed, and no other one is returned."""

from __future__ import annotations

import json

import pytest

from derive.cli.statuses import require_status
from derive.errors import CheckError

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
    ("show", ["missing  FAILED differs"], 0),
]


@pytest.mark.parametrize(("command", "said", "status"), SAID)
def test_a_status_follows_from_what_was_printed(command: str, said: list[str], status: int) -> None:
    assert require_status(command, status, said) == status
    with pytest.raises(CheckError, match=f"the exit status reads {1 - status}, where {status}"):
        require_status(command, 1 - status, said)

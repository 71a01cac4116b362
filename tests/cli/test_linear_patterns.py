"""What looks through an error begins in few places, so that its time grows with the text alone.

A pattern that may begin at every letter of a long word, and go on to its end, takes the square of it.
"""

from __future__ import annotations

import re

import pytest

from derive.cli import advised, complained, infile

RULES = (*complained._RULES, *infile.RULES, *advised.RULES)

BEGINS_ANYWHERE = re.compile(r"(?:\((?:\?P<\w+>|\?:)?)*(?:\\[wSd]|\.|\[[^\]]*\])(?:[+*]|\{\d*,\})")
"""Any sign, as often as one likes, behind nothing that says where it begins."""


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in RULES])
def test_no_pattern_begins_anywhere(pattern: str) -> None:
    assert not BEGINS_ANYWHERE.match(pattern)


@pytest.mark.parametrize("pattern", [r"(?P<name>\S+) has", r"\w+\[t\]", r"(?:[^']*) is", ".* x"])
def test_one_that_does_is_noticed(pattern: str) -> None:
    assert BEGINS_ANYWHERE.match(pattern)
    assert not BEGINS_ANYWHERE.match(rf"\b{pattern}")

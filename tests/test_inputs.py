"""TOML that users write is read by one reader, which says where it is wrong and never reads long."""

from __future__ import annotations

import time

import pytest

from derive.errors import SpecError
from derive.inputs import toml

DEEP = "lists and tables more than 20 levels deep; .*--limit nesting="


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = 1\nb", "line 2, column 2: not TOML: a key without = after it"),
        ("a = 1\na = 2", "line 2, column 6: not TOML: something is defined twice"),
        ("a = 2020-02-31", "line 1, column 5: not TOML: a date or a time that does not exist"),
        (
            f"a = 1\nb = [2, {'7' * 5000}]",
            "line 2, column 9: not TOML: a number has too many digits",
        ),
        ("a = 1\nb = 'c", "line 2, column 7: not TOML: a text without its closing quotes"),
        ("x = 1\n" + ".".join("a" * 60_000) + " = 1", f"line 2, column 1: {DEEP}"),
        ("x = {" + ".".join("a" * 60_000) + " = 1}", f"line 1, column 6: {DEEP}"),
        ("x = " + "[" * 21 + "]" * 21, f"line 1, column 25: {DEEP}"),
        ("a = [\n" + "[\n" * 3000 + "]\n" * 3001, f"line 21, column 1: {DEEP}"),
        ('x = "[[["\ny = ' + "[" * 21 + "]" * 21, f"line 2, column 25: {DEEP}"),
    ],
)
def test_what_is_no_toml_is_refused_at_its_place(text: str, said: str) -> None:
    began = time.process_time()
    with pytest.raises(SpecError, match=f"^notes.toml, {said}"):
        toml(text, "notes.toml")
    # Python's reader takes the square of a key's parts: 7 s for so many.
    assert time.process_time() - began < 2


def test_formulas_and_sentences_may_hold_dots_and_brackets() -> None:
    text = f'f = "{" .* ".join(["s[t-1]"] * 40)}"\nwords = "{"Once more. " * 40}"'
    assert toml(text, "notes.toml").keys() == {"f", "words"}


@pytest.mark.parametrize("quotes", ['"', "'", '"""', "'''"])
def test_brackets_in_texts_and_comments_are_no_levels(quotes: str) -> None:
    text = f"words = {quotes}{'[' * 100}{quotes} # {'{' * 100}\nmore = [{quotes}[{quotes}, '#']"
    assert toml(text, "notes.toml") == {"words": "[" * 100, "more": ["[", "#"]}


@pytest.mark.parametrize("sign", ['"', "'", '\\"', '"\\', "#", "[]"])
def test_what_does_not_end_is_looked_at_once(sign: str) -> None:
    began = time.process_time()
    with pytest.raises(SpecError):
        toml("x = " + sign * 200_000, "notes.toml")
    assert time.process_time() - began < 2

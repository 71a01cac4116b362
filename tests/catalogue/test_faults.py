"""All that is wrong in a file is said at once, each with its line, its column and a mark below it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from derive.catalogue import load, tomlfile
from derive.catalogue.cellnames import TAKEN
from derive.catalogue.faults import MOST
from derive.document.blocks import TableBlock
from derive.errors import CheckError, SpecError
from derive.publishing.rehearse import rehearse
from derive.resources import templates_root
from tests import ROOT

WRONG = '''\
inputs = { x = "d" }
states = { s = "n", L = "n" }
equations = """
u[t] = sigmoid(U_u*x[t] + Q*s[t-1])
v[t] = tanh(U*x[t] + W*s[t+1])
s[t] = u[t] .* s[t-1] + (1 - u[t]) .* r[t]
w = 3
q[t] = W*x[t]
z[t] = V*s[t]
"""
[parameters]
"U U_u" = "n d"
W = "n n"
b = "n e f"
V = "m n"
'''


def said_of(text: str, folder: Path) -> str:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as error:
        load(str(path))
    return str(error.value).replace(str(path), "mine.toml")


def test_one_message_lists_all_with_their_places(tmp_path: Path) -> None:
    said = said_of(WRONG, tmp_path)
    places = re.findall(r"mine\.toml, line (\d+), column (\d+): ", said)
    assert places == [("2", "21"), ("4", "27"), ("5", "28"), ("7", "1"), ("8", "9"), ("14", "1")]
    rows = said.split("\n")
    marks = [(rows[n - 1], row) for n, row in enumerate(rows) if row.strip() == "^"]
    assert len(marks) == len(places)
    # The mark of s[t+1] stands at the 1.
    above, mark = marks[2]
    assert above[mark.index("^")] == "1"


def test_what_reads_a_wrong_name_is_not_wrong_for_that(tmp_path: Path) -> None:
    """The gate has an error; that it is read further down is none."""
    said = said_of(WRONG.replace("r[t]", "v[t]"), tmp_path)
    assert "unknown name 'u'" not in said
    assert "unknown name 'v'" not in said


def test_misfits_of_the_schema_are_listed(tmp_path: Path) -> None:
    text = WRONG.replace('"n n"', "true").replace(
        "[parameters]", 'output = "x"\nhue = 1\n[parameters]'
    )
    said = said_of(text, tmp_path)
    assert "unknown key 'hue'" in said
    assert "unknown output 'x'" in said
    assert "W in parameters is true" in said


def test_many_errors_are_counted(tmp_path: Path) -> None:
    rows = "\n".join(f"q{n}[t] = W*x[t]" for n in range(MOST + 3))
    said = said_of(WRONG.replace("q[t] = W*x[t]", rows), tmp_path)
    assert re.search(r"\nand \d+ more$", said)
    assert said.count("mine.toml, line") == MOST


def test_functions_are_listed_once_in_one_order(tmp_path: Path) -> None:
    said = said_of(WRONG.replace("tanh(", "zzz("), tmp_path)
    (listed,) = re.findall(
        r"unknown function 'zzz': .*(?:expected one of|Functions are) (.*)\.", said
    )
    functions = listed.split(", ")
    assert functions == sorted(set(functions))
    assert "softmax" in functions


@pytest.mark.parametrize("opening", ["(", "["])
def test_an_open_bracket_is_marked_itself(opening: str, tmp_path: Path) -> None:
    formula = "tanh(U*x[t] + W*s[t-1]" if opening == "(" else "tanh([U*x[t] + W*s[t-1])"
    said = said_of(WRONG.replace("tanh(U*x[t] + W*s[t+1])", formula), tmp_path)
    rows = said.split("\n")
    at = next(n for n, row in enumerate(rows) if "line 5," in row)
    assert rows[at + 1][rows[at + 2].index("^")] == opening


def test_the_number_of_a_step_is_refused_where_it_stands(tmp_path: Path) -> None:
    said = said_of(WRONG.replace("W*s[t+1]", "1/t*W*s[t-1]"), tmp_path)
    assert "line 5, column 24: t is the number of a step" in said


def test_the_names_that_are_taken_are_listed() -> None:
    """In the file that a user begins with, and in the guide."""
    for path in (templates_root() / "cells" / "new.toml", ROOT / "docs" / "guide" / "own-cell.md"):
        text = path.read_text(encoding="utf-8")
        for name in (*TAKEN, "z", "d"):
            assert re.search(rf"(?<!\w){name}(?!\w)", text), (path, name)


def test_meanings_are_of_quantities_and_stand_in_the_handout(tmp_path: Path) -> None:
    text = (ROOT / "tests/catalogue/literature/skip.toml").read_text(encoding="utf-8")
    said = said_of(text + '[meanings]\nQ = "nothing"\n', tmp_path)
    assert "Q in meanings is no quantity of the file" in said
    path = tmp_path / "named.toml"
    path.write_text(text + '[meanings]\ns = "memory of 5 % & more"\n', encoding="utf-8")
    assert load(str(path)).meanings == {"s": "memory of 5 % & more"}
    made = rehearse(load(str(path)), 1, ("latex", "md"))
    tables = [b for b in made.document.blocks if isinstance(b, TableBlock) and b.id == "symbols"]
    assert any("memory of 5 % & more" in row for row in tables[0].rows)


def test_a_mark_at_another_place_is_no_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = tomlfile.place_of
    for down, along in ((1, 0), (-1, 0), (0, 2)):
        monkeypatch.setattr(tomlfile, "place_of", lambda text, word, d=down, a=along: (
            (right(text, word)[0] + d, right(text, word)[1] + a)))  # fmt: skip
        with pytest.raises(CheckError, match="would be marked where L does not stand"):
            said_of(WRONG, tmp_path)

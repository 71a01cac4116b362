"""What an error says is held against the file, the limits and the lists that it tells of."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.__main__ import _confirmed
from derive.budgets import BUDGETS
from derive.calculus.activations import usable
from derive.catalogue import names
from derive.catalogue.cellfile import CHOICES, CellFile
from derive.cells.cell import INITIAL
from derive.cli.asked import CommandLine
from derive.cli.bounds import known, limits
from derive.cli.commands import commands
from derive.cli.complained import confirmed
from derive.document.language import languages
from derive.errors import CheckError, DeriveError, RenderError, SpecError
from derive.gradientflow.runs import table
from derive.publishing.publish import MOST_STEPS
from derive.render.engine import ENGINES
from derive.typesetting import notation

TEXT = 'states = { s = 7 }\nequations = """\ns[t] = tanh(W*x[t])\n"""\n'
PLACE = "{file}, line {line}, column {column}: {said}\n  {row}\n  {mark}"


def test_the_table_says_what_the_program_takes() -> None:
    assert limits() == {**{name: one.most for name, one in BUDGETS.items()}, "steps": MOST_STEPS}
    wanted = {
        "activation": usable(), "output layer": CHOICES["output"], "loss placement": CHOICES["loss"],
        "output": CHOICES["output"], "loss": CHOICES["loss"], "initial": INITIAL,
        "kind of initial state": INITIAL, "limit": BUDGETS, "key of a cell": CellFile.model_fields,
        "notation": notation.names(), "language": languages(), "engine": ENGINES, "cell": names(),
        "experiment": table(), "command": commands(), "detail": ("brief", "steps", "full"),
    }  # fmt: skip
    found = {what: {*named} for what, named in known().items()}
    assert {what: found[what] for what in wanted} == {what: {*one} for what, one in wanted.items()}


@pytest.fixture
def told(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Return what tells an error at a place of a file, and returns what is not so in it."""
    path = tmp_path / "cell.toml"
    path.write_text(TEXT, encoding="utf-8")

    def tell(said: str, line: int, column: int, row: str, at: int, typed: str = "") -> list[str]:
        mark = " " * at + "^"
        message = PLACE.format(file=path, line=line, column=column, said=said, row=row, mark=mark)
        text, false = confirmed(message, CommandLine(["explain", typed or str(path)]))
        assert (text == message) is (not false)
        # Whatever is left out, the problem itself is told.
        assert said.partition(" is ")[0] in text or "what stands there cannot be used" in text
        return false

    return tell


FORMULA = "tanh(W*x[t])"


def test_a_place_that_is_right_is_told(told) -> None:  # type: ignore[no-untyped-def]
    assert told("unknown name 'W': did you mean x?", 3, 13, FORMULA, 5) == []
    assert told("the product of W and x_t does not exist", 3, 14, FORMULA, 6) == []
    assert told("s is the number 7; expected a text", 1, 12, TEXT.split("\n")[0], 11) == []


@pytest.mark.parametrize(
    ("said", "line", "column", "at", "why"),
    [
        ("unknown name 'W'", 4, 13, 5, "has no column"),
        ("unknown name 'W'", 99, 13, 5, "has no line"),
        ("unknown name 'W'", 3, 12, 5, "does not stand in line 3"),
        ("unknown name 'W'", 3, 13, 6, "does not stand in line 3"),
        ("unknown name 'W'", 3, 14, 6, "stands elsewhere"),
        ("unknown name 'V'", 3, 13, 5, "nothing is said of W"),
        ("unknown name 'tanh'", 3, 9, 1, "within a word"),
    ],
)
def test_a_place_that_is_another_is_left_out(  # type: ignore[no-untyped-def]
    told, said: str, line: int, column: int, at: int, why: str
) -> None:
    (found,) = told(said, line, column, FORMULA, at)
    assert why in found


def test_a_file_that_was_not_typed_is_left_out(told) -> None:  # type: ignore[no-untyped-def]
    (found,) = told("unknown name 'W'", 3, 13, FORMULA, 5, typed="other.toml")
    assert "was not typed" in found


def test_a_value_that_does_not_stand_there_is_left_out(told) -> None:  # type: ignore[no-untyped-def]
    assert told("s is the number 8; expected a text", 1, 12, TEXT.split("\n")[0], 11)


@pytest.mark.parametrize(
    ("message", "words", "left"),
    [
        ("it is big; expected at most 33 components (`--limit size=NUMBER` raises this limit)",
         "explain a", "it is big"),
        ("it is big; expected at most 32 components (`--limit size=NUMBER` raises this limit)",
         "explain a --limit size=40", "it is big"),
        ("unknown cell 'x': expected one of elman, lstm. `derive list` shows them", "list x",
         "unknown cell 'x'; `derive list` shows them"),
        ("no detail 'x': expected one of brief, steps, full, all.", "handout", "no detail 'x'"),
        ("argument --as: invalid choice: 'x' (choose from 'latex', 'svg'); see", "show",
         "argument --as: invalid choice: 'x'; see"),
        ("a[1] is not a finite number: the forward pass overflows at step 1 of 4; take less", "e", None),
        ("a[1] is no number: something has no value, at step 1 of 4; take others", "e", None),
    ],
)  # fmt: skip
def test_what_is_not_so_is_left_out_of_an_error(message: str, words: str, left: str | None) -> None:
    text, false = confirmed(message, CommandLine(words.split()))
    assert false
    assert text != message
    assert left is None or text == left


def test_what_is_so_is_told() -> None:
    said = "it is big; expected at most 40 components (`--limit size=NUMBER` raises this limit)"
    assert confirmed(said, CommandLine(["explain", "a", "--limit", "size=40"])) == (said, [])
    said = "no detail 'x': expected one of brief, steps, full."
    assert confirmed(said, CommandLine(["handout"])) == (said, [])


def test_errors_that_were_found_are_all_told() -> None:
    found = [f"file.toml, line {n}, column 1: bad" for n in range(1, 11)]
    right = "\n".join([*found[:8], "and 2 more"])
    assert confirmed(right, CommandLine(), found) == (right, [])
    for wrong in (found[1:9], [*found[:8], "and 3 more"], found[:8], [*found[7::-1], "and 2 more"]):
        text, false = confirmed("\n".join(wrong), CommandLine(), found)
        assert (text, len(false)) == (right, 1)


@pytest.mark.parametrize("kind", [CheckError, RenderError])
def test_a_place_in_what_derive_made_is_none_in_a_file(kind: type[DeriveError]) -> None:
    said = "a formula is not printed as it was: main.typ, line 1, column 5: another sign\n  x\n  ^"
    typed = ["explain", "mine.toml"]
    assert _confirmed(1, said, kind(said), typed) == (1, said)
    # Of a file of the user's such a place is refused, as that file was not typed.
    assert _confirmed(2, said, SpecError(said), typed)[0] == 1

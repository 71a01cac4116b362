"""Tables of documents to be made: a row for each, its columns the options of `derive handout`.

A table is a CSV file, as spreadsheets write it, or TOML, with a `[[handout]]` for each document.  What
stands in a cell of it becomes one word of a command line, whatever it contains.
"""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from derive import budgets
from derive.cli.arguments import Parser
from derive.errors import DeriveError, SpecError, UsageError, shown
from derive.suggest import suggestion

if TYPE_CHECKING:
    from derive.cells.cell import Cell

COMMAND = "handout"
"""The command that makes the document of a row, and the key of a row in TOML."""

FILES = ("values",)
"""Columns with a file, which stands where the table does unless its path says otherwise."""

OF_ALL = ("force", "limit", "quiet", "verbose", "help", "no-bias")
"""Options that are no columns: they are given for all rows, or say the opposite of one."""

CELL = "cell"
"""The column with the network."""

_TRUTH = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@dataclass(frozen=True)
class TableRow:
    """A row of a table: where it stands, the words of its command, and what they mean.

    ``manifest`` is the file that names all that the document is made of.
    """

    where: str
    words: tuple[str, ...]
    args: argparse.Namespace
    manifest: Path = Path()


class RowCommand(Protocol):
    """The command that makes the document of a row."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add its options, which are the columns."""

    def cell_and_steps(self, args: argparse.Namespace) -> tuple[Cell, int]:
        """Return the network and the number of steps."""


LooksAtPlaces: TypeAlias = Callable[[Path, Sequence[str]], None]
"""Looks at where the rows of a table are said to stand."""


def rows(
    path: Path,
    made: RowCommand,
    out: Path,
    *,
    force: bool,
    limits: Sequence[str] = (),
    placed: LooksAtPlaces = lambda path, places: None,
) -> list[TableRow]:
    """Return the rows of a table, each with the manifest that it will write below ``out``.

    ``made`` is the command that makes the document of a row, and ``placed`` looks at where rows are
    said to stand, before an error names one.

    A `UsageError` names each row that cannot be used and why: an option that does not exist or has a
    value that it cannot have, a network that makes no sense, files in the way, or another row that
    would write the same.  Nothing is computed or written for it.
    """
    given = list(_read(path))
    if not given:
        raise UsageError(f"{shown(path)} has no row; expected one for each document")
    if len(given) > budgets.most("table-rows"):
        raise UsageError(budgets.exceeded("table-rows", f"{shown(path)} has {len(given)} rows"))
    placed(path, [where for where, _ in given])
    parser = Parser(prog=f"derive {COMMAND}")
    made.arguments(parser)
    columns = _columns(parser)
    common = [*(["--force"] if force else []), *(f"--limit={limit}" for limit in limits)]
    found: list[TableRow] = []
    problems: list[str] = []
    for where, values in given:
        try:
            words = [*common, *_words(values, columns, path.parent, out)]
            row = TableRow(where, tuple(words), parser.parse_args(words))
            found.append(_known(row, made, found))
        except DeriveError as error:
            problems.append(f"{where}: {error}")
        finally:
            budgets.use(limits)
    if problems:
        raise UsageError("\n".join(problems))
    return found


# -- reading ---------------------------------------------------------------------------------------


def _read(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield where each row stands, and what it holds by the names of its columns."""
    from derive import inputs

    text = inputs.text(path, "table-bytes", "expected a table, .csv or .toml")
    if path.suffix.lower() == ".csv":
        yield from _read_csv(shown(path), text)
    elif path.suffix.lower() == ".toml":
        yield from _read_toml(shown(path), inputs.toml(text, str(path)))
    else:
        raise UsageError(
            f"{shown(path)} is no table that can be read; expected a file .csv or .toml"
        )


def _read_csv(name: str, text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    head = text.partition("\n")[0]
    # Spreadsheets of countries with a decimal comma put semicolons between.
    sign = ";" if head.count(";") > head.count(",") else ","
    reader = csv.reader(io.StringIO(text), delimiter=sign, strict=True)
    try:
        lines = [(reader.line_num, cells) for cells in reader if any(c.strip() for c in cells)]
    except csv.Error as error:
        raise SpecError(f"{name}, line {reader.line_num}: not CSV: {error}; correct it") from error
    if not lines:
        return
    columns = [cell.strip() for cell in lines[0][1]]
    for column in columns:
        if columns.count(column) > 1:
            raise SpecError(f"{name}: the column {shown(column)!r} stands twice; leave one")
    for number, (line, cells) in enumerate(lines[1:], 1):
        if len(cells) > len(columns):
            raise SpecError(
                f"{name}, line {line}: {len(cells)} cells, and {len(columns)} columns have names; "
                "put what contains a comma in quotes"
            )
        yield (
            f"{name}, row {number}",
            {c: v for c, v in zip(columns, cells, strict=False) if v.strip()},
        )


def _read_toml(name: str, table: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key in table:
        if key != COMMAND:
            raise SpecError(
                f"{name}: the key {shown(key)!r} is unknown; expected [[{COMMAND}]] for each document"
            )
    listed = table.get(COMMAND, [])
    if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
        raise SpecError(f"{name}: {COMMAND} is no list of tables; expected [[{COMMAND}]] for each")
    for number, row in enumerate(listed, 1):
        yield f"{name}, row {number}", row


# -- words -----------------------------------------------------------------------------------------


def _columns(parser: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    """Return the options of the command by the names of their columns, found in its parser."""
    found = {
        name[2:]: action
        for action in parser._actions
        for name in action.option_strings
        if name.startswith("--")
    }
    return {name: action for name, action in found.items() if name not in OF_ALL}


def _words(
    values: Mapping[str, Any], columns: Mapping[str, argparse.Action], folder: Path, out: Path
) -> list[str]:
    """Return the words that a row stands for."""
    named = {key.strip().lower().replace("_", "-"): value for key, value in values.items()}
    if CELL not in named:
        raise UsageError(f"there is no {CELL}; expected the name of a network, or a file of one")
    cell = _text(CELL, named.pop(CELL))
    words = [f"--out={out / _below(_text('out', named.pop('out', '.')))}"]
    for name, value in named.items():
        if name not in columns:
            raise UsageError(
                f"unknown column {shown(name)!r}: {suggestion(name, [CELL, *columns])}"
            )
        if isinstance(columns[name], argparse.BooleanOptionalAction):
            words.append(f"--{name}" if _truth(name, value) else f"--no-{name}")
            continue
        text = _text(name, value)
        words.append(f"--{name}={folder / text if name in FILES else text}")
    # A name that begins with a dash is no option.
    return [*words, "--", str(folder / cell) if cell.endswith(".toml") else cell]


def _text(name: str, value: Any) -> str:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ",".join(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UsageError(f"{name} is {shown(value)}; expected a text or a number")
    return str(value).strip() if name != "title" else str(value)


def _below(text: str) -> Path:
    """Return the folder of a row, which stands below that of all."""
    folder = Path(text)
    if folder.is_absolute() or ".." in folder.parts:
        raise UsageError(f"out is {shown(text)}; expected a folder below --out, such as week1")
    return folder


def _truth(name: str, value: Any) -> bool:
    found = value if isinstance(value, bool) else _TRUTH.get(str(value).strip().lower())
    if found is None:
        raise UsageError(f"{name} is {shown(value)}; expected yes or no")
    return found


# -- what a row will write -------------------------------------------------------------------------


def _known(row: TableRow, made: RowCommand, before: Sequence[TableRow]) -> TableRow:
    """Return a row with its manifest, once it is seen that its document can be written there."""
    from derive.cli import arguments as common
    from derive.publishing import publish

    args = row.args
    publish.ready(args.steps or 1, args.format, args.notation, args.lang, args.out, args.engine)
    cell, steps = made.cell_and_steps(args)
    document = f"{cell.name}-T{publish.possible_steps(steps)}"
    manifest = args.out / f"{document}.json"
    for other in before:
        if other.manifest.resolve() == manifest.resolve():
            raise UsageError(
                f"it would write {shown(manifest)}, as {other.where.rpartition(', ')[2]} does; "
                "give one of them another folder in a column out"
            )
    publish.changed(
        document, args.format, args.out, force=args.force, inputs=common.inputs_of(args)
    )
    return replace(row, manifest=manifest)

"""Writes the handouts of a table, one for each row, several at a time.

The table is a CSV file, as spreadsheets write it, or TOML with a [[handout]] for each document. Its
columns are `cell` and the options of `derive handout` without their dashes; files are looked for
where the table stands. A row that cannot be used is an error, and then nothing is written. A document
that fails later leaves the others as they are, and is named at the end.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from derive.cli import arguments as common
from derive.cli.same import require_same
from derive.cli.terminal import Terminal

if TYPE_CHECKING:
    from derive.cli.workers import Done

HELP = "write the handouts of a table"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: the table, where the documents go, and how many are made at once."""
    parser.add_argument("table", type=Path, metavar="TABLE", help="the table, .csv or .toml")
    parser.add_argument(
        "--out", default=Path("output"), type=common.place, metavar="DIR",
        help="the folder to write into (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--jobs", type=_jobs, metavar="N",
        help="how many are made at once (default: as many as cores and memory allow)",
    )  # fmt: skip
    common.add_force(parser)
    common.add_limits(parser)


def _jobs(text: str) -> int:
    value = common.whole_number(text, "the number of jobs", "from 1 up, such as 2")
    if value < 1:
        raise argparse.ArgumentTypeError(f"the number of jobs is {value}: expected 1 or more")
    return value


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Write the documents, say which files they are, and name those that failed."""
    from derive.cli import documents, workers
    from derive.cli.commands import handout
    from derive.cli.rowsread import require_failed, require_made, require_placed, require_rows
    from derive.cli.tables import COMMAND, rows
    from derive.errors import CheckError
    from derive.publishing.publish import Published

    terminal.progress("reading the table")
    found = rows(
        args.table, handout, args.out, force=args.force, limits=args.limit or (),
        placed=require_placed,
    )  # fmt: skip
    require_rows(args.table, found)
    terminal.asked.require_word(0, args.table)
    terminal.asked.require("out", None if terminal.asked.given("out") is None else args.out)
    terminal.asked.require("jobs", args.jobs)
    total = len(found)
    terminal.progress(f"0 of {total} documents")
    ended = workers.run(
        [[COMMAND, *row.words] for row in found],
        workers.room(args.jobs, total),
        lambda count: terminal.progress(f"{count} of {total} documents"),
    )
    terminal.clear()
    require_made(args.table, found, [not done.status for done in ended])
    failed = []
    for row, done in zip(found, ended, strict=True):
        if done.status:
            failed.append(f"{row.where}: {_reason(done)}")
            continue
        files = tuple(map(Path, done.out.splitlines()))
        documents.say_files(Published(files, 0, 0), terminal)
    if failed:
        said = "\n".join(
            [f"{len(failed)} of {total} documents failed, the others are written", *failed]
        )
        require_failed(args.table, said, found, ended)
        raise CheckError(said)
    terminal.remark(f"{total} documents", lambda said: _require_count(said, total))
    return 0


def _reason(done: Done) -> str:
    """Return what a command said when it failed, without what every error begins with."""
    said = done.error.strip().removeprefix("derive: error:").strip()
    if done.status < 0:
        return f"it was ended by the signal {-done.status}; with --jobs 1 it has all of the memory"
    return said or f"its exit status is {done.status}"


def _require_count(said: str, total: int) -> None:
    require_same("the number of documents", said.split(" ")[0], str(total))

"""Arguments that several commands have, and what they accept."""

from __future__ import annotations

import argparse
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive.cells.cell import Cell

TARGETS = ("numpy", "numba", "torch", "jax")
"""The libraries that code can be written for; `derive.codegen.target` has what differs between them."""

OPTIONS = ("activation", "output_layer", "bias", "loss", "initial")
"""The options of a network that are flags; which of them a cell has, its ``build`` says."""


_SINGLE = (argparse._StoreAction, argparse.BooleanOptionalAction)
"""What an option is that has one value."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are raised, so that all errors are printed in one way."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Abbreviated flags would break when a flag is added.
        super().__init__(*args, **{"allow_abbrev": False, **kwargs})

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Read the arguments; of an option that is given twice, argparse would take the last."""
        self._given: set[str] = set()
        return super().parse_known_args(args, namespace)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Read the arguments, and set the limits of files for all that follows."""
        found = super().parse_args(args, namespace)
        # Not for --help and --version, which have ended by now.
        from derive import budgets

        budgets.use(getattr(found, "limit", None) or ())
        return found

    def format_help(self) -> str:
        """Return the help; a `CheckError` if an option has another default than it says."""
        from derive.cli.helped import require_help, require_words, worded

        text = super().format_help()
        _, _, command = self.prog.partition(" ")
        named = ((name, action.dest) for action in self._actions for name in action.option_strings)
        defaults = {name.lstrip("-"): self.get_default(dest) for name, dest in named}
        require_help(command, text, defaults)
        require_words(command, worded(self))
        return text

    def error(self, message: str) -> Any:
        from derive.errors import UsageError

        raise UsageError(f"{message}; `{self.prog} --help` shows how to use it")

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        if action.nargs is None and arg_strings == ["--"]:
            # Of `--steps=--` argparse takes the dashes away, and goes on without a value.
            raise argparse.ArgumentError(action, "expected a value, not --")
        if action.option_strings and isinstance(action, _SINGLE):
            if action.dest in self._given:
                lists = action.metavar == "LIST"
                raise argparse.ArgumentError(
                    action, f"given twice; {'put commas between' if lists else 'give it once'}"
                )
            self._given.add(action.dest)
        return super()._get_values(action, arg_strings)


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Add the limits of what is read from files."""
    parser.add_argument(
        "--limit", action="append", metavar="NAME=NUMBER",
        help="raise a limit of what files may ask for, such as size=100; may be given several times",
    )  # fmt: skip


def steps(text: str) -> int:
    """Read a number of steps; the range is checked where it is used."""
    return whole_number(text, "the number of steps T", "from 1 up, such as 3")


def seed(text: str) -> int:
    """Read a seed."""
    value = whole_number(text, "the seed", "from 0 up")
    if value < 0:
        raise argparse.ArgumentTypeError(f"the seed is {value}: expected a whole number from 0 up")
    return value


def whole_number(text: str, what: str, expected: str) -> int:
    """Read digits, a sign included, and nothing else that Python would take for a number."""
    from derive.errors import shown

    bare = text[1:] if text[:1] in "+-" else text
    if not (bare.isascii() and bare.isdigit()):
        raise argparse.ArgumentTypeError(
            f"{what} is '{shown(text)}': expected a whole number {expected}"
        )
    # Longer ones cannot be meant, and Python refuses to read very long ones.
    value = int(bare[:20])
    return -value if text.startswith("-") else value


def add_cell(parser: argparse.ArgumentParser, *, default: str | None = "elman") -> None:
    """Add the cell, a name, as an optional positional argument."""
    shown = f"a cell, {default} if none is given" if default else "a cell; all, if none is given"
    parser.add_argument("cell", nargs="?", default=default, metavar="CELL", help=shown)
    add_limits(parser)


def add_network(parser: argparse.ArgumentParser) -> None:
    """Add the options of the network."""
    group = parser.add_argument_group("the network")
    named = "`derive list` shows the names"
    group.add_argument("--activation", metavar="NAME", help=f"the activation; {named}")
    group.add_argument("--output-layer", metavar="NAME", help=f"the output and its loss; {named}")
    group.add_argument("--bias", action=argparse.BooleanOptionalAction, help="whether with biases")
    group.add_argument("--loss", metavar="PLACE", help=f"at which steps the loss stands; {named}")
    group.add_argument("--initial", metavar="KIND", help=f"the initial state; {named}")


def options_of(args: argparse.Namespace) -> dict[str, object]:
    """Return the options of the network that were given."""
    return {o: getattr(args, o) for o in OPTIONS if getattr(args, o, None) is not None}


def cell_of(args: argparse.Namespace, name: str | None = None) -> Cell:
    """Return the cell of that name, or of the argument, with the options that were given.

    A `UsageError` for a name or an option that does not exist.
    """
    from derive.checks.loaded import load
    from derive.errors import SpecError, UsageError

    options = options_of(args)
    try:
        return load(name or args.cell, **options)
    except SpecError as error:
        from derive.checks.chosen import known

        if not options or known(options):
            raise
        # A cell that makes no sense with the options given: it was asked for wrongly.
        raise UsageError(str(error)) from error


def add_steps(parser: argparse.ArgumentParser, default: str = "%(default)s") -> None:
    """Add the number of steps; ``default`` says how many they are if nobody says it."""
    from derive.publishing.publish import MOST_STEPS

    parser.add_argument(
        "-T", "--steps", type=steps, default=3, metavar="T",
        help=f"the number of steps, up to {MOST_STEPS} (default: {default})",
    )  # fmt: skip


def add_seed(parser: argparse.ArgumentParser) -> None:
    """Add the seed of the random data."""
    parser.add_argument(
        "--seed", type=seed, default=0, metavar="N",
        help="where the random data of the checks start (default: %(default)s)",
    )  # fmt: skip


def add_json(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the wish for JSON."""
    parser.add_argument("--json", action="store_true", help=f"print {what} as JSON")


def add_values(parser: argparse.ArgumentParser, required: bool = True) -> None:
    """Add the file with the user's numbers."""
    parser.add_argument(
        "--values", required=required, type=Path, metavar="FILE",
        help='the numbers, JSON or .npz: {"params": {"U": …}, "x": …, "s0": …, "target": …}',
    )  # fmt: skip


def add_notation(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Add the notation."""
    from derive.typesetting import notation

    parser.add_argument(
        "--notation", default="source", metavar="NAME",
        help=f"{', '.join(notation.names())} (default: %(default)s)",
    )  # fmt: skip


def add_document(parser: argparse.ArgumentParser, *, formats: str | None) -> None:
    """Add what a document is written as, and where; ``formats`` are those written by default.

    With None the command knows its format.
    """
    from derive.document.language import languages
    from derive.render import formats as known
    from derive.render.engine import AUTO, ENGINES

    group = parser.add_argument_group("the document")
    shown = "(default: %(default)s)" if formats else "(default: no document, but the terminal)"
    if formats is not None:
        group.add_argument(
            "--format", default=formats or (), metavar="LIST", type=_formats,
            help=f"formats with commas between: {', '.join(known())} {shown}",
        )  # fmt: skip
        group.add_argument(
            "--engine", default=AUTO, metavar="NAME",
            help=f"what makes the PDF: {', '.join(ENGINES)}; auto is TeX where it is installed, else "
            "typst, which needs nothing (default: %(default)s)",
        )  # fmt: skip
    group.add_argument(
        "--out", default=Path("output"), type=place, metavar="DIR",
        help="the folder to write into (default: %(default)s)",
    )  # fmt: skip
    add_force(group)
    group.add_argument("--title", help="the title; any text, printed as it is")
    group.add_argument("--author", help="the author; any text, printed as it is")
    add_notation(group)
    group.add_argument(
        "--lang", default="en", metavar="CODE", help=f"{', '.join(languages())} (default: en)"
    )


def add_tried(parser: argparse.ArgumentParser) -> None:
    """Add the formats in which a document is written to see whether it can be."""
    parser.add_argument(
        "--format", default=(), metavar="LIST", type=listed,
        help="formats in which the handout is tried, with commas between (default: all, the "
        "PDF by Typst)",
    )  # fmt: skip


def add_force(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Add the leave to replace files."""
    parser.add_argument(
        "--force", action="store_true",
        help="replace files that were changed since they were written, or are others",
    )  # fmt: skip


def place(text: str) -> Path:
    """Read the name of a file or folder to be written."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the name is empty; a single . means this folder")
    if text.startswith("~"):
        raise argparse.ArgumentTypeError(
            f"{text!r}: the shell has not replaced the ~, and no folder of that name is meant; "
            "write a space instead of a = before it, or the path in full"
        )
    # It is printed, a line for each file, when all is written.
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text):
        raise argparse.ArgumentTypeError(
            f"{text!r} has characters that cannot be printed; expected an ordinary name"
        )
    return Path(text)


def inputs_of(args: argparse.Namespace) -> list[Path]:
    """Return the files that a command reads, over which it must not write."""
    given = [getattr(args, name, None) for name in ("cell", "values", "file")]
    return [Path(path) for path in given if path is not None]


def listed(text: str) -> tuple[str, ...]:
    """Read names with commas between, each counted once."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _formats(text: str) -> tuple[str, ...]:
    names = listed(text)
    if not names:
        raise argparse.ArgumentTypeError("no format is named; expected, for example, pdf,md")
    return names

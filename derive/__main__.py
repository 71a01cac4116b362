"""The command line: finds the command, runs it, and prints what goes wrong as one paragraph."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
from collections.abc import Sequence

from derive.arguments import Parser
from derive.commands import Command, commands
from derive.errors import DeriveError, UsageError
from derive.signals import Stopped, stoppable
from derive.suggest import suggestion
from derive.terminal import Terminal

FAILED, MISUSED, STOPPED, INTERRUPTED, PIPE_CLOSED = 1, 2, 128, 130, 141
"""Exit statuses; the last are what a shell reports for a signal, SIGINT and SIGPIPE."""


class _Version(argparse.Action):
    """Looks the version up when it is asked for, not each time."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from derive.resources import version

        sys.stdout.write(f"derive {version()}\n")
        parser.exit()


def build_parser() -> argparse.ArgumentParser:
    """The parser with every command, each found in `derive.commands`."""
    parser = Parser(
        prog="derive",
        description="Derives back-propagation through time step by step, checks every equation on "
        "numbers, and writes it as a handout.",
        epilog="`derive COMMAND --help` says more about a command. Exit status: 0 if all is well, "
        "1 after a failure, 2 for wrong usage.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    _add_verbosity(parser, 0)
    subparsers = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, parser_class=Parser
    )
    for name, command in commands().items():
        sub = subparsers.add_parser(name, help=command.HELP, description=command.__doc__)
        # Given after the command too; not given there, they must not undo what stood before it.
        _add_verbosity(sub, argparse.SUPPRESS)
        command.arguments(sub)
    return parser


def _add_verbosity(parser: argparse.ArgumentParser, default: object) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "-q", "--quiet", dest="verbosity", action="store_const", const=-1, default=default,
        help="nothing but results and errors",
    )  # fmt: skip
    group.add_argument(
        "-v", "--verbose", dest="verbosity", action="store_const", const=1, default=default,
        help="say what is being done",
    )  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status."""
    terminal = Terminal(sys.stdout, sys.stderr)
    try:
        with stoppable():
            status = _run(list(sys.argv[1:] if argv is None else argv), terminal)
            terminal.clear()
            sys.stdout.flush()
            return status
    except KeyboardInterrupt as stop:
        # The terminal may be what has gone.
        with contextlib.suppress(OSError):
            terminal.clear()
            sys.stderr.write("interrupted\n")
        return STOPPED + stop.number if isinstance(stop, Stopped) else INTERRUPTED
    except BrokenPipeError:
        # What reads the output has enough. Python would complain once more when it exits.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except DeriveError as error:
        terminal.clear()
        head = terminal.paint("derive: error:", "bad", sys.stderr)
        sys.stderr.write(f"{head} {error}\n")
        return MISUSED if isinstance(error, UsageError) else FAILED


def _run(argv: list[str], terminal: Terminal) -> int:
    found = commands()
    try:
        args = build_parser().parse_args(argv)
    except UsageError as error:
        raise _with_suggestion(error, found) from error
    except SystemExit as stop:
        # --help and --version
        return int(stop.code or 0)
    terminal.verbosity = args.verbosity
    # The matrices are small: on a busy machine the threads of BLAS mostly wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    return found[args.command].run(args, terminal)


def _with_suggestion(error: UsageError, found: dict[str, Command]) -> UsageError:
    unknown = re.match(r"argument COMMAND: invalid choice: '(.*?)' \(choose", str(error), re.DOTALL)
    if unknown is None:
        return error
    how = "`derive --help` lists the commands"
    return UsageError(f"there is no command {unknown[1]!r}: {suggestion(unknown[1], found, how)}")


if __name__ == "__main__":
    raise SystemExit(main())

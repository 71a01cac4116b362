"""The command line: finds the command, runs it, and prints what goes wrong as one paragraph."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
import traceback
import warnings
from collections.abc import Sequence

from derive.arguments import Parser
from derive.commands import Command, commands
from derive.errors import DeriveError, SpecError, UsageError
from derive.signals import Stopped, stoppable
from derive.streams import OutputError, shortened, streams, visible
from derive.suggest import suggestion
from derive.terminal import Terminal

FAILED, MISUSED, OUR_FAULT, STOPPED, INTERRUPTED, PIPE_CLOSED = 1, 2, 70, 128, 130, 141
"""Exit statuses; 70 is sysexits' for a fault in the program, the last are what a shell reports for
a signal, SIGINT and SIGPIPE."""


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
        "1 after a failure, 2 for wrong usage or a file that cannot be used, 70 for a fault of "
        "derive itself.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    _add_verbosity(parser, 0)
    subparsers = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, parser_class=Parser
    )
    for name, command in commands().items():
        sub = subparsers.add_parser(name, help=command.HELP, description=_about(command))
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


def _about(command: Command) -> str:
    # Python -OO strips the docstrings.
    return command.__doc__ or f"{command.HELP[:1].upper()}{command.HELP[1:]}."


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status."""
    given = list(sys.argv[1:] if argv is None else argv)
    closed = getattr(sys, "stdout", None) is None
    # Warnings are for those who write programs; `python -W error` would make errors of them.
    with warnings.catch_warnings(), streams() as (out, err):
        warnings.simplefilter("ignore")
        terminal = Terminal(out, err)
        try:
            if closed:
                raise OutputError("standard output is closed, so the result cannot be shown")
            with stoppable():
                status = _run(given, terminal)
                terminal.clear()
                out.flush()
                return status
        except KeyboardInterrupt as stop:
            # The terminal may be what has gone.
            with contextlib.suppress(OSError):
                terminal.clear()
                err.write("interrupted\n")
            return STOPPED + stop.number if isinstance(stop, Stopped) else INTERRUPTED
        except BrokenPipeError:
            # What reads the output has enough.
            return PIPE_CLOSED
        except Exception as error:
            status, message = _failure(error, given)
            if status == OUR_FAULT and {"-v", "--verbose"} & set(given):
                err.write(visible("".join(traceback.format_exception(error))))
            terminal.clear()
            head = terminal.paint("derive: error:", "bad", err)
            err.write(f"{head} {visible(shortened(message))}\n")
            return status


def _failure(error: Exception, argv: list[str]) -> tuple[int, str]:
    """Return the exit status and the paragraph for what went wrong."""
    if isinstance(error, UsageError | SpecError):
        return MISUSED, str(error)
    if isinstance(error, DeriveError):
        return FAILED, str(error)
    if isinstance(error, MemoryError):
        return FAILED, "there is not enough memory; take fewer steps, or smaller numbers"
    if isinstance(error, RecursionError):
        return FAILED, "something is nested too deeply: a formula or a file; write it flatter"
    if isinstance(error, OSError):
        # The machine: a full disk, a folder that may not be read.
        names = [os.fsdecode(n) for n in (error.filename, error.filename2) if _is_path(n)]
        return FAILED, ": ".join([*names, error.strerror or str(error) or "the machine refused"])
    return OUR_FAULT, _report(error, argv)


def _is_path(name: object) -> bool:
    return isinstance(name, str | bytes | os.PathLike)


def _report(error: Exception, argv: list[str]) -> str:
    import platform
    import shlex

    from derive.resources import version

    frames = traceback.extract_tb(error.__traceback__)
    where = (
        f" in {os.path.basename(frames[-1].filename)}, line {frames[-1].lineno}" if frames else ""
    )
    said = str(error) or "no message"
    return (
        f"internal error: {type(error).__name__}{where}: {said}. This is a fault of derive and not "
        f"yours; please report it, with this line, the command `derive {shlex.join(argv)}` and the "
        f"versions: derive {version()}, Python {platform.python_version()}. With -v it shows more"
    )


def _run(argv: list[str], terminal: Terminal) -> int:
    found = commands()
    if any("\0" in word for word in argv):
        raise UsageError("an argument contains a NUL character, which no name and no text has")
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
    return UsageError(f"there is no command '{unknown[1]}': {suggestion(unknown[1], found, how)}")


if __name__ == "__main__":
    raise SystemExit(main())

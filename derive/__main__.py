"""The command line: finds the command, runs it, and prints what goes wrong as one paragraph."""

from __future__ import annotations

import contextlib
import gc
import os
import re
import sys
import warnings
from collections.abc import Sequence

from derive.cli.asked import CommandLine
from derive.cli.commands import Command, commands
from derive.cli.parser import build_parser
from derive.cli.remarked import require_remarked
from derive.cli.statuses import failed, require_status
from derive.cli.streams import OutputError, shortened, streams, visible
from derive.cli.terminal import Terminal
from derive.errors import (
    CheckError,
    DeriveError,
    RangeError,
    RenderError,
    SpecError,
    UsageError,
    broken,
)
from derive.signals import Stopped, stoppable

FAILED, MISUSED, OUR_FAULT, STOPPED, INTERRUPTED, PIPE_CLOSED = 1, 2, 70, 128, 130, 141
"""Exit statuses; 70 is sysexits' for a fault in the program, the last are what a shell reports for
a signal, SIGINT and SIGPIPE."""


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
        except BrokenPipeError as gone:
            # What reads the output has enough.
            terminal.clear()
            return failed(PIPE_CLOSED, gone, "")
        except Exception as error:
            status, message = _failure(error, given)
            status = failed(status, error, message)
            status, message = _confirmed(status, message, error, given)
            if _is_ours(error, status) and {"-v", "--verbose"} & set(given):
                import traceback

                err.write(visible("".join(traceback.format_exception(error))))
            terminal.clear()
            head = terminal.paint("derive: error:", "bad", err)
            err.write(f"{head} {visible(shortened(message))}\n")
            return status


def _confirmed(status: int, message: str, error: Exception, argv: list[str]) -> tuple[int, str]:
    """Return a status and a message without what is not so in it: that is a fault of ours."""
    if isinstance(error, CheckError | RenderError):
        # It tells of what derive has made: a place in it is none in a file of the user's.
        return status, message
    from derive.cli.complained import confirmed

    found = getattr(error, "found", None) if isinstance(error, SpecError) else None
    try:
        said, false = confirmed(message, CommandLine(argv), found)
    except Exception as broke:
        # The error must be told in any case.
        return FAILED, f"{message}\n{broken('what this says', broke)}"
    if not false:
        return status, message
    return FAILED, (
        f"{said}\nNot all that would have been said of this was true, and that is left out: "
        f"{false[0]}; this is a fault of derive, please report it"
    )


_CHECK = re.compile(r"_?(?:require|check|inspect|confirm|verify)(?:_(?P<what>\w+))?")
"""The names of functions that check."""


def _failure(error: Exception, argv: list[str]) -> tuple[int, str]:
    """Return the exit status and the paragraph for what went wrong."""
    if isinstance(error, SpecError) and _ours(error, CommandLine(argv)):
        return FAILED, f"{error}; the networks are those that ship, so this is a fault of derive"
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
    if (check := _check_in(error)) is not None:
        return FAILED, str(broken(check, error))
    return OUR_FAULT, _report(error, argv)


def _is_ours(error: Exception, status: int) -> bool:
    """Tell whether something broke, by itself or in a check, so that where it did may be shown."""
    unmeant = not isinstance(error, DeriveError) and _check_in(error) is not None
    cause = error.__cause__ if isinstance(error, CheckError) else None
    return status == OUR_FAULT or unmeant or not isinstance(cause, DeriveError | None)


def _check_in(error: Exception) -> str | None:
    """Return what was checked when something broke, None where nothing was."""
    import traceback

    for frame, _ in traceback.walk_tb(error.__traceback__):
        name, module = frame.f_code.co_name, frame.f_globals.get("__name__", "")
        if module.startswith("derive.") and (found := _CHECK.fullmatch(name)):
            return f"{(found['what'] or module.rpartition('.')[2]).replace('_', ' ')} ({module})"
    return None


def _ours(error: SpecError, asked: CommandLine) -> bool:
    """Tell whether what makes no sense can only be ours: no file, no limit, and few steps."""
    if asked.files or asked.given("limit") is not None:
        return False
    return asked.few or not isinstance(error, RangeError)


def _is_path(name: object) -> bool:
    return isinstance(name, str | bytes | os.PathLike)


def _report(error: Exception, argv: list[str]) -> str:
    import platform
    import shlex
    import traceback

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
    if {"_ARGCOMPLETE", "COMP_LINE", "COMP_POINT"} <= os.environ.keys():
        # A shell asks what may stand next.
        from derive.cli.completion import answer

        answer(build_parser(found, os.environ["COMP_LINE"].split()))
    try:
        args = build_parser(found, argv).parse_args(argv)
    except UsageError as error:
        raise _with_suggestion(error, found) from error
    except SystemExit as stop:
        # --help and --version
        return int(stop.code or 0)
    terminal.verbosity = args.verbosity
    terminal.asked = CommandLine(argv)
    terminal.asked.require_command(args.command)
    # The matrices are small: on a busy machine the threads of BLAS mostly wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Expressions are many and live long: looking for cycles among them often finds nothing.
    gc.set_threshold(50_000, 10, 10)
    status = found[args.command].run(args, terminal)
    require_remarked(args.command, terminal.asked, terminal.remarks)
    return require_status(args.command, status, terminal.given)


def _with_suggestion(error: UsageError, found: dict[str, Command]) -> UsageError:
    unknown = re.match(r"argument COMMAND: invalid choice: '(.*?)' \(choose", str(error), re.DOTALL)
    if unknown is None:
        return error
    from derive.suggest import suggestion

    how = "`derive --help` lists the commands"
    return UsageError(f"there is no command '{unknown[1]}': {suggestion(unknown[1], found, how)}")


if __name__ == "__main__":
    raise SystemExit(main())

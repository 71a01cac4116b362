"""The parser of the command line, with every command that there is."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Mapping

from derive.cli.arguments import Parser
from derive.cli.commands import Command, commands


class _Version(argparse.Action):
    """Looks the version up when it is asked for, not each time."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from derive.cli.helped import require_version
        from derive.resources import version

        text = f"derive {version()}"
        require_version(text)
        sys.stdout.write(f"{text}\n")
        parser.exit()


def build_parser(
    found: Mapping[str, Command] | None = None, words: Collection[str] | None = None
) -> argparse.ArgumentParser:
    """Return the parser with every command: those given, or all of `derive.cli.commands`.

    Of ``words``, those of a command line, only the commands among them get their arguments, as to
    know what an argument may be takes reading files; without words, all commands do.
    """
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
    for name, command in (commands() if found is None else found).items():
        sub = subparsers.add_parser(name, help=command.HELP, description=_about(command))
        # Given after the command too; not given there, they must not undo what stood before it.
        _add_verbosity(sub, argparse.SUPPRESS)
        if words is None or name in words:
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

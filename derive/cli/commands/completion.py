"""Prints a script that lets a shell complete commands, options and names.

Its first line says where to put it. The script asks `derive completion words` what may stand next.
"""

from __future__ import annotations

import argparse

from derive.cli.terminal import Terminal

HELP = "print a script that completes commands in a shell"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: the shell, or the words so far."""
    parser.add_argument(
        "shell", choices=("bash", "fish", "zsh", "words"), metavar="SHELL", help="bash, fish or zsh"
    )
    parser.add_argument("words", nargs="*", metavar="WORD", help=argparse.SUPPRESS)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print the script, or what may stand next: a word and what it is for on each line."""
    from derive.cli.completion import SCRIPTS, candidates

    if args.shell != "words":
        terminal.out.write(SCRIPTS[args.shell])
        return 0
    for candidate in candidates(args.parser, args.words):
        terminal.say(f"{candidate.word}\t{candidate.help}" if candidate.help else candidate.word)
    return 0

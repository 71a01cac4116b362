"""Prints a script that completes commands, options and names in a shell.

For bash, put this line into ~/.bashrc: eval "$(derive completion bash)"
"""

from __future__ import annotations

import argparse

from derive.terminal import Terminal

HELP = "print a completion script for a shell"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The shell."""
    parser.add_argument("shell", choices=("bash", "fish", "zsh"), metavar="SHELL", help="%(choices)s")


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print the script."""
    from derive.__main__ import build_parser
    from derive.completion import SHELLS

    terminal.out.write(SHELLS[args.shell](build_parser()))
    return 0

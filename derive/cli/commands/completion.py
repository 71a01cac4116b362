"""Prints a script that lets a shell complete commands, options and names.

Its first line says where to put it. The shell then asks `derive` itself what may stand next.
"""

from __future__ import annotations

import argparse

from derive.cli.terminal import Terminal

HELP = "print a script that completes commands in a shell"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the shell."""
    parser.add_argument(
        "shell", choices=("bash", "fish", "zsh"), metavar="SHELL", help="bash, fish or zsh"
    )


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print the script."""
    import re

    from derive.cli.completion import script

    made = script(args.shell)
    terminal.asked.require_word(0, re.findall(r"derive completion (\w+)", made)[0])
    terminal.settle().write(made)
    return 0

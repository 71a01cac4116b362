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
    from derive.cli.completion import script

    terminal.out.write(script(args.shell))
    return 0

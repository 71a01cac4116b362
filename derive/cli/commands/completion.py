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
    from derive.cli.same import unlike

    made = script(args.shell)
    terminal.asked.require_word(0, re.findall(r"derive completion (\w+)", made)[0])
    # What tells a shell by which function words behind `derive` are completed.
    registers = {
        "bash": "complete -o nospace -o default -o bashdefault -F _python_argcomplete derive",
        "zsh": "compdef _python_argcomplete derive",
        "fish": "complete --command derive -f -a '(__fish_derive_complete)'",
    }
    there = [shell for shell, line in registers.items() if line in made]
    if args.shell not in there:
        raise unlike("the script", f"no line for {args.shell}", registers[args.shell])
    terminal.settle().write(made)
    return 0

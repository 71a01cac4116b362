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
    # What tells a shell by which function words behind `derive` are completed.
    registers = {
        "bash": "complete -o nospace -o default -o bashdefault -F _python_argcomplete derive",
        "zsh": "compdef _python_argcomplete derive",
        "fish": "complete --command derive -f -a '(__fish_derive_complete)'",
    }

    # Where such a shell looks for what it is to read.
    places = {
        "bash": "In ~/.bashrc:",
        "zsh": "In ~/.zshrc,",
        "fish": "In ~/.config/fish/completions/derive.fish:",
    }

    def require(text: str) -> None:
        terminal.asked.require_word(0, re.findall(r"derive completion (\w+)", text)[0])
        if registers[args.shell] not in text:
            raise unlike("the script", f"no line for {args.shell}", registers[args.shell])
        if places[args.shell] not in text.splitlines()[0]:
            raise unlike("where the script belongs", text.splitlines()[0], places[args.shell])

    terminal.give(made, require)
    return 0

"""Writes a network of your own to begin with: a small file of equations with comments.

The file works as it is. Change its equations and give its name where other commands take a network.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from derive.cli import arguments as common
from derive.cli.terminal import Terminal

HELP = "write the file of a new network, with comments"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: the name and the folder."""
    parser.add_argument(
        "name", metavar="NAME", help="what the network is called; letters and digits"
    )
    parser.add_argument(
        "--out", default=Path(), type=common.place, metavar="DIR",
        help="the folder to write into (default: this one)",
    )  # fmt: skip


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Write NAME.toml; never over a file that is there."""
    import os
    import re

    from derive.catalogue import names
    from derive.cli.begun import require_begun
    from derive.cli.same import require_same
    from derive.cli.streams import visible
    from derive.errors import UsageError, shown
    from derive.files import write_alone
    from derive.resources import templates_root

    name = args.name.removesuffix(".toml")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,63}", name):
        raise UsageError(
            f"the name '{shown(args.name)}' cannot be used: expected at most 64 letters, digits, _ "
            "and -, with a letter first"
        )
    if name in names():
        raise UsageError(f"{name} is a network that ships; choose a name of your own")
    path = args.out / f"{name}.toml"
    if os.path.lexists(path):
        raise UsageError(f"{path} is there already; choose another name, or take it away first")
    text = (templates_root() / "cells" / "new.toml").read_text(encoding="utf-8")
    # In one go: a name may contain the other word.
    words = {"NAME": name, "FILE": path.name, "FUNCTIONS": _functions()}
    made = re.sub("|".join(words), lambda word: words[word[0]], text)
    terminal.asked.require_word(0, args.name)
    terminal.asked.require("out", path.parent if terminal.asked.given("out") else None)
    terminal.asked.require_all()
    typed = Path(terminal.asked.given("out") or "") / f"{args.name.removesuffix('.toml')}.toml"
    require_begun(made, typed)

    def write(lines: list[str]) -> None:
        # Once it is known that the file that is spoken of is the one that was asked for.
        require_same("the file", lines, [visible(str(typed))])
        write_alone(path, made, {}, force=False)

    with terminal.read_back(write):
        terminal.say(str(path))
    return 0


def _functions() -> str:
    """Return the names of the functions that act element by element, as lines of a comment."""
    import textwrap

    from derive.calculus.activations import callable_in_formulas
    from derive.reading.calls import OF_TWO

    names = " ".join([*callable_in_formulas(), "log", *OF_TWO])
    listed = textwrap.wrap(f"{names} (element by element),", 84)
    return "\n#             ".join(listed)

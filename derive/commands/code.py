"""Prints a NumPy module for a network: the forward pass, all gradients, and a check of them.

The module is written from the derivation, for batches of sequences, and needs NumPy only. Its
equations and its numbers are checked before it is given out.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from derive import arguments as common
from derive.terminal import Terminal

HELP = "print NumPy code for a network and its gradients"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The cell, and where the code goes."""
    common.add_cell(parser)
    common.add_network(parser)
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="the file to write (default: the terminal)"
    )


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print or write it."""
    terminal.progress("loading")
    from derive.codegen import verified

    source = verified(common.cell_of(args))
    terminal.clear()
    if args.out is None:
        terminal.out.write(source)
        return 0
    from derive.render.page.placing import whole

    with whole(args.out.parent) as scratch:
        (scratch / args.out.name).write_text(source, encoding="utf-8", newline="\n")
    terminal.say(str(args.out))
    return 0

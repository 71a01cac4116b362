"""Derives the gradients of a network over T steps, checks every equation, and writes the handout.

Nothing is written unless every equation passes its check and every format succeeds.
"""

from __future__ import annotations

import argparse

from derive import arguments as common
from derive.terminal import Terminal

HELP = "write the handout of a network"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The cell, what is derived, and how it is written."""
    common.add_cell(parser)
    common.add_steps(parser)
    common.add_seed(parser)
    common.add_network(parser)
    common.add_document(parser, formats="pdf,md")


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Write the documents and say which."""
    from derive.publish import publish, ready

    ready(args.steps, args.format, args.notation, args.lang)
    terminal.progress("loading")
    made = publish(
        common.cell_of(args),
        args.steps,
        args.format,
        args.out,
        seed=args.seed,
        title=args.title,
        author=args.author,
        notation=args.notation,
        language=args.lang,
        progress=terminal.progress,
    )
    terminal.clear()
    for path in made.files:
        terminal.say(str(path))
    terminal.remark(
        f"{made.equations} equations displayed, {made.checks} checked, seed {args.seed}"
    )
    return 0

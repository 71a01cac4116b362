"""Derives the gradients of a network over T steps, checks every equation, and writes the handout.

Nothing is written unless every equation passes its check and every format succeeds.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from derive import arguments as common
from derive.terminal import Terminal

HELP = "write the handout of a network"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The cell, what is derived, and how it is written."""
    from derive.language import languages
    from derive.render import formats

    common.add_cell(parser)
    common.add_steps(parser)
    common.add_seed(parser)
    common.add_network(parser)
    group = parser.add_argument_group("the document")
    group.add_argument(
        "--format", default="pdf,md", metavar="LIST", type=_listed,
        help=f"formats with commas between: {', '.join(formats())} (default: %(default)s)",
    )  # fmt: skip
    group.add_argument(
        "--out", default=Path("output"), type=Path, metavar="DIR",
        help="the folder to write into (default: %(default)s)",
    )  # fmt: skip
    group.add_argument("--title", help="the title; any text, printed as it is")
    group.add_argument("--author", help="the author; any text, printed as it is")
    common.add_notation(group)
    group.add_argument(
        "--lang", default="en", metavar="CODE", help=f"{', '.join(languages())} (default: en)"
    )


def _listed(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not names:
        raise argparse.ArgumentTypeError("no format is named; expected, for example, pdf,md")
    return names


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

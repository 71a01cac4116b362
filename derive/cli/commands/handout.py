"""Derives the gradients of a network over T steps, checks every equation, and writes the handout.

Nothing is written unless every equation passes its check and every format succeeds.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from derive.cli import arguments as common
from derive.cli import documents
from derive.cli.terminal import Terminal

if TYPE_CHECKING:
    from derive.cells.cell import Cell
    from derive.numerics.trace import ForwardPass

HELP = "write the handout of a network"

DEFAULT_STEPS = 3


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: the cell, what is derived, and how it is written."""
    common.add_cell(parser)
    common.add_steps(parser, "3, or as many as the numbers of --values are of")
    # None, until it is known whether a file of numbers says how many there are.
    parser.set_defaults(steps=None)
    common.add_seed(parser)
    common.add_network(parser)
    common.add_values(parser, required=False)
    parser.add_argument(
        "--with", dest="more", default=(), type=common.listed, metavar="LIST",
        help="further chapters, with commas between: proofs, experiments, remedies, audit, checks",
    )  # fmt: skip
    parser.add_argument(
        "--detail", default="steps", metavar="HOW",
        help="how much of each derivation is shown: brief, steps, full (default: %(default)s)",
    )  # fmt: skip
    common.add_document(parser, formats="pdf,md")


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Write the documents and say which."""
    from derive.cli.written import WrittenDocument
    from derive.publishing.publish import publish, ready

    documents.require_pages(args, terminal)
    steps = 1 if args.steps is None else args.steps
    ready(steps, args.format, args.notation, args.lang, args.out, args.engine)
    terminal.progress("loading")
    cell, steps, given = _what(args)
    written = WrittenDocument(terminal.asked, network=True)
    made = publish(
        cell,
        steps,
        args.format,
        args.out,
        seed=args.seed,
        title=args.title,
        author=args.author,
        notation=args.notation,
        language=args.lang,
        given=given,
        more=args.more,
        detail=args.detail,
        force=args.force,
        inputs=common.inputs_of(args),
        progress=terminal.progress,
        confirm=written,
        engine=args.engine,
    )
    documents.say_files(made, terminal)
    terminal.remark(
        f"{made.equations} equations displayed, {made.checks} checked, seed {args.seed}",
        written.require_counts,
    )
    return 0


def cell_and_steps(args: argparse.Namespace) -> tuple[Cell, int]:
    """Return the cell of a handout and its number of steps; errors as the command's own."""
    cell, steps, _ = _what(args)
    return cell, steps


def _what(args: argparse.Namespace) -> tuple[Cell, int, ForwardPass | None]:
    """Return the cell, the number of steps and the user's numbers, if there are any."""
    from derive.errors import UsageError
    from derive.gradcheck.forward import confirmed_pass
    from derive.gradcheck.tried import require_pass_tried
    from derive.gradcheck.values import values

    if args.values is None:
        steps = DEFAULT_STEPS if args.steps is None else args.steps
        return common.cell_of(args), steps, None
    read = values(args.values, args.cell, common.options_of(args))
    if args.steps not in (None, read.steps):
        raise UsageError(
            f"{args.values} has {read.steps} steps, but --steps is {args.steps}: leave "
            "--steps out, or give a file with as many"
        )
    require_pass_tried()
    return read.cell, read.steps, confirmed_pass(read)

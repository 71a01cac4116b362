"""Prints one equation by its id, after checking it.

Without the step at its end an id means the last step: elman-grad-W-terms is the one for T.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from derive.cli import arguments as common
from derive.cli.terminal import Terminal
from derive.errors import shown

HELP = "print one equation"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: the equation and the manner."""
    parser.add_argument("id", metavar="ID", help="an id, such as elman-grad-W-terms")
    parser.add_argument(
        "--as", dest="manner", choices=("latex", "markdown", "plain", "svg"), default="plain",
        help="how: latex, markdown, plain or svg (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--cell", metavar="FILE", help="the network, where it is a file of your own"
    )
    common.add_notation(parser)
    common.add_steps(parser)
    common.add_seed(parser)
    common.add_network(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print it."""
    from derive.publishing.publish import possible_steps
    from derive.typesetting import notation

    steps = possible_steps(args.steps)
    notation.load(args.notation)
    name = args.cell or _cell_of(args.id)
    terminal.progress("loading")
    from derive import api
    from derive.bptt.derivation import derive
    from derive.checks.verify import Verifier
    from derive.cli.same import unlike
    from derive.numerics.sample import samples
    from derive.publishing.notated import require_notation
    from derive.publishing.shown import ShownEquations
    from derive.publishing.tried import require_tried

    derivation = derive(common.cell_of(args, name), steps)
    equation = derivation.equation(args.id)
    if equation.id not in (args.id, f"{args.id}-{steps}"):
        raise unlike("the id", equation.id, args.id)
    # What is printed is what is checked, here as in a handout.
    verifier = Verifier(derivation, samples(derivation.cell, steps, args.seed))
    verifier.require(equation)
    asked = terminal.asked
    asked.require_verifier(verifier, asked.given("cell") or _cell_of(args.id))
    asked.require_word(0, args.id)
    found = require_notation(notation.load(args.notation), args.notation)
    reader = ShownEquations(verifier, found)
    asked.require("notation", reader.notation.name)
    asked.require("as", args.manner)
    text = reader.require(
        equation, getattr(api, args.manner)(equation, args.notation).rstrip("\n"), args.manner
    )
    require_tried(reader.notation.name)
    terminal.clear()
    terminal.say(text)
    return 0


def _cell_of(id: str) -> str:
    """Return the cell that an id begins with; a `UsageError` without one."""
    from derive.catalogue import names
    from derive.errors import UsageError
    from derive.suggest import suggestion

    for name in sorted(names(), key=len, reverse=True):
        if id.startswith(f"{name}-"):
            return name
    head = id.split("-")[0]
    raise UsageError(
        f"no cell has the equation '{shown(id)}': an id begins with the name of a cell; "
        + suggestion(head, names(), "`derive list CELL` shows the ids")
        + f". Of a network of your own: `derive show {shown(id)} --cell {_file_of(head)}`"
    )


def _file_of(head: str) -> str:
    """Return the file that such a network would stand in, if it is there, else the word for one."""
    path = Path(f"{head}.toml")
    return shown(path) if path.is_file() else "FILE"

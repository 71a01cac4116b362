"""Trains networks on a task that needs a long memory, and shows how far back training reaches.

Takes about a minute. The gradients are the derived ones, evaluated on batches with NumPy.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from derive.cli import arguments as common
from derive.cli import documents
from derive.cli.terminal import Terminal
from derive.errors import shown

if TYPE_CHECKING:
    from derive.gradientflow.learning import Outcome

HELP = "train on a long-memory task, with the derived gradients"

LEARNT = (
    r"learnt: of (?P<count>\d+) networks?; then the smallest, middle and largest share of right "
    r"answers\. Seeds (?P<first>\d+) to (?P<last>\d+)"
)
"""What is remarked of the table, as it is read back."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: the lengths, the seeds and what comes out."""
    parser.add_argument(
        "--spans", type=_spans, default=None, metavar="LIST",
        help="lengths of the sequences, such as 5,10,20 (default: five of them up to 80)",
    )  # fmt: skip
    parser.add_argument(
        "--seeds", type=_count, default=None, metavar="N", help="networks per method (default: 5)"
    )
    common.add_seed(parser)
    common.add_json(parser, "the outcomes")
    common.add_document(parser, formats="")


def _count(text: str) -> int:
    value = common.whole_number(text, "the number of seeds", "from 1 to 100")
    if not 1 <= value <= 100:
        raise argparse.ArgumentTypeError(f"the number of seeds is {value}: expected 1 to 100")
    return value


def _spans(text: str) -> tuple[int, ...]:
    parts = (part.strip() for part in text.split(","))
    found = {common.whole_number(part, "a length", "from 2 to 1000") for part in parts}
    if not all(2 <= span <= 1000 for span in found):
        raise argparse.ArgumentTypeError(
            f"lengths are {shown(text)}: expected numbers from 2 to 1000"
        )
    return tuple(sorted(found))


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Train, and print the table or write the document."""
    if args.format:
        documents.ready("learning", args, terminal)
    terminal.progress("loading")
    from derive.cli.same import require_same
    from derive.gradientflow.learning import SEEDS, SPANS, study
    from derive.gradientflow.trained import require_trained

    spans, seeds = args.spans or SPANS, args.seeds or SEEDS
    asked = terminal.asked
    asked.refuse(("json",) if args.format else ("lang",), "nothing of that kind is made here")
    outcomes = list(study(args.seed, spans, seeds, terminal.progress))
    terminal.clear()
    for outcome in outcomes:
        require_trained(outcome)
        asked.require("seed", outcome.seed)
        asked.require("seeds", len(outcome.accuracies))
    lengths = {outcome.steps for outcome in outcomes}
    if asked.given("spans") is not None:
        asked.require_set("spans", set(map(str, lengths)))
    else:
        require_same("how many lengths, up to which", (len(lengths), max(lengths)), (5, 80))
    if args.format:
        return _write(outcomes, args, terminal)
    documents.unwritten(terminal)
    if args.json:
        from derive.cli import jsonback

        with terminal.read_back(
            lambda lines: jsonback.require_outcomes(lines, outcomes, args.seed)
        ):
            _print_json(outcomes, args, terminal)
    else:
        from derive.cli.spoken import require_outcomes, table
        from derive.cli.written import require_remark

        with terminal.read_back(lambda lines: require_outcomes(table(lines), outcomes)):
            _print_table(outcomes, terminal)
        terminal.remark(
            f"learnt: of {seeds} network{'s' * (seeds > 1)}; then the smallest, middle and largest "
            f"share of right answers. Seeds {args.seed} to {args.seed + seeds - 1}",
            lambda line: require_remark(
                line, LEARNT, count=len(outcomes[0].accuracies), first=outcomes[0].seed,
                last=outcomes[0].seed + len(outcomes[0].accuracies) - 1,
            ),
        )  # fmt: skip
    return 0


def _print_table(outcomes: list[Outcome], terminal: Terminal) -> None:
    rows = [
        (
            str(o.steps),
            o.method.name,
            f"{o.learnt}/{len(o.accuracies)}",
            " ".join(f"{share:.2f}" for share in o.spread),
        )
        for o in outcomes
    ]
    terminal.table(("T", "method", "learnt", "right answers"), rows, right=(0, 2))


def _print_json(outcomes: list[Outcome], args: argparse.Namespace, terminal: Terminal) -> None:
    rows = [
        {"T": o.steps, "method": o.method.name, "learnt": o.learnt, "accuracies": o.accuracies}
        for o in outcomes
    ]
    terminal.json({"seed": args.seed, "outcomes": rows})


def _write(outcomes: list[Outcome], args: argparse.Namespace, terminal: Terminal) -> int:
    from derive.chapters.studies import learning_document

    terminal.asked.compared("format")
    handout = learning_document(
        args.seed, outcomes, title=args.title, author=args.author, language=args.lang
    )
    documents.write(handout, args, terminal)
    return 0

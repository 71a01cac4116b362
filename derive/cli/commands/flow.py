"""Measures how gradients vanish and explode: experiments as a table, or all as a document.

Experiments are rows of a table (derive flow --list); without names, all of them are run.  Norms are
given by their logarithms to base 10, by lag: that of 0 is −∞, in JSON the text "-inf".
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from derive.cli import arguments as common
from derive.cli import documents
from derive.cli.terminal import Terminal
from derive.errors import UsageError

if TYPE_CHECKING:
    from derive.gradientflow.runs import Run

HELP = "measure how gradients vanish and explode"

NORMS = r"log10 of spectral norms; seed (?P<seed>\d+)"
"""What is remarked of the table, as it is read back."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: the experiments and what comes out."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="an experiment; all, if none")
    parser.add_argument("--list", action="store_true", help="list the experiments")
    common.add_seed(parser)
    common.add_json(parser, "all norms by lag")
    common.add_document(parser, formats="")


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print the table, or write the document."""
    terminal.progress("loading")
    from derive.cli.same import require_same
    from derive.gradientflow.runs import carry_out, experiment
    from derive.gradientflow.runs import table as experiments

    asked = terminal.asked
    if args.list:
        asked.require_there("list", True)
        asked.refuse(("seed", "json", "format", "lang"), "--list shows settings alone")
        documents.unwritten(terminal)
        if asked.words:
            raise UsageError("--list shows all experiments: leave out the names or --list")
        from derive.cli.spoken import require_experiments

        terminal.clear()
        with terminal.read_back(lambda lines: require_experiments(lines, experiments())):
            for name, row in experiments().items():
                terminal.say(
                    f"{name}: {row.activation}, {row.matrix} times {row.scale:g}, inputs "
                    f"{row.inputs:g}, n = {row.n}, T = {row.steps}"
                )
        return 0
    if args.format:
        return _write(args, terminal)
    documents.unwritten(terminal)
    asked.refuse(("lang",), "the table has no words of a language")
    rows = [experiment(name) for name in args.names or experiments()]
    runs = []
    for row in rows:
        terminal.progress(f"experiment {row.name}")
        runs.append(carry_out(row, args.seed))
    terminal.clear()
    made = [run.experiment.name for run in runs]
    asked.require_words(made)
    if not asked.words:
        require_same("the experiments", made, [*experiments()])
    for run in runs:
        asked.require("seed", run.seed)
    if args.json:
        from derive.cli import jsonback

        with terminal.read_back(lambda lines: jsonback.require_runs(lines, runs, args.seed)):
            _print_json(runs, args, terminal)
    else:
        from derive.cli.spoken import require_runs, table
        from derive.cli.written import require_remark

        with terminal.read_back(lambda lines: require_runs(table(lines), runs)):
            _print_table(runs, terminal)
        terminal.remark(
            f"log10 of spectral norms; seed {args.seed}",
            lambda line: require_remark(line, NORMS, seed=asked.meant("seed")),
        )
    return 0


def _write(args: argparse.Namespace, terminal: Terminal) -> int:
    from derive.chapters.studies import flow_document

    terminal.asked.refuse(("json",), "a document is written")
    if args.names:
        raise UsageError("the document shows all experiments: leave out the names or --format")
    terminal.asked.compared("format")
    documents.ready("flow", args, terminal)
    handout = flow_document(
        args.seed,
        title=args.title,
        author=args.author,
        language=args.lang,
        progress=terminal.progress,
    )
    written = documents.write(handout, args, terminal)
    displayed = len(handout.document.equations())
    terminal.remark(
        f"{displayed} equations displayed and checked, seed {args.seed}", written.require_counts
    )
    return 0


def _print_table(runs: list[Run], terminal: Terminal) -> None:
    head = ("experiment", "lag 1", "lag 10", "longest", "bound", "uniform", "what is proved")
    rows = []
    for run in runs:
        flow = run.flow
        last = run.experiment.steps - 1
        uniform = flow.log_uniform
        verdict = flow.verdict
        proved = verdict.says
        if proved != "measured":
            proved += f" ({verdict.because} {verdict.number:.3g})"
        numbers = [flow.log_norms[1], flow.log_norms[10], flow.log_norms[last]]
        numbers += [flow.log_bound[last], float("nan") if uniform is None else uniform[last]]
        rows.append((run.experiment.name, *(_text(value) for value in numbers), proved))
    terminal.table(head, rows, right=range(1, 6))


def _text(value: float) -> str:
    if value != value:
        return "–"
    return "−∞" if value == float("-inf") else f"{round(value, 2) + 0.0:+.2f}"


def _print_json(runs: list[Run], args: argparse.Namespace, terminal: Terminal) -> None:
    from dataclasses import asdict

    def numbers(values: Any) -> list[float | str]:
        # JSON has no infinity: the logarithm of a product that is exactly 0 is a text.
        return [str(v) if abs(v) == float("inf") else v for v in values.tolist()]

    def uniform(run: Run) -> list[float | str] | None:
        found = run.flow.log_uniform
        return None if found is None else numbers(found)

    rows = [
        {
            **asdict(run.experiment),
            "log10_norms": numbers(run.flow.log_norms),
            "log10_bound": numbers(run.flow.log_bound),
            "log10_uniform": uniform(run),
            "log10_radii": numbers(run.flow.log_radii),
            "verdict": run.flow.verdict.says,
            "because": run.flow.verdict.because,
        }
        for run in runs
    ]
    terminal.json({"seed": args.seed, "experiments": rows})

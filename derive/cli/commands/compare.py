"""Compares your gradients of L with the derived ones, parameter by parameter.

Where they differ, typical mistakes are made in the derivation one after the other, and the one that
gives the same numbers is named.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from derive.cli import arguments as common
from derive.cli.terminal import Terminal

if TYPE_CHECKING:
    from derive.gradcheck.compare import Finding

HELP = "tell whether your gradients are right, and what is wrong with them"

MISSING = r"not given, so not compared: (?P<names>.*)"
FEWER = "with fewer steps, missing contributions would be looked for one by one"
"""What is remarked, as it is read back."""

MOST_SHOWN = 3
"""Mistakes that give the same numbers; more would not help."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: the cell and the files."""
    common.add_cell(parser)
    common.add_values(parser)
    parser.add_argument(
        "--gradients", required=True, type=Path, metavar="MINE",
        help='your gradients, JSON or .npz: {"U": …, "W": …}',
    )  # fmt: skip
    common.add_network(parser)
    parser.add_argument(
        "--tolerance", type=_positive, metavar="E",
        help="the largest difference that counts as none, in units of the largest entry "
        "(default: 1e-6)",
    )  # fmt: skip
    common.add_json(parser, "all")


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(
            f"the tolerance is {text!r}: expected a number between 0 and 1, such as 1e-6"
        )
    return value


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print a line per parameter; 1 if a gradient differs."""
    terminal.progress("loading")
    from derive.gradcheck.compare import TOLERANCE, Comparison, gradients
    from derive.gradcheck.judged import require_judged
    from derive.gradcheck.known import has_contributions, one_by_one
    from derive.gradcheck.results import Results
    from derive.gradcheck.straight import require_taken
    from derive.gradcheck.tried import require_tried
    from derive.gradcheck.values import values

    results = Results(values(args.values, args.cell, common.options_of(args)))
    require_tried()
    mine = gradients(args.gradients, results["dL"], results.names)
    require_taken(args.gradients, mine, ("dL", "gradients"))
    terminal.progress("comparing")
    comparison = Comparison(results, mine, args.tolerance or TOLERANCE)
    asked = terminal.asked
    asked.require_cell(results.derivation.cell)
    read = results.values
    asked.require_values(read.cell, read.parameters, read.series, read.initial)
    asked.require_taken("gradients", comparison.mine, "dL", "gradients")
    asked.require("tolerance", comparison.tolerance)
    findings = comparison.findings()
    require_judged(findings, mine, results["dL"], comparison.tolerance)
    terminal.clear()
    wrong = [finding for finding in findings if not finding.agrees]
    if args.json:
        from derive.cli import jsonback

        with terminal.read_back(lambda lines: jsonback.require_findings(lines, findings)):
            _print_json(findings, terminal)
    else:
        from derive.cli import spoken
        from derive.cli.spoken import require_findings

        spoken.require_tried()
        with terminal.read_back(lambda lines: require_findings(lines, findings, MOST_SHOWN)):
            for finding in findings:
                _print(finding, terminal)
    from derive.cli.remarked import compared
    from derive.cli.same import require_same
    from derive.cli.written import require_remark

    missing = [name for name in comparison.right if name not in mine]
    if missing:
        known = {finding.parameter for finding in findings}
        names = ", ".join(name for name in results["dL"] if name not in known)
        terminal.remark(
            f"not given, so not compared: {', '.join(missing)}",
            lambda line: require_remark(line, MISSING, names=names),
        )
    left = [found for remark in terminal.remarks if (found := re.fullmatch(MISSING, remark))]
    told = compared(terminal.given).union(*(found["names"].split(", ") for found in left))
    if not asked.typed("quiet"):
        require_same("of which gradients something is told", told, {*results["dL"]})
    unexplained = any(not finding.looks_like for finding in wrong)
    if unexplained and comparison.chained and not comparison.thorough:
        terminal.remark(
            "with fewer steps, missing contributions would be looked for one by one",
            lambda line: require_remark(line, FEWER),
        )
    unnamed = [one.parameter for one in findings if not (one.agrees or one.looks_like)]
    owed = bool(unnamed) and has_contributions(results.values) and not one_by_one(results.values)
    said = any(re.fullmatch(FEWER, remark) for remark in terminal.remarks)
    if not asked.typed("quiet"):
        require_same("whether more would be looked for", said, owed)
    return 1 if wrong else 0


def _print(finding: Finding, terminal: Terminal) -> None:
    if finding.agrees:
        terminal.say(f"{finding.parameter}  {terminal.paint('agrees', 'good')}")
        return
    error = f"by {finding.error:.2g} of the largest entry"
    if finding.error == float("inf"):
        error = "beyond all numbers" if finding.shape else "in its shape"
    terminal.say(f"{finding.parameter}  {terminal.paint('differs', 'bad')} {error}")
    found = finding.looks_like[:MOST_SHOWN] or ("no typical mistake gives these numbers",)
    for word, says in zip(("looks like:", "or:", "or:"), found, strict=False):
        terminal.say(f"   {word} {says}" if finding.looks_like else f"   {says}")


def _print_json(findings: list[Finding], terminal: Terminal) -> None:
    rows = [
        {
            "parameter": finding.parameter,
            "agrees": finding.agrees,
            # JSON has no infinity: a gradient of another shape has no difference.
            "difference": finding.error if finding.error != float("inf") else None,
            "looks_like": list(finding.looks_like),
        }
        for finding in findings
    ]
    agrees = all(finding.agrees for finding in findings)
    terminal.json({"agrees": agrees, "parameters": rows})

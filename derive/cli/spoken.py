"""Printed lines of commands, read back and compared with the objects that they tell of.

The readers know nothing of the printers: a table is read by the heads of its columns.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from derive.cli.same import has_digits, require_same, unlike

if TYPE_CHECKING:
    from derive.checks.verify import Check
    from derive.gradcheck.compare import Finding
    from derive.gradientflow.learning import Outcome
    from derive.gradientflow.runs import Experiment, Run

SMALLEST = 1e-12
"""The bound of any error that is smaller."""


def table(lines: Sequence[str]) -> list[dict[str, str]]:
    """Return the rows of a table, each cell by the head of its column; the last may have none."""
    heads = re.split(r"\s{2,}", lines[0].strip())
    rows = []
    for line in lines[1:]:
        cells = re.split(r"\s{2,}", line.strip())
        if len(cells) < len(heads) or len(cells) > len(heads) + 1:
            raise unlike("a row", repr(line), f"one under {', '.join(heads)}")
        rows.append(dict(zip((*heads, ""), cells, strict=False)))
    return rows


# -- derive check ----------------------------------------------------------------------------------


def require_checks(read: Sequence[dict[str, str]], checks: Sequence[Check]) -> None:
    """Raise a `CheckError` unless a table tells of these checks, one by one."""
    require_same("the number of checks", len(read), len(checks))
    for row, check in zip(read, checks, strict=True):
        require_same("an equation", row["equation"], check.id)
        require_same(f"the kind of {check.id}", row["kind"], check.kind.name.lower())
        require_same(f"the method of {check.id}", row["method"], check.method)
        require_same(f"the places of {check.id}", row["places"], str(check.count))
        verdict = "passed" if check.passed else f"FAILED at {check.where}"
        require_same(f"the verdict on {check.id}", row[""], verdict)
        if not bounds(row["error"], check):
            raise unlike(f"the error of {check.id}", row["error"], check.error)


def bounds(text: str, check: Check) -> bool:
    """Tell whether a text is the least power of ten above an error, or the largest below it."""
    from derive.expressions.equation import Kind

    error = check.error
    refuted = check.kind is Kind.REFUTED
    if check.kind is Kind.ROUNDED and check.passed:
        error = check.tolerance
    if text == "unbounded":
        return math.isnan(error) or (math.isinf(error) and not refuted)
    relation, _, number = text.partition(" ")
    value = float(number)
    if relation == ">":
        return refuted and value < error and (error <= 10 * value or math.isinf(error))
    if refuted and error > 0:
        return False
    return relation == "<" and error < value and (value == SMALLEST or 10 * error >= value)


# -- derive compare --------------------------------------------------------------------------------


def require_findings(lines: Sequence[str], findings: Sequence[Finding], most: int) -> None:
    """Raise a `CheckError` unless lines tell of these findings, each of its own parameter."""
    read: list[tuple[str, str, list[str]]] = []
    for line in lines:
        if line.startswith("   "):
            read[-1][2].append(re.sub("^(looks like|or): ", "", line.strip()))
        else:
            name, says, *_ = (*line.split("  ", 1), "")
            read.append((name, says, []))
    require_same("the number of parameters", len(read), len(findings))
    for (name, says, like), finding in zip(read, findings, strict=True):
        require_same("a parameter", name, finding.parameter)
        require_same(f"the verdict on {name}", says.split()[0], _verdict(finding))
        if finding.agrees:
            require_same(f"what is said of {name}", like, [])
            continue
        number = re.fullmatch(r"differs by (\S+) of the largest entry", says)
        found = float(number[1]) if number is not None else math.inf
        if not has_digits(str(found), finding.error, 2):
            raise unlike(f"the difference of {name}", says, finding.error)
        wanted = [*finding.looks_like[:most]] or ["no typical mistake gives these numbers"]
        require_same(f"what the gradient of {name} looks like", like, wanted)


def require_tried() -> None:
    """Raise a `CheckError` unless what reads the lines of gradients refuses another difference."""
    from derive.errors import CheckError
    from derive.gradcheck.compare import Finding

    found = Finding("W", False, 0.5, (), True)
    wrong = ("W  differs by 1 of the largest entry", "   no typical mistake gives these numbers")
    for lines in (wrong, ("W  agrees",), (wrong[0].replace("by 1", "by 0.5"), "   or: all zero")):
        try:
            require_findings(lines, [found], 1)
        except CheckError:
            continue
        raise CheckError(
            "what reads the lines on gradients does not refuse what is false: nothing that it passes "
            "is to be relied on. Nothing is printed; please report it"
        )


def _verdict(finding: Finding) -> str:
    return "agrees" if finding.agrees else "differs"


# -- derive flow -----------------------------------------------------------------------------------


def require_runs(read: Sequence[dict[str, str]], runs: Sequence[Run]) -> None:
    """Raise a `CheckError` unless a table tells of these runs."""
    require_same("the number of experiments", len(read), len(runs))
    for row, run in zip(read, runs, strict=True):
        flow, last = run.flow, run.experiment.steps - 1
        require_same("an experiment", row["experiment"], run.experiment.name)
        uniform = flow.log_uniform
        wanted = {
            "lag 1": flow.log_norms[1],
            "lag 10": flow.log_norms[10],
            "longest": flow.log_norms[last],
            "bound": flow.log_bound[last],
            "uniform": math.nan if uniform is None else uniform[last],
        }
        for head, value in wanted.items():
            if not _rounded(row[head], float(value)):
                raise unlike(f"{head} of {run.experiment.name}", row[head], value)
        says, because = flow.verdict.says, flow.verdict.because
        found = re.fullmatch(r"(\S+)(?: \((\S+) (\S+)\))?", row["what is proved"])
        if found is None:
            raise unlike("what is proved", row["what is proved"], says)
        require_same(f"what is proved of {run.experiment.name}", found[1], says)
        if says != "measured":
            require_same(f"the reason for {run.experiment.name}", found[2], because)
            if not has_digits(found[3], flow.verdict.number, 3):
                raise unlike(f"the number of {run.experiment.name}", found[3], flow.verdict.number)


_EXPERIMENT = re.compile(
    r"(?P<name>\S+): (?P<activation>\S+), (?P<matrix>\S+) times (?P<scale>\S+), "
    r"inputs (?P<inputs>\S+), n = (?P<n>\d+), T = (?P<steps>\d+)"
)


def require_experiments(lines: Sequence[str], experiments: Mapping[str, Experiment]) -> None:
    """Raise a `CheckError` unless lines tell of these experiments, with their settings."""
    require_same("the number of experiments", len(lines), len(experiments))
    for line, (name, wanted) in zip(lines, experiments.items(), strict=True):
        found = _EXPERIMENT.fullmatch(line)
        if found is None:
            raise unlike("an experiment", repr(line), name)
        require_same("an experiment", found["name"], name)
        for setting in ("activation", "matrix", "scale", "inputs", "n", "steps"):
            right = getattr(wanted, setting)
            require_same(f"{setting} of {name}", type(right)(found[setting]), right)


# -- derive learn ----------------------------------------------------------------------------------


def require_outcomes(read: Sequence[dict[str, str]], outcomes: Sequence[Outcome]) -> None:
    """Raise a `CheckError` unless a table tells of these outcomes, one by one."""
    require_same("the number of outcomes", len(read), len(outcomes))
    for row, outcome in zip(read, outcomes, strict=True):
        name = f"{outcome.method.name} for {outcome.steps} steps"
        require_same("the method", row["method"], outcome.method.name)
        require_same(f"the steps of {name}", row["T"], str(outcome.steps))
        shares = sorted(outcome.accuracies)
        learnt = sum(share >= LEARNT for share in shares)
        require_same(f"how many {name} learnt", row["learnt"], f"{learnt}/{len(shares)}")
        middle = (shares[(len(shares) - 1) // 2] + shares[len(shares) // 2]) / 2
        for text, share in zip(row["right answers"].split(), (shares[0], middle, shares[-1]),
                               strict=True):  # fmt: skip
            if not _rounded(text, share):
                raise unlike(f"the right answers of {name}", text, share)


LEARNT = 0.9
"""From which share of right answers on a task is said to be learnt."""


def _rounded(text: str, value: float) -> bool:
    """Tell whether a text is a number to two decimals, −∞, or a dash for none."""
    if text in ("–", "−∞"):
        return math.isnan(value) if text == "–" else value == -math.inf
    return abs(float(text) - value) <= 0.005 + 1e-9

"""Printed JSON of commands, read back and compared with the objects that it tells of.

The readers know nothing of the printers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from derive.cli.same import require_same, unlike
from derive.cli.spoken import LEARNT, bounds

if TYPE_CHECKING:
    from derive.audit import Judgement, Tested
    from derive.checks.verify import Check
    from derive.gradcheck.compare import Finding
    from derive.gradientflow.learning import Outcome
    from derive.gradientflow.runs import Run


def _object(lines: Sequence[str], *names: str) -> dict[str, Any]:
    """Return the object that is all of a text, with these names and no others."""
    return _named("the text", json.loads("\n".join(lines)), *names)


def _named(what: str, found: Any, *names: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise unlike(what, found, "an object")
    require_same(f"the names in {what}", sorted(found), sorted(names))
    return found


def _pairs(what: str, found: Any, wanted: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    require_same(f"the number of {what}", len(found), len(wanted))
    yield from zip(found, wanted, strict=True)


# -- derive check ----------------------------------------------------------------------------------


def require_checks(
    lines: Sequence[str], tables: Mapping[str, Sequence[Check]], steps: int, seed: int
) -> None:
    """Raise a `CheckError` unless a text tells of these checks of each cell."""
    said = _object(lines, "steps", "seed", "passed", "cells")
    require_same("the steps", said["steps"], steps)
    require_same("the seed", said["seed"], seed)
    every = [check.passed for checks in tables.values() for check in checks]
    require_same("whether all passed", said["passed"], all(every))
    for cell, (name, checks) in _pairs("cells", said["cells"], [*tables.items()]):
        _named(name, cell, "cell", "passed", "checks")
        require_same("a cell", cell["cell"], name)
        require_same(f"whether {name} passed", cell["passed"], all(c.passed for c in checks))
        for row, check in _pairs(f"checks of {name}", cell["checks"], checks):
            _require_check(row, check)


def _require_check(row: Any, check: Check) -> None:
    more = () if check.passed else ("where", "error")
    _named(check.id, row, "id", "kind", "method", "bound", "places", "passed", *more)
    require_same("an equation", row["id"], check.id)
    require_same(f"the kind of {check.id}", row["kind"], check.kind.name.lower())
    require_same(f"the method of {check.id}", row["method"], check.method)
    require_same(f"the places of {check.id}", row["places"], check.count)
    require_same(f"whether {check.id} passed", row["passed"], check.passed)
    if not bounds(row["bound"], check):
        raise unlike(f"the error of {check.id}", row["bound"], check.error)
    if not check.passed:
        require_same(f"where {check.id} failed", row["where"], check.where)
        require_same(f"the error of {check.id}", str(float(row["error"])), str(check.error))


# -- derive compare --------------------------------------------------------------------------------


def require_findings(lines: Sequence[str], findings: Sequence[Finding]) -> None:
    """Raise a `CheckError` unless a text tells of these findings, each of its own parameter."""
    said = _object(lines, "agrees", "parameters")
    require_same("whether all agree", said["agrees"], all(f.agrees for f in findings))
    for row, finding in _pairs("parameters", said["parameters"], findings):
        name = finding.parameter
        _named(name, row, "parameter", "agrees", "difference", "looks_like")
        require_same("a parameter", row["parameter"], name)
        require_same(f"whether {name} agrees", row["agrees"], finding.agrees)
        require_same(f"the difference of {name}", row["difference"], _finite(finding.error))
        require_same(f"what {name} looks like", row["looks_like"], [*finding.looks_like])


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


# -- derive flow -----------------------------------------------------------------------------------


def require_runs(lines: Sequence[str], runs: Sequence[Run], seed: int) -> None:
    """Raise a `CheckError` unless a text tells of these runs."""
    from derive.gradientflow.stepwise import require_radii

    said = _object(lines, "seed", "experiments")
    require_same("the seed", said["seed"], seed)
    for row, run in _pairs("experiments", said["experiments"], runs):
        name, flow = run.experiment.name, run.flow
        require_radii(flow)
        settings = [field.name for field in fields(run.experiment)]
        logs = {
            "log10_norms": flow.log_norms,
            "log10_bound": flow.log_bound,
            "log10_uniform": flow.log_uniform,
            "log10_radii": flow.log_radii,
        }
        _named(name, row, *settings, *logs, "verdict", "because")
        for setting in settings:
            require_same(f"{setting} of {name}", row[setting], getattr(run.experiment, setting))
        for key, wanted in logs.items():
            numbers = row[key] if row[key] is None else [float(value) for value in row[key]]
            right = wanted if wanted is None else wanted.tolist()
            require_same(f"{key} of {name}", numbers, right)
        require_same(f"what is proved of {name}", row["verdict"], flow.verdict.says)
        require_same(f"the reason for {name}", row["because"], flow.verdict.because)


# -- derive learn ----------------------------------------------------------------------------------


def require_outcomes(lines: Sequence[str], outcomes: Sequence[Outcome], seed: int) -> None:
    """Raise a `CheckError` unless a text tells of these outcomes of training."""
    said = _object(lines, "seed", "outcomes")
    require_same("the seed", said["seed"], seed)
    for row, outcome in _pairs("outcomes", said["outcomes"], outcomes):
        name = f"{outcome.method.name} for {outcome.steps} steps"
        _named(name, row, "T", "method", "learnt", "accuracies")
        require_same("the method", row["method"], outcome.method.name)
        require_same(f"the steps of {name}", row["T"], outcome.steps)
        require_same(f"the right answers of {name}", row["accuracies"], [*outcome.accuracies])
        learnt = sum(share >= LEARNT for share in outcome.accuracies)
        require_same(f"how many {name} learnt", row["learnt"], learnt)


# -- derive audit ----------------------------------------------------------------------------------


def require_claims(
    lines: Sequence[str],
    judged: Sequence[tuple[str, Judgement]],
    seed: int,
    formula: Callable[[Judgement, Tested, str], None],
) -> None:
    """Raise a `CheckError` unless a text tells of these verdicts, each beside its source.

    ``formula`` is given each formula that is written, and reads it.
    """
    said = _object(lines, "seed", "claims")
    require_same("the seed", said["seed"], seed)
    for row, (source, finding) in _pairs("claims", said["claims"], judged):
        claim = finding.claim
        _named(
            claim.id, row, "source", "id", "place", "kind", "text", "link", "verdict", "written",
            "readings", "right",
        )  # fmt: skip
        text = claim.text
        require_same(f"the kind of {claim.id}", row["kind"], claim.kind)
        require_same(f"the text of {claim.id}", row["text"], None if text is None else text.title)
        require_same(f"the link of {claim.id}", row["link"], None if text is None else text.link)
        require_same("a claim", row["id"], claim.id)
        require_same(f"the source of {claim.id}", row["source"], source)
        require_same(f"the place of {claim.id}", row["place"], claim.place)
        require_same(f"the verdict on {claim.id}", row["verdict"], finding.verdict.value)
        _named(claim.id, row["readings"], *finding.readings)
        tested = {"written": finding.written, **finding.readings}
        found = {"written": row["written"], **row["readings"]}
        if finding.right is None:
            require_same(f"the correction of {claim.id}", row["right"], None)
        else:
            tested["right"], found["right"] = finding.right, row["right"]
        for name, one in tested.items():
            _require_trial(f"{name} of {claim.id}", found[name], one)
            formula(finding, one, found[name]["formula"])


def _require_trial(what: str, row: Any, tested: Tested) -> None:
    trial = tested.trial
    wanted = {
        "holds": trial.holds,
        "error": _finite(trial.error),
        "where": trial.where,
        "left": trial.left,
        "right": _finite(trial.right),
        "misfit": trial.misfit,
    }
    _named(what, row, "formula", *wanted)
    for name, value in wanted.items():
        require_same(f"{name}, {what}", row[name], value)

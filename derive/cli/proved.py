"""What `derive prove` prints and writes, read back: held against the lines of the checker."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from derive.cli.same import require_same
from derive.cli.streams import visible

if TYPE_CHECKING:
    from derive.bptt.derivation import Derivation
    from derive.cells.cell import Cell
    from derive.cli.asked import CommandLine
    from derive.proving.coq.coqc import CoqVerdict
    from derive.proving.judged import ProofVerdict

_UNRULED = re.compile(r"no rule ([\w-]+): (.*)")
_PROVED = re.compile(r"^Definition proved := \((.*)\)\.$", re.MULTILINE)
_PREFACE = re.compile(
    r"^\(\* (\S+): (\d+) formulas, for every number of steps T and every size\.$", re.M
)
_THEOREM = re.compile(r"^\(\* (\S+): (.*) \*\)\nTheorem (\w+) ", re.MULTILINE)
_WITHOUT = "not checked, as coqc is not installed; to check them: "


def require_printed(
    lines: Sequence[str],
    verdict: ProofVerdict,
    asked: CommandLine,
    by_coq: CoqVerdict | None,
) -> None:
    """Raise a `CheckError` unless lines tell what the checker and Coq said, and which files are there.

    ``by_coq`` is what came of asking Coq.
    """
    given = {name: asked.given(name) for name in ("out", "checker", "coq")}
    typed = {name: path for name, path in given.items() if path is not None}
    wanted = [*_of_checker(verdict.said)]
    if "coq" in typed:
        text = Path(typed["coq"]).read_text(encoding="utf-8")
        wanted.append(
            f"{len(_theorems(text))} of them as theorems in Coq: {_by_coq(by_coq, typed['coq'])}"
        )
    wanted += [visible(str(Path(path))) for path in typed.values()]
    require_same("what is printed of the proofs", [*lines], wanted)


def _of_checker(said: Sequence[str]) -> Iterator[str]:
    """Yield what is to be printed of the lines of the checker."""
    *found, summary = said
    unruled = [row for row in map(_UNRULED.fullmatch, found) if row is not None]
    yield from (f"not proved {row[1]}: {row[2]}" for row in unruled)
    left = len(unruled)
    yield f"{summary}; no rule for {left}" if left else summary


def _by_coq(asked: CoqVerdict | None, path: str) -> str:
    """Return what is to be said of Coq: its own words, or why it was not asked and how to ask it."""
    from derive.proving.coq.coqc import CLOSED, PACKAGES

    path = str(Path(path))
    there = shutil.which("coqc") is not None
    if asked is not None and asked.said is not None and there:
        # Above its answer may stand what its tactics tried, but no axiom.
        require_same("what Coq said last", asked.said.strip().splitlines()[-1:], [CLOSED])
        require_same("whether Coq names axioms", "Axioms:" in asked.said, False)
        return "closed under the global context"
    if not there:
        return f"{_WITHOUT}apt-get install -y {PACKAGES}, then coqc {path}"
    # It was there, and was stopped or lacks a library: that nothing is checked is said all the same.
    said = "" if asked is None else asked.says(Path(path))
    require_same("what is said where Coq said nothing", said[:15], "not checked, as")
    return said


def require_contents(derivation: Derivation, contents: Mapping[str, str]) -> None:
    """Raise a `CheckError` unless each text is what its option asks for, before it is written."""
    from derive.proving.judged import CHECKER

    begins = f'"cell": {json.dumps(derivation.cell.name)},'
    require_same("the network of the certificate", begins in contents["--out"], True)
    require_same("the checker", contents["--checker"], CHECKER.read_text(encoding="utf-8"))
    if "--coq" in contents:
        from derive.publishing.coqclaims import require_claims_read
        from derive.publishing.coqread import require_coq_read

        _require_coq(derivation, contents["--coq"])
        require_coq_read(derivation, contents["--coq"])
        require_claims_read(derivation, contents["--coq"])


def _theorems(text: str) -> list[str]:
    """Return the names of the theorems that a file for Coq says to be proved."""
    found = _PROVED.search(text)
    return [name.strip().removeprefix("@") for name in found[1].split(",")] if found else []


def _require_coq(derivation: Derivation, text: str) -> None:
    """Raise a `CheckError` unless each theorem stands below the formula that it is of, and all do."""
    from derive.proving.coq.file import has_steps
    from derive.typesetting.printing import plain

    names, said = _theorems(text), _PREFACE.search(text)
    require_same(
        "the preface of the file for Coq", said and said.groups(),
        (derivation.cell.name, str(len(names))),
    )  # fmt: skip
    found = {name: (id_, formula) for id_, formula, name in _THEOREM.findall(text)}
    require_same("the theorems of the file for Coq", sorted(found), sorted(names))
    equations = {equation.id: equation for equation in derivation.equations()}
    for name, (id_, formula) in found.items():
        require_same("the id of a theorem", id_.replace("-", "_"), name)
        require_same(f"the formula above {name}", formula, plain(equations[id_]))
    owed = {*_owed(derivation.cell, has_steps(text))} & equations.keys()
    require_same("what is no theorem", owed - {id_ for id_, _ in found.values()}, set())


def _owed(cell: Cell, jacobians: bool) -> Iterator[str]:
    """Yield the ids of what must be a theorem: gradients by parameters, the step Jacobian if asked."""
    yield from (f"{cell.name}-grad-{p.name}" for p in cell.parameters)
    if jacobians:
        yield f"{cell.name}-step-jacobian"

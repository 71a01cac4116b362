"""What a manifest says is proved, against the lines of the checker and what it judged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from derive.chapters.handout import Handout
from derive.chapters.meant.general import counted, unproved
from derive.checks.verify import Verifier
from derive.errors import CheckError
from derive.expressions.equation import Equation
from derive.publishing.certified import is_claimed_for, require_certificate
from derive.publishing.manifest import PROVED
from derive.typesetting.printing import plain


def require_proved_as_said(handout: Handout, content: Mapping[str, Any]) -> None:
    """Raise a `CheckError` unless a manifest says of each equation whether it is proved, and no more."""
    general = handout.report.general
    entries = {entry["id"]: entry for entry in content["equations"]}
    if general is None:
        if "certificate" in content or any("proved" in entry for entry in entries.values()):
            raise _failed(handout.document.id, "nothing was to be proved")
        return
    cells = {
        checker.derivation.cell
        for checker in handout.report.checkers.values()
        if isinstance(checker, Verifier)
    }
    if general.derivation.cell not in cells:
        raise _failed(handout.document.id, "the certificate is of another network")
    require_certificate(general.derivation, general.equations, general.text)
    statements = {one["id"]: one for one in json.loads(general.text)["statements"]}
    proved, stated = counted(general)
    left = unproved(general)
    if stated != len(statements) or stated - proved != len(left) or not left <= {*statements}:
        raise _failed(handout.document.id, f"{proved} of {stated} statements are said to be proved")
    wanted = {
        "sha256": hashlib.sha256(general.text.encode("utf-8")).hexdigest(),
        "statements": stated, "proved": proved,
    }  # fmt: skip
    if content.get("certificate") != wanted:
        raise _failed(handout.document.id, f"{content.get('certificate')} is written")
    meant = proved_ids(handout)
    for id, entry in entries.items():
        if entry.get("proved") != (PROVED if id in meant else None):
            raise _failed(id, "it is proved" if id in meant else "it is not proved")
    for problem in _whole(handout, left):
        raise _failed(handout.document.id, problem)


def proved_ids(handout: Handout) -> set[str]:
    """Return the ids of the equations of a document that are proved, by the lines of the checker."""
    general = handout.report.general
    if general is None:
        return set()
    left = unproved(general)
    known = {one["id"]: one for one in json.loads(general.text)["statements"]}
    shown = {e.id: e for e in handout.document.equations()}
    return {id for id, one in known.items() if id in shown and _same(one, shown[id])} - left


def _same(statement: Mapping[str, Any], equation: Equation) -> bool:
    """Tell whether a statement is an equation as it stands in a document, with all that it assumes."""
    assumed = {*equation.assumes} - {"targets-sum-to-one"}
    same = statement["text"] == plain(equation) and {*statement["assumes"]} == assumed
    return same and is_claimed_for(statement["for"], equation)


def _whole(handout: Handout, left: set[str]) -> Iterator[str]:
    """Yield that there is no proof for small sizes where something is not proved for every size."""
    keys = {getattr(block, "key", "") for block in handout.document.blocks}
    if bool(left) != any(key.startswith("prose.proof.") for key in keys):
        yield "a proof for small sizes stands where every size is proved, or none where not"


def _failed(what: str, problem: str) -> CheckError:
    return CheckError(
        f"the manifest does not say of {what} what is proved: {problem}. Nothing is written; correct "
        "what makes the manifest, or what tells what is proved"
    )

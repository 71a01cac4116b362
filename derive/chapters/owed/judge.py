"""Goes through what a handout owes, and says what of it does not stand there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from derive.chapters.facts import CellFacts
from derive.chapters.owed.covered import uncovered
from derive.chapters.owed.domains import DOMAINS, Member
from derive.chapters.owed.explained import unexplained
from derive.chapters.owed.owing import Asked, Owing
from derive.document import conditions
from derive.document.blocks import Document
from derive.document.owed import FILE, Debt, load
from derive.document.text import Value
from derive.errors import CheckError


def require_complete(document: Document, facts: CellFacts, asked: Asked) -> None:
    """Raise a `CheckError` for a handout that lacks what it owes."""
    owing = Owing(document, facts, asked)
    for problem in lacking(owing):
        raise CheckError(
            f"document {document.id} lacks {problem}. Nothing is written; correct the chapter that "
            f"leaves it out, or what is owed, in {FILE}"
        )
    for problem in unasked(owing):
        raise CheckError(
            f"document {document.id} says {problem}. Nothing is written; correct the chapter that says "
            f"it, or where it is owed, in {FILE}"
        )


STUDIED = {"proofs-asked", "experiments-asked", "remedies-asked"}
"""Facts under which chapters on request are owed, all of which the study of gradient flow has."""

OF_STUDY = (
    "network", "flow", "flow-spread", "flow-conclusions", "experiments", "checks", "references",
    "all-experiments", "all-checks", "prose.landscape.experiments", "prose.flow.checks",
)  # fmt: skip
"""The sections, tables and sentences that it has beside these."""


def require_studied(document: Document, facts: CellFacts) -> None:
    """Raise a `CheckError` for a study of gradient flow that lacks a part of the chapters it is of."""
    more = tuple(fact.removesuffix("-asked") for fact in sorted(STUDIED))
    owing = Owing(document, facts, Asked(more=more, proved=False))
    debts = [
        debt
        for debt in load()
        if any(one.fact in STUDIED for one in debt.conditions)
        or (not debt.domains and debt.alternatives[0].startswith(("flow-", "prose.flow.")))
    ]
    missing = [
        _said(debt, [*debt.alternatives], {})
        for debt in debts
        if _is_owed(debt, [*debt.alternatives], {}, owing)
        and not _stands(debt, [*debt.alternatives], {}, owing)
    ]
    stands = {*owing.sections, *owing.figures, *owing.sentences}
    missing += [name for name in OF_STUDY if name not in stands]
    for problem in missing:
        raise CheckError(
            f"document {document.id} lacks {problem}. Nothing is written; correct the chapter that "
            "leaves it out"
        )


EXPECTED = ("shipped",)
"""Facts under which something is owed, and may stand where they don't hold, too."""


def lacking(owing: Owing) -> Iterator[str]:
    """Yield what of all that is owed does not stand there, each with when it is owed."""
    domains: dict[str, list[Member]] = {}
    for debt in load():
        for members in _members(debt, owing, domains):
            names = [_filled(name, members) for name in debt.alternatives]
            if _is_owed(debt, names, members, owing) and not _stands(debt, names, members, owing):
                when = ", ".join(f"`{one.text}`" for one in debt.conditions)
                yield f"the {debt.kind.removesuffix('s')} {_said(debt, names, members)}" + (
                    f", which is owed where {when}" if when else ""
                )
    yield from uncovered(owing)
    yield from unexplained(owing)
    yield from _disordered(owing, domains)


def _disordered(owing: Owing, domains: dict[str, list[Member]]) -> Iterator[str]:
    """Yield what sections stand in another order than those of the file that says what is owed."""
    debts = [debt for debt in load() if debt.kind == "sections"]
    order = [
        _filled(name, members)
        for debt in debts
        for members in _members(debt, owing, domains)
        for name in debt.alternatives
    ]
    found = [name for name in owing.sections if name in order]
    wanted = sorted(found, key=order.index)
    if found != wanted:
        yield f"the order of its sections, which is {', '.join(wanted)}"


def unasked(owing: Owing) -> Iterator[str]:
    """Yield the sentences that are said where they are owed under no condition."""
    domains: dict[str, list[Member]] = {}
    allowed: dict[str, list[Mapping[str, Value]]] = {}
    debts: dict[str, list[Debt]] = {}
    for debt in load():
        for key in debt.alternatives if debt.kind == "sentences" else ():
            allowed.setdefault(key, [])
            debts.setdefault(key, []).append(debt)
        for members in _members(debt, owing, domains) if debt.kind == "sentences" else ():
            about: dict[str, Value] = {domain: member.about for domain, member in members.items()}
            exact = [one for one in debt.conditions if one.fact not in EXPECTED]
            if all(one.holds(about, owing) for one in exact):
                for key in debt.alternatives:
                    allowed[key].append(_values(members))
    for key, wanted in allowed.items():
        for said in owing.sentences.get(key, ()):
            if not any(_agree(said, values) for values in wanted):
                when = [f"`{one.text}`" for debt in debts[key] for one in debt.conditions]
                yield f"{key!r}, which is said only where {', '.join(dict.fromkeys(when))} holds"


def _members(
    debt: Debt, owing: Owing, known: dict[str, list[Member]]
) -> Iterator[Mapping[str, Member]]:
    """Yield each choice of members, of domains that are ``known`` from then on."""
    plain = [one for one in debt.conditions if not one.names]
    if debt.domains and not all(one.holds({}, owing) for one in plain):
        return
    for name in {*debt.domains} - {*known}:
        known[name] = [*DOMAINS[name](owing)]
    for chosen in product(*(known[name] for name in debt.domains)):
        yield dict(zip(debt.domains, chosen, strict=True))


def _filled(name: str, members: Mapping[str, Member]) -> str:
    for domain, member in members.items():
        name = name.replace(f"{{{domain}}}", member.name)
    return name


def _said(debt: Debt, names: list[str], members: Mapping[str, Member]) -> str:
    of = "" if debt.kind != "sentences" else ", ".join(member.name for member in members.values())
    return " or ".join(names) + (f" of {of}" if of else "")


def _is_owed(debt: Debt, names: list[str], members: Mapping[str, Member], owing: Owing) -> bool:
    about: dict[str, Value] = {domain: member.about for domain, member in members.items()}
    if not all(one.holds(about, owing) for one in debt.conditions):
        return False
    if debt.kind != "sentences":
        return True
    values = _values(members)
    return any(_may_be_said(key, values, owing) for key in names)


def _may_be_said(key: str, values: Mapping[str, Value], owing: Owing) -> bool:
    """Tell whether no condition of a sentence is known to fail; of other values none is known."""
    known = (c for c in conditions.load().get(key, ()) if {*c.names} <= {*values})
    return all(condition.holds(values, owing) for condition in known)


def _values(members: Mapping[str, Member]) -> dict[str, Value]:
    return {name: v for member in members.values() for name, v in member.values.items()}


def _stands(debt: Debt, names: list[str], members: Mapping[str, Member], owing: Owing) -> bool:
    if debt.kind == "sections":
        return any(name in owing.sections for name in names)
    if debt.kind == "figures":
        return any(name in owing.figures for name in names)
    if debt.kind == "equations":
        found = (member.equation for member in members.values() if member.equation is not None)
        return any(name in owing.equations for name in names) or any(
            equation.sides in owing.sides for equation in found
        )
    values = _values(members)
    return any(_agree(said, values) for key in names for said in owing.sentences.get(key, ()))


def _agree(said: Mapping[str, Value], values: Mapping[str, Value]) -> bool:
    """Tell whether a sentence is said of these values, of those that it has."""
    common = {*said} & {*values}
    return not values or (bool(common) and all(said[name] == values[name] for name in common))

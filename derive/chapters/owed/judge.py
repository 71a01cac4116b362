"""Goes through what a handout owes, and says what of it does not stand there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product

from derive.chapters.facts import CellFacts
from derive.chapters.owed.covered import uncovered
from derive.chapters.owed.domains import DOMAINS, Member
from derive.chapters.owed.explained import unexplained
from derive.chapters.owed.owing import Asked, Owing
from derive.document import conditions
from derive.document.blocks import Document, Heading
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


EXPECTED = ("shipped", "kept-from-loss", "parameters-in-blocks")
"""Facts under which something is owed, and may stand where they don't hold, too."""


ON_REQUEST = {"proofs-asked", "experiments-asked", "remedies-asked", "audit-asked", "simple-asked"}
"""Facts under which chapters on request are owed, which tell of networks of their own."""


def lacking(owing: Owing) -> Iterator[str]:
    """Yield what of all that is owed does not stand there, each with when it is owed."""
    domains: dict[str, list[Member]] = {}
    own = _own(owing)
    for debt in load():
        # What a chapter on request says again of another network is no word on this one.
        where = owing if any(one.fact in ON_REQUEST for one in debt.conditions) else own
        for members in _members(debt, owing, domains):
            names = [_filled(name, members) for name in debt.alternatives]
            if is_owed(debt, names, members, owing) and not stands(debt, names, members, where):
                when = ", ".join(f"`{one.text}`" for one in debt.conditions)
                yield f"the {debt.kind.removesuffix('s')} {named(debt, names, members)}" + (
                    f", which is owed where {when}" if when else ""
                )
    yield from uncovered(owing)
    yield from unexplained(own)
    yield from _disordered(owing, domains)


def _own(owing: Owing) -> Owing:
    """Return the handout without its chapters on request."""
    debts = [debt for debt in load() if debt.kind == "sections"]
    asked = {
        name
        for debt in debts
        for name in debt.alternatives
        if any(one.fact in ON_REQUEST for one in debt.conditions)
    }
    kept, left_out = [], False
    for block in owing.document.blocks:
        if isinstance(block, Heading) and block.level == 1:
            left_out = block.id in asked
        if not left_out:
            kept.append(block)
    if len(kept) == len(owing.document.blocks):
        return owing
    return Owing(replace(owing.document, blocks=tuple(kept)), owing.facts, owing.asked)


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


def named(debt: Debt, names: list[str], members: Mapping[str, Member]) -> str:
    """Return what a debt is called, and of what it is owed."""
    of = "" if debt.kind != "sentences" else ", ".join(member.name for member in members.values())
    return " or ".join(names) + (f" of {of}" if of else "")


def is_owed(debt: Debt, names: list[str], members: Mapping[str, Member], owing: Owing) -> bool:
    """Tell whether a debt is owed of these members."""
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


def stands(debt: Debt, names: list[str], members: Mapping[str, Member], owing: Owing) -> bool:
    """Tell whether one of the names of a debt stands there."""
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

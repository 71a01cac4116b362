"""Printed verdicts on claims, read back: their words, their numbers and their formulas."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from derive.cli.same import has_digits, require_same, unlike
from derive.cli.streams import visible

if TYPE_CHECKING:
    from sympy import MatrixExpr

    from derive.audit import Claim, Claims, Judgement, Tested
    from derive.cli.asked import CommandLine
    from derive.document.language import Language, Part

_NUMBERS = re.compile(r"(?P<left>\S+) and (?P<right>\S+) at (?P<where>.*)", re.DOTALL)
DIGITS = {"left": 4, "right": 4, "error": 3}
"""Significant digits of what is told of a formula that fails."""

_ERROR = re.compile(r"error (?P<error>\S+) at (?P<where>.*)", re.DOTALL)


def require_asked(
    asked: CommandLine, given: Sequence[Claims], judged: Sequence[tuple[Claims, Judgement]]
) -> None:
    """Raise a `CheckError` unless claims are those of the file that was named, tested from its seed."""
    import tomllib
    from pathlib import Path

    from derive.audit import require_taken, require_tested
    from derive.audit.judge import SEEDS
    from derive.errors import shown

    file = asked.word(0)
    if file is not None:
        # The mark that some editors put at the beginning belongs to no line.
        text = Path(file).read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        require_same("the text of the claims", [claims.content for claims in given], [text])
        source = tomllib.loads(text).get("source") or shown(Path(file).name)
        require_same("the source", [claims.source for claims in given], [source])
    for claims in given:
        require_taken(claims)
        require_tested(claims, [one for own, one in judged if own is claims])
    if judged:
        wanted = [claim.id for claims in given for claim in claims.claims]
        require_same("the claims", [one.claim.id for _, one in judged], wanted)
    asked.require_words([file] if file is not None else [])
    if asked.given("seed") is None or not judged:
        return
    seeds = {
        int(s) for _, one in judged for s in re.findall(r"^seed (\d+)", one.written.trial.where)
    }
    if seeds - {*range(asked.meant("seed"), asked.meant("seed") + SEEDS)}:
        asked.require("seed", min(seeds))
    asked.compared("seed")


def require_formula(finding: Judgement, tested: Tested, text: str) -> None:
    """Raise a `CheckError` unless a text says the formula that was tested."""
    from derive.audit import ClaimVerifier
    from derive.publishing.shown import ShownEquations
    from derive.typesetting import notation

    source = ClaimVerifier({tested.equation: tested.trial}, finding.claim.data)
    ShownEquations(source, notation.load()).require(tested.equation, text, "plain")


def require_claims(
    lines: Sequence[str], judged: Sequence[tuple[Claims, Judgement]], lang: str
) -> None:
    """Raise a `CheckError` unless lines tell of these verdicts, one after the other."""
    from derive.document.language import load

    language, rest = load(lang), _Rest("".join(f"{line}\n" for line in lines))
    for claims, finding in judged:
        claim = finding.claim
        said = language.entries[f"verdict.audit.{finding.verdict.value}"]
        rest.take(f"{f'{claim.place} ' if claim.place else ''}{claim.id}: {said}\n")
        rest.take(f"    {_words(claims, claim, 'says', language)}\n")
        _require_told(rest, finding)
        for name, one in (finding.readings or {"written": finding.written}).items():
            rest.take(f"    {name}: ")
            text, _, number = rest.line().partition("   [")
            # What only floating point refutes is shown as it holds under its condition.
            own = finding.condition if finding.verdict.value == "overflow" else None
            require_formula(finding, own or one, text)
            _require_size(f"{name} of {claim.id}", number.removesuffix("]"), one)
        if finding.verdict.value in ("conditional", "overflow"):
            rest.take(f"    holds if: {_words(claims, claim, 'condition', language)}\n")
        if finding.right is not None:
            rest.take("    right: ")
            require_formula(finding, finding.right, rest.line())
        if why := _words(claims, claim, "explanation", language):
            rest.take(f"    why: {why}\n")
    require_same("what stands behind the last claim", rest.text, "")


def _require_told(rest: _Rest, finding: Judgement) -> None:
    """Read where a claim is found, how it stands there, and what its own names stand for."""
    claim = finding.claim
    if claim.text is not None:
        named = [part for part in (claim.text.title, claim.text.by, claim.text.link) if part]
        rest.take(f"    in: {', '.join(named)}\n")
    if claim.quote:
        rest.take(f"    quoted: {' '.join(claim.quote.split())}\n")
    for name, meaning in claim.meanings.items():
        rest.take(f"    where {name} is ")
        _require_meaning(finding, meaning, rest.line())


def _require_meaning(finding: Judgement, meaning: MatrixExpr, text: str) -> None:
    """Raise a `CheckError` unless a text says the expression that a name stands for."""
    from derive.audit import ClaimVerifier
    from derive.expressions.equation import Equation, Kind, Step
    from derive.publishing.shown import ShownEquations
    from derive.typesetting import notation

    # A formula is read back as a relation: here, that the expression is itself.
    equation = Equation("claim-where", Kind.IDENTITY, (meaning, meaning), Step("claim", (meaning,)))
    source = ClaimVerifier({equation: finding.written.trial}, finding.claim.data)
    ShownEquations(source, notation.load()).require(equation, f"{text} = {text}", "plain")


class _Rest:
    """What of a text is not read yet."""

    def __init__(self, text: str) -> None:
        self.text = text

    def take(self, words: str) -> None:
        """Read words, with what a terminal would obey as it is shown."""
        shown = visible(words)
        if not self.text.startswith(shown):
            raise unlike("a line", repr(self.text[: len(shown)]), repr(shown))
        self.text = self.text[len(shown) :]

    def line(self) -> str:
        """Read up to the end of the line, and return it."""
        found, _, self.text = self.text.partition("\n")
        return found


def _words(claims: Claims, claim: Claim, key: str, language: Language) -> str:
    """Return a sentence about a claim, of the language or as it stands in a user's file."""
    if claims.source is not None:
        return claim.words.get(key, claim.id if key == "says" else "")
    name = f"claims.{claims.name}.{claim.id}.{key}"
    return "".join(_plain(language.sentence(name, {})))


def _plain(parts: Sequence[Part]) -> Iterator[str]:
    from derive.document.language import Literal, Marked, Verbatim

    for part in parts:
        if isinstance(part, Literal | Verbatim):
            yield part.text
        elif isinstance(part, Marked):
            yield from _plain(part.parts)


def _require_size(what: str, text: str, tested: Tested) -> None:
    """Raise a `CheckError` unless a text says how far the sides are apart, and where."""
    trial = tested.trial
    if trial.holds or trial.misfit is not None:
        require_same(f"the difference, {what}", text, visible(trial.misfit or ""))
        return
    numbers = _NUMBERS.fullmatch(text) or _ERROR.fullmatch(text)
    if numbers is None:
        raise unlike(f"the difference, {what}", text, trial.error)
    require_same(f"the place, {what}", numbers["where"], trial.where)
    for name, found in numbers.groupdict().items():
        if name == "where":
            continue
        wanted = getattr(trial, name)
        if wanted is None or not has_digits(found, wanted, DIGITS[name]):
            raise unlike(f"{name}, {what}", found, wanted)

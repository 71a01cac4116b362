"""Faults in what is said: advice, errors, captions, references, and guards that were taken out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.faults.fault import Fault, instead
from tests.faults.omitted import edited

COMPARED = "run compare --values {values} --gradients {mine}"


def _advised(name: str, target: str, wrong: str, by: str) -> Fault:
    """Return a fault in the words of a mistake, which are looked for before they are needed."""

    def renamed(right: Any, *args: Any) -> Iterator[Any]:
        for one in right(*args):
            yield (
                (one[0].replace(wrong, by), *one[1:])
                if isinstance(one, tuple)
                else replace(one, says=one.says.replace(wrong, by))
            )

    return Fault(name, target, instead(renamed), (COMPARED,), r"was not looked for")


MUTATIONS, PATTERNS = "derive.gradcheck.compare.mutations", "derive.gradcheck.compare.patterns"

ADVICE = (
    _advised("advice the wrong way round", MUTATIONS, "W δ where Wᵀ δ belongs",
             "Wᵀ δ where W δ belongs"),
    _advised("uses that are counted too often", PATTERNS, "counted t − k + 1 times",
             "counted t + k times"),
    _advised("a Jacobian that is said to be applied twice", MUTATIONS,
             "of the softmax is left out", "of the softmax is applied twice"),
    _advised("a way through the state that is none", PATTERNS, "flows back through",
             "flows back but through"),
    _advised("a slope at the wrong quantity, turned", MUTATIONS, "taken at the pre-activation",
             "taken at the input"),
    _advised("an index that is another", "derive.gradcheck.mistakes.rows", "index -1", "index 0"),
    _advised("a state that is another", MUTATIONS, "the wrong step of s ", "the wrong step of o "),
    _advised("a product that begins elsewhere", "derive.gradcheck.mistakes.slips",
             "where k + 1 belongs", "where k + 2 belongs"),
)  # fmt: skip

LEFT_OUT = r"Not all that would have been said of this was true, and that is left out: "


def _told(name: str, words: str, target: str, old: str, new: str, what: str) -> Fault:
    """Return an edit of what words an error, and why what it says is not so."""
    return Fault(name, f"derive.{target}.__code__", edited(old, new), (f"run {words}",),
                 LEFT_OUT + what)  # fmt: skip


MISSPELT, CROWDED = "explain {misspelt}", "explain {crowded}"
FAR, UNKNOWN = "show elman-forward-a -T 5000", "show elman-forward-a --activation qqq"
GROWN = "evaluate elman --activation relu --values {overflowing}"
ELSEWHERE = (
    r".*(?:what is marked does not stand|mark stands within|stands elsewhere|nothing is said|"
    r"no column)"
)


def _marked(name: str, target: str, function: Callable[..., Any]) -> Fault:
    """Return a fault in the place of an error in a formula."""
    return Fault(name, f"derive.formula.tokens.{target}", instead(function), (f"run {MISSPELT}",),
                 LEFT_OUT + ELSEWHERE)  # fmt: skip


ERRORS = (
    # Limits
    _told("half of the most steps", FAR, "publishing.publish.possible_steps",
          "at most {MOST_STEPS}.", "at most {MOST_STEPS // 2}.", "the most steps are 2000"),
    _told("other steps than were asked for", FAR, "publishing.publish.possible_steps",
          "T is {value}: expected at most", "T is {value + 1}: expected at most",
          "5000 steps were asked for"),
    _told("twice a limit", "explain {large}", "budgets.exceeded", "{most(name)}",
          "{2 * most(name)}", "the limit size is 32, and not 64"),
    _told("another limit", "explain {large}", "budgets.exceeded", "{most(name)}",
          "{most('paths')}", "the limit size is 32, and not 500"),
    # Places
    _told("a mark one further", MISSPELT, "source.marked", "' ' * mark", "' ' * (mark + 1)",
          ELSEWHERE),
    _told("a mark three further", MISSPELT, "source.marked",
          "mark = len(shown(part[:at], len(row) + 1))",
          "mark = len(shown(part[:at], len(row) + 1)) + 3", ELSEWHERE),
    _told("equations a line further down", MISSPELT, "catalogue.tomlfile.rows",
          "first):", "first + 1):", ELSEWHERE),
    _marked("a formula's column counted from 1", "Origin",
            lambda right, name, line, column: right(name, line, column + 1)),
    _marked("column and mark of the next letter", "FormulaError.__init__",
            lambda right, self, problem, source, start, origin: right(
                self, problem, source, start + 1, origin)),
    # Counts
    _told("one error less", MISSPELT, "catalogue.faults.Faults._message",
          "for error in sorted(self._found, key=_line)]",
          "for error in sorted(self._found, key=_line)][1:]", "2 errors were found"),
    _told("one error more", CROWDED, "catalogue.faults.Faults._message", "and {more} more",
          "and {more + 1} more", "10 errors were found"),
    _told("errors in another order", MISSPELT, "catalogue.faults.Faults._message",
          "sorted(self._found, key=_line)", "sorted(self._found, key=_line, reverse=True)",
          "2 errors were found"),
    # Values
    _told("another number than stands there", "explain {seven}", "catalogue.cellfile.kind",
          "number {value}", "number {value + 1}", "8 does not stand there"),
    _told("a number of another sign", "explain {seven}", "catalogue.cellfile.kind",
          'f"the number {value}"', 'f"the number {-value}"', "-7 does not stand there"),
    _told("a shape that nobody wrote", CROWDED, "catalogue.declarations.Declared.shape",
          "the shape '{shown(text)}'", "the shape '{shown(text)} n'", ".* does not stand there"),
    _told("the step before the one that overflows", GROWN, "gradcheck.confirm.require_finite",
          "{step + 1}", "{step}", r"row \d of the numbers is not step \d"),
    _told("more steps than there are", GROWN, "gradcheck.confirm.require_finite",
          "of {trace.steps}", "of {trace.steps + 1}", "there are not 5 steps"),
    # Lists
    _told("a name left out of a list", UNKNOWN, "suggest.suggestion", "', '.join(names)}",
          "', '.join(names[1:])}", "these are not all that is known"),
    _told("a name twice in a list", UNKNOWN, "suggest.suggestion", "', '.join(names)}",
          "', '.join(names + names[:1])}", "these are not all that is known"),
    _told("a word that could not be meant", MISSPELT, "suggest.suggestion",
          "{' or '.join(close)}?", "{' or '.join(close)}1?", "W1 is nothing that could be meant"),
)  # fmt: skip


def _untried(name: str, target: str, old: str, new: str, run: str) -> Fault:
    """Return a guard that passes what is false, which is seen before anything rests on it."""
    return Fault(name, f"derive.{target}.__code__", edited(old, new), (run,),
                 "does not refuse what is false")  # fmt: skip


ELMAN = "run handout elman -T 1 --detail brief --format md --out {out}"
SPOKEN, JUDGE = "cli.spoken.require_findings", "chapters.meant.judge.require_meant"

GUARDS = (
    _untried("a difference that is not compared", SPOKEN,
             "if not has_digits(str(found), finding.error, 2):", "if False:", COMPARED),
    _untried("a verdict that is not compared", SPOKEN,
             'require_same(f"the verdict on {name}", says.split()[0], _verdict(finding))\n'
             "        if finding.agrees:", 'if says == "agrees" or finding.agrees:', COMPARED),
    _untried("advice that is not compared", SPOKEN,
             'require_same(f"what the gradient of {name} looks like", like, wanted)', "pass",
             COMPARED),
    _untried("sentences that nobody judges", JUDGE, "speaker = Subject(document, facts)",
             "return\n    speaker = Subject(document, facts)", ELMAN),
    _untried("a judge that finds nothing wrong", JUDGE,
             "if rule is not None and not is_meant(rule, place, value):", "if False:", ELMAN),
    _untried("a judge that passes every value", "chapters.meant.judge.is_meant",
             "return rule(place, value)", "return True", ELMAN),
)  # fmt: skip


def _cited(name: str, wrong: str, by: str) -> Fault:
    """Return a text that is found elsewhere than its second table says."""

    def found(right: Any, *args: Any) -> Any:
        return {
            key: replace(one, doi=one.doi.replace(wrong, by)) for key, one in right(*args).items()
        }

    return Fault(name, "derive.chapters.references.references", instead(found), (ELMAN,),
                 "'prose.references.entry'")  # fmt: skip


CITED = (
    _cited("another number of a text", "5.58337", "5.58338"),
    _cited("another publisher of a text", "10.1207/", "10.1208/"),
    _cited("a letter more of a text", "72.279181", "72.2791811"),
)

FAULTS = (*ADVICE, *ERRORS, *GUARDS, *CITED)

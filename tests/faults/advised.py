"""Faults in what an error advises, expects or quotes: it is left out, and the rest is said."""

from __future__ import annotations

from tests.faults.fault import Fault
from tests.faults.omitted import edited

LEFT_OUT = r"Not all that would have been said of this was true, and that is left out: "
LONG = "handout " + "elman" * 30
VALUES = "gradcheck.values._File"
FORMULAS = "catalogue.formulas"


def _instead(name: str, function: str, run: str, right: str, wrong: str, said: str) -> Fault:
    """Change what is advised in place of a function."""
    target = f"derive.formula.forms.INSTEAD[{function}]"
    return Fault(name, target, lambda told: told.replace(right, wrong), (f"run explain {{{run}}}",),
                 LEFT_OUT + said)  # fmt: skip


def _told(name: str, words: str, target: str, old: str, new: str, what: str) -> Fault:
    return Fault(name, f"derive.{target}.__code__", edited(old, new), (f"run {words}",),
                 LEFT_OUT + what)  # fmt: skip


BELOW, UNKNOWN = "evaluate elman --values {below}", "evaluate elman --values {unknown}"
TURNED = "compare elman --values {values} --gradients {flat}"

FAULTS = (
    _instead("a sum of columns", "sum", "summed", "ones(n)'*s", "ones(n)*s'", r"ones\(n\)\*s' "),
    _instead("a sum of another length", "sum", "summed", "ones(n)'*s", "s'*s", r"s'\*s is"),
    _instead("a length that is squared", "norm", "normed", "sqrt(s'*s)", "s'*s", r"s'\*s is"),
    _instead("a length of entries", "norm", "normed", "sqrt(s'*s)", "sqrt(s.*s)", r"sqrt\(s\.\*s\) is"),
    _instead("bounds that are exchanged", "hardtanh", "clipped", "max(-1, min(1, a))",
             "max(1, min(-1, a))", r"max\(1, min\(-1, a\)\) is"),
    _instead("a base for an exponent", "pow", "powered", "exp(p*log(a))", "exp(a*log(p))",
             r"exp\(a\*log\(p\)\) is"),
    _told("a size once too often", "explain {tripled}", "catalogue.declarations.Declared.size",
          "* int(times[1])", "* (int(times[1]) + 1)", r"3n is n\+n\+n"),
    _told("another letter of a size", "explain {tripled}", "catalogue.declarations.Declared.size",
          "[times[2]]", "['m']", r"3n is n\+n\+n"),
    _told("another layer", BELOW, f"{VALUES}._check_targets", "{cell.loss.layer} output",
          "sigmoid output", "with a sigmoid output"),
    _told("another range of targets", BELOW, f"{VALUES}._check_targets", "expected {expected}",
          "expected no number", "with a softmax output"),
    *(_told(f"shapes and kinds: {name}", words, target, old, new, what)
      for name, words, target, old, new, what in (
          ("a state and its right side exchanged", "explain tests/faults/shapes/state.toml",
           f"{FORMULAS}._check_shape", "is {shape_text(state.shape)}", "is {shape_text(expr.shape)}",
           r"h is \(n, 1\)"),
          ("a row that is said to be a matrix", "explain tests/faults/shapes/row.toml",
           f"{FORMULAS}._check_shape", '"a row" if', '"a matrix" if', r"\(1, n\) is a row"),
          ("what an input computes", "explain tests/faults/shapes/later.toml",
           f"{FORMULAS}._check_indices", '"its values" if', '"what it computes" if',
           "of x it is its values"))),
    _told("a key less", UNKNOWN, f"{VALUES}._only", "sorted(known)", "sorted(known)[:-1]",
          "x is known as well"),
    _told("keys of another place", UNKNOWN, f"{VALUES}._only", "sorted(known)",
          "[k for k in sorted(known) if k != 'target']", "target is known as well"),
    _told("rows for columns of a parameter", TURNED, "gradcheck.compare.gradients",
          "expected {extent(wanted)}", "expected {extent(wanted[::-1])}", "the parameter is"),
    _told("a row more of a parameter", TURNED, "gradcheck.compare.gradients",
          "expected {extent(wanted)}", "expected {extent((wanted[0] + 1, wanted[1]))}",
          "the parameter is"),
    _told("another name for a gate", "explain {gated}", "catalogue.building._gate",
          "where {LOGITS} is", "where {OUTPUT} is", "o is not what is called z"),
    _told("an example for another name", "explain {gated}", "catalogue.building._gate",
          "{LOGITS}[t] = V", "{OUTPUT}[t] = V", "z is not what is called z|o is not"),
    _told("a quoted word that is shortened without a sign", LONG, "errors.shown", "}…{", "}{",
          ".* was written nowhere"),
    _told("the end of a quoted word", LONG, "errors.shown", "{whole[-end:]}", "{whole[-end:]}x",
          ".* was written nowhere"),
    _told("a quoted word in the wrong order", "handout quoted", "errors.shown", "str(text)",
          "str(text)[::-1]", "quoted was written nowhere"),
    _told("ids that are not looked through", "show elman-grad-Q", "bptt.derivation.Derivation.find",
          "suggestion(id, ", "suggestion('', ", ".* is near"),
    Fault("another equation that is said to be checked", "derive.cli.commands.check._checked.__code__",
          edited('f"checking {equation.id}"', 'f"checking {equation.id}x"'), ("run check elman -T 1",),
          "what is said to be checked reads"),
)  # fmt: skip

"""Faults in what is given out as data or alone: the manifest, and equations that are shown."""

from __future__ import annotations

from typing import Any

from derive.checks.bounds import ErrorBound
from tests.faults.fault import Change, Fault, constant, instead, once, sub, text

PLAIN = "derive.typesetting.glyphs.PlainGlyphs"
MANIFEST = "derive.publishing.manifest"

SHOWN = r"equation \S+ is not printed as it was checked"
RECORDED = rf"the manifest does not say of \S+ what was checked|{SHOWN}"


def _recorded(name: str, target: str, make: Change) -> Fault:
    return Fault(name, target, make, ("write elman-2 markdown",), RECORDED)


def _shown(name: str, id: str, manner: str, target: str, make: Change) -> Fault:
    return Fault(name, target, make, (f"run show {id} --as {manner}",), SHOWN)


def _entry(change: Any) -> Change:
    """Change the entries of a manifest."""
    return text(lambda entry: {**entry, **change(entry)})


FAULTS = (
    # The manifest.
    _recorded("a plus for a minus in the manifest", "derive.publishing.manifest.display",
              text(lambda tex: tex.replace(" - ", " + "))),
    _recorded("a text of the manifest for another's", f"{MANIFEST}._entry",
              _entry(lambda e: {"text": e["text"].replace("s_", "o_")})),
    _recorded("the tex of another equation", f"{MANIFEST}._entry",
              once(lambda right, *args: {**right(*args), "tex": "L = L"})),
    _recorded("another number in the manifest", f"{MANIFEST}._entry",
              _entry(lambda e: {"number": e["number"] + "1"})),
    _recorded("another id in the manifest", f"{MANIFEST}._entry",
              _entry(lambda e: {"id": e["id"] + "-other"})),
    _recorded("another range of an index", f"{MANIFEST}._entry",
              _entry(lambda e: {"indices": [{**i, "from": "0"} for i in e["indices"]]})),
    _recorded("indices that are left out", f"{MANIFEST}._entry", _entry(lambda e: {"indices": []})),
    _recorded("another kind in the manifest", f"{MANIFEST}._entry",
              _entry(lambda e: {"kind": "definition"})),
    _recorded("a check that is said to have failed", f"{MANIFEST}._entry",
              _entry(lambda e: {"check": {**e["check"], "passed": False}})),
    _recorded("more places than were checked", f"{MANIFEST}._entry",
              _entry(lambda e: {"check": {**e["check"], "places": e["check"]["places"] + 1}})),
    _recorded("a bound that no error keeps", f"{MANIFEST}.bound",
              constant(lambda check: ErrorBound("<", -40))),
    _recorded("a bound on the wrong side", f"{MANIFEST}.bound",
              constant(lambda check: ErrorBound(">", -40))),
    _recorded("equations of the manifest in reverse order", f"{MANIFEST}.manifest",
              text(lambda found: {**found, "equations": found["equations"][::-1]})),
    _recorded("an equation that the manifest lacks", f"{MANIFEST}.manifest",
              text(lambda found: {**found, "equations": found["equations"][1:]})),
    # One equation alone.
    _shown("a lost transpose in plain text", "elman-delta-lag", "plain", f"{PLAIN}.transposed",
           instead(lambda right, self, base: base)),
    _shown("a derivative upside down in plain text", "elman-step-jacobian", "plain",
           f"{PLAIN}.derivative",
           instead(lambda right, self, num, den, immediate: right(self, den, num, immediate))),
    _shown("a lost plus of a derivative in plain text", "elman-grad-W-terms", "plain",
           f"{PLAIN}.derivative",
           instead(lambda right, self, num, den, immediate: right(self, num, den, False))),
    _shown("a sum for a product in plain text", "elman-grad-W-sum", "plain", f"{PLAIN}.over",
           instead(lambda right, self, big, *more: right(self, "sum", *more))),
    _shown("other bounds in plain text", "elman-grad-W-sum", "plain", f"{PLAIN}.over",
           instead(lambda right, self, big, index, low, high: right(self, big, index, "0", high))),
    _shown("factors in the wrong order in plain text", "elman-delta-lag-3-1", "plain",
           f"{PLAIN}.product", instead(lambda right, self, factors: right(self, factors[::-1]))),
    _shown("lost parentheses in plain text", "elman-delta-recursion", "plain", f"{PLAIN}.paren",
           instead(lambda right, self, inner, depth: inner)),
    _shown("the copy of another step in plain text", "elman-grad-W-contribution-3-1", "plain",
           f"{PLAIN}.symbol", sub(r"\^\(1\)", "^(2)")),
    _shown("a gradient by another quantity in plain text", "elman-grad-W", "plain",
           f"{PLAIN}.gradient", instead(lambda right, self, num, den: right(self, num, "U"))),
    _shown("rows of a stack exchanged in plain text", "lstm-stacked", "plain", f"{PLAIN}.matrix",
           instead(lambda right, self, rows: right(self, rows[::-1]))),
    _shown("an index one too far in plain text", "elman-forward-a", "plain",
           "derive.typesetting.printing.Printer.index", sub(r"^t-1$", "t-2")),
    _shown("a lost transpose in LaTeX", "elman-delta-lag", "latex",
           "derive.typesetting.glyphs.TexGlyphs.transposed",
           instead(lambda right, self, base: base)),
    _shown("two contributions of one colour", "elman-grad-W-terms-3", "markdown",
           "derive.typesetting.glyphs.TexGlyphs.coloured",
           instead(lambda right, self, inner, step, steps: right(self, inner, max(step, 2), steps))),
    _shown("another title of a picture", "elman-grad-W-terms-3", "svg",
           "derive.render.drawing.formula.drawing",
           instead(lambda right, id, scene, title: right(id, scene, title.replace("W", "U")))),
    _shown("a line of a picture that is lost", "elman-grad-W-terms-5 -T 5", "svg",
           "derive.render.drawing.formula.lines_of",
           text(lambda found: (found[0], found[1][:-1]))),
    _shown("a colour of a picture that is lost", "elman-grad-W-terms-3", "svg",
           "derive.render.drawing.formula._coloured",
           text(lambda found: ((tex, "1F2328") for tex, _ in found))),
    Fault("a list with an equals sign for a sum", f"{PLAIN}.over",
          instead(lambda right, self, big, *more: right(self, "sum", *more)),
          ("run list elman",), SHOWN),
)  # fmt: skip

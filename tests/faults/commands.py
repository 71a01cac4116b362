"""Faults in the smaller answers of the command line, and in what a document says of itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.faults.fault import Change, Fault, constant, instead, sub, text

SAID = r"what would be printed is not what was confirmed|is not what was asked for"
EXPLAIN = "derive.cli.commands.explain"
NEW = "derive.cli.commands.new_cell"
DOCTOR = "derive.cli.doctor"
BEGIN = "new-cell mine --out {out}"
PROPERTIES = r"of the PDF is|stands above the pages"
NESTING = "says of the nested function"


def _ran(name: str, words: str, target: str, make: Change) -> Fault:
    return Fault(name, target, make, (f"run {words}",), SAID)


def _written(name: str, target: str, make: Change) -> Fault:
    return Fault(name, target, make, ("write elman-2 latex",), PROPERTIES)


def _turned(right: Any) -> Any:
    return dict([*right.items()][::-1])


def _found(value: str | None) -> Change:
    return text(lambda rows: [replace(row, found=value) for row in rows])


def _property(wrong: str, by: str) -> Change:
    """Change one property in the source of a document."""
    return text(lambda source: source.replace(wrong, by))


FAULTS = (
    # explain
    _ran("what multiplies is said to act by elements", "explain lstm", f"{EXPLAIN}._action",
         sub("multiplies .* in", "acts by its components in")),
    _ran("what multiplies is said to do so by entries", "explain lstm", f"{EXPLAIN}._action",
         sub(r"multiplies (\S+) in", r"multiplies \1 entry by entry in")),
    _ran("what is added is said to act by elements", "explain lstm", f"{EXPLAIN}._action",
         sub("is added in", "acts by its components in")),
    # list
    *(_ran(f"{name} in another order", "list", target, make) for name, target, make in (
        ("losses", "derive.cells.weighting.WEIGHTINGS", _turned),
        ("initial states", "derive.cells.cell.INITIAL", lambda right: right[::-1]),
        ("output layers", "derive.calculus.losses.LOSSES", _turned),
        ("activations", "derive.calculus.activations.usable", text(lambda names: names[::-1])),
        ("notations", "derive.typesetting.notation.names", text(lambda names: names[::-1])),
    )),
    _ran("output layers of other losses", "list", "derive.calculus.losses.LOSSES",
         lambda right: dict(zip(right, [*right.values()][::-1], strict=True))),
    _ran("a network that is not listed", "list", "derive.catalogue.names",
         text(lambda names: names[1:])),
    _ran("a language that is not there", "list", "derive.document.language.languages",
         text(lambda names: [*names, "de"])),
    Fault("ids that are lost", "derive.bptt.derivation.Derivation.__iter__",
          instead(lambda right, self: iter([*right(self)][1:])), ("run list elman",),
          "are not those that it has"),
    # new-cell
    _ran("a function that no cell has", BEGIN, f"{NEW}._functions",
         text(lambda names: names.replace("tanh", "tan"))),
    _ran("a function that is not listed", BEGIN, "derive.calculus.activations.callable_in_formulas",
         text(lambda names: names[1:])),
    _ran("another name in a new file", BEGIN, "re.sub", instead(
        lambda right, *args, **more: right(*args, **more).replace('name = "mine"', 'name = "own"'))),
    _ran("another name that is taken", BEGIN, "re.sub", instead(
        lambda right, *args, **more: right(*args, **more).replace("z (the logits", "q (the logits"))),
    _ran("another file that was written", BEGIN, "derive.cli.terminal.Terminal.say", instead(
        lambda right, self, line: right(self, line.replace("mine", "own")))),
    # completion
    _ran("a script for another program", "completion bash", "derive.cli.completion.shellcode",
         instead(lambda right, names, shell: right(["drive"], shell=shell))),
    _ran("a script for another shell", "completion bash", "derive.cli.completion.shellcode",
         instead(lambda right, names, shell: right(names, shell="fish"))),
    # doctor
    _ran("packages of another version", "doctor", f"{DOCTOR}._packages", _found("0.0.1")),
    _ran("packages that are missing", "doctor", f"{DOCTOR}._packages", _found(None)),
    _ran("packages that nobody looks for", "doctor", f"{DOCTOR}._packages",
         text(lambda rows: [*rows][1:])),
    _ran("programs at another place", "doctor", f"{DOCTOR}._tex", _found("/nowhere/tex")),
    _ran("programs for another purpose", "doctor", f"{DOCTOR}._tex", text(
        lambda rows: [replace(row, needed_for="nothing") for row in rows])),
    # help
    _ran("another default in a help", "check --help", "argparse.ArgumentParser.format_help",
         sub("default: 3", "default: 4")),
    _ran("a default that a help lacks", "check --help", "argparse.ArgumentParser.format_help",
         sub(r"\(default: 0\)", "")),
    _ran("another default than a help says", "check --help",
         "argparse.ArgumentParser.get_default", text(lambda value: 4 if value == 3 else value)),
    _ran("another version", "--version", "derive.resources.version", constant(lambda: "9.9")),
    # The nested function
    Fault("a function that is said to be too wide", "derive.chapters.network.unroll.nests",
          constant(lambda cell: False), ("make elman-2/network,forward markdown",), NESTING),
    Fault("a function that is said to be too wide for its places", "derive.bptt.unroll.occurrences",
          constant(lambda cell: 1), ("make leaky-2/network,forward markdown",), NESTING),
    # What a document says of itself
    _written("another author in the properties of a PDF", "derive.render.tex.source.fill",
             _property("pdfauthor={}", "pdfauthor={Ada}")),
    _written("another subject in the properties of a PDF", "derive.render.tex.source.fill",
             _property("pdfsubject={Backpropagation", "pdfsubject={Propagation")),
    _written("another language in the properties of a PDF", "derive.render.tex.source.fill",
             _property("pdflang={en}", "pdflang={de}")),
    _written("other keywords in the properties of a PDF", "derive.render.tex.source.fill",
             _property("elman{-}T2", "elman{-}T3")),
    _written("another title above the pages", "derive.render.tex.source.shorten",
             text(lambda title: title.replace("simple", "long"))),
)  # fmt: skip

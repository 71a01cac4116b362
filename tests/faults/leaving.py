"""Faults behind the last look: definitions that are never read, and texts changed on their way out."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from derive.files import Staging
from derive.journal import Move
from tests.faults.fault import Change, Fault, computed, constant, instead, text

LATEX = "make elman-1/forward,first latex"
EXPORT = "run export elman -T 1 --dialect latex --out {out}"
LOOKED = r"(the head of the LaTeX|the preamble|the example) is not what was looked at: .*"
CONFIRMED = r"what would be printed is not what was confirmed: "
READ = r"is not what was written|would not be what was read back|another digest|not read back"


def _filled(pattern: str, by: str) -> Change:
    """Change what a layout gives wherever a pattern is in it."""
    return text(lambda found: re.sub(pattern, by, found, count=1))


def _defined(name: str, pattern: str, by: str, what: str, run: str = LATEX) -> Fault:
    module = "source" if run == LATEX else "fragments"
    return Fault(
        name, f"derive.render.tex.{module}.fill", _filled(pattern, by), (run,), LOOKED + what
    )


def _set(name: str, pattern: str, by: str, run: str = "make elman-1/network latex") -> Fault:
    refusal = "make no whole block|is not what was meant|has no number"
    return Fault(name, "derive.render.tex.source.fill", _filled(pattern, by), (run,), refusal)


def _said(change: Any) -> Change:
    return instead(lambda right, self, line: right(self, change(line)))


def _behind(right: Any, path: Path, *args: Any) -> Any:
    """Do what is right, and then change a file."""
    made = right(path, *args)
    for one in made if isinstance(made, list) else [path]:
        one.write_text(one.read_text(encoding="utf-8").replace("=", "!=", 1), encoding="utf-8")
    return made


def _placed(right: Any, self: Staging, *args: Any, **named: Any) -> None:
    one = next(path for path in sorted(self.new.rglob("*.md")))
    one.write_text(one.read_text(encoding="utf-8").replace("=", "!=", 1), encoding="utf-8")
    right(self, *args, **named)


def _moved(right: Any, folder: Path, scratch: Path, move: Move) -> None:
    right(folder, scratch, move)
    with (folder / move.name).open("a", encoding="utf-8") as file:
        file.write("\n")


def _named(name: str, words: dict[str, str], *runs: str) -> Fault:
    """Return the fault that words in ids are others."""
    wrong = re.compile("|".join(rf"{word}$" for word in words))

    def other(found: Any) -> Any:
        for equation in found:
            yield replace(equation, id=wrong.sub(lambda word: words[word[0]], equation.id))

    target = "derive.bptt.derivation.Derivation.equations"
    return Fault(
        name,
        target,
        text(other),
        runs,
        r"is not what its id says|is not the one of its id|FAILED at its id|are not those that it has",
    )


CHECK = "run check diagonal -T 2"

FAULTS = (
    # Ids
    _named("ids of spelled sums and of sums exchanged",
           {"terms-2": "sum-2", "sum-2": "terms-2"}, "run show diagonal-grad-U-terms-2 -T 2", CHECK),
    _named("ids of steps exchanged", {"terms-1": "terms-2", "terms-2": "terms-1"},
           "run show diagonal-grad-U-terms-1 -T 2"),
    _named("ids that are of another parameter", {"U-substituted": "V-substituted"}, CHECK),
    _named("ids that are of another variable", {"step-1-s": "step-1-o"}, CHECK),
    _named("ids of another contribution", {"contribution-2-1": "contribution-2-2"}, CHECK),
    _named("ids of a total that is one of many", {"U-total": "U-sum"}, CHECK),
    _named("ids of the adjoint of another step", {"lag-2-1": "lag-1-2"},
           "run show diagonal-sbar-lag-1-2 -T 2", "run list diagonal -T 2"),
    _named("ids of a gradient by the input", {"grad-x": "grad-s0"}, CHECK),
    Fault("an id of another step in a document", "derive.bptt.substitution.Substitution.substituted",
          text(lambda found: replace(found, id=found.id.replace("substituted-2", "substituted-1"))),
          ("make elman-2/sums,substituted,first,forward markdown",),
          r"is not what its id says|ids must be|is not the one of its id"),
    # Definitions of LaTeX
    _defined("every equation has the same number", r"\(\\theequation\)", "(1)", r"newcommand.formula"),
    _defined("a number beside another equation", r"(formulatag)#2", r"\g<1>1", "formulacolumn"),
    _defined("lines of an algorithm that are all called one", r"quiet\}#1", "quiet}1", "algnumber"),
    _defined("pages that are counted from another", r"\\thepage/", r"2/", "pageofpages"),
    _defined("contents that are empty", r"\\@starttoc\{toc\}", "", "shortcontents"),
    _defined("contents that are of another depth", r"\{tocdepth\}\{#2\}", "{tocdepth}{0}",
             "shortcontents"),
    _defined("headings that can't be seen", "1F4E79", "FFFFFF", "accent"),
    _defined("text that can't be seen", r"\\makeatother", r"\\definecolor{black}{HTML}{FFFFFF}",
             "definecolor.black"),
    _defined("a letter that is another's", r"\\raggedbottom", r"\\let\\alpha\\beta", "alpha"),
    _defined("equations that are counted by two", r"\\makeatletter",
             r"\\makeatletter\n\\setcounter{equation}{1}", "setcounter"),
    _defined("a definition that is left out", r"\\newcommand\\instance[^\n]*\n[^\n]*\n", "",
             "instance"),
    _defined("a definition with another behind it", r"\\newcommand\\algstrut",
             r"\\def\\formulabreak#1#2{}\n\\newcommand\\algstrut", "formulabreak"),
    _defined("a title that is not set", r"LARGE\\bfseries #1", r"LARGE\\bfseries", "titleblock"),
    _defined("pieces with other numbers", r"\\ref\*\{#1\}\\else#2", r"\\ref*{#1}\\else1",
             "derivenumber", EXPORT),
    _defined("pieces with other links", r"\\hyperref\[#1\]", r"\\hyperref[eq-#1]", "derivelink",
             EXPORT),
    _defined("pieces in which instances are lost", r"\\label\{#2\}", "", "instance", EXPORT),
    Fault("a package that is left out", "derive.render.tex.source._packages",
          text(lambda found: [one for one in found if "mathtools" not in one.dumps()]), (LATEX,),
          LOOKED),
    # How its commands belong together
    _set("a table whose rows are not set", r"\\tablerows\n\\bottomrule", r"\\bottomrule"),
    _set("a table that has no head", r"\\toprule \\tablehead \\\\ \\midrule", ""),
    _set("a table that is set very small", r"\\centering\n\\small", r"\\centering\n\\tiny"),
    _set("more equations than are set", r"(begin\{formulas\}\{)\d", r"\g<1>1",
         "make elman-2/forward,first latex"),
    _set("an equation without its number", r"\n\\end\{equation\}", r"\\notag\n\\end{equation}", LATEX),
    Fault("columns that are left out where they break", "derive.render.tex.source.Columns",
          instead(lambda right, natural, fixed, breaking, rigid: right(natural, fixed, fixed, rigid)),
          ("make elman-1/network latex",), r"its columns are|other columns are measured"),
    Fault("a column that has no room", "derive.render.tex.source.Columns",
          instead(lambda right, natural, fixed, breaking, rigid: right(
              natural, fixed, re.sub(r"\{\d[\d.]+", "{0.0001", breaking), rigid)),
          ("make elman-1/network latex",), r"its columns share the room"),
    # Answers
    Fault("an equation that is changed when it is said", "derive.cli.terminal.Terminal.say",
          _said(lambda line: line.replace("+", "-", 1)),
          ("run show elman-grad-W-terms -T 2", "run show elman-grad-W-terms -T 2 --as latex"),
          r"is not printed as it was checked"),
    Fault("a picture that is changed when it is said", "derive.cli.terminal.Terminal.say",
          _said(lambda line: line.replace("</svg>", "<rect width='99' height='99'/></svg>")),
          ("run show elman-forward-s --as svg",), r"is not printed as it was checked"),
    Fault("a text that is changed behind its reader", "derive.cli.terminal._Held.getvalue",
          text(lambda found: found.replace("tanh", "tan", 1)),
          ("run show elman-forward-s",), CONFIRMED + "the text"),
    Fault("a result that is changed behind its reader", "derive.cli.sent.HeldResult._held",
          instead(lambda right, self: (piece.replace("-", "", 1) if self._digests else piece
                                       for piece in right(self))),
          ("run evaluate --values {values} --only L,dL",), CONFIRMED + "the result"),
    Fault("a result that is cut off behind its reader", "derive.cli.sent.HeldResult._held",
          instead(lambda right, self: right(self) if not self._digests else iter(())),
          ("run evaluate --values {values} --only s",), CONFIRMED + "the result"),
    Fault("a file of claims to begin with that is another", "derive.cli.terminal.Terminal.say",
          _said(lambda line: line.replace("*s[3]'", "*s[3]")), ("run audit --example",), LOOKED),
    Fault("a name of another file", "derive.cli.terminal.Terminal.say",
          _said(lambda line: line.replace("elman", "lstm")),
          ("run handout elman -T 1 --format md --out {out}", "run code elman --out {out}elman.py"),
          CONFIRMED),
    Fault("a file that is not named", "derive.publishing.publish.Published",
          instead(lambda right, files, *more: right((*files[:1], *files[2:]), *more)),
          ("run handout elman -T 1 --format md --out {out}",), CONFIRMED + "the files"),
    Fault("results that are left out", "derive.cli.commands.evaluate._chosen",
          constant(lambda *asked: ["s"]), ("run evaluate --values {values}",), CONFIRMED),
    # Exit statuses
    *(Fault(f"an exit status that is {name}: {words.split()[0]}",
            f"derive.cli.commands.{words.split()[0]}.run", text(lambda found, to=to: to),  # type: ignore[misc]
            (f"run {words}",), CONFIRMED + "the exit status")
      for name, to, words in (
          ("bad", 1, "check diagonal -T 1 --json"),
          ("good", 0, "compare --values {values} --gradients {mine}"),
          ("good of JSON", 0, "compare --values {values} --gradients {mine} --json"),
          ("bad without need", 1, "list diagonal -T 1"))),
    # Files
    *(Fault(f"a piece that is {name}", "derive.publishing.export._Pieces.files", computed(change),
            ("run export elman -T 1 --out {out}",), r"is not printed|begins with")
      for name, change in (
          ("left out", lambda files: {n: t for n, t in files.items() if "forward-s." not in n}),
          ("a picture and left out", lambda files: {n: t for n, t in files.items() if "paths" not in n}),
          ("one more", lambda files: {**files, "elman-T1-sections/more.md": "A claim."}))),
    Fault("a text that is changed behind its reader, in a file", "derive.render.markdown.write",
          instead(lambda right, document, printer, base, *more: _behind(
              lambda path, *rest: right(document, printer, path, *rest), base, *more)),
          ("make elman-1/forward markdown",), READ),
    Fault("a text that nobody reads", "derive.publishing.readback.ReadBack.inspect",
          instead(lambda right, self, paths: None), ("make elman-1/forward markdown",), READ),
    Fault("a file that is changed before it is put in place", "derive.files.Staging.place",
          instead(_placed), ("make elman-1/forward markdown", "run export elman -T 1 --out {out}"),
          READ),
    # What somebody else wrote there stays, so that only what a command says can be judged.
    Fault("a file that is changed where it stands", "derive.journal._forward", instead(_moved),
          ("run code elman --out {out}elman.py",), READ),
)  # fmt: skip

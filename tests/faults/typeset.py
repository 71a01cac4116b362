"""Faults in how a typesetter is run: each must be found in the PDF that it leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.faults.fault import Change, Fault, constant, instead, text

TEX = "derive.render.tex.run"
TYPST = "derive.render.typst.run"

MADE = r"^the PDF of elman-T2 is not what was read back: "


def _by_tex(name: str, target: str, make: Change, refusal: str) -> Fault:
    return Fault(
        f"{name}, by TeX", f"{TEX}.{target}", make, ("set elman-2/network,forward tex",), refusal
    )


def _by_typst(name: str, target: str, make: Change, refusal: str) -> Fault:
    return Fault(f"{name}, by Typst", target, make, ("set elman-2/network,forward typst",), refusal)


def _told(program: str, *more: str) -> Change:
    """Give a program more words than it is given."""
    return instead(
        lambda right, self, name, *rest: right(
            self, name, *(more if name == program else ()), *rest
        )
    )


def _changed(change: Change) -> Change:
    """Change the bytes of the PDF that a typesetter has made."""

    def run(made: Path) -> Path:
        made.write_bytes(change(made.read_bytes()))
        return made

    return text(run)


def _warned(right: Any, run: Any) -> None:
    """Let TeX's last log say that it does not know a number yet."""
    right(run)
    with (run.folder / "main.log").open("a", encoding="utf-8") as log:
        log.write("\nLaTeX Warning: There were undefined references.\n")


FAULTS = (
    _by_tex("only the last pages", "_Run._start", _told("xdvipdfmx", "-s", "2-"),
            f"{MADE}(it has . pages|the bookmark|its Title)"),
    _by_tex("a page that is printed twice", "_Run._start", _told("xdvipdfmx", "-s", "1,1-"),
            f"{MADE}(it has . pages|the bookmark|its Title)"),
    _by_tex("a letter's paper", "_Run._start", _told("xdvipdfmx", "-p", "letter"), "where A4 is meant"),
    _by_tex("pages across", "_Run._start", _told("xdvipdfmx", "-l"), "where A4 is meant"),
    _by_tex("twice the size", "_Run._start", _told("xdvipdfmx", "-m", "2"), f"{MADE}page 1 is"),
    _by_tex("text beside the page", "_Run._start", _told("xdvipdfmx", "-x", "9in"),
            "is moved or scaled"),
    _by_tex("a date of today", "_EPOCH", constant("1700000000"), f"{MADE}it is dated"),
    _by_tex("no date", "_Run._start", _told("xdvipdfmx", "-C", "0x0040"), f"{MADE}.*"),
    _by_tex("one pass too few", "_PASSES", constant(1), "did not settle in 1 passes"),
    _by_tex("a pass that was not the last", "_Run.write_pdf", instead(_warned), "TeX had not settled"),
    _by_tex("half of the bytes", "compile_folder", _changed(lambda raw: raw[: len(raw) // 2]),
            f"{MADE}it can't be read back|^the PDF"),
    _by_typst("a standard that is not asked for", f"{TYPST}.STANDARD", constant("1.7"),
              "does not say to be accessible"),
    _by_typst("another standard", f"{TYPST}.STANDARD", constant("a-2b"),
              "^Typst failed: error: PDF/A"),
    _by_typst("a lost bookmark", f"{TYPST}.compile_folder", _changed(
        lambda raw: raw.replace(b"(2 The", b"(3 The", 1)), "the bookmark of"),
    _by_typst("a page across", f"{TYPST}.compile_folder", _changed(
        lambda raw: raw.replace(b"[0 0 595.2756 841.8898]", b"[0 0 841.8898 595.2756]", 1)),
        "where A4 is meant"),
    _by_typst("another language", f"{TYPST}.compile_folder", _changed(
        lambda raw: raw.replace(b"/Lang(en)", b"/Lang(fr)")), "its Lang is 'fr'"),
    _by_typst("another subject", f"{TYPST}.compile_folder", _changed(
        lambda raw: raw.replace(b"/Subject(Back", b"/Subject(Bach")), "its Subject is"),
    _by_typst("a PDF whose pages are not there", f"{TYPST}.compile_folder", _changed(
        lambda raw: raw.replace(b"/Type/Catalog", b"/Type/Catalag")), "it can't be read back"),
    _by_typst("cells that begin in the middle", "derive.render.typst.source._has_lines",
              constant(lambda table: False), "its cells begin at the first line"),
    _by_typst("cells that all begin at the first line", "derive.render.typst.source._has_lines",
              text(lambda found: not found), "its cells begin at the first line"),
    _by_typst("a table that is made narrow", "derive.render.typst.source._rigid",
              constant(lambda table: True), "though its words can be broken"),
    Fault("heads of columns that are not bold", "derive.render.tex.source.fill",
          text(lambda filled: filled.replace(r"\def\tablehead{\bfseries{}", r"\def\tablehead{")),
          ("write elman-2 latex",), "this head of a column is not bold"),
    Fault("one head of a column that is not bold", "derive.render.tex.source.fill",
          text(lambda filled: filled.replace(r"& \bfseries{}", "& ", 1)),
          ("write elman-2 latex",), "this head of a column is not bold"),
    Fault("a bold cell", "derive.render.tex.source.fill",
          text(lambda filled: filled.replace("\n{}", "\n\\bfseries{}", 1)),
          ("write elman-2 latex",), "this sign must be escaped"),
)  # fmt: skip

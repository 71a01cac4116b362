"""Text as data: what a user wrote must come out as written, in every format.

Prose is always escaped, mathematics never, and nothing is in between.
"""

from __future__ import annotations

import re
import unicodedata

from derive.errors import UsageError, shown

# Directions of writing that would turn round what follows them, beyond the text they came in.
_BIDI = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_SURROGATE = re.compile("[\ud800-\udfff]")
# What opens and closes a text with a direction of its own, found by its first letter.
_ISOLATE, _END = "\u2068", "\u2069"
# Hebrew, Arabic, and Arabic digits.
_LEFTWARDS = frozenset(("R", "AL", "AN"))

# Scripts that Pagella lacks and the Chinese fonts have: ideographs, kana, their punctuation and
# full-width forms.  (Curly quotes and dashes are in both and do not ask for Chinese fonts.)
_CJK = re.compile(
    "[\u2e80-\u303f\u3040-\u30ff\u3100-\u312f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
    "\U00020000-\U0003ffff]"
)

_LONG_WORD = re.compile(r"\S{30,}")
_PIECE = 10

_MARKDOWN = {
    **{character: f"\\{character}" for character in "\\`*_[]{}$~^|#"},
    # As entities: not every Markdown takes a backslash before these.
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
}
# What means something in Typst somewhere: a dot between dots, and behind the number of a list.
_TYPST = re.compile(r"[\\#$*_`~@<>\[\]/\-+='\"]|^\.|(?<=[.\d])\.|\.(?=\.)")
# What means something at the start of a line only: lists, rules, definitions, comments.
_LINE_START = re.compile(r"^(\d{1,9}(?=[.)]( |$))|[+\-%:])")


def clean(text: str) -> str:
    """``text`` on one line: white space becomes single spaces, control characters go."""
    text = _SURROGATE.sub("\ufffd", text).translate(_BIDI)
    spaced = (" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    return re.sub(" +", " ", "".join(spaced)).strip(" ")


def isolated(text: str) -> str:
    """``text``, if it has letters that run to the left, as one that leaves others their direction.

    Signs and numbers that follow such letters would else be set before them, among the user's words.
    """
    if not any(unicodedata.bidirectional(letter) in _LEFTWARDS for letter in text):
        return text
    return f"{_ISOLATE}{text}{_END}"


def has_cjk(text: str) -> bool:
    """Whether Chinese or Japanese fonts are needed."""
    return _CJK.search(text) is not None


def cut_up(word: str) -> list[str]:
    """Return the pieces of a word that is longer than any, between which a line may break."""
    if word.startswith("doi:"):
        # The numbers of an address stay whole: they are copied.
        return re.split(r"(?<=/)", word)
    return [word[n : n + _PIECE] for n in range(0, len(word), _PIECE)]


def latex(text: str, breakable: bool = True) -> str:
    """``text`` for LaTeX; ``breakable`` lets words that are longer than any word break.

    XeTeX sets what follows to the right of any text, and its fonts have no signs that ask for it.
    """
    from pylatex.utils import escape_latex

    text = text.translate(_BIDI)

    def escape(piece: str) -> str:
        # In PDF properties ?` would become one character, as in TeX's old fonts.
        return str(escape_latex(piece)).replace("`", "{`}")

    def pieces(word: re.Match[str]) -> str:
        whole = word.group()
        if not breakable or has_cjk(whole):
            return escape(whole)
        return r"\allowbreak{}".join(escape(piece) for piece in cut_up(whole))

    done = []
    at = 0
    for word in _LONG_WORD.finditer(text):
        done += [escape(text[at : word.start()]), pieces(word)]
        at = word.end()
    return "".join([*done, escape(text[at:])])


def anchor(name: str) -> str:
    """``name`` as an id for HTML and LaTeX; different names stay different."""
    return re.sub(r"[^A-Za-z0-9.-]", lambda odd: f"_{ord(odd.group()):x}_", name)


def require_prefix(prefix: str) -> None:
    """Raise a `UsageError` unless a prefix of labels can stand in all formats."""
    if not re.fullmatch(r"[A-Za-z0-9_.-]*", prefix):
        raise UsageError(f"label-prefix is '{shown(prefix)}': expected letters, digits, - and _")


def latex_code(text: str) -> str:
    """``text`` for LaTeX's fixed-width face, which may break after the joints of an id or path."""
    broken = re.split(r"(?<=[-_./:=])(?=\w)", text)
    return r"\allowbreak{}".join(latex(piece) for piece in broken)


def typst(text: str, joint: str = "#joint;") -> str:
    """``text`` for Typst's markup; ``joint`` stands where a word that is longer than any may break."""

    def escape(piece: str) -> str:
        return _TYPST.sub(r"\\\g<0>", piece)

    def pieces(word: re.Match[str]) -> str:
        return joint.join(escape(piece) for piece in cut_up(word[0]))

    done = []
    at = 0
    for word in _LONG_WORD.finditer(text):
        done += [escape(text[at : word.start()]), pieces(word)]
        at = word.end()
    return "".join([*done, escape(text[at:])])


def markdown(text: str) -> str:
    """``text`` for Markdown, inside a line."""
    return "".join(_MARKDOWN.get(character, character) for character in text)


def markdown_line(line: str) -> str:
    """Return a line of Markdown whose first characters do not open a list, rule or comment."""
    found = _LINE_START.match(line)
    if found is None:
        return line
    start = found.group()
    rest = line[found.end() :]
    return f"{start}\\{rest}" if start.isdigit() else f"\\{start}{rest}"


def markdown_code(text: str) -> str:
    """``text`` as code of Markdown: between more backticks than stand in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") or not text.strip() else ""
    return f"{fence}{pad}{text}{pad}{fence}"

"""What a page carries with it: KaTeX with its letters, the style sheet, and the script.

KaTeX lies in ``templates/html/katex`` as it was released.  Its style sheet asks for letters in files
beside it; here these stand in the sheet itself, so that the page needs no other file.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from derive.resources import templates_root

SCRIPTS = ("page", "factors", "steps", "horizons", "flow", "live")
"""The scripts of a page by their names, in the order in which they are run."""

_LETTERS = re.compile(
    r'src:url\(fonts/(?P<name>[\w-]+)\.woff2\) format\("woff2"\)'
    r'(?:,url\(fonts/[\w.-]+\) format\("\w+"\))*'
)


@dataclass(frozen=True)
class Carried:
    """The style sheets and the scripts of a page, each as it stands between its tags."""

    styles: tuple[str, ...]
    scripts: tuple[str, ...]

    @property
    def policy(self) -> str:
        """Return what the page allows itself: its own scripts and sheets, and no network at all."""
        styles = " ".join(map(_source, self.styles))
        scripts = " ".join(map(_source, self.scripts))
        return (
            f"default-src 'none'; style-src {styles}; script-src {scripts}; font-src data:; "
            "base-uri 'none'; form-action 'none'"
        )


def carried() -> Carried:
    """Return what every page carries."""
    return _carried(templates_root() / "html")


@cache
def _carried(folder: Path) -> Carried:
    katex = folder / "katex"
    return Carried(
        (_with_letters(katex), _text(folder / "page.css")),
        (_text(katex / "katex.min.js"), *(_text(folder / f"{name}.js") for name in SCRIPTS)),
    )


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _with_letters(katex: Path) -> str:
    """Return the style sheet of KaTeX with its letters in it, under the notice of its licence."""

    def inlined(asked: re.Match[str]) -> str:
        raw = (katex / "fonts" / f"{asked['name']}.woff2").read_bytes()
        data = base64.b64encode(raw).decode("ascii")
        return f'src:url(data:font/woff2;base64,{data}) format("woff2")'

    notice = _text(katex / "LICENSE").strip()
    sheet = _LETTERS.sub(inlined, _text(katex / "katex.min.css").strip())
    return f"\n/* KaTeX, with its letters.\n\n{notice}\n*/\n{sheet}\n"


def _source(text: str) -> str:
    """Return how a policy names a sheet or script: by its digest."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
    return f"'sha256-{digest}'"

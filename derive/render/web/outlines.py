"""The outlines of letters in a page: each stands in the first picture that needs it, for all of them."""

from __future__ import annotations

import re

_OUTLINE = re.compile(r'<path id="(?P<id>[^"]*)" d="(?P<d>[^"]*)"/>\n')
_USE = re.compile(r'(?<=<use href="#)[^"]*')


class SharedOutlines:
    """Knows by what id each outline stands in a page."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def shared(self, drawing: str) -> str:
        """Return a picture without the outlines that stand in pictures before it, which it then uses."""
        names: dict[str, str] = {}

        def kept(found: re.Match[str]) -> str:
            names[found["id"]] = self._ids.setdefault(found["d"], found["id"])
            return found[0] if names[found["id"]] == found["id"] else ""

        return _USE.sub(lambda found: names[found[0]], _OUTLINE.sub(kept, drawing))

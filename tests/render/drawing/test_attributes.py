"""Words in a picture are escaped as the library for XML escapes them, which takes long to load."""

from __future__ import annotations

from itertools import product
from xml.sax import saxutils

from derive.render.drawing.svg import _attribute, _text


def test_text_and_attributes_are_escaped_as_by_the_library() -> None:
    for signs in product("a<&>\"'\n\r\t", repeat=3):
        text = "".join(signs)
        assert _text(text) == saxutils.escape(text)
        assert _attribute(text) == saxutils.quoteattr(text)

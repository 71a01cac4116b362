"""The outlines in a picture, beside the words that they are to draw."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from derive.publishing.letterforms import StixForms
from derive.reading.elements import DrawnWords
from derive.reading.fitting import Fitting
from derive.reading.passage import Passage, ReadingError
from derive.reading.setting import setting


def require_outlines(words: Iterable[DrawnWords], picture: Passage) -> None:
    """Raise a `ReadingError` if what is drawn of some words is not what they say."""
    forms = StixForms()
    for one in words:
        size = median(glyph.size for glyph in one.glyphs) if one.glyphs else 0.0
        if not Fitting(one.glyphs, one.bars, size, forms).shows(setting(one.text)):
            raise ReadingError(
                f"the outlines do not show {one.text}", picture, max(0, picture.text.find(one.text))
            )

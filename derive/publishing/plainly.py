"""Formulas in texts that hold none: the titles of pictures, alternative texts, bookmarks."""

from __future__ import annotations

from dataclasses import dataclass

from derive.errors import CheckError
from derive.publishing.sentences import Sentences
from derive.publishing.spoken import Spoken
from derive.reading.linear import linear
from derive.reading.passage import Passage, ReadingError
from derive.reading.setting import setting
from derive.render.page.words import Speaker


@dataclass(frozen=True)
class PlainFormulas:
    """Says how formulas read in bare text: as they do in TeX that was read back.

    ``speaker`` sets them between dollar signs, and ``sentences`` reads them.
    """

    document: str
    speaker: Speaker
    sentences: Sentences

    def text(self, value: Spoken) -> str:
        """Return a formula in bare text; a `CheckError` if its TeX does not say what is meant."""
        label = self.speaker.say(value)
        passage = Passage(label, "a formula in bare text", 1, len(label) - 1)
        problem = self.sentences.problem(passage, value)
        if problem is not None:
            raise CheckError(
                f"a formula of {self.document} is not printed as it was checked: "
                f"{ReadingError(problem, passage, passage.start)}"
            )
        return linear(setting(label))

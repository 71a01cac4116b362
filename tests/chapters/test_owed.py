"""What handouts owe: every entry means something, and every choice of a sentence has a condition."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from derive import chapters
from derive.catalogue import load
from derive.chapters import handout
from derive.chapters.facts import FACTS, CellFacts
from derive.chapters.owed import Asked, require_complete
from derive.chapters.owed.domains import DOMAINS
from derive.chapters.owed.judge import lacking, unasked
from derive.chapters.owed.owing import OF_HANDOUT, OF_MEMBER, Owing
from derive.document import conditions, language, owed
from derive.document.blocks import Block, Bullets, Display, Document, Prose
from derive.document.text import Text
from derive.errors import CheckError, RenderError

NOT_CHOSEN_BY_A_FACT = {
    "prose.audit.": "what is said of claims follows from their verdicts, which are judged",
    "verdict.audit.": "what is said of claims follows from their verdicts, which are judged",
    "prose.flow.checks": "said of the documents of studies, where there are formulas to check",
    "algorithm.": "require_runnable follows the parts of an algorithm, each as it is called",
    "prose.listing.cost_once": "require_code compares with the code as it is printed",
    "prose.network.weights": "meant.network tries which parameters are added",
    "prose.network.slope": "require_signs compares with the formulas as they are printed",
    "prose.network.step_jacobian": "require_signs compares with the formulas as they are printed",
    "prose.signs.": "require_signs compares with the formulas as they are printed",
    "prose.proof.unproved": "require_proved compares with the proofs",
    "prose.flow.own_divisors": "near_one compares with all numbers of the run that are drawn so",
    "prose.flow.own_numbers": "like_weights compares with all numbers of the run that are drawn so",
    "prose.network.papers": "require_papers compares with the list of papers",
    "symbol.": "require_roles tries on numbers what the table of symbols says",
}
"""Keys, by how they begin, that an ``if`` chooses without a condition, each with what guards it."""


def chosen(source: str) -> Iterator[str]:
    """Yield the strings that stand under an ``if`` of a source."""
    for node in ast.walk(ast.parse(source)):
        branches: list[ast.AST] = []
        if isinstance(node, ast.If):
            branches = [*node.body, *node.orelse]
        elif isinstance(node, ast.IfExp):
            branches = [node.body, node.orelse]
        for branch in branches:
            for one in ast.walk(branch):
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield one.value


def test_what_a_chapter_says_under_an_if_has_a_condition() -> None:
    known = conditions.load()
    owing = {key for debt in owed.load() if debt.conditions for key in debt.alternatives}
    owing |= {
        key for debt in owed.load() if len(debt.alternatives) > 1 for key in debt.alternatives
    }
    files = Path(chapters.__file__).parent.glob("*.py")
    keys = {key for file in files for key in chosen(file.read_text(encoding="utf-8"))}
    free = {key for key in keys if key in known and not known[key] and key not in owing}
    assert not {key for key in free if not key.startswith(tuple(NOT_CHOSEN_BY_A_FACT))}


def test_names_in_what_is_owed_are_known() -> None:
    known = conditions.load()
    facts = {*FACTS, *OF_HANDOUT, *OF_MEMBER}
    for debt in owed.load():
        assert {*debt.domains} <= {*DOMAINS}, debt.text
        assert all(one.fact in facts for one in debt.conditions), debt.text
        if debt.kind == "sentences":
            assert all(key in known for key in debt.alternatives), debt.text
    used = {domain for debt in owed.load() for domain in debt.domains}
    assert used == {*DOMAINS}


def test_no_fact_of_a_handout_has_the_name_of_another() -> None:
    assert not {*OF_HANDOUT, *OF_MEMBER} & {*FACTS}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sentence]\na = []\n", "'sentence' is none of the tables"),
        ("[sentences]\na = 1\n", "'a' is 1; expected a list of conditions"),
        ("[sentences]\na = ['some Thing']\n", "is no condition"),
        ("[sentences\n", "cannot be read as TOML"),
    ],
)
def test_a_file_of_what_is_owed_is_read_or_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / owed.FILE).write_text(text, encoding="utf-8")
    with pytest.raises(RenderError, match=said):
        owed.load(tmp_path)


@pytest.fixture(scope="module")
def made() -> tuple[Document, CellFacts]:
    found: list[tuple[Document, CellFacts]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(handout, "require_complete", lambda d, facts, asked: found.append((d, facts)))
        handout.build(load("elman"), 2, seed=0, proved=False)
    return found[0]


ASKED = Asked(proved=False)


def test_a_whole_handout_owes_nothing(made: tuple[Document, CellFacts]) -> None:
    owing = Owing(*made, ASKED)
    assert [*lacking(owing)] == [*unasked(owing)] == []


PARTS = 4
"""Into how many cases what is done for each sentence or equation is cut."""


@pytest.mark.parametrize("part", range(PARTS))
def test_each_sentence_that_is_owed_without_alternative_is_missed(
    part: int, made: tuple[Document, CellFacts]
) -> None:
    document, facts = made
    owing = Owing(document, facts, ASKED)
    single = {d.text: d for d in owed.load() if d.kind == "sentences" and len(d.alternatives) == 1}
    stands = [key for key in single if key in owing.sentences]
    assert len(stands) > 60
    for key in stands[part::PARTS]:
        without = Owing(replace(document, blocks=tuple(_without(document, key))), facts, ASKED)
        assert any(key in problem for problem in lacking(without)), key


@pytest.mark.parametrize("part", range(PARTS))
def test_each_equation_of_a_handout_is_missed(part: int, made: tuple[Document, CellFacts]) -> None:
    document, facts = made
    free = {"entries-outer-V"}
    displays = [block for block in document.blocks if isinstance(block, Display)]
    for block in displays[part::PARTS]:
        rest = tuple(one for one in document.blocks if one is not block)
        id = block.equation.id.removeprefix("elman-")
        problems = [*lacking(Owing(replace(document, blocks=rest), facts, ASKED))]
        assert id in free or any(id in problem for problem in problems), id


def test_a_handout_that_lacks_something_is_refused(made: tuple[Document, CellFacts]) -> None:
    document, facts = made
    less = replace(document, blocks=document.blocks[1:])
    with pytest.raises(CheckError, match="lacks the section summary"):
        require_complete(less, facts, ASKED)


def test_a_sentence_where_it_is_not_owed_is_refused(made: tuple[Document, CellFacts]) -> None:
    document, facts = made
    more = replace(document, blocks=(*document.blocks, Prose("prose.example.given")))
    with pytest.raises(CheckError, match=r"says 'prose\.example\.given', which is said only where"):
        require_complete(more, facts, ASKED)


def _without(document: Document, key: str) -> Iterator[Block]:
    for block in document.blocks:
        if isinstance(block, Bullets):
            kept = tuple(i for i in block.items if not (isinstance(i, Text) and i.key == key))
            yield replace(block, items=kept)
        elif not (isinstance(block, Prose) and block.key == key):
            yield block


def test_sentences_that_are_owed_have_words() -> None:
    known = language.load("en").keys
    for debt in owed.load():
        for key in debt.alternatives if debt.kind == "sentences" else ():
            assert key in known, key


@pytest.mark.always
def test_networks_whose_states_are_matrices_owe_what_can_be_told_of_them() -> None:
    # There is no Jacobian of theirs: a debt that asks for one would leave them without a handout.
    for name in ("mlstm", "deltanet"):
        made = handout.build(load(name), 1, seed=0, proved=False)
        assert made.document.equations()

"""Sentences: their markup, their placeholders, and what must not stand in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from derive.document.language import (
    Filled,
    Language,
    Literal,
    Marked,
    Slot,
    Verbatim,
    languages,
    load,
)
from derive.errors import RenderError
from derive.resources import templates_root


def language(**entries: str) -> Language:
    return Language("xx", Path("xx.toml"), entries)


def test_markup_becomes_parts() -> None:
    parts = language(a="If {x} is *very **big** {y}*, run `derive {x}`; {{so}}.").parse("a")
    assert parts == (
        Literal("If "),
        Slot("x"),
        Literal(" is "),
        Marked(
            (Literal("very "), Marked((Literal("big"),), True), Literal(" "), Slot("y")),
            False,
        ),
        Literal(", run "),
        Verbatim("derive {x}"),
        Literal("; {so}."),
    )


def test_values_go_into_their_places() -> None:
    found = language(a="{x} and *{y}*").sentence("a", {"x": 1, "y": "two"})
    assert found == (Filled(1), Literal(" and "), Marked((Filled("two"),), False))


@pytest.mark.parametrize(
    ("values", "named"),
    [({}, "{x}"), ({"x": 1, "z": 2}, "{z}")],
    ids=["missing", "superfluous"],
)
def test_values_must_fit_the_placeholders(values: dict[str, int], named: str) -> None:
    with pytest.raises(RenderError) as error:
        language(a="{x}").sentence("a", values)
    for word in ("xx.toml", "'a'", named):
        assert word in str(error.value)


@pytest.mark.parametrize("text", ["*open", "**open*", "a { b", "a } b", "one ` only", "{no name}"])
def test_garbled_markup_is_refused(text: str) -> None:
    with pytest.raises(RenderError, match=r"xx\.toml: text 'a'"):
        language(a=text).parse("a")


def test_a_missing_sentence_names_file_and_key() -> None:
    with pytest.raises(RenderError, match=r"xx\.toml: no text 'prose\.none'"):
        language().parse("prose.none")


def test_an_unknown_language_names_those_there_are() -> None:
    with pytest.raises(RenderError, match=r"no language 'qq'.*en"):
        load("qq")


def test_files_are_read_as_nested_tables(tmp_path: Path) -> None:
    (tmp_path / "lang").mkdir()
    file = tmp_path / "lang" / "aa.toml"
    file.write_text('[prose.a]\nb = """two\n lines"""\n', encoding="utf-8")
    assert load("aa", tmp_path).parse("prose.a.b") == (Literal("two lines"),)
    assert languages(tmp_path) == ("aa",)


@pytest.mark.parametrize("text", ["a = 1", "a = ["])
def test_what_is_no_text_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "lang").mkdir()
    (tmp_path / "lang" / "aa.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RenderError, match=r"aa\.toml"):
        load("aa", tmp_path)


@pytest.mark.parametrize("code", languages())
def test_every_sentence_can_be_parsed(code: str) -> None:
    for key in load(code).entries:
        load(code).parse(key)


@pytest.mark.parametrize("code", languages())
def test_languages_have_the_same_sentences_and_placeholders(code: str) -> None:
    english, other = load("en"), load(code)
    assert english.entries.keys() == other.entries.keys()
    for key in english.entries:
        assert english.slots(key) == other.slots(key), key


MATHEMATICS = re.compile(
    r"[$^\\]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|[A-Za-z]_[A-Za-z0-9](?![A-Za-z0-9])"
    r"|[∂∇∑∏⊙√≤≥=Α-Ωα-ω]"
)


def test_the_search_for_mathematics_finds_it() -> None:
    for text in (r"\frac", "$x$", "s_t", "x^2", "∂L", "a = b", "δ"):
        assert MATHEMATICS.search(text)
    assert not MATHEMATICS.search("a hidden state, a well-known one")


@pytest.mark.parametrize("code", languages())
def test_no_mathematics_stands_in_a_language_file(code: str) -> None:
    for key, text in load(code).entries.items():
        prose = re.sub(r"\{[A-Za-z0-9_]+\}|`[^`]*`", "", text)
        assert not MATHEMATICS.search(prose), f"{key}: {text}"


_COMMANDS = (
    "frac|sum|prod|partial|nabla|delta|sigma|top|odot|cdot|left|right|mathbf|mathrm|operatorname"
)


def test_no_mathematics_stands_in_a_layout() -> None:
    layouts = [
        path
        for folder in templates_root().iterdir()
        # The others hold data, formulas among them, and the outline of generated code.
        if folder.name not in ("cells", "claims", "code", "lang", "notation")
        for path in folder.rglob("*")
        if path.is_file()
    ]
    assert layouts
    for path in layouts:
        text = re.sub(r"\\(VAR|BLOCK|#)\{[^}]*\}", "", path.read_text(encoding="utf-8"))
        # Display mathematics of Markdown: its fences, on lines of their own.
        text = re.sub(r"^\$\$$", "", text, flags=re.MULTILINE)
        found = re.search(rf"[$^]|_|\\({_COMMANDS})(?![A-Za-z])", text)
        assert found is None, f"{path}: {found}"

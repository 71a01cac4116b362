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
    require_read,
    texts,
)
from derive.document.plural import categories
from derive.errors import CheckError, RenderError
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


def counting(code: str = "pl", **forms: str) -> Language:
    entries = {f"steps.{name}": text for name, text in forms.items()}
    return Language(code, Path("xx.toml"), entries, {"steps": "n"})


@pytest.mark.parametrize(("number", "form"), [(1, "krok"), (3, "kroki"), (5, "kroków")])
def test_a_number_chooses_the_form_that_its_language_has_for_it(number: int, form: str) -> None:
    made = counting(one="krok", few="{n} kroki", many="{n} kroków", other="{n} kroku")
    parts = made.sentence("steps", {"n": number})
    assert parts[-1] == Literal(form if number == 1 else f" {form}")
    assert made.keys == {"steps"}
    assert made.slots("steps") == {"n"}


def test_a_form_may_leave_the_number_out_but_not_another_value() -> None:
    made = counting("en", one="one step", other="{n} steps")
    assert made.sentence("steps", {"n": 1}) == (Literal("one step"),)
    for values in ({}, {"n": 1, "z": 2}):
        with pytest.raises(RenderError, match=r"'steps' has (the|no) placeholder"):
            made.sentence("steps", values)


def test_a_form_that_is_missing_is_named() -> None:
    with pytest.raises(RenderError, match=r"'steps' has no form 'few', which 3 needs.*many, one"):
        counting(one="krok", many="{n} kroków").sentence("steps", {"n": 3})


def test_only_whole_numbers_are_counted() -> None:
    with pytest.raises(RenderError, match=r"counts \{n\}.*expected a whole number"):
        counting(one="krok").sentence("steps", {"n": "three"})


def test_a_code_that_is_no_language_has_no_plurals() -> None:
    with pytest.raises(RenderError, match=r"'qq'.*code of a language"):
        counting("qq", one="a").sentence("steps", {"n": 1})


def test_forms_are_read_from_a_table(tmp_path: Path) -> None:
    (tmp_path / "lang").mkdir()
    text = '[list]\nsteps.plural = "n"\nsteps.one = "a"\nsteps.other = "{n} b"\nlone = "c"\n'
    (tmp_path / "lang" / "en.toml").write_text(text, encoding="utf-8")
    read = load("en", tmp_path)
    assert read.keys == {"list.steps", "list.lone"}
    assert read.sentence("list.steps", {"n": 2}) == (Filled(2), Literal(" b"))


@pytest.mark.parametrize("code", languages())
def test_a_sentence_that_counts_has_all_forms_of_its_language(code: str) -> None:
    made = load(code)
    assert made.plurals
    for key in made.plurals:
        assert made.forms(key).keys() == categories(code), key


@pytest.mark.parametrize("code", languages())
def test_a_sentence_that_nobody_read_is_refused(code: str) -> None:
    found = texts(templates_root() / "lang" / f"{code}.toml")
    require_read(code, found)
    key, text = found[0]
    for wrong in ([(key, f"{text} not"), *found[1:]], found[1:], [*found, ("prose.new", text)]):
        with pytest.raises(CheckError, match=r"the text '.+' of the language .+ is not the one"):
            require_read(code, wrong)


@pytest.mark.parametrize("code", languages())
def test_every_sentence_can_be_parsed(code: str) -> None:
    for key in load(code).entries:
        load(code).parse(key)


@pytest.mark.parametrize("code", languages())
def test_languages_have_the_same_sentences_and_placeholders(code: str) -> None:
    english, other = load("en"), load(code)
    assert english.keys == other.keys
    for key in english.keys:
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
        # The others hold data, formulas among them, and the outlines of generated code and proofs.
        if folder.name not in ("cells", "claims", "code", "coq", "lang", "notation", "zoo")
        for path in folder.rglob("*")
        # KaTeX is another's, as it was released, with its letters.
        if path.is_file()
        and path.parent.name not in ("katex", "fonts")
        # In a script these signs are operations on bits, and parts of names.
        and path.suffix != ".js"
    ]
    assert layouts
    for path in layouts:
        text = re.sub(r"\\(VAR|BLOCK|#)\{[^}]*\}", "", path.read_text(encoding="utf-8"))
        # Display mathematics of Markdown: its fences, on lines of their own.
        text = re.sub(r"^\$\$$", "", text, flags=re.MULTILINE)
        text = re.sub(r"\bKaTeX_[A-Z]\w+", "", text)  # names of its letters
        found = re.search(rf"[$^]|_|\\({_COMMANDS})(?![A-Za-z])", text)
        assert found is None, f"{path}: {found}"

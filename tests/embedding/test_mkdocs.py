"""The plugin for MkDocs: the example is built, and what is wrong is said with its line."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from textwrap import indent

import pytest

from derive.embedding.pages import Page
from derive.embedding.parts import parts
from derive.embedding.reading import PageReader
from derive.embedding.request import Network, Request
from derive.errors import CheckError, UsageError
from derive.mkdocs.fences import fences
from derive.mkdocs.written import require_around, require_within
from derive.render.text.dialects import dialect_named

EXAMPLE = Path(__file__).parents[2] / "examples" / "mkdocs"


def build(config: Path, out: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(config), "-d", str(out)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_the_example_is_built(tmp_path: Path) -> None:
    code, said = build(EXAMPLE / "mkdocs.yml", tmp_path / "site")
    assert code == 0, said
    page = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert '<a id="eq-elman-grad-W-terms-3"></a>' in page
    assert '<a href="#eq-elman-grad-W-terms-3">(1)</a>' in page
    drawing = re.search(r'src="(bptt/[0-9a-f]+-paths\.svg)"', page)
    assert drawing is not None
    assert "<svg" in (tmp_path / "site" / drawing[1]).read_text(encoding="utf-8")
    assert not re.search(r'<(?:script|img|link)[^>]*(?:src|href)="(?:https?:)?//', page)


def test_a_wrong_id_stops_the_build_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_text("site_name: a\nplugins: [derive]\n")
    (tmp_path / "docs" / "index.md").write_text("# A\n\n```bptt elman\n:eq: elman-grd-W\n```\n")
    code, said = build(tmp_path / "mkdocs.yml", tmp_path / "site")
    assert code != 0
    assert re.search(r"index\.md, line 3: bptt: unknown equation 'elman-grd-W'", said), said
    assert "Traceback" not in said


def test_a_fence_within_code_is_text() -> None:
    page = "````\n```bptt elman\n```\n````\n\n~~~bptt gru\n:steps: 2\n~~~".split("\n")
    (found,) = fences(page)
    assert (found.cell, found.options, found.start, found.end) == ("gru", {"steps": "2"}, 5, 8)
    with pytest.raises(UsageError, match="line 1: this fence is not closed"):
        list(fences(["```bptt elman", ":steps: 2"]))
    with pytest.raises(UsageError, match="line 2: expected an option"):
        list(fences(["```bptt elman", "steps: 2", "```"]))


def test_equations_are_counted_and_referred_to_page_by_page() -> None:
    network = Network("elman", 2)
    page = Page(dialect_named("mkdocs"), lambda name, text: name)
    equation = Request(network, equations=("elman-forward-s",))
    section = Request(network, sections=("recursion",))
    page.text(equation, parts(equation))
    text = page.text(section, parts(section))
    # On display the number is a tag, in an algorithm it stands in a column.
    numbers = [int(n) for n in re.findall(r"(?:\\tag\{|</a>\()(\d+)[})]", text)]
    assert len(numbers) == text.count('<a id="eq-')
    assert numbers == list(range(2, 2 + len(numbers)))
    assert page.refer("elman-forward-s") == "[(1)](#eq-elman-forward-s)"
    with pytest.raises(UsageError, match="no equation 'elman-forward'"):
        page.refer("elman-forward")
    with pytest.raises(UsageError, match="stands twice on this page"):
        page.text(equation, parts(equation))
    # What the section refers to and the page does not have is named, not numbered.
    outside = [id for id in re.findall(r"\]\(#([^)]*)\)", text) if f'id="{id}"' not in text]
    assert not outside


def test_a_fence_in_a_list_stays_in_it() -> None:
    (found,) = fences(["- a", "", "    ```bptt elman", "    :steps: 2", "    ```"])
    assert (found.cell, found.options, found.indent) == ("elman", {"steps": "2"}, "    ")


PAGE = r"""# A

!!! note

    ```bptt elman
    :eq: elman-forward-s
    ```

See {eq}`elman-forward-s`, written `` {eq}`elman-forward-s` ``, and `{eq}`.
"""


def test_references_are_no_code_and_fences_may_be_indented(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    extensions = "admonition, pymdownx.superfences, pymdownx.arithmatex"
    (tmp_path / "mkdocs.yml").write_text(
        f"site_name: a\nplugins: [derive]\nmarkdown_extensions: [{extensions}]\n"
    )
    (tmp_path / "docs" / "index.md").write_text(PAGE)
    code, said = build(tmp_path / "mkdocs.yml", tmp_path / "site")
    assert code == 0, said
    page = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert page.count('href="#eq-elman-forward-s">(1)</a>') == 1
    assert "<code>{eq}`elman-forward-s`</code>" in page
    assert "<code>{eq}</code>" in page
    note = page[page.index('class="admonition note"') : page.index("See <a")]
    assert "arithmatex" in note or "MathJax" in note
    assert 'id="eq-elman-forward-s"' in note


def test_a_label_with_an_underscore_is_referred_to() -> None:
    network = Network("lstm", 2)
    page = Page(dialect_named("mkdocs"), lambda name, text: name)
    wanted = Request(network, equations=("lstm-forward-a_i",), prefix="my_")
    text = page.text(wanted, parts(wanted))
    target = page.refer("my_lstm-forward-a_i").partition("(#")[2].rstrip(")")
    assert f'id="{target}"' in text


def test_a_formula_that_no_extension_takes_is_refused(tmp_path: Path) -> None:
    """In a list of Markdown what is two spaces in does not belong to an item, and is bare text."""
    (tmp_path / "docs").mkdir()
    extensions = "[pymdownx.superfences, pymdownx.arithmatex: {generic: true}]"
    (tmp_path / "mkdocs.yml").write_text(
        f"site_name: a\nplugins: [derive]\nmarkdown_extensions: {extensions}\n"
    )
    fence = "```bptt elman\n:eq: elman-forward-s\n```\n"
    for spaces, refused in ((2, True), (4, False)):
        inner = indent(fence, " " * spaces)
        (tmp_path / "docs" / "index.md").write_text(f"- a\n\n{inner}")
        code, said = build(tmp_path / "mkdocs.yml", tmp_path / "site")
        assert (code != 0) is refused, said
        assert ("a fence in a list stands four spaces in" in said) is refused


def test_a_part_stands_as_far_in_as_its_fence() -> None:
    page = "- item\n\n    # A\n\n    B\n\nend"
    require_within(page, "    ```bptt elman", "# A\n\nB")
    require_within("# A\n\nB", "```bptt elman", "# A\n\nB")
    for text in ("# A\n\nB", "# A\n\n  B"):
        with pytest.raises(CheckError, match="does not stand as far in"):
            require_within(f"- item\n\n{text}\n\nend", "    ```bptt elman", "# A\n\nB")


SOURCE = """# A

- a list

    ```bptt elman
    :eq: elman-loss-total
    ```

See {eq}`elman-loss-total`, written `` {eq}`elman-loss-total` ``.

```text
See {eq}`elman-loss-total`.
```
"""

AROUND = """# A

- a list

    what was made

See [(1)](#eq-elman-loss-total), written `` {eq}`elman-loss-total` ``.

```text
See {eq}`elman-loss-total`.
```
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# A", "# B"),
        ("    what", "  what"),
        ("See {eq}`elman-loss-total`.", "See [(1)](#eq-elman-loss-total)."),
        ("`` {eq}`elman-loss-total` ``", "`` [(1)](#eq-elman-loss-total) ``"),
        ("[(1)]", "[(2)]"),
        ("```text\n", "```\n"),
        ("\n- a list\n", ""),
    ],
)
def test_what_stands_around_the_fences_is_that_of_the_source(old: str, new: str) -> None:
    reader = PageReader("mkdocs", numbers={"eq-elman-loss-total": "1"}, texts=["what was made"])
    require_around(AROUND, SOURCE, reader)
    assert old in AROUND
    with pytest.raises(CheckError, match="where its source has"):
        require_around(AROUND.replace(old, new, 1), SOURCE, reader)

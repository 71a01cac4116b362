"""The audit: every verdict follows from the numbers, and a corrupted correction is caught."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from derive.__main__ import main
from derive.audit import ClaimVerifier, Verdict, judge, shipped, user_claims
from derive.audit.claims import read
from derive.chapters.audit import KINDS, audit
from derive.chapters.report import Report
from derive.cli.commands.audit import EXAMPLE
from derive.document.blocks import Block, Prose
from derive.document.text import Code, Text
from derive.errors import CheckError, SpecError, UsageError
from derive.expressions.equation import Kind
from derive.resources import templates_root

EXPECTED = {
    "output-gate": "right",
    "candidate": "value",
    "update-gate": "value",
    "forget-gate": "value",
    "forget-gate-in-parentheses": "value",
    "cell-state": "right",
    "entry": "value",
    "whole-matrix": "right",
    "diagonal-jacobian": "conditional",
    "last-two-steps": "value",
    "product-from-i": "value",
    "derivative-of-one-state": "convention",
    "inverse-slope": "value",
    "slope": "right",
    "output-weights": "right",
    "through-W": "shape",
    "product-of-paths": "value",
    "slope-of-tanh": "convention",
    "not-added-up": "value",
    "reset-before": "conditional",
    "reset-before-there": "right",
    "swapped-gate": "convention",
    "initial-memory": "value",
    "output-map": "value",
    "loss-product": "shape",
    "last-loss": "conditional",
    "product-for-V": "convention",
    "no-dependence": "convention",
    "middle-term": "convention",
    "which-partial": "convention",
    "from-zero": "harmless",
    "third-term": "conditional",
    "empty-product": "convention",
    "slope-of-U": "shape",
    "slopes-times-W": "shape",
    "diagonal-on-the-right": "conditional",
    "softmax-elementwise": "value",
    "slope-vanishes": "conditional",
    "late-step": "convention",
    "whole-gradient": "value",
    "large-W": "conditional",
    "two-causes": "value",
    "monotone": "conditional",
    "layout": "convention",
    "log-softmax": "overflow",
    "product-bound": "right",
    "transposed-weights": "conditional",
    "carousel-block": "convention",
    "carousel-product": "value",
    "eigenvalue-below-one": "value",
    "radius-as-bound": "conditional",
    "radius-with-tanh": "conditional",
    "short-residual": "conditional",
}

CLAIMS = {claim.id: claim for claims in shipped() for claim in claims.claims}


def one(text: str, **more: str) -> str:
    """Return a file with one claim of the simple network."""
    lines = [f'{key} = "{value}"' for key, value in more.items()]
    return "\n".join(['[[claim]]\nid = "c"', f'written = "{text}"', *lines]) + "\n"


def verdict(text: str, **more: str) -> str:
    return judge(read(one(text, **more), "notes").claims[0]).verdict.value


def test_all_claims_are_expected_and_found_in_texts() -> None:
    assert CLAIMS.keys() == EXPECTED.keys()
    assert len({claim.id for file in shipped() for claim in file.claims}) == len(CLAIMS)
    texts = {claim.text for claim in CLAIMS.values() if claim.text is not None}
    assert len(texts) > 12
    assert sum(text.link.startswith("https://") for text in texts) > 8


@pytest.mark.parametrize("id", EXPECTED)
def test_what_is_wrong_is_refuted_and_its_right_form_confirmed(id: str) -> None:
    claim, found = CLAIMS[id], judge(CLAIMS[id], seed=5)
    assert claim.kind in KINDS
    if claim.kind == "control":
        assert found.verdict is Verdict.RIGHT
        return
    assert found.verdict is not Verdict.RIGHT
    assert found.right is not None or any(t.trial.holds for t in found.readings.values())
    assert found.right is None or found.right.trial.holds
    if found.verdict is not Verdict.HARMLESS:
        assert not found.written.trial.holds
        assert found.written.equation.kind is Kind.REFUTED


@pytest.mark.parametrize("id", EXPECTED)
def test_verdicts(id: str) -> None:
    assert judge(CLAIMS[id]).verdict.value == EXPECTED[id]


def test_another_seed_gives_the_same_verdict() -> None:
    for id in ("output-map", "third-term", "which-partial"):
        assert judge(CLAIMS[id], seed=11).verdict.value == EXPECTED[id]


def test_the_reading_decides_which_part_of_a_claim_is_right() -> None:
    for id, right in (("product-for-V", "row"), ("late-step", "first")):
        readings = judge(CLAIMS[id]).readings
        assert [name for name, one in readings.items() if one.trial.holds] == [right]


def test_a_diagonal_jacobian_is_that_of_any_diagonal_weights() -> None:
    found = judge(CLAIMS["diagonal-jacobian"])
    assert found.condition is not None
    assert found.condition.trial.holds


def test_the_eigenvalues_of_the_counterexample_are_zero_and_norms_double() -> None:
    trial = judge(CLAIMS["radius-with-tanh"]).written.trial
    # ‖J‖ of [[8, 6], [-8, -6]] is √200; ten steps double it nine times.
    assert trial.left == pytest.approx(200**0.5 * 2**9, rel=1e-6)


def test_plain_verdicts() -> None:
    assert verdict("o[t] = softmax(V*s[t])", **{"for": "t=1..T"}) == "right"
    assert verdict("o[t] = softmax(V*s[t-1])", **{"for": "t=1..T"}) == "value"
    assert verdict("o[2] = V'*s[2]") == "shape"
    assert verdict("o[2] = s[2]") == "shape"
    assert verdict("s[1] = tanh(U*x[1] + W*s[0] + 0*s[0])", right="s[1] = tanh(U*x[1] + W*s[0])")
    assert verdict("norm(o[1]) <= 1") == "right"
    assert verdict("o[1] != o[2]") == "right"


@pytest.mark.parametrize("name", ["course", "field", "source", "texts"])
def test_a_corrupted_correction_is_caught(name: str) -> None:
    text = (templates_root() / "claims" / f"{name}.toml").read_text("utf-8")
    assert read(text, name).claims
    changes = [
        ('right = "o[3] = softmax(V*s[3])"', 'right = "o[3] = softmax(V*s[2])"'),
        ("(diag(o[3]) - o[3]*o[3]')*V", "(diag(o[3]) - 0.999*o[3]*o[3]')*V"),
        ("sum(t=1..3, grad(L[t], W))", "sum(t=2..3, grad(L[t], W))"),
        ("= W*diag(tanh'(x[t-1]))", "= diag(tanh'(x[t-1]))*W"),
        ("dc_next .* c[1] + q[2]", "dc_next .* c[2] + q[2]"),
        ("dc_next .* g[2] + q[2] .* (1 - tanh(c[2])^2) .* g[2] .* da_next)", "1*da_next)"),
        ("sum(t=1..4, grad", "sum(t=2..4, grad"),
        (".* tanh'(c[3])", ".* tanh'(c[2])"),
        ("f[t+1] .* grad", "f[t] .* grad"),
        ("logsumexp(z[t]) - y[t]'*z[t]", "logsumexp(z[t]) + y[t]'*z[t]"),
        ("d(c[3] | c[2])/d(h[2])", "d(c[3])/d(h[2])*0.5"),
    ]
    tried = 0
    for old, new in changes:
        if old not in text:
            continue
        tried += 1
        formula = new.removeprefix("right = ").strip('"')
        broken = read(text.replace(old, new), name).claims
        claim = next(c for c in broken if c.right is not None and formula in c.right.text)
        with pytest.raises(CheckError, match=r"correction of claim .* does not hold"):
            judge(claim)
    assert tried >= 2


def test_a_condition_that_does_not_help_is_caught() -> None:
    text = one("grad(L, W) = grad(L[3], W)") + "[claim.when]\nstart = 'zero'\n"
    with pytest.raises(CheckError, match="under its condition"):
        judge(read(text, "notes").claims[0])


def test_the_chapter_shows_only_what_was_tested() -> None:
    report = Report(0)
    claims = read(EXAMPLE, "notes.toml")
    blocks = list(audit(report, 0, (claims,)))
    assert any(check.kind is Kind.REFUTED for check in report.checks)
    assert all(check.passed for check in report.checks)
    assert blocks
    finding = judge(claims.claims[0])
    with pytest.raises(CheckError, match="was not tested"):
        ClaimVerifier({}, finding.claim.data).require(finding.written.equation)
    forged = finding.written.trial.__class__(holds=True)
    with pytest.raises(CheckError, match="holds, though it is shown as wrong"):
        ClaimVerifier({finding.written.equation: forged}, finding.claim.data).require(
            finding.written.equation
        )


FAULTS = [
    ("id = 1\n", "no claims|unknown key"),
    ("[[claim]]\nwritten = 'b = 0'\n", r"line 1, column 1: a claim without id"),
    ("[[claim]]\nid = 'a'\n", "needs either `written`"),
    (
        "[[claim]]\nid = 'a'\nwriten = 'b'\n",
        r"line 3, column 11: unknown key 'writen': did you mean",
    ),
    ("[[claim]]\nid = 'a'\nwritten = 'W = 0'\nT = 0\n", r"line 4, column \d+: T is 0"),
    ("[[claim]]\nid = 'a'\nwritten = 'W = 0'\nT = true\n", "expected a whole number"),
    (
        "[[claim]]\nid = 'a'\nwritten = 'W = 0'\ncell = 'elmann'\n",
        "line 4, .*unknown cell 'elmann'",
    ),
    ("[[claim]]\nid = 'a'\nwritten = 'W = 0'\nstart = 'one'\n", "unknown start 'one'"),
    (
        "[[claim]]\nid='a'\nwritten='W=0'\n[[claim]]\nid='a'\nwritten='W=0'\n",
        "line 4.*second claim",
    ),
    (
        "[[claim]]\nid='a'\nwritten='W=0'\ntext='notes'\n[texts.note]\ntitle='N'\n",
        "line 4, column 7: no text 'notes': did you mean note",
    ),
    ("[texts.a]\nby='N'\n[[claim]]\nid='a'\nwritten='W=0'\n", "a text without title"),
    (
        "[texts.a]\ntitle='N'\nlink='http://a b'\n[[claim]]\nid='a'\nwritten='W=0'\n",
        "line 3, column 7: link is no address that can be printed",
    ),
    ("[[claim]]\nid='a'\nwritten='W=0'\nkind='error'\n", "line 4, .*unknown kind 'error'"),
    ("[[claim]\n", "line 1, column 8: not TOML: a closing bracket is missing"),
]


@pytest.mark.parametrize(("text", "said"), FAULTS)
def test_faults_in_a_file_are_shown_with_line_and_column(text: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        read(text, "notes.toml")


FORMULAS = [
    ('written = "W = q"', 3, 16),
    ("written = 'd(s[3]) = 0'", 3, 20),
    ('written = """\nW\n  = q"""', 5, 5),
    ('written = "W = 0"\nfor = "t=1..q"', 4, 13),
    ("written = 'W = 0'\n[claim.where]\nW = 'V'", 5, 6),
    ("written = 'e = 0'\n[claim.where]\ne = 's[3] + q'", 5, 13),
    ("written = 'e = 0'\n[claim.where]\ne = 's[3]'\nk = 's[2]'", 6, 6),
]


@pytest.mark.parametrize(("line", "row", "column"), FORMULAS)
def test_faults_in_formulas_point_into_the_file(line: str, row: int, column: int) -> None:
    text = f"[[claim]]\nid = 'a'\n{line}\n"
    with pytest.raises(SpecError, match=rf"notes.toml, line {row}, column {column}:"):
        judge(read(text, "notes.toml").claims[0])


def test_names_of_a_text_stand_for_expressions() -> None:
    where = "where = { e = 'o[t] - y[t]', g = \"V'*e\" }\n"
    text = one("grad(L, s[3]) = V'*(o[3] - y[3])") + where
    assert judge(read(text, "notes").claims[0]).verdict is Verdict.RIGHT
    text = one("grad(L[t], s[t]) = g", **{"for": "t=1..T"}) + where
    assert judge(read(text, "notes").claims[0]).verdict is Verdict.RIGHT
    text = one("grad(L[t], s[t]) = e", **{"for": "t=1..T"}) + where
    assert judge(read(text, "notes").claims[0]).verdict is Verdict.SHAPE


def said(block: object) -> str:
    """Return the key of a paragraph or heading."""
    return str(getattr(block, "key", ""))


def prose(blocks: list[Block], key: str) -> list[Prose]:
    """Return the paragraphs of a sentence."""
    return [b for b in blocks if isinstance(b, Prose) and b.key == key]


def test_each_claim_is_told_with_its_text_place_and_quote() -> None:
    report = Report(0)
    files = tuple(file for file in shipped() if file.name in ("course", "field"))
    blocks = list(audit(report, 0, files))
    items = [
        b for b in blocks if isinstance(b, Prose) and "number" in b.values and "says" in b.values
    ]
    claims = [claim for file in files for claim in file.claims]
    assert [item.values["number"] for item in items] == list(range(1, len(claims) + 1))
    told = sorted((str(i.values.get("text")), str(i.values.get("place", ""))) for i in items)
    assert told == sorted((str(c.text and c.text.title), c.place) for c in claims)
    quoted = {b.values["quote"] for b in prose(blocks, "prose.audit.quote")}
    assert quoted == {Code(claim.quote) for claim in claims if claim.quote}
    kinds = [said(b).rpartition(".")[2] for b in blocks if said(b).startswith("heading.audit.")]
    assert [kind for kind in kinds if kind in KINDS] == list(KINDS)


def test_the_networks_are_introduced_by_equations_that_are_checked() -> None:
    report = Report(0)
    blocks = list(audit(report, 0))
    networks = [*prose(blocks, "prose.audit.network"), *prose(blocks, "prose.audit.network_linear")]
    assert len(networks) >= 6
    assert any(id.endswith("lstm-forward-c") and id.startswith("audit-") for id in report.by_id)
    about = [b.values["about"] for b in blocks if isinstance(b, Prose) and "about" in b.values]
    numbers = {n.values["network"] for n in about if isinstance(n, Text)}
    assert numbers == set(range(1, len(networks) + 1))


def test_a_user_file_is_read_and_its_verdicts_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "notes.toml"
    path.write_text(EXAMPLE, "utf-8")
    found = [judge(claim).verdict for claim in user_claims(path).claims]
    assert found == [Verdict.SHAPE, Verdict.CONDITIONAL, Verdict.CONVENTION]
    assert main(["audit", str(path), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [row["verdict"] for row in data["claims"]] == ["shape", "conditional", "convention"]
    assert main(["audit", str(path)]) == 0
    out = capsys.readouterr().out
    assert re.search(r"output-weights: wrong shape", out)
    assert main(["audit", "--example"]) == 0
    assert capsys.readouterr().out.strip() == EXAMPLE.strip()


def test_files_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="there is no file"):
        user_claims(tmp_path / "absent.toml")
    bad = tmp_path / "bad.toml"
    bad.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="line 1, column 1: the byte 0xff is not UTF-8"):
        user_claims(bad)
    assert main(["audit", str(tmp_path / "absent.toml")]) == 2
    assert main(["audit", str(bad)]) == 2
    assert "line 1" not in capsys.readouterr().out


def test_the_audit_is_written_as_a_document(tmp_path: Path) -> None:
    path = tmp_path / "notes.toml"
    title = r"week 5 \\input{x} 100% & $1 第五"
    path.write_text(EXAMPLE.replace("week 5", title), "utf-8")
    assert main(["audit", str(path), "--format", "md", "--out", str(tmp_path), "-q"]) == 0
    text = (tmp_path / "audit.md").read_text("utf-8")
    assert "第五" in text
    assert r"\overset{?}{=}" in text


OPEN_INDEX = """
[[claim]]
id = "from-i"
written = "d(s[3])/d(W) = sum(i=1..3, prod(j=3..i+1, d(s[j])/d(s[j-1]))*d+(s[i])/d(W))"
"""


def test_a_page_marks_factors_whose_index_the_sum_around_them_introduces(tmp_path: Path) -> None:
    path = tmp_path / "notes.toml"
    path.write_text(OPEN_INDEX, "utf-8")
    assert main(["audit", str(path), "--format", "html", "--out", str(tmp_path), "-q"]) == 0
    text = (tmp_path / "audit.html").read_text("utf-8")
    assert re.search(r'<p data-factor="\d+">[^\n]*s_{i}', text)

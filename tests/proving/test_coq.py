"""The file for Coq: what is in it, what Coq says of it, and of slips in the translation."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from derive.__main__ import main
from derive.bptt.derivation import Derivation
from derive.catalogue import load, names
from derive.cells.cell import define
from derive.cells.weighting import WEIGHTINGS
from derive.errors import CheckError, DerivationError
from derive.proving.certificate import STEPS
from derive.proving.coq import coqc
from derive.proving.coq.file import own, stated, text_of
from derive.publishing.coqclaims import require_claims_read
from derive.publishing.coqread import require_coq_read
from derive.typesetting.printing import plain
from tests import ROOT

Captured = pytest.CaptureFixture[str]

PREMISES = {
    "softmax": {"softmax_n0", "targets"},
    "sigmoid": {"sigmoid_n0", "sigmoid_n1"},
    "linear": {"n0_2"},
}
"""What a theorem is allowed to assume, by the output layer."""

OF_NUMBERS = {"rg_lru": {"n0_2"}}
"""What it may assume besides, by the network: a number that is divided by is not 0 in every field."""

OWN = [
    ROOT / "tests" / "proving" / "cells" / f"{name}.toml"
    for name in ("divided", "functions", "normed", "stacked", "tied")
]
"""Users' networks with what no network that ships has: layer normalisation, say, and tied weights."""

needs_coq = pytest.mark.skipif(
    not shutil.which("coqc"),
    reason=f"Coq is not installed: make coq, or apt-get install {coqc.PACKAGES}",
)


@cache
def text(name: str, steps: bool = False, **options: str) -> str:
    cell = load(name, **options)
    return text_of(cell, tuple(Derivation(cell, STEPS).equations()), steps=steps)


@pytest.mark.parametrize("name", names())
def test_a_network_has_a_file(name: str) -> None:
    cell = load(name)
    equations = tuple(Derivation(cell, STEPS).equations())
    made = text(name)
    claimed = stated(cell, equations)
    # Of each parameter, input and state that is handed on, the gradient; of each adjoint, its recursion.
    grads = {f"{name}-grad-{p.name}" for p in cell.parameters}
    grads |= {f"{name}-grad-{x.name}" for x in cell.inputs}
    grads |= {f"{name}-grad-{s.name}0" for s in cell.handed}
    recursions = {e.id for e in equations if e.id.endswith("-recursion") and "-steps-" not in e.id}
    ends = {e.id for e in equations if e.step.rule == "end"}
    assert {e.id for e in claimed} == grads | recursions | ends
    for equation in claimed:
        theorem = (
            f"(* {equation.id}: {plain(equation)} *)\nTheorem {equation.id.replace('-', '_')} "
        )
        assert made.count(theorem) == 1
    # Nothing is taken for granted but what the preface says.
    assert not re.findall(r"\b(?:Axiom|Admitted|Parameter|admit|Abort)\b", made)
    assert set(re.findall(r"Hypothesis (\w+)", made)) == PREMISES["softmax"] | OF_NUMBERS.get(
        name, set()
    )


@needs_coq
@pytest.mark.parametrize("layer", PREMISES)
@pytest.mark.parametrize("placed", WEIGHTINGS)
def test_every_loss_is_proved(layer: str, placed: str) -> None:
    made = text("elman", output_layer=layer, loss=placed)
    assert set(re.findall(r"Hypothesis (\w+)", made)) == PREMISES[layer]
    assert coqc.judged(made).checked


@needs_coq
@pytest.mark.parametrize("file", OWN, ids=lambda file: file.stem)
def test_users_networks_are_proved(file: Path) -> None:
    assert coqc.judged(text(str(file))).checked


@needs_coq
@pytest.mark.deferred
@pytest.mark.parametrize("name", ["elman", "jordan", str(OWN[2]), str(OWN[4])])
def test_step_jacobians_and_losses_of_single_steps_are_proved(name: str) -> None:
    made = text(name, steps=True)
    assert "_step_jacobian t :" in made
    assert "_window K k :" in made
    assert coqc.judged(made).checked


@needs_coq
@pytest.mark.parametrize(
    ("name", "right", "wrong", "said"),
    [
        # The letter, its lemma and the theorem are of the other matrix: it is no derivative.
        ("elman", " *m W)", " *m W^T)", "elman_step_jacobian"),
        ("rg_lru", "Hypothesis n0_2 : 2%:R", "Hypothesis n0_2 : 3%:R", "arrives_e"),
    ],
)
def test_coq_refuses_another_jacobian_and_half_of_what_may_be_nothing(
    name: str, right: str, wrong: str, said: str
) -> None:
    before, start, after = text(name, steps=name == "elman").partition("Section Cell.")
    changed = "\n".join(
        line.replace(right, wrong)
        if line.startswith(("Definition J ", "Lemma J_E ", f"Theorem {said} ", "Hypothesis "))
        else line
        for line in after.split("\n")
    )
    assert changed != after
    with pytest.raises(CheckError, match=f"Coq refuses {said}: "):
        coqc.judged(before + start + changed)


@needs_coq
def test_names_of_a_network_are_not_those_of_the_file(tmp_path: Path) -> None:
    names = (
        "carry",
        "contrib",
        "along",
        "states",
        "frob",
        "flow",
        "same",
        "residual",
        "pick",
        "changes",
    )
    file = tmp_path / "named.toml"
    file.write_text(
        "\n".join(
            (
                'inputs = { x = "d" }\nstates = { h = "n" }\nequations = """',
                f"h[t] = tanh({' + '.join(f'{name}.*h[t-1]' for name in names)} + U*x[t])",
                'z[t] = V*h[t]\n"""\n[parameters]\nU = "n d"\nV = "m n"',
                *(f'{name} = "n"' for name in names),
            )
        ),
        encoding="utf-8",
    )
    assert coqc.judged(text(str(file))).checked


@needs_coq
def test_what_coq_has_checked_is_written_and_said(tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "elman.v"
    assert main(["prove", "elman", "--coq", str(file)]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "7 of them as theorems in Coq: closed under the global context",
        str(file),
    ]
    assert own(file)


@needs_coq
def test_what_is_said_with_jacobians_is_of_all_theorems(tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "elman.v"
    assert main(["prove", "elman", "--coq", str(file), "--jacobians"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "11 of them as theorems in Coq: closed under the global context",
        str(file),
    ]
    assert "Theorem elman_step_jacobian " in file.read_text(encoding="utf-8")


def test_what_coq_refuses_of_jacobians_is_said_and_not_written(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "coqc"
    program.write_text(
        "#!/bin/sh\nn=$(grep -n '^Theorem elman_step_jacobian' proof.v | cut -d: -f1)\n"
        'echo "File \\"./proof.v\\", line $n, characters 1-2:\nError: no." >&2; exit 1\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    file = tmp_path / "elman.v"
    assert main(["prove", "elman", "--coq", str(file), "--jacobians"]) == 1
    assert "Coq refuses elman_step_jacobian: no. Nothing is written" in capsys.readouterr().err
    assert not file.exists()


def test_jacobians_without_a_file_for_coq_are_refused(capsys: Captured) -> None:
    assert main(["prove", "elman", "--jacobians"]) == 2
    assert "expected --coq FILE too" in capsys.readouterr().err


def test_without_coq_it_is_written_and_said_to_be_unchecked(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    file = tmp_path / "elman.v"
    assert main(["prove", "elman", "--coq", str(file)]) == 0
    said = capsys.readouterr().out
    assert "not checked, as coqc is not installed; to check them: apt-get install" in said
    assert f"then coqc {file}" in said
    # What derive wrote itself is written again; what was changed since is kept.
    assert main(["prove", "elman", "--coq", str(file)]) == 0
    file.write_text(file.read_text(encoding="utf-8") + "(* mine *)\n", encoding="utf-8")
    assert main(["prove", "elman", "--coq", str(file)]) == 2


def test_where_coq_takes_too_long_it_is_stopped_and_that_is_said(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "coqc"
    slow.write_text("#!/bin/sh\nexec sleep 60\n", encoding="utf-8")
    slow.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(slow))
    file = tmp_path / "elman.v"
    assert main(["prove", "elman", "--coq", str(file), "--limit", "coq-seconds=1"]) == 0
    said = capsys.readouterr().out
    assert "not checked, as coqc was stopped after 1 seconds; to check them: coqc" in said
    assert "--limit coq-seconds" in said


def test_an_equation_without_a_lemma_is_named() -> None:
    cell = load("elman")
    slope = define(cell.loss_series, 2 * cell.definition(cell.loss_series).expr)
    other = replace(cell, equations=(*cell.equations[:-1], slope))
    with pytest.raises(DerivationError, match=r"no lemma on the loss L_t = .* after o_t = softmax"):
        text_of(other, tuple(Derivation(other, STEPS).equations()))


@pytest.mark.parametrize(
    ("complaint", "said"),
    [
        (
            'File "./proof.v", line 3, characters 1-2:\nError: No such\n goal.\n',
            "two: No such goal",
        ),
        ("Stack overflow.", "the file: Stack overflow."),
    ],
)
def test_the_lemma_that_coq_refuses_is_named(complaint: str, said: str) -> None:
    assert coqc.refused("Lemma one : a.\nProof. by []. Qed.\nTheorem two : b.\n", complaint) == said


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("exit 0", "rests on more than the file says"),
        ("echo 'Axioms: cheat'", "rests on more than the file says: Axioms: cheat"),
        (
            "echo 'File \"./proof.v\", line 1, characters 1-2:\nError: no.' >&2; exit 1",
            "Coq refuses",
        ),
    ],
)
def test_coq_must_say_that_it_is_closed(
    script: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "coqc"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(CheckError, match=why):
        coqc.judged("Lemma one : a.\n")


def test_coq_without_its_libraries_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "coqc"
    said = "Cannot find a physical path bound to logical path all_algebra"
    program.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert coqc.judged("") == coqc.CoqVerdict(False, "coqc finds no mathcomp")


# -- slips in the translation ---------------------------------------------------------------------

_EQUALITY = re.compile(
    r"^Lemma ((?:arrives|printed)_\w+) t : (.*)\.\nProof\. (.*; same)\. Qed\.$", re.MULTILINE
)
_RECURSION = re.compile(
    r"^Lemma recurs_(\w+) t : \(t < T\)%N -> \w+ t\.\+1 = (.*)\.$", re.MULTILINE
)
_INDEX = re.compile(r"\bt\.\+[12]|(?<=[( ])t(?=[) ])")
_SIGN = re.compile(r"(?<=\))( \+ )(?=\()")
STEPS_NEAR = ("t", "t.+1", "t.+2")


def equalities(made: str) -> Iterator[tuple[str, str]]:
    """Yield what the printed formulas are compared with, and how: each claim and its proof."""
    printed = dict(_RECURSION.findall(made))
    for name, claim, proof in _EQUALITY.findall(made):
        of = name.removeprefix("arrives_")
        if name.startswith("arrives_") and of in printed:
            given, _, right = claim.partition(" -> ")
            yield (
                f"{given} -> {printed[of]} ={right.partition('=')[2]}",
                proof.replace(f"recurs_{of} // ", "").replace(f"recurs_{of} //", ""),
            )
        else:
            yield claim, proof


def slips(claim: str) -> Iterator[str]:
    """Yield a claim with each of its steps written as another, and each sign turned."""
    start = claim.index("->")
    for found in _INDEX.finditer(claim, start):
        for other in STEPS_NEAR:
            if other != found[0]:
                yield claim[: found.start()] + other + claim[found.end() :]
    for found in _SIGN.finditer(claim, start):
        yield f"{claim[: found.start()]} - {claim[found.end() :]}"


def with_slips(name: str, share: int) -> tuple[int, str]:
    """Return how many slips are planted, and the file in which Coq must refuse each of them."""
    made = text(name)
    lines, count = [], 0
    for n, (claim, proof) in enumerate(equalities(made)):
        # As it is, it holds: what is refused is refused for its slip.
        lines.append(f"Definition right_{n} t : {claim} := ltac:({proof}).")
        for wrong in slips(claim):
            count += 1
            if count % share == 0:
                lines.append(f"Fail Definition wrong_{count} t : {wrong} := ltac:({proof}).")
    before, end, _ = made.rpartition("End Cell.")
    return count // share, before + "\n".join(lines) + f"\n{end}\n"


def refuses(name: str, share: int, folder: Path) -> int:
    count, made = with_slips(name, share)
    (folder / "slips.v").write_text(made, encoding="utf-8")
    done = subprocess.run(
        # Otherwise a refusal that is expected is not told.
        ["coqc", "-q", "-test-mode", "-w", "none", "slips.v"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("The command has indeed failed with message:") == count
    # Refused for what it says, and not because it is no formula.
    assert "expected to have type" not in done.stdout
    return count


@needs_coq
def test_coq_refuses_slips_in_the_translation(tmp_path: Path) -> None:
    assert refuses("elman", 3, tmp_path) >= 10


@needs_coq
@pytest.mark.deferred
@pytest.mark.parametrize("name", ["elman", "jordan", "gru"])
def test_coq_refuses_every_slip(name: str, tmp_path: Path) -> None:
    assert refuses(name, 1, tmp_path) >= 30


@needs_coq
@pytest.mark.deferred
@pytest.mark.parametrize("name", names())
def test_coq_proves_all_networks_that_ship(name: str) -> None:
    assert coqc.judged(text(name)).checked


@pytest.mark.parametrize(
    ("name", "right", "wrong", "said"),
    [
        ("elman", "map_mx tanh (a t.+1)", "map_mx log (a t.+1)", "s at step 1 is"),
        ("elman", "(W *m (s t))).\nProof", "(W *m (s t.+1))).\nProof", "a at step 1 is"),
        (
            "elman",
            "(delta t.+1) *m (x t.+1)^T)) dir",
            "(delta t.+1) *m (x t)^T)) dir",
            "on U has another",
        ),
        ("elman", "Lemma z_E t : z t.+1 =", "Lemma z_E t : o t.+1 =", "nothing says what z is"),
        ("leaky", "const_mx 1", "const_mx 2%:R", "s at step 1 is"),
    ],
)
def test_a_file_of_another_network_is_refused(name: str, right: str, wrong: str, said: str) -> None:
    """Coq would prove it: what follows from other definitions follows."""
    derivation = Derivation(load(name), STEPS)
    made = text(name)
    require_coq_read(derivation, made)
    assert right in made
    with pytest.raises(CheckError, match=said):
        require_coq_read(derivation, made.replace(right, wrong))


@pytest.mark.parametrize("name", names())
def test_each_file_is_of_its_network(name: str) -> None:
    derivation = Derivation(load(name), STEPS)
    require_coq_read(derivation, text(name))
    require_claims_read(derivation, text(name))
    require_coq_read(derivation, text(name, steps=True))
    require_claims_read(derivation, text(name, steps=True))


@pytest.mark.parametrize("placed", WEIGHTINGS)
def test_each_file_is_of_its_loss(placed: str) -> None:
    derivation = Derivation(load("lstm", loss=placed), STEPS)
    require_claims_read(derivation, text("lstm", steps=True, loss=placed))


ALONE = "0 0 0 (never _) 0"
"""No change of the parameters of the simple network, of its inputs and its first state."""


@pytest.mark.parametrize(
    ("name", "right", "wrong", "said"),
    [
        # Each of these is true, and Coq proves it or would; none is what is printed above it.
        ("elman", "jstep_s t (Shifts dir_s) =", "J t.+1 *m dir_s =", "not read as a matrix"),
        ("elman", "((D t.+1) *m W) /\\", "((D t.+1) *m W^T) /\\", "another matrix at step 1"),
        ("lstm", "jstep_c t (Shifts 0 dir)", "jstep_c t (Shifts dir 0)", "not of jstep_c t"),
        ("lstm", "from_c_h t dir =", "jstep_h t (Shifts 0 dir) =", "not of from_c_h t dir"),
        ("lstm", "(mulL (pick R n (2 * n)%N 0%N)^T (dir_h))",
         "(mulL (pick R n (2 * n)%N n%N)^T (dir_h))", "puts columns in other places"),
        ("lstm", "(jstep_h t (Shifts dir_h dir_c))) +", "(jstep_h t (Shifts dir_c dir_h))) +",
         "stacks other columns"),
        ("elman", "gx t = (((o t.+1)", "gx t = (((o t)", "another row"),
        ("elman", "= frob (gx t) (d_xi t.+1) + own t.\nProof. by", "= frob 1 (d_L t.+1).\nProof. by",
         "another change of the loss"),
        ("elman", "(prodJ J t.+1 k.+1)^T *m (V^T *m ((o t.+1) + (- ((y t.+1) : 'M[R]_(m, 1))))))) /\\",
         "(prodJ J t.+1 k)^T *m (V^T *m ((o t.+1) + (- ((y t.+1) : 'M[R]_(m, 1))))))) /\\",
         "another gradient at steps 1 and 1"),
        ("elman", f"(d_L {ALONE} (only k.+1 dir) (never _)", f"(d_L {ALONE} (never _) (only k.+1 dir)",
         "changes e_s too|changes e_a by"),
        ("lstm", "= frob (xibar_lag t.+1 k.+1) (d_xi", "= frob (xibar_lag t.+1 k) (d_xi",
         "another change of the loss"),
        ("elman", "sum_(k <= t < T) (delta_lag t.+1 k.+1).\nProof",
         "sum_(k <= t < T) (delta_lag t.+1 k).\nProof", "another sum|cannot be read"),
        ("elman", "minn T (k + K)) (delta_lag t.+1 k.+1) =", "minn T (k + K)) (delta_lag k.+1 k.+1) =",
         "is not of the sum above it"),
        ("elman", "rtrl (delta_mx i j) 0 0", "rtrl 0 (delta_mx i j) 0", "changes d_U by 0"),
        ("elman", "(s t)^T)) i j", "(s t)^T)) j i", "is not of the gradient that is printed"),
        ("elman", f"along {ALONE} (only t.+1 dir) (never _)", f"along {ALONE} (never _) (only t.+1 dir)",
         "changes e_a by"),
        ("elman", "-> (delta t.+1) = ((D t.+1)", "-> (delta t.+1) = ((D t)", "another recursion"),
        ("elman", "elman_delta_end : delta T.+1 = 0", "elman_delta_end : d_s_0 T.+1 = 0", "another end"),
        ("elman", "along dir 0 0", "along 0 dir 0", "changes d_U by 0"),
        ("elman", "Print Assumptions everything", "Print Assumptions proved", "not asked for"),
        ("elman", "Definition followed := (@elman_steps", "Definition followed := (@other, @elman_steps",
         "no corollary is that of other"),
        ("elman", "Theorem elman_step_jacobian", "Lemma elman_step_jacobian", "no theorem, is that of"),
    ],
)  # fmt: skip
def test_a_theorem_that_says_something_else_is_refused(
    name: str, right: str, wrong: str, said: str
) -> None:
    """Coq may prove it: what is true of the network need not be what is printed."""
    derivation, made = Derivation(load(name), STEPS), text(name, steps=True)
    assert right in made
    with pytest.raises(CheckError, match=said):
        require_claims_read(derivation, made.replace(right, wrong))

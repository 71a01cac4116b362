"""What the checker of certificates must prove and must not, tried before it is trusted or handed out.

The statements are of a network that has every function between its quantities. Whether a function is 0
at 0, and what its slope is, is computed; what is said of products, sums and steps is right, or has a
slip in it. They all stand in one certificate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from derive.arrays import Array
from derive.checks.secondarithmetic import FUNCTIONS
from derive.errors import CheckError
from derive.record import dump


@dataclass(frozen=True)
class Attempt:
    """A statement, for which indices, what it assumes, and whether it is right.

    ``firmly``: one that is right and must be proved; there may be no rule for another.
    """

    text: str
    right: bool
    ranges: tuple[str, ...] = ("t=1..T",)
    assumes: tuple[str, ...] = ()
    firmly: bool = False


NAMES = tuple(
    "tanh sigmoid bipolar relu leaky_relu softplus silu gelu elu exp log sin cos abs".split()
)
VALUES = {
    name: f"f_{{{letter},t}}" for name, letter in zip(NAMES, "bcdefghilmnpqr", strict=True)
} | {"tanh": "s_t"}
"""A quantity that is the value of each function."""

SlopeOf = Callable[[Array, Array], Array]

SLOPES: dict[str, tuple[str, SlopeOf]] = {
    "tanh": ("1 - v ⊙ v", lambda a, v: 1 - v * v),
    "sigmoid": ("v - v ⊙ v", lambda a, v: v - v * v),
    "bipolar": ("(1/2) (1 - v ⊙ v)", lambda a, v: (1 - v * v) / 2),
    "exp": ("v", lambda a, v: v),
    "log": ("1 ⊘ a_t", lambda a, v: 1 / a),
    "sin": ("cos(a_t)", lambda a, v: np.cos(a)),
    "cos": ("-sin(a_t)", lambda a, v: -np.sin(a)),
    "softplus": ("sigmoid(a_t)", lambda a, v: 1 / (1 + np.exp(-a))),
    "abs": ("sign(a_t)", lambda a, v: np.sign(a)),
}
"""Slopes of functions, in the argument a and the value v: each is tried as that of every other."""

POINTS = np.array([[-1.7], [-0.4], [0.3], [1.1], [2.3]])
POSITIVE = np.array([[0.3], [1.1], [2.3]])
STEP = 1e-20

SLIPS: tuple[tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]], ...] = (
    ("(∂s_t/∂a_t) = D_t = diag(1 - s_t ⊙ s_t)", ("t=1..T",), ()),
    ("δ_{T+1} = 0", (), ()),
    ("∇[a_t] L = δ_t = D_t (Vᵀ (o_t - y_t) + Wᵀ δ_{t+1})", ("t=1..T",), ()),
    ("∇[a_t] L = D_t (Vᵀ (o_t - y_t) + Wᵀ δ_{t+1})", ("t=1..T",), (
        ("+ Wᵀ", "- Wᵀ"), ("Wᵀ", "W"), ("δ_{t+1}", "δ_t"), ("o_t - y_t", "y_t - o_t"),
        ("D_t (", "D_{t-1} ("), ("D_t (", "D_t D_t ("), (" + Wᵀ δ_{t+1}", ""))),
    ("(∂s_j/∂s_{j-1}) = D_j W", ("j=1..T",), (
        ("D_j W", "W D_j"), ("D_j W", "D_j Wᵀ"), ("D_j", "D_{j-1}"), ("D_j W", "2 D_j W"))),
    ("∇[W] L = Σ[t=1..T] δ_t s_{t-1}ᵀ", (), (
        ("t=1..T", "t=2..T"), ("t=1..T", "t=1..T-1"), ("s_{t-1}", "s_t"), ("δ_t", "δ_{t+1}"),
        ("δ_t s_{t-1}ᵀ", "s_{t-1} δ_tᵀ"))),
    ("∇[s_0] L = Wᵀ δ_1", (), (("Wᵀ", "W"), ("δ_1", "δ_2"), ("Wᵀ", "-Wᵀ"))),
    ("(∂L_t/∂s_0) = (∂L_t/∂s_t) (Π[j=1..t] (∂s_j/∂s_{j-1}))", ("t=1..T",), (
        ("j=1..t", "j=2..t"), ("j=1..t", "j=1..t-1"), ("∂s_j/∂s_{j-1}", "∂s_j/∂a_j"))),
    ("(∂o_t/∂z_t) = diag(o_t) - o_t o_tᵀ", ("t=1..T",), (
        (" - o_t o_tᵀ", ""), (" - ", " + "), ("o_t o_tᵀ", "diag(o_t ⊙ o_t)"))),
    ("(∂L_t/∂z_t) = (o_t - y_t)ᵀ", ("t=1..T",), (("o_t - y_t", "y_t - o_t"), ("o_t", "z_t"))),
    ("∇[V] L_t = (o_t - y_t) s_tᵀ", ("t=1..T",), (
        ("s_tᵀ", "s_{t-1}ᵀ"), ("(o_t", "2 (o_t"), ("o_t - y_t", "o_t"))),
    ("(W s_t)ᵀ = s_tᵀ Wᵀ", ("t=1..T",), (("Wᵀ", "W"), ("s_tᵀ", "s_{t-1}ᵀ"))),
    ("(W diag(s_t))ᵀ = diag(s_t) Wᵀ", ("t=1..T",), (
        (" diag(s_t) Wᵀ", " Wᵀ diag(s_t)"), (" diag(s_t) Wᵀ", " W diag(s_t)"))),
    ("a_t ⊙ a_t = a_t^{⊙ 2}", ("t=1..T",), (("⊙ 2", "⊙ 3"), ("a_t ⊙ a_t", "a_t"))),
    ("1ᵀ o_t = 1", ("t=1..T",), (("o_t", "s_t"), ("o_t", "z_t"))),
    ("Σ[k=1..t] s_k = Σ[k=1..t] s_k", ("t=1..T",), (
        ("= Σ[k=1..t]", "= Σ[k=0..t]"), ("= Σ[k=1..t] s_k", "= Σ[k=1..t] s_{k-1}"))),
)  # fmt: skip
"""What is right, and the slips that make it wrong."""

OTHERS: tuple[Attempt, ...] = (
    Attempt("s_0 = 0", True, (), ("zero-initial-state",), firmly=True),
    Attempt("s_0 = 0", False, ()),
    Attempt("s_1 = 0", False, (), ("zero-initial-state",)),
    Attempt("x_1 = 0", False, (), ("zero-initial-state",)),
    Attempt("1ᵀ y_t = 1", True, firmly=True),
    Attempt("1ᵀ y_t = 1", False, assumes=("any-targets",)),
    Attempt("(∂L_t/∂z_t) = (o_t - y_t)ᵀ", False, assumes=("any-targets",)),
    Attempt("exp(-softplus(a_t)) = sigmoid(a_t)", False),
    Attempt("sqrt(a_t) = a_t", False),
    # What is handed on transposed is not handed on, and an equation holds from step 1 on.
    Attempt("R_t = Q_t W", True, firmly=True),
    Attempt("R_t = P_{t-1} W", False),
    Attempt("u_t = softmax(b)", True, firmly=True),
    Attempt("u_0 = softmax(b)", False, ()),
    # Spelt out twice in one term, at two indices.
    Attempt("(1/mean(x_t)) (p_t p_tᵀ) = (1/mean(x_t)^3) a_t a_tᵀ", True, firmly=True),
    Attempt("(1/mean(x_t)) (p_t p_tᵀ) = (1/mean(x_t)^3) 1 (a_t ⊙ a_t)ᵀ", False),
    # Entries of a softmax alone add up to one.
    Attempt("1ᵀ u_t = 1", True, firmly=True),
    Attempt("1ᵀ g_t = 1", False),
    Attempt("1ᵀ h_t = 1", False),
    Attempt("own(a_t) = a_t ⊙ tanh(a_t)", True, firmly=True),
    Attempt("own(a_t) = tanh(a_t)", False),
    Attempt("own'(a_t) = tanh(a_t) + a_t ⊙ (1 - tanh(a_t) ⊙ tanh(a_t))", True, firmly=True),
    Attempt("own'(a_t) = tanh(a_t) - a_t ⊙ (1 - tanh(a_t) ⊙ tanh(a_t))", False),
    Attempt("own'(a_t) = tanh(a_t)", False),
)


@cache
def statements() -> tuple[Attempt, ...]:
    """Return all that is tried."""
    return tuple(_statements())


def _statements() -> Iterator[Attempt]:
    for text, ranges, slips in SLIPS:
        yield Attempt(text, True, ranges, firmly=True)
        for old, new in slips:
            assert old in text
            yield Attempt(text.replace(old, new), False, ranges)
    yield from OTHERS
    for name in NAMES:
        with np.errstate(divide="ignore"):
            zero = bool(FUNCTIONS[name](np.zeros((1, 1)))[0, 0] == 0)
        yield Attempt(f"{name}(s_0) = 0", zero, (), ("zero-initial-state",))
    owns = [*SLOPES]
    for name, value_of in VALUES.items():
        at = POSITIVE if name == "log" else POINTS
        value, slope = FUNCTIONS[name](at), _slope(name, at)
        # A function without a slope here is tried with all of them: it has none of these.
        n = owns.index(name) if name in SLOPES else 0
        tried = [owns[(n + i) % len(owns)] for i in range(3 if name in SLOPES else len(owns))]
        for own in tried:
            text, function = SLOPES[own]
            right = bool(np.allclose(function(at, value), slope, atol=1e-9))
            said = text.replace("v", value_of)
            yield Attempt(f"(∂{value_of}/∂a_t) = diag({said})", right, firmly=own == name)
            if name not in ("log", "abs") and own in tried[:2]:
                yield Attempt(f"{name}'(a_t) = {said}", right)


def _slope(name: str, at: Array) -> Array:
    """Return a slope by a complex step."""
    found: Array = FUNCTIONS[name](at + STEP * 1j).imag / STEP
    return found


@cache
def certificate() -> str:
    """Return the certificate of all that is tried."""
    n, m = ["n", "1"], ["m", "1"]
    return dump({
        "format": "derive-proof/1",
        "cell": "trial",
        "sizes": {
            "x_{@}": n, "y_{@}": m, "a_{@}": n, "s_{@}": n, "z_{@}": m, "o_{@}": m,
            "P_{@}": ["n", "n"], "Q_{@}": ["n", "n"], "R_{@}": ["n", "n"], "u_{@}": n, "b": n,
            "g_{@}": n, "h_{@}": n, "p_{@}": n,
            "L_{@}": ["1", "1"], "W": ["n", "n"], "V": ["m", "n"], "L": ["1", "1"],
            **{one.replace("t}", "@}"): n for one in VALUES.values() if one != "s_t"},
        },
        "introduced": {"D_{@}": "trial-0", "δ_{@}": "trial-2"},
        "states": ["s_{@}", "P_{@}"],
        "equations": [
            "a_t = x_t + W s_{t-1}", "z_t = V s_t",
            "P_t = P_{t-1} W", "Q_t = P_{t-1}ᵀ", "R_t = Q_t W", "u_t = softmax(b)",
            "h_t = 2 softmax(a_t)", "g_t = softmax(b) ⊙ h_t", "p_t = (1/mean(x_t)) a_t",
            *(f"{one} = {name}(a_t)" for name, one in VALUES.items()),
            "o_t = softmax(z_t)", "L_t = -y_tᵀ log o_t", "L = Σ[t=1..T] L_t",
        ],
        "functions": ["own(a) = a ⊙ tanh(a)"],
        "hypotheses": ["1ᵀ y_t = 1"],
        "statements": [
            {"id": f"trial-{n}", "for": [*one.ranges], "assumes": [*one.assumes], "held": {},
             "text": one.text}
            for n, one in enumerate(_numbered())
        ],
    }).decode("utf-8")  # fmt: skip


def _numbered() -> Sequence[Attempt]:
    # What defines letters has the numbers that are said above.
    defining = ("D_t =", "δ_{T+1} =", "= δ_t =")
    first = [one for part in defining for one in statements() if one.right and part in one.text]
    assert len(first) == len(defining)
    return [*first, *(one for one in statements() if one not in first)]


def require_tried(refused: Sequence[str], unruled: Sequence[str]) -> None:
    """Raise a `CheckError` unless of what was tried all that is wrong was refused, and nothing else.

    ``refused`` and ``unruled`` are the ids of statements that are not proved.
    """
    for n, one in enumerate(_numbered()):
        id_ = f"trial-{n}"
        proved = id_ not in refused and id_ not in unruled
        if proved and not one.right:
            how = "proves what is wrong"
        elif one.right and (id_ in refused or (one.firmly and not proved)):
            how = "does not prove what is right"
        else:
            continue
        raise CheckError(
            f"the checker of certificates {how}: {one.text}, for {', '.join(one.ranges) or 'once'}. "
            "Nothing is written; please report it"
        )

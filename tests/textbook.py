"""Every cell as its paper writes it: one plain step each, on NumPy arrays or on torch tensors.

Nothing of `derive` is used in here.  A step gets the parameters, the input and what the step before
computed (vectors are one-dimensional), and yields its quantities by the names that `derive` gives
them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Quantities = dict[str, Any]
Step = Callable[[Any, Any, Any, Any, Any], Quantities]

LEAK = 0.25
LARGEST_STEP = 0.5
TIME_STEP, FREQUENCY, DAMPING = 0.25, 1.0, 0.5
ACTIVATIONS = ("tanh", "sigmoid", "relu", "identity", "softplus")
OUTPUTS = ("softmax", "linear", "sigmoid")
PLACEMENTS = ("every", "last", "mean", "weighted")
STEPS = (1, 2, 3, 5, 9)
SIZES = {"1": 1, "d": 2, "n": 3, "m": 4, "r": 3, "s": 4, "l": 5}
"""``l`` is m in the network of two layers, whose n_r and n_s are r and s, the r of DeltaNet, and the
size of the keys where there is attention."""


def elman(F: Any, p: Any, x: Any, was: Any, f: Any) -> Quantities:
    a = p.U @ x + p.W @ was.s + p.b
    return {"a": a, "s": f(a)}


def diagonal(F: Any, p: Any, x: Any, was: Any, f: Any) -> Quantities:
    return {"s": p["lambda"] * was.s + p.U @ x}


def gru(F: Any, p: Any, x: Any, was: Any, f: Any) -> Quantities:
    r = F.sigmoid(p.U_r @ x + p.b_ir + p.W_r @ was.s + p.b_hr)
    u = F.sigmoid(p.U_u @ x + p.b_iu + p.W_u @ was.s + p.b_hu)
    h = F.tanh(p.U_h @ x + p.b_ih + r * (p.W_h @ was.s + p.b_hh))
    return {"r": r, "u": u, "htilde": h, "s": (1 - u) * h + u * was.s}


def gru_before(F: Any, p: Any, x: Any, was: Any, f: Any) -> Quantities:
    r = F.sigmoid(p.U_r @ x + p.W_r @ was.s + p.b_r)
    u = F.sigmoid(p.U_u @ x + p.W_u @ was.s + p.b_u)
    h = F.tanh(p.U_h @ x + p.W_h @ (r * was.s) + p.b_h)
    return {"r": r, "u": u, "htilde": h, "s": (1 - u) * h + u * was.s}


def jordan(F: Any, p: Any, x: Any, was: Any, f: Any) -> Quantities:
    a = p.U @ x + p.W @ was.o + p.b
    return {"a": a, "s": f(a)}


def leaky(F: Any, p: Any, x: Any, was: Any, f: Any) -> Quantities:
    v = f(p.U @ x + p.W @ was.s + p.b)
    return {"v": v, "s": was.s + LEAK * (v - was.s)}


def lstm(F: Any, p: Any, x: Any, was: Any, f: Any) -> Quantities:
    i = F.sigmoid(p.U_i @ x + p.W_i @ was.h + p.b_i)
    f_ = F.sigmoid(p.U_f @ x + p.W_f @ was.h + p.b_f)
    g = F.tanh(p.U_g @ x + p.W_g @ was.h + p.b_g)
    q = F.sigmoid(p.U_q @ x + p.W_q @ was.h + p.b_q)
    c = f_ * was.c + i * g
    return {"i": i, "f": f_, "g": g, "q": q, "c": c, "h": q * F.tanh(c)}


def lstm_coupled(F: Any, p: Any, x: Any, was: Any, f: Any) -> Quantities:
    f_ = F.sigmoid(p.U_f @ x + p.W_f @ was.h + p.b_f)
    g = F.tanh(p.U_g @ x + p.W_g @ was.h + p.b_g)
    q = F.sigmoid(p.U_q @ x + p.W_q @ was.h + p.b_q)
    c = f_ * was.c + (1 - f_) * g
    return {"f": f_, "g": g, "q": q, "c": c, "h": q * F.tanh(c)}


def lstm_peephole(F: Any, p: Any, x: Any, was: Any, f: Any) -> Quantities:
    i = F.sigmoid(p.U_i @ x + p.W_i @ was.h + p.p_i * was.c + p.b_i)
    f_ = F.sigmoid(p.U_f @ x + p.W_f @ was.h + p.p_f * was.c + p.b_f)
    g = F.tanh(p.U_g @ x + p.W_g @ was.h + p.b_g)
    c = f_ * was.c + i * g
    q = F.sigmoid(p.U_q @ x + p.W_q @ was.h + p.p_q * c + p.b_q)
    return {"i": i, "f": f_, "g": g, "q": q, "c": c, "h": q * F.tanh(c)}


def minimal_gated(F: Any, p: Any, x: Any, was: Any, f: Any) -> Quantities:
    f_ = F.sigmoid(p.U_f @ x + p.W_f @ was.s + p.b_f)
    h = F.tanh(p.U_h @ x + p.W_h @ (f_ * was.s) + p.b_h)
    return {"f": f_, "htilde": h, "s": (1 - f_) * was.s + f_ * h}


def state_inside(F: Any, p: Any, x: Any, was: Any, f: Any) -> Quantities:
    return {"x": p.W @ f(was.x) + p.W_in @ x + p.b}


def two_layer(F: Any, p: Any, x: Any, was: Any, f: Any) -> Quantities:
    r = f(p.U_r @ x + p.W_r @ was.r + p.b_r)
    return {"r": r, "s": f(p.U_s @ r + p.W_s @ was.s + p.b_s)}


def min_gru(F: Any, p: Any, x: Any, was: Any, f: Any) -> Quantities:
    u = F.sigmoid(p.U_u @ x + p.b_u)
    h = p.U_h @ x + p.b_h
    return {"u": u, "htilde": h, "s": (1 - u) * was.s + u * h}


def ugrnn(F: Any, p: Any, x: Any, was: Any, f: Any) -> Quantities:
    g = F.sigmoid(p.U_g @ x + p.W_g @ was.s + p.b_g)
    h = F.tanh(p.U_h @ x + p.W_h @ was.s + p.b_h)
    return {"g": g, "htilde": h, "s": g * was.s + (1 - g) * h}


def slstm(F: Any, p: Any, x: Any, was: Any, f: Any) -> Quantities:
    # As the paper has it: states that are sums of exponentials, scaled by a stabiliser.
    i, f_, g, q = (p[f"U_{k}"] @ x + p[f"W_{k}"] @ was.h + p[f"b_{k}"] for k in "ifgq")
    stable = F.maximum(f_ + was["lambda"], i)
    new, old = F.exp(i - stable), F.exp(f_ + was["lambda"] - stable)
    # The normaliser of the step before, divided by itself, is 1 here.
    c, total = old * was.c + new * F.tanh(g), old + new
    return {"c": c / total, "lambda": F.log(total) + stable, "h": F.sigmoid(q) * (c / total)}


def deltanet(F: Any, p: Any, x: Any, was: Any, f: Any) -> Quantities:
    # As the paper has it: the matrix moves by what the answer to the key lacks.
    key, v = p.U_kappa @ x, p.U_v @ x
    beta = F.sigmoid(p.w_beta @ x + p.b_beta)
    S = was.S + beta * F.outer(v - was.S @ key, key)
    return {"kappa": key, "v": v, "S": S, "h": S @ (p.U_q @ x)}


def mlstm(F: Any, p: Any, x: Any, was: Any, f: Any) -> Quantities:
    # As the paper has it, without a stabiliser: ours are these, scaled by it.
    q, key, v = (p[f"U_{s}"] @ x + p[f"b_{s}"] for s in ("q", "kappa", "v"))
    a_i, a_f = (p[f"w_{s}"] @ x + p[f"b_{s}"] for s in "if")
    i, f_, before = F.exp(a_i), F.exp(a_f), F.exp(was.mu)
    C = f_ * (before * was.C) + i * F.outer(v, key)
    n = f_ * (before * was.nu) + i * key
    below = F.maximum(F.absolute(n @ q), F.exp(0 * a_i))
    h = F.sigmoid(p.U_g @ x + p.b_g) * (C @ q / below)
    mu = F.maximum(a_f + was.mu, a_i)
    return {"h": h, "C": F.exp(-mu) * C, "nu": F.exp(-mu) * n, "mu": mu}


def rwkv(F: Any, p: Any, x: Any, was: Any, f: Any) -> Quantities:
    r, k, v = (
        p[f"U_{name}"] @ (p[f"mu_{name}"] * x + (1 - p[f"mu_{name}"]) * was.xbar)
        for name in ("r", "kappa", "v")
    )
    weights = F.exp(was["lambda"])
    values = weights * was.c
    out = (values + F.exp(p.u + k) * v) / (weights + F.exp(p.u + k))
    decay = F.exp(-F.exp(p.omega))
    values, weights = decay * values + F.exp(k) * v, decay * weights + F.exp(k)
    return {"h": F.sigmoid(r) * out, "c": values / weights, "lambda": F.log(weights), "xbar": x}


def window_attention(F: Any, p: Any, x: Any, was: Any, f: Any) -> Quantities:
    window = (was.h, was.h_lag, was.h_lagtwo)
    weights = [F.exp(p.v @ F.tanh(p.W_h @ h + p.W_x @ x)) for h in window]
    attended = sum(w * h for w, h in zip(weights, window, strict=True)) / sum(weights)
    h = F.tanh(p.U @ x + p.W @ attended + p.b)
    return {"c": attended, "h": h, "h_lag": was.h, "h_lagtwo": was.h_lag}


def mamba(F: Any, p: Any, x: Any, was: Any, f: Any) -> Quantities:
    step = F.softplus(p.U_Delta @ x + p.b_Delta)
    s = F.exp(-step * F.exp(p.A)) * was.s + step * (p.w_B @ x) * (p.U @ x)
    return {"Delta": step, "s": s, "h": (p.w_C @ x) * s}


def rg_lru(F: Any, p: Any, x: Any, was: Any, f: Any) -> Quantities:
    r, i = F.sigmoid(p.U_r @ x + p.b_r), F.sigmoid(p.U_i @ x + p.b_i)
    log = -8 * r * F.softplus(p.Lambda)
    s = F.exp(log) * was.s + F.sqrt(1 - F.exp(2 * log)) * (i * (p.U_v @ x + p.b_v))
    return {"r": r, "i": i, "s": s}


def lem(F: Any, p: Any, x: Any, was: Any, f: Any) -> Quantities:
    step, other = (
        LARGEST_STEP * F.sigmoid(p[f"U_{k}"] @ x + p[f"W_{k}"] @ was.h + p[f"b_{k}"]) for k in "pq"
    )
    c = (1 - step) * was.c + step * F.tanh(p.U_g @ x + p.W_g @ was.h + p.b_g)
    h = (1 - other) * was.h + other * F.tanh(p.U_e @ x + p.W_e @ c + p.b_e)
    return {"u": step, "v": other, "c": c, "h": h}


def cornn(F: Any, p: Any, x: Any, was: Any, f: Any) -> Quantities:
    pull = F.tanh(p.U @ x + p.W_h @ was.h + p.W_v @ was.v + p.b)
    v = was.v + TIME_STEP * (pull - FREQUENCY * was.h - DAMPING * was.v)
    return {"f": pull, "v": v, "h": was.h + TIME_STEP * v}


@dataclass(frozen=True)
class Textbook:
    """A cell's step, the sizes of its parameters (letters of `SIZES`), states and input.

    The first of ``states`` is what the output reads, if ``hidden`` does not say otherwise.
    """

    step: Step
    parameters: str
    states: str = "s:n"
    hidden: str = ""
    out: str = "m"
    input: str = "x"
    activation: str = "tanh"

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the parameters, V included."""
        hidden = self.hidden or self.states.partition(":")[0]
        width = dict(pair.split(":") for pair in self.states.split()).get(hidden, "n")
        return _shapes(f"{self.parameters} V:{self.out}{width}")

    @property
    def starts(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the states."""
        return _shapes(self.states)


def _shapes(text: str) -> dict[str, tuple[int, ...]]:
    pairs = (pair.split(":") for pair in text.split())
    return {name: tuple(SIZES[letter] for letter in letters) for name, letters in pairs}


def _gates(names: str) -> str:
    return " ".join(f"U_{g}:nd W_{g}:nn b_{g}:n" for g in names)


_GRU = " ".join(f"U_{g}:nd W_{g}:nn b_i{g}:n b_h{g}:n" for g in "ruh")
_SIMPLE, _OUT = "U:nd W:nn b:n c:m", "b_o:m"

CELLS = {
    "elman": Textbook(elman, _SIMPLE),
    "irnn": Textbook(elman, _SIMPLE, activation="relu"),
    "diagonal": Textbook(diagonal, "lambda:n U:nd c:m"),
    "gru": Textbook(gru, f"{_GRU} {_OUT}"),
    "gru_before": Textbook(gru_before, f"{_gates('ruh')} {_OUT}"),
    "jordan": Textbook(jordan, "U:nd W:nm b:n c:m", states="o:m", hidden="s"),
    "leaky": Textbook(leaky, _SIMPLE),
    "lstm": Textbook(lstm, f"{_gates('ifgq')} {_OUT}", "h:n c:n"),
    "lstm_coupled": Textbook(lstm_coupled, f"{_gates('fgq')} {_OUT}", "h:n c:n"),
    "lstm_peephole": Textbook(
        lstm_peephole, f"{_gates('ifgq')} p_i:n p_f:n p_q:n {_OUT}", "h:n c:n"
    ),
    "min_gru": Textbook(min_gru, f"U_u:nd b_u:n U_h:nd b_h:n {_OUT}"),
    "ugrnn": Textbook(ugrnn, f"{_gates('gh')} {_OUT}"),
    "slstm": Textbook(slstm, f"{_gates('ifgq')} {_OUT}", "h:n c:n lambda:n"),
    "deltanet": Textbook(
        deltanet, f"U_q:ld U_kappa:ld U_v:nd w_beta:d b_beta:1 {_OUT}", "S:nl", hidden="h"
    ),
    "mlstm": Textbook(
        mlstm,
        "U_q:nd b_q:n U_kappa:nd b_kappa:n U_v:nd b_v:n w_i:d b_i:1 w_f:d b_f:1 U_g:nd b_g:n "
        f"{_OUT}",
        "C:nn nu:n mu:1",
        hidden="h",
    ),
    "rwkv": Textbook(
        rwkv,
        f"mu_r:d U_r:nd mu_kappa:d U_kappa:nd mu_v:d U_v:nd omega:n u:n {_OUT}",
        "h:n c:n lambda:n xbar:d",
    ),
    "window_attention": Textbook(
        window_attention,
        f"W_h:ln W_x:ld v:l U:nd W:nn b:n {_OUT}",
        "h:n h_lag:n h_lagtwo:n",
    ),
    "mamba": Textbook(mamba, f"U:nd U_Delta:nd b_Delta:n w_B:d w_C:d A:n {_OUT}", hidden="h"),
    "rg_lru": Textbook(rg_lru, f"U_r:nd b_r:n U_i:nd b_i:n U_v:nd b_v:n Lambda:n {_OUT}"),
    "lem": Textbook(lem, f"{_gates('pqge')} {_OUT}", "h:n c:n"),
    "cornn": Textbook(cornn, f"U:nd W_h:nn W_v:nn b:n {_OUT}", "h:n v:n"),
    "minimal_gated": Textbook(minimal_gated, f"{_gates('fh')} {_OUT}"),
    "state_inside": Textbook(state_inside, "W:nn W_in:nd b:n c:m", states="x:n", input="u"),
    "two_layer": Textbook(
        two_layer, "U_r:rd W_r:rr b_r:r U_s:sr W_s:ss b_s:s b_o:l", "s:s r:r", out="l"
    ),
}


@dataclass(frozen=True)
class Data:
    """Numbers for a cell: parameters, starts, inputs (T, d), targets (T, m), weights (T,)."""

    parameters: dict[str, Array]
    starts: dict[str, Array]
    inputs: Array
    targets: Array
    weights: Array


def data(cell: str, steps: int, seed: int = 0) -> Data:
    """Return the same numbers on every machine (RandomState is frozen); the targets sum to one."""
    book, rng = CELLS[cell], np.random.RandomState([seed, steps, sum(map(ord, cell))])
    out = SIZES[book.out]
    parameters = {
        name: 0.6 * rng.standard_normal(shape) / np.sqrt(shape[-1])
        for name, shape in book.shapes.items()
    }
    starts = {name: rng.standard_normal(shape) / 2 for name, shape in book.starts.items()}
    inputs = rng.standard_normal((steps, SIZES["d"]))
    targets = rng.uniform(0.1, 1, (steps, out))
    weights = rng.uniform(0.5, 1.5, steps)
    return Data(parameters, starts, inputs, targets / targets.sum(1, keepdims=True), weights)


class Parameters(dict[str, Any]):
    """Parameters by name or attribute; a bias that there is not is 0."""

    def __getattr__(self, name: str) -> Any:
        return self[name] if name in self else self._absent(name)

    def _absent(self, name: str) -> float:
        assert name.startswith(("b", "c")), f"no parameter {name}"
        return 0.0


class Before(dict[str, Any]):
    """What the step before computed, by name or attribute."""

    __getattr__ = dict.__getitem__


NUMPY = SimpleNamespace(
    tanh=np.tanh,
    sigmoid=lambda a: 1 / (1 + np.exp(-a)),
    relu=lambda a: np.maximum(a, 0),
    identity=lambda a: a,
    softplus=lambda a: np.log(1 + np.exp(a)),
    exp=np.exp,
    log=np.log,
    sqrt=np.sqrt,
    maximum=np.maximum,
    absolute=np.abs,
    outer=np.outer,
)


def output(F: Any, kind: str, z: Any, y: Any) -> tuple[Any, Any]:
    """Return the output and the loss of a step."""
    if kind == "linear":
        return z, ((z - y) ** 2).sum() / 2
    if kind == "sigmoid":
        o = F.sigmoid(z)
        return o, -(y * F.log(o) + (1 - y) * F.log(1 - o)).sum()
    o = F.exp(z) / F.exp(z).sum()
    return o, -(y * F.log(o)).sum()


def weights_of(placement: str, given: Any, steps: int) -> list[Any]:
    """Return the weight of each step's loss."""
    if placement == "weighted":
        return [given[t] for t in range(steps)]
    if placement == "last":
        return [float(t == steps - 1) for t in range(steps)]
    return [1 / steps if placement == "mean" else 1.0] * steps


def run(
    F: Any,
    cell: str,
    numbers: Data,
    *,
    activation: str = "",
    kind: str = "softmax",
    placement: str = "every",
) -> tuple[list[Quantities], Any]:
    """Return the quantities of every step and the total loss."""
    book, p = CELLS[cell], Parameters(numbers.parameters)
    f = getattr(F, activation or book.activation)
    hidden = book.hidden or next(iter(book.starts))
    was, found, steps = Before(**numbers.starts), [], len(numbers.inputs)
    total: Any = 0.0
    for t, weight in enumerate(weights_of(placement, numbers.weights, steps)):
        now = book.step(F, p, numbers.inputs[t], was, f)
        bias = p.c if "c" in p else p.b_o
        now["z"] = p.V @ now[hidden] + bias
        now["o"], now["L"] = output(F, kind, now["z"], numbers.targets[t])
        total = total + weight * now["L"]
        found.append(now)
        was = Before(**now)
    return found, total

"""The same networks as plain loops, differentiated by PyTorch and by JAX: what people write by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from derive.arrays import Array

Numbers = Mapping[str, Array]
Step = Callable[[Any, Mapping[str, Any], Any, tuple[Any, ...]], tuple[Any, ...]]


def elman(F: Any, p: Mapping[str, Any], x: Any, was: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the state of a step, of rows that are sequences."""
    return (F.tanh(x @ p["U"].T + was[0] @ p["W"].T),)


def gru(F: Any, p: Mapping[str, Any], x: Any, was: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the state of a step."""
    s = was[0]
    r = F.sigmoid(x @ p["U_r"].T + p["b_ir"] + s @ p["W_r"].T + p["b_hr"])
    u = F.sigmoid(x @ p["U_u"].T + p["b_iu"] + s @ p["W_u"].T + p["b_hu"])
    h = F.tanh(x @ p["U_h"].T + p["b_ih"] + r * (s @ p["W_h"].T + p["b_hh"]))
    return ((1 - u) * h + u * s,)


def lstm(F: Any, p: Mapping[str, Any], x: Any, was: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the state of a step, which is read out, and its cell."""
    h, c = was
    i, f, q = (F.sigmoid(x @ p[f"U_{k}"].T + h @ p[f"W_{k}"].T + p[f"b_{k}"]) for k in "ifq")
    g = F.tanh(x @ p["U_g"].T + h @ p["W_g"].T + p["b_g"])
    c = f * c + i * g
    return (q * F.tanh(c), c)


STEPS: dict[str, tuple[Step, int]] = {"elman": (elman, 1), "gru": (gru, 1), "lstm": (lstm, 2)}
"""A step of each network, and how many states it hands on."""


def by_torch(name: str, parameters: Numbers, data: Numbers) -> Callable[[], dict[str, Any]]:
    """Return the gradients of a plain loop by ``torch.autograd``."""
    import torch

    torch.set_num_threads(1)
    step, states = STEPS[name]
    p = {k: torch.from_numpy(a).requires_grad_() for k, a in parameters.items()}
    x, y = (torch.from_numpy(data[k]) for k in "xy")
    x.requires_grad_()

    def gradients() -> dict[str, Any]:
        was = (x.new_zeros(x.shape[1], p["V"].shape[1]),) * states
        read = []
        for now in x:
            was = step(torch, p, now, was)
            read.append(was[0])
        z = torch.stack(read) @ p["V"].T + p.get("b_o", 0.0)
        loss = -(y * torch.log_softmax(z, -1)).sum()
        wanted = {**p, "x": x}
        return dict(zip(wanted, torch.autograd.grad(loss, list(wanted.values())), strict=True))

    return gradients


def by_jax(name: str, parameters: Numbers, data: Numbers) -> Callable[[], dict[str, Any]]:
    """Return the gradients of a plain loop, which is a ``lax.scan``, by ``jax.grad`` in ``jax.jit``."""
    import jax

    jax.config.update("jax_enable_x64", True)
    step, states = STEPS[name]
    p = {k: jax.numpy.asarray(a) for k, a in parameters.items()}
    x, y = (jax.numpy.asarray(data[k]) for k in "xy")

    def loss(wanted: dict[str, Any]) -> Any:
        def one(was: tuple[Any, ...], now: Any) -> tuple[tuple[Any, ...], Any]:
            made = step(Functions, wanted, now, was)
            return made, made[0]

        start = (jax.numpy.zeros((x.shape[1], p["V"].shape[1]), x.dtype),) * states
        z = jax.lax.scan(one, start, wanted["x"])[1] @ wanted["V"].T + wanted.get("b_o", 0.0)
        return -(y * jax.nn.log_softmax(z)).sum()

    class Functions:
        tanh, sigmoid = jax.numpy.tanh, jax.nn.sigmoid

    compiled = jax.jit(jax.grad(loss))
    return lambda: jax.block_until_ready(compiled({**p, "x": x}))

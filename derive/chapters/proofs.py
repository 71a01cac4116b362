"""What is proved about the size of a gradient over many steps, and where the proofs end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from sympy import Rational

from derive.bptt import unroll
from derive.bptt.derivation import Derivation
from derive.chapters.context import Context
from derive.chapters.example import given_numbers
from derive.chapters.simple import opening
from derive.checks.loaded import load
from derive.checks.verify import Verifier
from derive.document.blocks import Block, Heading, Prose
from derive.document.text import Number
from derive.expressions.derivatives import Partial
from derive.expressions.quantities import k, t
from derive.expressions.spectra import Norm, Spectral
from derive.gradientflow.measure import recurrent_weights
from derive.gradientflow.runs import carry_out, derivation_of, experiment
from derive.gradientflow.theorems import (
    has_uniform_bound,
    lower_bound,
    powers,
    radius_bounds,
    scaled_orthogonal,
)
from derive.numerics.sample import Sample, samples

STEPS = 12
"""Steps of the run on which the equality of orthogonal weights is checked at every lag."""


def proofs(c: Context) -> Iterator[Block]:
    """Yield the chapter: each statement with its proof, its condition and its limits."""
    yield Heading("heading.proofs.title", 1, "proofs")
    yield from _below(c)
    yield from _linear(c)
    yield from _orthogonal(c)
    yield from _eigenvalues(c)


def _below(c: Context) -> Iterator[Block]:
    d = c.derivation
    state, J = d.shared.state, d.shared.J[d.shared.index]
    yield Heading("heading.proofs.below", 2, "proofs-below")
    smallest = Spectral("sigma_min", J)
    yield Prose("prose.proofs.below", {"smallest": smallest, "J": J})
    yield from c.show(lower_bound(d))
    values = {"smallest": smallest, "factor": Partial(state[t], state[k])}
    yield Prose("prose.proofs.explodes", values)
    if has_uniform_bound(d):
        W = recurrent_weights(d)
        yield Prose("prose.proofs.necessary", {"norm": Norm(W)})


def _linear(c: Context) -> Iterator[Block]:
    d: Derivation = derivation_of("elman", "identity")
    d = Derivation(d.cell.renamed("linear"), 1)
    verifier = Verifier(d, samples(d.cell, 5, c.seed))
    W = recurrent_weights(d)
    yield Heading("heading.proofs.linear", 2, "proofs-linear")
    yield from opening(c)
    yield Prose("prose.proofs.powers", {"weights": W})
    yield from c.show(powers(d), verifier=verifier)
    yield Prose("prose.proofs.radius", {"radius": Spectral("rho", W), "norm": Norm(W)})
    yield from c.show(radius_bounds(d), verifier=verifier)
    run = carry_out(experiment("nonnormal"), c.seed)
    bent = run.flow
    peak = int(bent.log_norms.argmax())
    yield Prose(
        "prose.proofs.between",
        {"radius": Spectral("rho", W), "norm": Norm(W), "value": Number(bent.radius or 0.0, 1),
         "size": Number(bent.rate or 0.0), "peak": Number(10.0 ** bent.log_norms[peak]),
         "lag": peak},
    )  # fmt: skip
    yield Prose("prose.proofs.bent")
    shown = Derivation(run.derivation.cell.renamed("bent"), run.trace.steps)
    numbers = Verifier(shown, [Sample(run.trace, c.seed, zero_start=True)])
    yield from c.show(given_numbers(shown.cell, W, run.trace), verifier=numbers)


def _orthogonal(c: Context) -> Iterator[Block]:
    run = carry_out(replace(experiment("exploding"), steps=STEPS), c.seed)
    d = Derivation(run.derivation.cell.renamed("orthogonal"), 1)
    scale = Rational(str(run.experiment.scale))
    verifier = Verifier(d, [Sample(run.trace, c.seed, zero_start=True)])
    yield Heading("heading.proofs.orthogonal", 2, "proofs-orthogonal")
    W, s = recurrent_weights(d), d.shared.state
    yield Prose("prose.proofs.orthogonal", {"weights": W, "state": s[t], "scale": scale})
    yield from c.show(scaled_orthogonal(d, scale), verifier=verifier)
    yield Prose("prose.proofs.attained")


def _eigenvalues(c: Context) -> Iterator[Block]:
    # What reads claims is imported for those alone who ask for this chapter.
    from derive.audit import ClaimVerifier, judge, shipped

    claims = {claim.id: claim for file in shipped() for claim in file.claims}
    finding = judge(claims["radius-with-tanh"], c.seed)
    assert finding.right is not None
    trials = {finding.right.equation: finding.right.trial}
    equation = replace(finding.right.equation, id="flow-doubling")
    verifier = ClaimVerifier({equation: trials[finding.right.equation]}, finding.claim.data)
    yield Heading("heading.proofs.eigenvalues", 2, "proofs-eigenvalues")
    left = finding.written.trial.left
    shown = Derivation(load("state_inside", bias=True).renamed("half-saturated"), 2)
    cell, W = shown.cell, shown.cell.parameters[0]
    yield Prose("prose.proofs.eigenvalues", {"state": cell.state[t], "input": cell.inputs[0][t]})
    made = unroll.forward(cell)[0]
    yield from c.show(made, verifier=Verifier(shown, samples(cell, 2, c.seed)))
    _, trace = next(finding.claim.data.traces((c.seed,)))
    c.facts.traces["resting"] = trace
    numbers = Verifier(
        Derivation(shown.cell, trace.steps), [Sample(trace, c.seed, zero_start=False)]
    )
    yield Prose("prose.proofs.weights")
    own = [p for p in shown.cell.parameters if p.name in ("W", "b")]
    yield from c.show(*(given_numbers(shown.cell, p, trace) for p in own), verifier=numbers)
    output = float(np.abs(np.tanh(trace.value(trace.cell.states[0], trace.steps))).max())
    yield Prose(
        "prose.proofs.resting",
        {"weights": W, "steps": finding.claim.data.T, "output": Number(output, 1),
         "slope": Number(1 - output**2, 2)},
    )  # fmt: skip
    yield from c.show(equation, verifier=verifier)
    yield Prose(
        "prose.proofs.doubling", {"steps": finding.claim.data.T, "size": Number(left or 0.0)}
    )

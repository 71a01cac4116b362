"""What is meant in the chapters on gradient flow, in what is proved, and in what is done against it."""

from __future__ import annotations

from math import log

import numpy as np
from sympy import Rational

from derive.chapters.meant.example import CHECKS, SEED
from derive.chapters.meant.gradients import J_NOW
from derive.chapters.meant.left import a_scale, first_without_value, left_runs
from derive.chapters.meant.measured import (
    CHUNKS,
    WINDOW,
    bias_of,
    biases,
    bounds_slope,
    clipped_one,
    clipping_limit,
    components,
    constant,
    drawn_inputs,
    flipped,
    gate,
    gate_values,
    in_table,
    its_norm,
    lagged,
    last_loss,
    learnt_weight,
    like_weights,
    mean_slope,
    near_one,
    norm_of_run,
    of_opened,
    opened,
    outputs,
    panels,
    powers,
    raised,
    rate,
    recurrent_matrix,
    setting,
    size_of_run,
    slopes,
    smallest,
    steps,
    term,
    typical_loss,
    weights,
)
from derive.chapters.meant.network import J_OF_STEP
from derive.chapters.meant.noted import (
    inputs_of_curve,
    last_row,
    resting_norm,
    resting_steps,
    scale_of,
    seeds,
    sizes_of_states,
    turns,
    units,
    units_beside,
)
from derive.chapters.meant.place import Occurrence
from derive.chapters.meant.rules import (
    Meanings,
    MeantRule,
    introduced,
    introduced_as,
    is_,
    is_lead,
    is_number,
    kept,
    letter,
    listed,
    said,
    to,
    within,
)
from derive.chapters.meant.tabled import (
    at_kinks,
    attained,
    bounded,
    compared_with,
    ended,
    guessing,
    latest,
    left_alone,
    of_this,
    rest_of_norm,
    share_of_latest,
    smallest_share,
)
from derive.document.text import Value
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.introduced import Role
from derive.expressions.quantities import At, Series, T, k, t
from derive.expressions.spectra import Norm, Spectral
from derive.gradientflow import learning
from derive.gradientflow.own import STEPS as OWN_STEPS
from derive.gradientflow.runs import experiment
from derive.gradientflow.weights import APART


def _adjoint_of_simple(place: Occurrence, value: Value) -> bool:
    """Tell whether this is an adjoint of a single loss, of what the simple network computes."""
    own = {e.variable for e in place.speaker.simple.equations}
    of = introduced_as(Role.LAGGED_ADJOINT, value)
    return introduced(Role.LAGGED_ADJOINT, t, k)(place, value) and {*of} <= own


def _of_its_adjoint(place: Occurrence) -> Series:
    """Return the quantity to which the adjoint of a sentence belongs."""
    (of,) = introduced_as(Role.LAGGED_ADJOINT, place.values["adjoint"])
    assert isinstance(of, Series), "an adjoint belongs to a quantity"
    return of


SIMPLE_STATE = is_(lambda place: place.speaker.simple.state[t])
WEIGHTS = is_(weights)
FIGURES = {"figure": to("flow-norms"), "table": to("flow-runs")}

OWN_SHARE = {"latest": latest, "count": steps("own"), "share": share_of_latest}

OWN_RUNS: dict[str, MeantRule] = {
    **FIGURES, "steps": steps("own"), "seed": SEED, "outputs": outputs,
}  # fmt: skip

OWN_SIZES: dict[str, MeantRule] = {
    "sizes": listed(lambda place: sizes_of_states("own", place)),
    "states": listed(lambda place: [s[t] for s in place.cell.states]),
}

MEASURED: dict[str, MeantRule] = {
    "figure": to("memory-norms"), "table": to("memory-runs"), "n": units_beside,
    "steps": steps("memory"), "seed": SEED,
    "factor": lambda place, value: isinstance(value, Partial) and norm_of_run(place, Norm(value)),
}  # fmt: skip

FACTORS = {
    "small": is_number(lambda place: 0.9), "large": is_number(lambda place: 1.1),
    "lag": is_number(lambda place: log(said("shrunk")(place)) / log(said("small")(place))),
    "shrunk": is_number(lambda place: said("small")(place) ** said("lag")(place)),
    "grown": is_number(lambda place: said("large")(place) ** said("lag")(place)),
}  # fmt: skip

FOUND: Meanings = {
    "prose.flow.scalar": FACTORS,
    "prose.flow.scalar_same": FACTORS,
    "prose.flow.product": {
        "factor": is_(lambda place: Partial(place.cell.state[t], place.cell.state[k])),
        "t": letter(t), "k": letter(k), "J": J_NOW,
    },
    "prose.flow.factor": {
        "weights": recurrent_matrix, "norm": its_norm, "J": J_NOW, "slope": bounds_slope,
    },
    "prose.flow.uniform": {"t": letter(t), "k": letter(k)},
    "prose.flow.one_sided": {"rate": rate},
    "prose.flow.runs": {
        **FIGURES, "weights": WEIGHTS, "state": SIMPLE_STATE, "seed": SEED,
        "n": setting("steady", "n"), "steps": setting("steady", "steps"),
        "inputs": setting("saturated", "inputs"), "d": is_number(drawn_inputs),
    },
    "prose.flow.own_runs": OWN_RUNS | {"components": components, "n": units("own")},
    "prose.flow.own_runs_alone": OWN_RUNS | {"n": units("own")},
    "prose.flow.own_runs_sized": OWN_RUNS | OWN_SIZES | {"components": components},
    "prose.flow.own_runs_sized_alone": OWN_RUNS | OWN_SIZES,
    "prose.flow.own_divisors": {"divisors": near_one, "apart": is_number(lambda place: APART)},
    "prose.flow.own_numbers": {"numbers": like_weights},
    "prose.flow.own_shrinks": {"J": J_OF_STEP, "section": to("jacobian")},
    "prose.flow.own_far": OWN_SHARE,
    "prose.flow.own_none": {"steps": is_number(lambda place: OWN_STEPS)},
    "prose.flow.own_undefined": {"steps": is_number(lambda place: OWN_STEPS)},
    "prose.flow.spread": {
        "loss": is_(typical_loss), "weights": WEIGHTS, "term": term, "k": letter(k),
        "n": setting("typical", "n"), "figure": to("flow-contributions"), "table": to("flow-shares"),
    },
    "prose.flow.own_spread": {
        "loss": last_loss, "weights": is_(lambda place: place.speaker.lead), "term": term,
        "k": letter(k), "table": to("flow-shares"), "scale": scale_of("spread"),
    },
    "prose.flow.long_range": {"weights": WEIGHTS},
    "prose.flow.lag": {"T": letter(T), "k": letter(k)},
    "caption.flow.norms": {"norm": norm_of_run},
    "caption.flow.norms_attained": {
        "norm": norm_of_run, "attained": is_number(attained), "count": is_number(bounded),
    },
    "caption.flow.runs": {"lag": is_number(lambda place: max(place.speaker.spans) - 1)},
    "caption.flow.contributions": {"loss": is_(typical_loss), "weights": WEIGHTS},
    "caption.flow.shares": {"loss": last_loss},
    "label.flow.lag": {
        "k": letter(k), "steps": is_number(lambda place: float(place.span)),
    },
    "label.flow.log": {"norm": size_of_run},
    "prose.memory.measured": MEASURED,
    "prose.memory.measured_alone": MEASURED,
    "prose.memory.measured_sized": MEASURED,
    "prose.memory.measured_sized_alone": MEASURED,
    "list.rounded_to_zero": {"zero": is_number(lambda place: 0.0)},
    "prose.memory.beside": {"others": compared_with},
    "prose.memory.beside_alone": {"others": compared_with},
    "prose.memory.ends": {"figure": to("memory-norms"), "count": ended("memory-norms")},
    "prose.flow.own_ends": {"figure": to("flow-norms"), "count": ended("flow-norms")},
    "prose.memory.opened": {"biases": biases, "bias": is_number(raised), **gate_values("this")},
    "prose.memory.alone": {
        "factor": kept(t), "state": within(lambda place: (s[t] for s in place.cell.states)),
        "lag": is_number(lambda place: max(place.speaker.spans) - 1),
        "norm": in_table(of_this), "left": left_alone,
        "rest": rest_of_norm,
    },
    "prose.memory.verdict": {
        "lag": is_number(lambda place: max(place.speaker.spans) - 1),
        "norm": in_table(opened), "gate": is_number(gate), **gate_values("opened"),
    },
    "prose.memory.compare": {
        "lag": is_number(lambda place: max(place.speaker.spans) - 1), "name": introduced(Role.BLOCK, t),
        "block": in_table(of_opened("label.memory.block")),
        "product": in_table(of_opened("label.memory.product")),
    },
    "caption.memory.norms": {"norm": norm_of_run},
    "prose.proofs.below": {
        "smallest": smallest, "J": lambda place, v: isinstance(v, At) and smallest(
            place, Spectral("sigma_min", v)
        ),
    },
    "prose.proofs.explodes": {
        "smallest": smallest,
        "factor": is_(lambda place: Partial(place.cell.state[t], place.cell.state[k])),
    },
    "prose.proofs.necessary": {
        "norm": lambda place, value: isinstance(value, Norm) and is_lead(place, value.arg),
    },
    "prose.proofs.powers": {"weights": WEIGHTS},
    "prose.proofs.radius": {
        "radius": is_(lambda place: Spectral("rho", weights(place))), "norm": its_norm,
    },
    "prose.proofs.between": {
        "radius": is_(lambda place: Spectral("rho", weights(place))), "norm": its_norm,
        "value": is_number(lambda place: powers(place)[1]),
        "size": is_number(lambda place: powers(place)[0][1]),
        "peak": is_number(lambda place: max(powers(place)[0])),
        "lag": is_number(lambda place: int(np.argmax(powers(place)[0]))),
    },
    "prose.proofs.orthogonal": {
        "weights": WEIGHTS, "state": SIMPLE_STATE,
        "scale": is_(lambda place: Rational(str(experiment("exploding").scale))),
    },
    "prose.remedies.clip": {"gradient": clipped_one, "limit": clipping_limit},
    "prose.remedies.elementwise": {
        "table": to("clipping-angles"), "weights": WEIGHTS, "steps": setting("typical", "steps"),
        "n": setting("typical", "n"), "inputs": setting("typical", "inputs"),
    },
    "prose.flow.own_left_grown": left_runs(grown=True),
    "prose.flow.own_left_undefined": left_runs(grown=False),
    "prose.flow.own_left_run": {"scale": a_scale, "step": first_without_value},
    "prose.landscape.kind_nonnormal": {"section": to("proofs-linear")},
    "prose.simple.intro": {
        "input": is_(lambda place: place.speaker.simple.inputs[0][t]), "state": SIMPLE_STATE,
        "target": is_(lambda place: place.speaker.simple.target[t]), "weights": WEIGHTS,
    },
    "prose.simple.names": {
        "adjoint": _adjoint_of_simple,
        "host": lambda place, value: value == _of_its_adjoint(place)[k],
        "loss": is_(lambda place: place.speaker.simple.loss_series[t]),
        "gradient": lambda place, value: (
            value == Gradient(place.speaker.simple.loss_series[t], _of_its_adjoint(place)[k])
        ),
    },
    "prose.remedies.flip": {
        "first": turns, "second": turns, "limit": turns,
        "sum": is_number(lambda p: said("first")(p) + 2 * said("second")(p)),
        "cut": is_number(flipped),
    },
    "prose.remedies.initial": {
        "weights": WEIGHTS, "figure": to("initial-norms"), "n": setting("init-orthogonal", "n"),
        "inputs": setting("init-orthogonal", "inputs"), "seeds": seeds("initial"),
    },
    "caption.remedies.initial": {"norm": norm_of_run},
    "prose.remedies.window": {"steps": WINDOW, "figure": to("truncated-paths")},
    "prose.remedies.chunks": {"steps": CHUNKS, "whole": CHUNKS},
    "prose.remedies.bias": {
        "table": to("truncation-bias"), "weights": WEIGHTS,
        "steps": setting("init-orthogonal", "steps"),
    },
    "prose.remedies.compare": {"last": last_row, "window": bias_of(1), "chunk": bias_of(3)},
    "caption.remedies.truncation": {"weights": WEIGHTS},
    "prose.landscape.gallery": {"figure": to("activations"), "count": is_(panels)},
    "prose.landscape.map": {
        "weights": WEIGHTS, "inputs": setting("init-orthogonal", "inputs"), "figure": to("scale-map"),
        "seeds": seeds("map"),
    },
    "label.landscape.inputs": {"size": inputs_of_curve},
    "prose.proofs.resting": {"steps": is_number(resting_steps)},
    "prose.proofs.doubling": {
        "steps": is_number(resting_steps), "size": is_number(resting_norm),
    },
    "prose.landscape.saturation": {
        "state": SIMPLE_STATE, "figure": to("saturation"), "large": mean_slope(None),
        "small": mean_slope(0.3),
    },
    "prose.landscape.kink": {"count": is_number(at_kinks)},
    "prose.landscape.experiments": {"table": to("all-experiments"), "seed": SEED},
    "prose.learning.task": {
        "classes": constant("CLASSES"), "T": letter(T), "noise": constant("NOISE"),
    },
    "prose.learning.network": {
        "units": constant("UNITS"), "updates": constant("UPDATES"), "batch": constant("BATCH"),
        "rate": constant("RATE"), "momentum": constant("MOMENTUM"), "limit": constant("LIMIT"),
        "weights": WEIGHTS, "weight": learnt_weight,
    },
    "prose.learning.outcome": {
        "figure": to("learning-shares"), "table": to("learning-outcomes"),
        "tested": constant("TESTED"), "success": constant("SUCCESS", 100),
        "chance": is_number(lambda place: 100 / learning.CLASSES),
        "low": guessing(0), "high": guessing(1),
    },
    "prose.learning.below": {"low": guessing(0), "least": smallest_share},
    "prose.flow.checks": CHECKS,
    "prose.checks.elsewhere": {"section": to("audit")},
    "prose.network.slopes": {"slopes": slopes},
    "prose.signs.radius": {"radius": is_(lambda place: Spectral("rho", weights(place)))},
    "prose.signs.lagged": {
        "adjoint": introduced(Role.LAGGED_ADJOINT, t, k), "t": letter(t), "k": letter(k),
        "meaning": lagged,
    },
}  # fmt: skip

"""Faults in certificates: what is stated is not what is owed, or of another network."""

from __future__ import annotations

from dataclasses import replace

from tests.faults.fault import Change, Fault, instead, text

CERTIFICATE = "derive.proving.certificate"
JUDGED = "derive.proving.judged"
REFUSAL = r"the certificate of \w+ is not what it must be|has not judged them all"


def _stated(name: str, target: str, make: Change, run: str = "run prove elman") -> Fault:
    return Fault(name, target, make, (run,), REFUSAL)


def _without(ending: str) -> Change:
    return text(lambda found: [one for one in found if not one.id.endswith(ending)])


FAULTS = (
    _stated("sums of all steps that are not stated", f"{CERTIFICATE}.general", _without("-total")),
    _stated("a gradient that is not stated", f"{CERTIFICATE}.general", _without("-grad-W")),
    _stated("a gradient of one's own network that is not stated", f"{CERTIFICATE}.general",
            _without("-grad-G-sum"), "run prove {tied}"),
    _stated("a sum that is written out is stated", f"{CERTIFICATE}._of_known_steps",
            instead(lambda right, one: right(one) and "unrolled" not in one.id)),
    _stated("statements from the second step on", f"{CERTIFICATE}.statement",
            text(lambda one: {**one, "for": [t.replace("=1..", "=2..") for t in one["for"]]})),
    _stated("statements but for the last step", f"{CERTIFICATE}.statement",
            text(lambda one: {**one, "for": [t.replace("..T", "..T-1") for t in one["for"]]})),
    _stated("statements for no step", f"{CERTIFICATE}.statement",
            text(lambda one: {**one, "for": []})),
    _stated("statements from the state 0 alone", f"{CERTIFICATE}.statement",
            text(lambda one: {**one, "assumes": ["zero-initial-state"]})),
    _stated("statements in each other's place", f"{CERTIFICATE}.statement",
            text(lambda one: {**one, "id": one["id"].replace("-U", "-@").replace("-W", "-U")
                              .replace("-@", "-W")})),
    _stated("a certificate of another network", f"{CERTIFICATE}.certificate",
            text(lambda made: {**made, "cell": "gru"})),
    _stated("a certificate of another format", f"{CERTIFICATE}.certificate",
            text(lambda made: {**made, "format": "derive-proof/2"})),
    _stated("one hypothesis too many", f"{CERTIFICATE}._hypotheses",
            text(lambda found: ["1ᵀ y_t = 1"]), "run prove elman --output-layer linear"),
    _stated("one size for two", f"{CERTIFICATE}._size",
            text(lambda sizes: [size.replace("d", "n") for size in sizes])),
    _stated("an equation of the network that is left out", f"{CERTIFICATE}._equations",
            text(lambda found: [*found][:-1])),
    _stated("statements that nobody judged", f"{JUDGED}.read",
            text(lambda found: replace(found, proved=found.proved - 3, total=found.total - 3))),
)  # fmt: skip

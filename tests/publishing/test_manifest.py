"""The manifest says what stands in the documents."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from derive.catalogue import load
from derive.chapters.handout import build
from derive.checks.bounds import bound
from derive.checks.verify import Check
from derive.expressions.equation import Kind
from derive.publishing.manifest import manifest
from derive.publishing.publish import publish
from derive.record import Entry, digest, sealed
from derive.typesetting.notation import load as notation
from tests import ROOT

SCHEMA: dict[str, Any] = json.loads(
    (ROOT / "derive" / "publishing" / "manifest.schema.json").read_text(encoding="utf-8")
)

VALIDATOR = Draft202012Validator(SCHEMA)


def keywords(schema: dict[str, Any]) -> set[str]:
    """The keywords of a schema and of all within it."""
    inner = [*schema.get("properties", {}).values(), *filter(None, [schema.get("items")])]
    return set(schema).union(*map(keywords, inner))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    # A misspelt keyword is no error to a validator: it forbids nothing.
    assert keywords(SCHEMA) - {"$schema", "title", "description"} <= set(VALIDATOR.VALIDATORS)
    misspelt: dict[str, Any] = {"items": {"properties": {"x": {"patern": "."}}}}
    assert "patern" in keywords(misspelt)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("manifest")
    publish(load("elman"), 3, ["md"], folder, seed=2, more=["checks"])
    return folder


@pytest.fixture(scope="module")
def data(written: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((written / "elman-T3.json").read_bytes())
    return loaded


@pytest.mark.parametrize("steps", [1, 9])
@pytest.mark.parametrize(
    "options", [{}, {"activation": "sigmoid", "output_layer": "bce", "bias": True}]
)
def test_every_manifest_follows_the_schema(steps: int, options: dict[str, Any]) -> None:
    cell = load("elman", **options)
    made = manifest(build(cell, steps, seed=0), notation(), (cell.name, steps))
    files = [Entry("elman-T1.md", "markdown", digest(b""))]
    VALIDATOR.validate(json.loads(sealed(made, files)))


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (["steps"], 0, "less than the minimum of 1"),
        (["steps"], True, "not of type 'integer'"),
        (["format"], 2, "1 was expected"),
        (["surprise"], 1, "'surprise' was unexpected"),
        (["equations", 0, "check", "passed"], False, "True was expected"),
        (["equations", 0, "check", "bound"], "1.2e-16", "does not match"),
        (["equations", 0, "number"], 1, "not of type 'string'"),
        (["equations", 0, "kind"], "guess", "is not one of"),
        (["equations", 0, "tex"], "$x$", "does not match"),
        (["files", 0, "sha256"], "0", "does not match"),
        (["sha256"], "0", "does not match"),
    ],
)
def test_the_schema_catches(data: dict[str, Any], path: list[Any], value: Any, said: str) -> None:
    changed = copy.deepcopy(data)
    inside = changed
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = value
    with pytest.raises(ValidationError, match=re.escape(said)) as error:
        VALIDATOR.validate(changed)
    assert list(error.value.absolute_path) == (path if path != ["surprise"] else [])


def test_it_names_the_equations_of_the_document(data: dict[str, Any], written: Path) -> None:
    text = (written / "elman-T3.md").read_text(encoding="utf-8")
    rows = data["equations"]
    assert [row["number"] for row in rows] == [str(n) for n in range(1, len(rows) + 1)]
    assert len({row["id"] for row in rows}) == len(rows)
    assert (data["cell"], data["steps"], data["seed"]) == ("elman", 3, 2)
    for row in rows:
        assert f"[({row['number']})](#eq-{row['id']})" in text
    # Without colours the two print the same TeX.
    plain = [row["tex"] for row in rows if "aligned" not in row["tex"] and row["tex"] in text]
    assert len(plain) > len(rows) / 3


def test_tex_is_bare(data: dict[str, Any]) -> None:
    for row in data["equations"]:
        for word in ("$", r"\tag", r"\label", r"\textcolor", r"\color", r"\qquad\text"):
            assert word not in row["tex"]


def test_what_is_said_of_an_equation(data: dict[str, Any]) -> None:
    rows = {row["id"]: row for row in data["equations"]}
    row = rows["elman-loss-logits"]
    assert row["kind"] == "identity"
    assert row["assumptions"] == ["targets-sum-to-one"]
    assert row["indices"] == [{"symbol": "t", "from": "1", "to": "T"}]
    assert row["check"] == {
        "method": "complex-step",
        "bound": "< 1e-12",
        "places": 6,
        "passed": True,
    }


def test_the_same_bytes_from_another_run(written: Path, tmp_path: Path) -> None:
    publish(load("elman"), 3, ["md"], tmp_path, seed=2, more=["checks"])
    assert (tmp_path / "elman-T3.json").read_bytes() == (written / "elman-T3.json").read_bytes()


def check(error: float, kind: Kind = Kind.IDENTITY, tolerance: float = 1e-9) -> Check:
    return Check("x", kind, "forward", error, tolerance, error <= tolerance, "", 1)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (check(0.0), "< 1e-12"),
        (check(3e-17), "< 1e-12"),
        (check(1e-12), "< 1e-11"),
        (check(9e-10), "< 1e-9"),
        (check(0.25), "< 1e0"),
        (check(float("nan")), "unbounded"),
        (check(float("inf")), "unbounded"),
        (check(1e-7, Kind.ROUNDED, 5e-5), "< 1e-4"),
        (check(0.3, Kind.REFUTED), "> 1e-1"),
        (check(0.1, Kind.REFUTED), "> 1e-2"),
        (check(float("inf"), Kind.REFUTED), "> 1e0"),
        (check(0.0, Kind.REFUTED), "< 1e-12"),
        (check(float("nan"), Kind.REFUTED), "unbounded"),
    ],
)
def test_errors_as_bounds(given: Check, said: str) -> None:
    assert bound(given).text == said

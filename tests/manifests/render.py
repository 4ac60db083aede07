"""The manifests as objects: kustomize renders them, and every kind is held against its schema, offline."""

import pathlib
import subprocess

import jsonschema
import kubernetes_validate
import yaml

from rig.process import CACHE
from rig.sluice import TOP

MANIFESTS = TOP / "manifests"
KUBERNETES = TOP / "tests" / "rig" / "kubernetes"
TOOLS = CACHE / "kubernetes-1.34.4" / "bin"
# Of the operators' kinds, their own; and GKE's, which has none to be had.
DEFINITIONS = (TOOLS.parent / "crds", KUBERNETES / "crds")
COMPONENTS = sorted(str(path.parent.relative_to(MANIFESTS)) for path in MANIFESTS.glob("*/**/kustomization.yaml")
                    if yaml.safe_load(path.read_text())["kind"] == "Component")
VERSIONS = ("1.30", "1.31", "1.32", "1.33", "1.34")


def kustomize(folder):
    return subprocess.run([TOOLS / "kustomize", "build", folder], check=True, capture_output=True, text=True,
                          timeout=60).stdout


def objects(text):
    return [document for document in yaml.safe_load_all(text) if document]


def strict(schema):
    """As the API server with fieldValidation=Strict: no property that the schema does not name."""
    if not isinstance(schema, dict):
        return schema
    result = {key: strict(value) for key, value in schema.items() if key != "properties"}
    if "properties" in schema:
        result["properties"] = {name: strict(value) for name, value in schema["properties"].items()}
        result.setdefault("additionalProperties", False)
    if isinstance(result.get("pattern"), str):
        result["pattern"] = result["pattern"].replace("^(?i)", "(?i)^")  # Go has flags anywhere, Python first
    return result


def custom_kinds():
    """{(apiVersion, kind): strict schema} of the definitions."""
    kinds = {}
    for path in (path for folder in DEFINITIONS for path in sorted(folder.glob("*.yaml"))):
        for definition in objects(path.read_text()):
            spec = definition["spec"]
            for version in spec["versions"]:
                schema = strict(version["schema"]["openAPIV3Schema"])
                for known in ("apiVersion", "kind", "metadata"):
                    schema["properties"][known] = {}
                kinds[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = schema
    return kinds


def validate(item, version, custom):
    """Raises what names the field."""
    schema = custom.get((item["apiVersion"], item["kind"]))
    if schema is not None:
        jsonschema.validate(item, schema)
    else:
        kubernetes_validate.validate(item, version, strict=True)

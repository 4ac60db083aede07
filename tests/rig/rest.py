"""A REST API of Kafka Connect's kind: calls, the shapes of what they answer, and the description that they are held against."""

import json
import re
import urllib.error
import urllib.request

import yaml
from openapi_schema_validator import OAS31Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from .process import wait_until
from .sluice import TOP

ADMIN = TOP / "host" / "admin"
OPENAPI = yaml.safe_load((ADMIN / "openapi.yaml").read_text())
REGISTRY = Registry().with_resource("openapi", Resource(contents=OPENAPI, specification=DRAFT202012))


class Answer:
    def __init__(self, status, headers, text):
        self.status, self.headers, self.text = status, headers, text
        self.json = json.loads(text) if text else None

    def __repr__(self):
        return f"{self.status} {self.text}"


class Rest:
    """`address` is host:port, `name` the connector's."""

    def __init__(self, address, name):
        self.url, self.name = f"http://{address}", name

    def call(self, method, path, body=None, **headers):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": "application/json", **headers} if data is not None else headers
        request = urllib.request.Request(self.url + path, method=method, data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return Answer(answer.status, answer.headers, answer.read().decode())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read().decode())

    def of(self, path, method="GET", body=None):
        """A call below the connector."""
        return self.call(method, f"/connectors/{self.name}{path}", body)

    def states(self):
        """(the connector's, those of its tasks)"""
        status = self.of("/status").json
        return status["connector"]["state"], [task["state"] for task in sorted(status["tasks"], key=lambda t: t["id"])]

    def wait_states(self, connector, tasks, seconds=30):
        wait_until(f"{connector} {tasks}", lambda: self.states() == (connector, tasks), seconds)


def routes():
    """(method, path) of every row in the listener's tables."""
    rows = re.compile(r'^    \{"([A-Z]+)", "([^"]+)", HTTP_\w+, \w+\},$', re.MULTILINE)
    return {(method, path.replace("...}", "}")) for file in ADMIN.glob("*.c")
            for method, path in rows.findall(file.read_text())}


def described():
    return {(method.upper(), path) for path, item in OPENAPI["paths"].items() for method in item if method != "parameters"}


def resolve(value):
    return OPENAPI["components"]["responses"][value["$ref"].rsplit("/", 1)[1]] if "$ref" in value else value


def check_described(method, path, answer):
    """Is the answer what the description says? path: with its {parameters}."""
    responses = OPENAPI["paths"][path][method.lower()]["responses"]
    response = resolve(responses.get(str(answer.status)) or responses["default"])
    content = response.get("content", {}).get("application/json")
    if content is None:
        assert answer.text == "", (method, path, answer)
        return
    schema = json.loads(json.dumps(content["schema"]).replace('"#/', '"openapi#/'))
    wrong = [f"{error.json_path}: {error.message}" for error in OAS31Validator(schema, registry=REGISTRY).iter_errors(answer.json)]
    assert not wrong, f"{method} {path}: {answer.status}\n" + "\n".join(wrong)


def shape(value, of="", texts=("config", "state", "type")):
    """The structure of JSON: names and types, of a list its first member. What differs between connectors (their options) is
    told as a whole."""
    if isinstance(value, dict):
        if of == "config" and all(isinstance(v, str) for v in value.values()):
            return "a map of texts"
        return {key: shape(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0], of)] if value else []
    return value if of in texts else type(value).__name__

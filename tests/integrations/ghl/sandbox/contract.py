"""The vendor's OpenAPI documents as judges of the emulator's answers.

Where the documents contradict what every public consumer sees, they are corrected as the contract's section 12 says.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from tests.config.sandbox.wsgi import Reply

FOLDER = Path(__file__).parents[1] / "contract"
VERSIONS = ("2021-07-28", "v3")


@cache
def document(area: str, version: str, *, corrected: bool) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{area}-{version}.pruned.json").read_text())
    schemas = found["components"]["schemas"]
    if corrected and area == "contacts":
        schemas["CustomFieldSchema"]["properties"]["value"] = {}
    if corrected and area == "opportunities":
        schemas["PipelinesResponseSchema"]["properties"]["stages"]["items"] = {"type": "object"}
        schemas["CustomFieldResponseSchema"]["required"] = ["id"]
        schemas["SearchOpportunitiesResponseSchema"]["properties"]["followers"]["items"] = {"type": "string"}
    return found


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)))


def operation(document: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    """Of several templates that fit, the one with the fewest places for ids."""
    fits = [template for template in document["paths"] if _pattern(template).fullmatch(path)]
    for template in sorted(fits, key=lambda template: template.count("{")):
        if method.lower() in document["paths"][template]:
            return document["paths"][template][method.lower()]  # type: ignore[no-any-return]
    raise LookupError(f"No document describes {method} {path}.")


def check(version: str, method: str, path: str, reply: Reply, *, corrected: bool = True) -> None:
    """The answer fits the schema of its status; a success must be a documented one."""
    area = path.split("/")[1]
    described = document(area, version, corrected=corrected)
    responses = operation(described, method, path)["responses"]
    value = reply.json
    assert value["traceId"]
    if reply.status >= 400 and str(reply.status) not in responses:  # 403, 404 and 429 are in hardly any document
        assert value["statusCode"] == reply.status
        assert isinstance(value["message"], list if reply.status == 422 else str)
        return
    content = responses[str(reply.status)].get("content")
    if content is None:
        return
    schema = next(iter(content.values()))["schema"]
    jsonschema.Draft4Validator(schema | {"components": described["components"]}).validate(value)


def undescribed(version: str, method: str, path: str, reply: Reply) -> Iterator[str]:
    """Properties of the answer's record that the document does not name."""
    described = document(path.split("/")[1], version, corrected=True)
    schema = next(iter(operation(described, method, path)["responses"][str(reply.status)]["content"].values()))["schema"]
    yield from _unnamed(schema, reply.json, described, "")


def _unnamed(schema: dict[str, Any], value: Any, described: dict[str, Any], where: str) -> Iterator[str]:
    for part in schema.get("allOf", ()):
        schema = part
    if "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if isinstance(value, dict) and "properties" in schema:
        for name, held in value.items():
            if name in schema["properties"]:
                yield from _unnamed(schema["properties"][name], held, described, f"{where}.{name}")
            else:
                yield f"{where}.{name}"
    if isinstance(value, list) and "items" in schema:
        for held in value:
            yield from _unnamed(schema["items"], held, described, f"{where}[]")

"""The vendor's OpenAPI documents as judges of the emulator's answers."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from tests.config.sandbox.wsgi import Reply

CONTRACT = Path(__file__).parents[1] / "contract"
DOCUMENTS = {
    "crm": ("tenant-crm-v2.pruned.json",),
    "jpm": ("tenant-jpm-v2.pruned.json", "tenant-jpm-v2.job-types.pruned.json"),
    "sales": ("tenant-salestech-v2.pruned.json",),
    "accounting": ("tenant-accounting-v2.pruned.json",),
    "settings": ("tenant-settings-v2.pruned.json",),
}

_formats = jsonschema.FormatChecker(())
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z")
_formats.checks("date-time")(lambda value: not isinstance(value, str) or bool(_STAMP.fullmatch(value)))
_formats.checks("int64")(lambda value: not isinstance(value, int) or -(2**63) <= value < 2**63)


@cache
def _document(name: str) -> dict[str, Any]:
    return json.loads((CONTRACT / name).read_text())  # type: ignore[no-any-return]


@cache
def _answers(module: str, resource: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The responses an operation documents, and the document they refer into."""
    for name in DOCUMENTS[module]:
        for path, item in _document(name)["paths"].items():
            pattern = path.removeprefix("/tenant/{tenant}/").replace("{id}", r"\d+")
            if re.fullmatch(pattern, resource):
                return item["get"]["responses"], _document(name)
    raise LookupError(f"No document describes {module}/{resource}.")


@cache
def _validator(module: str, resource: str, status: int) -> tuple[Any, dict[str, Any]]:
    responses, document = _answers(module, resource)
    schema = next(iter(responses[str(status)]["content"].values()))["schema"]
    whole = schema | {"components": document["components"]}
    return jsonschema.Draft202012Validator(whole, format_checker=_formats), document


def _missing(schema: dict[str, Any], value: Any, document: dict[str, Any], where: str) -> Iterator[str]:
    """Properties the vendor documents and the answer lacks, required or not."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for choice in schema.get("oneOf", ()):
        yield from _missing(choice, value, document, where)
    if isinstance(value, dict):
        for name, part in schema.get("properties", {}).items():
            if name not in value:
                yield f"{where}.{name}"
            else:
                yield from _missing(part, value[name], document, f"{where}.{name}")
    if isinstance(value, list) and "items" in schema:
        for item in value:
            yield from _missing(schema["items"], item, document, f"{where}[]")


def check(path: str, reply: Reply) -> None:
    """`path` as module/resource: the answer fits the schema of its status and lacks no documented property."""
    module, _, resource = path.partition("/")
    validator, document = _validator(module, resource, reply.status)
    value = reply.json
    validator.validate(value)
    assert not set(_missing(validator.schema, value, document, resource))

"""The two editions of the API that share the same addresses, and the names in which they differ.

Source: the vendor's OpenAPI documents, apps/*.json (date-versioned) and apps/v3/*-v3.json.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Version:
    """`header`: what the header Version says. The other fields: how this edition calls things."""

    header: str
    field_value: str
    location: str
    contact: str
    pipeline: str
    snake_case_oauth: bool

    def custom_fields(self, values: dict[str, str]) -> list[dict[str, str]]:
        """{field's id: value} as requests carry it. Values are texts: numbers are declared as something else."""
        return [{"id": id, self.field_value: value} for id, value in values.items()]


DATED = Version("2021-07-28", "field_value", "location_id", "contact_id", "pipeline_id", snake_case_oauth=True)
V3 = Version("v3", "fieldValue", "locationId", "contactId", "pipelineId", snake_case_oauth=False)
BY_HEADER = {version.header: version for version in (DATED, V3)}


def read_custom_fields(record: dict[str, Any]) -> dict[str, Any]:
    """{field's id: value} of a record as any edition and endpoint was seen to write it."""
    found = {}
    for field in record.get("customFields") or []:
        if isinstance(field, dict) and "id" in field:
            names = ("fieldValueString", "fieldValue", "value", "field_value")
            found[str(field["id"])] = next((field[name] for name in names if name in field), None)
    return found


def read_dnd(record: dict[str, Any]) -> dict[str, str]:
    """{channel in lower case: status} of a contact, whichever case the edition has."""
    settings = record.get("dndSettings") or {}
    return {
        str(channel).lower(): str(setting.get("status", ""))
        for channel, setting in settings.items()
        if isinstance(setting, dict)
    }

"""Making the key field (contract section 10): afterwards field-level security still hides it."""

import re

from config.sandbox.http import Answer, json_answer
from salesforce.sandbox.api.call import Call
from salesforce.sandbox.api.errors import not_found, refusal, rejection
from salesforce.sandbox.api.rows import done
from salesforce.sandbox.org.fields import BadField, from_metadata
from salesforce.sandbox.org.sobjects import MAIN

_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__c")


def create_field(call: Call) -> Answer:
    _needs_right(call)
    body = call.object()
    sobject, _, name = str(body.get("FullName") or "").partition(".")
    if sobject not in MAIN:
        message = f"Entity Enumeration Or ID: bad value for restricted picklist field: {sobject}"
        raise refusal("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, "TableEnumOrId")
    if not _NAME.fullmatch(name) or len(name) > 43:
        message = f"Custom Field Definition Name: {name} is no name of a custom field"
        raise refusal("FIELD_INTEGRITY_EXCEPTION", message, "DeveloperName")
    if call.org.sobjects[sobject.lower()].field(name) is not None:
        message = f"There is already a field named {name.removesuffix('__c')} on {sobject}."
        raise refusal("DUPLICATE_DEVELOPER_NAME", message, "DeveloperName")
    try:
        call.org.add_field(sobject, from_metadata(name, body.get("Metadata") or {}))
    except BadField as bad:
        raise refusal("FIELD_INTEGRITY_EXCEPTION", str(bad), "Metadata") from None
    made = call.org.custom_field(sobject, name)
    return json_answer({**done(made["Id"]), "warnings": [], "infos": []}, 201)


def show_field(call: Call) -> Answer:
    record = call.org.tables["CustomField"].get(call.names[0])
    if record is None or record.deleted:
        raise not_found()
    state = record.state
    attributes = {"type": "CustomField", "url": f"/services/data/v{call.version}.0/tooling/sobjects/CustomField/{state['Id']}"}
    return json_answer({"attributes": attributes, **state})


def _needs_right(call: Call) -> None:
    if not call.switches.customize_application:
        raise rejection("INSUFFICIENT_ACCESS", "You need the permission Customize Application")

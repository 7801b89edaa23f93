"""Granting access to a field, the step that is forgotten after making one (contract section 10)."""

from salesforce.sandbox.api.call import Call
from salesforce.sandbox.api.errors import refusal
from salesforce.sandbox.org.records import State
from salesforce.sandbox.org.sobjects import MAIN


def check(call: Call, state: State) -> None:
    """A new row of FieldPermissions: for a field that is there, and once a permission set."""
    sobject, _, name = str(state["Field"]).partition(".")
    known = call.org.sobject(sobject)
    if known is None or known.name not in MAIN or known.field(name) is None:
        message = f"Field Name: bad value for restricted picklist field: {state['Field']}"
        raise refusal("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, "Field")
    for row in call.org.tables["FieldPermissions"].by("Field", state["Field"]):
        if row["ParentId"] == state["ParentId"]:
            message = f"duplicate value found: Field duplicates value on record with id: {row['Id']}"
            raise refusal("DUPLICATE_VALUE", message)

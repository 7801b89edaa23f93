"""The contract's data files as judges of the emulator's answers: recorded exchanges, errors, codes."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "contract"


def _read(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


CATALOGUE = _read("error_catalogue")
SAMPLES = {sample["name"]: sample for sample in _read("wire_samples")["samples"]}
# Codes of calls and jobs, which the enumeration of record errors does not have.
REST_ONLY = {
    "API_DISABLED_FOR_ORG",
    "ClientInputError",
    "EXCEEDED_ID_LIMIT",
    "INVALIDJOB",
    "INVALIDJOBSTATE",
    "JSON_PARSER_ERROR",
    "MALFORMED_QUERY",
    "REQUEST_HEADER_FIELDS_TOO_LARGE",
    "REQUEST_LIMIT_EXCEEDED",
    "TooManyLockFailure",
    "UNSUPPORTED_API_VERSION",
    "UNSUPPORTED_MEDIA_TYPE",
    "URI_TOO_LONG",
}
CODES = set(_read("status_codes")["StatusCode"]) | REST_ONLY


def check_errors(errors: Any) -> None:
    """An answer to a call that is no success: an array of {message, errorCode, fields?}."""
    assert isinstance(errors, list) and errors
    for error in errors:
        assert set(error) <= {"message", "errorCode", "fields", "duplicateResult"}
        assert error["errorCode"] in CODES
        assert error["message"] and isinstance(error["message"], str)


def check_results(results: Any) -> None:
    """A collection's results."""
    for result in results:
        assert set(result) <= {"id", "success", "errors", "created"}
        assert result["success"] == (result["errors"] == [])
        for error in result["errors"]:
            assert set(error) <= {"statusCode", "message", "fields", "duplicateResult"}
            assert error["statusCode"] in CODES
            assert isinstance(error["fields"], list)


def shape(value: Any) -> Any:
    """What a value is made of: names and kinds; of a list, the distinct shapes of its parts."""
    if isinstance(value, dict):
        return {name: shape(content) for name, content in value.items()}
    if isinstance(value, list):
        parts = [shape(entry) for entry in value]
        return [part for place, part in enumerate(parts) if part not in parts[:place]]
    return type(value).__name__

"""Reading ServiceTitan's answers: which are final, which deserve another try, and what they say.

Error bodies are documented as RFC 7807 (`ApiErrorResponse`); gateways in front of the API send shorter JSON or HTML.
"""

import codecs
import json
import re
from typing import Any

import requests

from config.isolation.egress import failures
from config.isolation.egress.failures import TryAgain
from servicetitan.errors import NotAuthorized, NotFound, Refused, ScopeMissing


def worth_keeping(response: requests.Response) -> requests.Response:
    """The response, unless another try may bring a better one: then TryAgain."""
    failures.worth_keeping(response, told_pause)
    if response.status_code == 409 and "maintenance" in title(response).lower():
        raise TryAgain("gateway", "maintenance", unknown=False)
    return response


def refusal(response: requests.Response, path: str) -> Refused:
    """The error that stands for a final answer other than 200."""
    status, words = response.status_code, title(response)
    said = f" It said: {words}" if words else ""
    if status == 401:
        return NotAuthorized(
            f"ServiceTitan does not accept the access token or the app key (401).{said} Check SERVICETITAN_APP_KEY.", status
        )
    if status == 403:
        return ScopeMissing(f"ServiceTitan refuses {path} (403).{said}", status)
    if status == 404 and "Unable to match incoming request" in response.text[:500]:
        return Refused(
            f"ServiceTitan does not know the address {path} (404). Check SERVICETITAN_API_URL and SERVICETITAN_TENANT_ID.",
            status,
        )
    if status == 404:
        return NotFound(f"ServiceTitan has no {path} (404).{said}", status)
    return Refused(f"ServiceTitan refused {path} (HTTP {status}).{said}", status)


def told_pause(response: requests.Response) -> float | None:
    """Seconds the vendor asks for: in the header, else the number in the title, else None."""
    in_header = failures.told_pause(response)
    if in_header is not None:
        return in_header
    found = re.search(r"again in (\d+) second", title(response))
    return float(found[1]) if found else None


def title(response: requests.Response) -> str:
    """The vendor's own words, from whichever of its error shapes this is; '' where there are none."""
    body = parsed(response)
    if not isinstance(body, dict):
        return ""
    said = str(body.get("title") or body.get("message") or body.get("error") or "")
    errors = body.get("errors")
    return f"{said} {errors}".strip() if errors else said


def parsed(response: requests.Response) -> Any:
    try:
        return json.loads(response.content.removeprefix(codecs.BOM_UTF8))
    except ValueError:
        return None

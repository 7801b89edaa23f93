"""What the hub asks the token endpoint, judged by the vendor's own documents."""

from urllib.parse import parse_qsl

import jsonschema
import pytest
from pytest_django.fixtures import Settings

from config.isolation.egress.retries import Stats
from config.sandbox.http import Answer, Request
from tests.integrations.ghl.emulated import Vendor
from tests.integrations.ghl.oauth.test_tokens import TOKEN, age, tokens
from tests.integrations.ghl.push.test_requests import properties
from tests.integrations.ghl.sandbox.contract import document, operation


@pytest.mark.parametrize("version", ["2021-07-28", "v3"])
def test_each_is_what_the_documents_describe(
    vendor: Vendor, settings: Settings, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    settings.GHL_API_VERSION, settings.GHL_OAUTH_REDIRECT_URL = version, "https://hub.example.com/done"
    requests: list[Request] = []
    answer = vendor.app.answer

    def noted(request: Request) -> Answer:
        requests.append(request)
        return answer(request)

    monkeypatch.setattr(vendor.app, "answer", noted)
    vendor.connect()
    age(-1)
    tokens().current(Stats())
    described = document("oauth", version, corrected=False)
    content = operation(described, "POST", TOKEN)["requestBody"]["content"]
    schema = content["application/x-www-form-urlencoded"]["schema"]
    validator = jsonschema.Draft4Validator(schema | {"components": described["components"]})
    for request in requests:
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        assert request.headers["version"] == version
        form = dict(parse_qsl(request.body.decode()))
        assert list(validator.iter_errors(form)) == []
        assert set(form) <= properties(schema, described)
    assert len(requests) == 2

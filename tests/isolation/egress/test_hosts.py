"""A vendor that tells each account its own address: hosts by their names, over https alone."""

import pytest
from pytest_django.fixtures import Settings

from config.isolation.egress.session import _allows
from config.isolation.manifest import BY_NAME

DATA = BY_NAME["salesforce"].apis[0]


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://acme.my.salesforce.com/services/data/v67.0/limits", True),
        ("https://acme--test.sandbox.my.salesforce.com/services/data/v67.0/limits", True),
        ("https://ACME.my.salesforce.com/services/data/", True),
        ("http://acme.my.salesforce.com/services/data/v67.0/limits", False),
        ("https://acme.my.salesforce.com:8443/services/data/v67.0/limits", False),
        ("https://acme.my.salesforce.com/services/oauth2/token", False),
        ("https://acme.my.salesforce.com.evil.example/services/data/", False),
        ("https://evilmy.salesforce.com/services/data/", False),
        ("https://my.salesforce.com/services/data/", False),
        ("https://evil.example/acme.my.salesforce.com/services/data/", False),
        ("https://acme.my.salesforce.com@evil.example/services/data/", False),
        ("https://acme.my.salesforce.com/services/data/../oauth2/token", False),
        ("https://127.0.0.1/services/data/", False),
    ],
)
def test_by_name(settings: Settings, url: str, allowed: bool) -> None:
    settings.SALESFORCE_INSTANCE_URL = ""
    assert _allows(DATA, "GET", url) is allowed


def test_a_setting_pins_one_address(settings: Settings) -> None:
    settings.SALESFORCE_INSTANCE_URL = "https://acme.my.salesforce.com"
    assert _allows(DATA, "GET", "https://acme.my.salesforce.com/services/data/v67.0/")
    assert not _allows(DATA, "GET", "https://other.my.salesforce.com/services/data/v67.0/")


def test_nothing_is_deleted(settings: Settings) -> None:
    settings.SALESFORCE_INSTANCE_URL = ""
    assert not _allows(DATA, "DELETE", "https://acme.my.salesforce.com/services/data/v67.0/sobjects/Contact/003")

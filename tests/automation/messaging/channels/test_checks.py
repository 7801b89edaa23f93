"""What is missing is named, in the process that needs it."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from automation.messaging import channel_checks

ALL = (
    channel_checks.text_messages_can_leave, channel_checks.e_mails_can_leave, channel_checks.production_writes_to_people,
    channel_checks.passwords_of_mail_servers_are_not_read_on_the_way, channel_checks.the_site_can_be_called,
    channel_checks.twilio_is_believed,
)  # fmt: skip
COMPLETE: dict[str, Any] = {
    "PRODUCTION": True, "HUB_UNITS": (), "MESSAGING_ENABLED": True, "MESSAGING_SMS": "twilio", "MESSAGING_EMAIL": "smtp",
    "TWILIO_ACCOUNT_SID": "AC1", "TWILIO_API_SECRET": "s", "TWILIO_FROM": "+14805550100", "TWILIO_MESSAGING_SERVICE_SID": "",
    "SMTP_URL": "smtps://a:b@mail.example.com", "SMTP_FROM": "Desert Air <office@desert.example>", "MONITOR_EMAIL_URL": "",
    "HUB_PUBLIC_URL": "https://hub.example.com", "BACKOFFICE_TWILIO_AUTH_TOKEN": "t", "HUB_PRIVATE_HOSTS": {"relay"},
}  # fmt: skip


def found(settings: Settings, **values: Any) -> dict[str, str]:
    for name, value in (COMPLETE | values).items():
        setattr(settings, name, value)
    messages = [message for check in ALL for message in check(None)]
    assert all(message.hint for message in messages)
    return {str(message.id): str(message.msg) for message in messages}


def test_nothing_is_missing(settings: Settings) -> None:
    assert found(settings) == {}


@pytest.mark.parametrize(
    ("values", "id", "said"),
    [
        ({"TWILIO_API_SECRET": "", "TWILIO_FROM": ""}, "hub.W045", "TWILIO_API_SECRET, TWILIO_FROM or TWILIO_MESSAGING"),
        ({"SMTP_URL": ""}, "hub.W046", "SMTP_URL"),
        ({"SMTP_FROM": "Desert Air"}, "hub.E046", "'Desert Air'"),
        ({"SMTP_FROM": "a@b.example, c@d.example"}, "hub.E046", "c@d.example"),
        ({"SMTP_URL": "smtp://a:b@mail.example.com"}, "hub.E047", "SMTP_URL"),
        ({"MONITOR_EMAIL_URL": "smtp://a:b@mail.example.com"}, "hub.E047", "MONITOR_EMAIL_URL"),
        ({"SMTP_URL": "smtp://a:b@127.0.0.1"}, "", ""),
        ({"SMTP_URL": "smtp://a:b@relay:25"}, "", ""),
        ({"SMTP_URL": "smtp://mail.example.com"}, "", ""),
        ({"MESSAGING_SMS": "console", "MESSAGING_EMAIL": "file"}, "hub.W047", "MESSAGING_SMS=console, MESSAGING_EMAIL=file"),
        ({"HUB_PUBLIC_URL": ""}, "hub.W048", "is not set"),
        ({"HUB_PUBLIC_URL": "http://hub.example.com"}, "hub.W048", "begins with http:"),
        ({"BACKOFFICE_TWILIO_AUTH_TOKEN": ""}, "hub.W049", "STOP"),
    ],
)  # fmt: skip
def test_what_is_missing(settings: Settings, values: dict[str, Any], id: str, said: str) -> None:
    messages = found(settings, **values)
    assert list(messages) == ([id] if id else []) and said in messages.get(id, "")


def test_each_process_looks_at_its_own(settings: Settings) -> None:
    nothing = dict.fromkeys(("TWILIO_ACCOUNT_SID", "SMTP_URL", "BACKOFFICE_TWILIO_AUTH_TOKEN", "HUB_PUBLIC_URL"), "")
    assert list(found(settings, HUB_UNITS=("backoffice",), **nothing)) == ["hub.W048", "hub.W049"]
    assert list(found(settings, HUB_UNITS=("automation",), **nothing)) == ["hub.W045", "hub.W046", "hub.W048"]
    assert found(settings, HUB_UNITS=("servicetitan",), **nothing) == {}
    assert found(settings, MESSAGING_ENABLED=False, **nothing) == {}


def test_a_trial_needs_nothing(settings: Settings) -> None:
    trial = {"PRODUCTION": False, "MESSAGING_SMS": "console", "MESSAGING_EMAIL": "file", "HUB_PUBLIC_URL": "http://127.0.0.1:8000"}
    assert found(settings, **trial, SMTP_URL="", TWILIO_ACCOUNT_SID="") == {}

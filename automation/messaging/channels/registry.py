"""Which channel a kind of message takes, by the settings."""

from collections.abc import Mapping

from django.conf import settings

from automation.messaging.channels.base import Channel
from automation.messaging.channels.console import Console
from automation.messaging.channels.mail import Folder, Smtp
from automation.messaging.channels.twilio import Twilio

CHANNELS: Mapping[str, Channel] = {"twilio": Twilio(), "smtp": Smtp(), "file": Folder(), "console": Console()}


def channel_of(kind: str) -> Channel:
    """`kind`: sms, email or staff, which is an e-mail as well."""
    return CHANNELS[settings.MESSAGING_SMS if kind == "sms" else settings.MESSAGING_EMAIL]

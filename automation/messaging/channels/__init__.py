"""How messages leave: one small interface, and a channel for each provider."""

from automation.messaging.channels.registry import channel_of

__all__ = ["channel_of"]

"""Addresses of the site that units bring along: `config.urls` knows no unit."""

from django.urls import URLResolver, include, path

_registered: dict[str, str] = {}


def register(beginning: str, module: str) -> None:
    """Below `beginning` ("webhooks/"), which the manifest gives a unit, answers `module`. In `AppConfig.ready()`."""
    _registered[module] = beginning


def registered() -> list[URLResolver]:
    return [path(beginning, include(module)) for module, beginning in _registered.items()]

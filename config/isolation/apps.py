from django.apps import AppConfig

from config import checks as settings_checks
from config.isolation import checks
from config.isolation.egress import guard

__all__ = ["IsolationConfig", "checks", "settings_checks"]  # importing the checks registers them


class IsolationConfig(AppConfig):
    name = "config.isolation"
    label = "isolation"

    def ready(self) -> None:
        guard.install()

from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core.checks import CheckMessage, Tags, register
from django.db.models.signals import post_migrate

from config.backoffice import operators


class BackofficeConfig(AppConfig):
    name = "config.backoffice"
    label = "backoffice"

    def ready(self) -> None:
        post_migrate.connect(operators.make, dispatch_uid="backoffice.operators")


class AdminConfig(SimpleAdminConfig):
    """Django's admin without loading its pages at every start: `config.urls` does, and the check of them."""

    def ready(self) -> None:
        register(check_dependencies, Tags.admin)
        register(_pages_are_sound, Tags.admin)


def _pages_are_sound(app_configs: Any, **kwargs: Any) -> Iterable[CheckMessage]:
    admin.autodiscover()
    return check_admin_app(app_configs, **kwargs)

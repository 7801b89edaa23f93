from django.apps import AppConfig
from django.db.models.signals import post_migrate

from config.backoffice import operators


class BackofficeConfig(AppConfig):
    name = "config.backoffice"
    label = "backoffice"

    def ready(self) -> None:
        post_migrate.connect(operators.make, dispatch_uid="backoffice.operators")

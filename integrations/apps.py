from django.apps import AppConfig

from config import routes
from integrations.ghl.webhooks import checks as checks  # registers itself


class IntegrationsConfig(AppConfig):
    name = "integrations"

    def ready(self) -> None:
        routes.register("webhooks/", "integrations.ghl.webhooks.urls")

from datetime import timedelta

from django.apps import AppConfig

from config import routes
from config.isolation.egress import calls
from config.jobs import schedules
from config.jobs.schedules import Schedule
from config.sandbox import vendors
from config.sandbox.vendors import Vendor
from integrations.ghl.webhooks import checks as checks  # registers itself


class IntegrationsConfig(AppConfig):
    name = "integrations"
    verbose_name = "GoHighLevel"

    def ready(self) -> None:
        calls.register("ghl", self.get_model("ApiCall"))
        routes.register("webhooks/", "integrations.ghl.webhooks.urls")
        schedules.register(
            Schedule(
                "GoHighLevel: what changed",
                "ghl.sync",
                every=timedelta(seconds=10),
                description="Sends customers and estimates that changed in the mirror; goes on with what is left to send.",
            ),
        )
        vendors.register(
            Vendor(
                "ghl",
                "GoHighLevel",
                emulator="integrations.ghl.sandbox.command",
                uses="GHL_USES_SANDBOX",
                credentials=("GHL_API_TOKEN", "GHL_LOCATION_ID"),
            )
        )

from datetime import timedelta

from django.apps import AppConfig

from config.isolation.egress import calls
from config.jobs import schedules
from config.jobs.schedules import Schedule


class IntegrationsConfig(AppConfig):
    name = "integrations"
    verbose_name = "GoHighLevel"

    def ready(self) -> None:
        calls.register("ghl", self.get_model("ApiCall"))
        schedules.register(
            Schedule(
                "GoHighLevel: what changed",
                "ghl.sync",
                every=timedelta(seconds=10),
                description="Sends customers and estimates that changed in the mirror; goes on with what is left to send.",
            ),
        )

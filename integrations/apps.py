from datetime import timedelta

from django.apps import AppConfig

from config import routes
from config.isolation.egress import calls
from config.jobs import schedules
from config.jobs.schedules import Schedule
from config.monitoring import probes
from config.sandbox import vendors
from config.sandbox.vendors import Show, Vendor
from integrations.ghl import checks as link_checks
from integrations.ghl.webhooks import checks as webhook_checks

__all__ = ["IntegrationsConfig", "link_checks", "webhook_checks"]  # importing the checks registers them


class IntegrationsConfig(AppConfig):
    name = "integrations"
    verbose_name = "GoHighLevel"

    def ready(self) -> None:
        calls.register("ghl", self.get_model("ApiCall"))
        probes.register("integrations.ghl.probes")
        routes.register("webhooks/", "integrations.ghl.webhooks.urls")
        schedules.register(
            Schedule(
                "GoHighLevel: what changed",
                "ghl.sync",
                every=timedelta(seconds=10),
                description="Sends customers and estimates that changed in the mirror; goes on with what is left to send.",
            ),
            Schedule(
                "GoHighLevel: what changed there",
                "ghl.inbound",
                every=timedelta(minutes=2),
                description="Looks at records whose events came in. Events wake it at once; this is for those that went unheard.",
            ),
            Schedule(
                "GoHighLevel: nightly comparison",
                "ghl.reconcile",
                at=(3, 30),
                description="Compares all of GoHighLevel with what was sent: finds what is gone, moved, changed or there twice.",
            ),
        )
        vendors.register(
            Vendor(
                "ghl",
                "GoHighLevel",
                emulator="integrations.ghl.sandbox.command",
                uses="GHL_USES_SANDBOX",
                credentials=("GHL_API_TOKEN", "GHL_LOCATION_ID"),
                show=Show(
                    "sync_ghl",
                    switches={"burst_limit": 0, "allow_duplicate_opportunity": True},
                    environment={
                        "GHL_CALLS_PER_10_S": "10000",
                        "HUB_GHL_CONTACT_LINK": "EMULATOR/sandbox/records/contacts/{id}",
                        "HUB_GHL_OPPORTUNITY_LINK": "EMULATOR/sandbox/records/opportunities/{id}",
                    },
                ),
            )
        )

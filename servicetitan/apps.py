from datetime import timedelta

from django.apps import AppConfig

from config.isolation.egress import calls
from config.jobs import schedules
from config.jobs.schedules import Schedule
from config.monitoring import probes
from config.sandbox import vendors
from config.sandbox.vendors import Vendor


class ServiceTitanConfig(AppConfig):
    name = "servicetitan"
    verbose_name = "ServiceTitan"

    def ready(self) -> None:
        calls.register("servicetitan", self.get_model("ApiCall"))
        probes.register("servicetitan.probes")
        vendors.register(
            Vendor(
                "servicetitan",
                "ServiceTitan",
                emulator="servicetitan.sandbox.command",
                uses="SERVICETITAN_USES_SANDBOX",
                credentials=(
                    "SERVICETITAN_TENANT_ID",
                    "SERVICETITAN_CLIENT_ID",
                    "SERVICETITAN_CLIENT_SECRET",
                    "SERVICETITAN_APP_KEY",
                ),
            )
        )
        schedules.register(
            Schedule(
                "ServiceTitan: what changed",
                "servicetitan.sync",
                every=timedelta(minutes=2),
                arguments={"mode": "incremental"},
                description="Reads what changed since the last run; the reference lists once a day.",
            ),
            Schedule(
                "ServiceTitan: nightly reconcile",
                "servicetitan.sync",
                at=(2, 30),
                arguments={"mode": "reconcile"},
                description="Compares the mirror with ServiceTitan's lists: finds what is gone, fetches what is missing.",
            ),
        )

from datetime import timedelta

from django.apps import AppConfig

from config import routes
from config.isolation.egress import calls
from config.jobs import schedules
from config.jobs.schedules import Schedule
from config.monitoring import probes
from config.sandbox import vendors
from config.sandbox.vendors import Show, Vendor


class SalesforceConfig(AppConfig):
    name = "salesforce"
    verbose_name = "Salesforce"

    def ready(self) -> None:
        calls.register("salesforce", self.get_model("ApiCall"))
        probes.register("salesforce.probes")
        routes.register("api/salesforce/", "salesforce.api.urls")
        schedules.register(
            Schedule(
                "Salesforce: what changed",
                "salesforce.sync",
                every=timedelta(seconds=30),
                description="Sends customers that changed in the mirror; goes on with what is left to send.",
            ),
            Schedule(
                "Salesforce: everything looked at again",
                "salesforce.sync",
                at=(4, 30),
                arguments={"mode": "full"},
                description="Values that change with time alone, such as the segment. What is there already costs no call.",
            ),
            Schedule(
                "Salesforce: connection kept alive",
                "salesforce.keep_alive",
                every=timedelta(hours=4),
                description="Renews the tokens once a day, so that they never lapse unused.",
            ),
            Schedule(
                "Salesforce: set-up check",
                "salesforce.check",
                at=(5, 0),
                description="Looks whether the org still is set up as it must be.",
            ),
        )
        vendors.register(
            Vendor(
                "salesforce",
                "Salesforce",
                emulator="salesforce.sandbox.command",
                uses="SALESFORCE_USES_SANDBOX",
                credentials=("SALESFORCE_CLIENT_ID", "SALESFORCE_CLIENT_SECRET"),
                show=Show("sync_salesforce", environment={"SALESFORCE_RECORD_LINK": "EMULATOR/sandbox/records/Contact/{id}"}),
            )
        )

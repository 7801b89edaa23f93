from datetime import timedelta

from django.apps import AppConfig

from automation.messaging import channel_checks
from automation.messaging.hours import checks as hours_checks
from automation.messaging.wording import checks as wording_checks
from config import routes
from config.isolation.egress import calls
from config.jobs import schedules
from config.jobs.schedules import Schedule
from config.monitoring import probes
from config.sandbox import vendors
from config.sandbox.vendors import Show, Vendor

__all__ = ["AutomationConfig", "channel_checks", "hours_checks", "wording_checks"]  # importing the checks registers them


class AutomationConfig(AppConfig):
    name = "automation"
    verbose_name = "Workflows"

    def ready(self) -> None:
        calls.register("automation", self.get_model("ApiCall"))
        probes.register("automation.probes")
        routes.register("webhooks/", "automation.messaging.webhooks.urls")
        vendors.register(
            Vendor(
                "automation",
                "Twilio",
                emulator="automation.sandbox.command",
                uses="TWILIO_USES_SANDBOX",
                credentials=("TWILIO_ACCOUNT_SID", "TWILIO_API_SECRET"),
                show=Show(
                    "follow_up",
                    arguments=("--ready",),
                    title="Workflows and messages",
                    switches={"stop": 0.02, "reply": 0.05, "answer_after": 20.0},
                    environment={"MESSAGING_SMS_OPT_IN": "number", "MESSAGING_HOLIDAYS": "none"},
                ),
            )
        )
        schedules.register(
            Schedule(
                "Workflows: what is due",
                "automation.tick",
                every=timedelta(seconds=10),
                description="Notes what happened in the mirror, and lets every run that is due go on.",
            ),
            Schedule(
                "Messages: what may leave",
                "automation.send",
                every=timedelta(seconds=10),
                description="Hears what came in; looks a last time at each message that is due, and sends it or notes why not.",
            ),
            Schedule(
                "Workflows: the calendar",
                "automation.calendar",
                every=timedelta(hours=1),
                description="Appointments of tomorrow, overdue invoices, estimates that expire, customers who have become quiet.",
            ),
        )

from datetime import timedelta

from django.apps import AppConfig

from config.jobs import schedules
from config.jobs.schedules import Schedule


class AutomationConfig(AppConfig):
    name = "automation"
    verbose_name = "Workflows"

    def ready(self) -> None:
        schedules.register(
            Schedule(
                "Workflows: what is due",
                "automation.tick",
                every=timedelta(seconds=10),
                description="Notes what happened in the mirror, and lets every run that is due go on.",
            ),
            Schedule(
                "Workflows: the calendar",
                "automation.calendar",
                every=timedelta(hours=1),
                description="Appointments of tomorrow, overdue invoices, estimates that expire, customers who have become quiet.",
            ),
        )

from django.apps import AppConfig

from config import routes
from config.monitoring import probes


class MonitoringConfig(AppConfig):
    name = "config.monitoring"
    label = "monitoring"
    verbose_name = "Monitoring"

    def ready(self) -> None:
        for module in ("servers", "growth", "ageing"):
            probes.register(f"config.monitoring.{module}")
        for module in ("config.jobs.probes", "config.isolation.probes"):
            probes.register(module)
        routes.register("", "config.monitoring.urls")

from django.apps import AppConfig

from config.sandbox import vendors
from config.sandbox.vendors import Vendor


class IntegrationsConfig(AppConfig):
    name = "integrations"

    def ready(self) -> None:
        vendors.register(
            Vendor(
                "ghl",
                "GoHighLevel",
                emulator="integrations.ghl.sandbox.command",
                uses="GHL_USES_SANDBOX",
                credentials=("GHL_API_TOKEN", "GHL_LOCATION_ID"),
            )
        )

from tests.integrations.ghl.emulated import Vendor, vendor
from tests.integrations.ghl.pushed import Hub, hub
from tests.integrations.ghl.webhooks.conftest import QUEUE, Site, site

__all__ = ["QUEUE", "Hub", "Site", "Vendor", "hub", "site", "vendor"]

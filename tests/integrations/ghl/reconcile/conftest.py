from tests.integrations.ghl.emulated import Vendor, vendor
from tests.integrations.ghl.pushed import Hub, hub

__all__ = ["Hub", "Vendor", "hub", "vendor"]

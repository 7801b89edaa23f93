from tests.integrations.ghl.emulated import Vendor, vendor

__all__ = ["Vendor", "vendor"]

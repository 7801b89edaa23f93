from tests.salesforce.emulated import push, vendor

__all__ = ["push", "vendor"]

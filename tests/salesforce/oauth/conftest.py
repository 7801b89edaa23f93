from tests.salesforce.emulated import vendor

__all__ = ["vendor"]

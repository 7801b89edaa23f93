from config.isolation.egress import records
from config.isolation.names import qualified


class ApiCall(records.ApiCall):
    """Calls to Salesforce."""

    class Meta(records.ApiCall.Meta):
        db_table = qualified("salesforce", "api_calls")
        verbose_name = "Salesforce call"

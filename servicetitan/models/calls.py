from config.isolation.egress import records
from config.isolation.names import qualified


class ApiCall(records.ApiCall):
    """Calls to ServiceTitan."""

    class Meta(records.ApiCall.Meta):
        db_table = qualified("servicetitan", "st_api_calls")
        verbose_name = "call"

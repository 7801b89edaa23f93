from config.isolation.egress import records
from config.isolation.names import qualified


class ApiCall(records.ApiCall):
    """Calls to GoHighLevel."""

    class Meta(records.ApiCall.Meta):
        db_table = qualified("integrations", "ghl_api_calls")
        verbose_name = "GoHighLevel call"

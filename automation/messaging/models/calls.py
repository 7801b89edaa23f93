from config.isolation.egress import records
from config.isolation.names import qualified


class ApiCall(records.ApiCall):
    """Calls to the provider of text messages."""

    class Meta(records.ApiCall.Meta):
        db_table = qualified("automation", "messaging_api_calls")
        verbose_name = "message call"

from config.isolation.names import qualified
from config.jobs.deliveries import TaskDelivery


class GhlDelivery(TaskDelivery):
    """What became of the tasks of this unit."""

    class Meta(TaskDelivery.Meta):
        db_table = qualified("integrations", "ghl_task_deliveries")
        verbose_name = "GoHighLevel task"

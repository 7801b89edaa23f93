from config.isolation.names import qualified
from config.jobs.deliveries import TaskDelivery


class Delivery(TaskDelivery):
    """What became of the tasks of this unit."""

    class Meta(TaskDelivery.Meta):
        db_table = qualified("servicetitan", "st_task_deliveries")
        verbose_name_plural = "deliveries"

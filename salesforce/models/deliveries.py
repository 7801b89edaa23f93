from config.isolation.names import qualified
from config.jobs.deliveries import TaskDelivery


class SalesforceDelivery(TaskDelivery):
    """What became of the tasks of this unit."""

    class Meta(TaskDelivery.Meta):
        db_table = qualified("salesforce", "task_deliveries")
        verbose_name = "Salesforce task"

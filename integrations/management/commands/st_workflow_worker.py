from config.jobs.worker import WorkerCommand


class Command(WorkerCommand):
    help = "Send what changed to GoHighLevel, and run the workflows, when the scheduler or the admin asks for it."
    worker = "st_workflow_worker"

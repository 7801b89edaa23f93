from config.jobs.worker import WorkerCommand


class Command(WorkerCommand):
    help = "Sync ServiceTitan when the scheduler or the admin asks for it. Several may run, on several machines."
    worker = "st_sync_worker"

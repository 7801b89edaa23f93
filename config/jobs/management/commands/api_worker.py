from config.jobs.worker import WorkerCommand


class Command(WorkerCommand):
    help = "Do what the API server queues. `api_server` starts it, and ends it; nobody else has to."
    worker = "api_worker"
    concurrency = 1

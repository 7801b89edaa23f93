"""An agent that looks when it is told to, and says the seconds of CPU that the pass took."""

import json
import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from config.isolation.actor import acting_as  # noqa: E402 - the models want settings first
from config.monitoring.agent import Agent, basics  # noqa: E402
from config.monitoring.probes import registered  # noqa: E402

with acting_as("monitor"):
    agent = Agent([basics(), *registered()])
    print("ready", flush=True)  # noqa: T201
    for _ in sys.stdin:
        began = time.process_time()
        done = agent.look()
        print(json.dumps({"cpu": time.process_time() - began, "failed": done.failed}), flush=True)  # noqa: T201

"""A worker that does what is due when it is told to, and says how many steps that were."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from automation.workflows import tick  # noqa: E402 - the models want settings first
from config.isolation.actor import acting_as  # noqa: E402

with acting_as("automation"):
    tick.once()  # everything that is only loaded once
    print("ready", flush=True)  # noqa: T201
    for _ in sys.stdin:
        report = tick.once()
        print(report.moved.steps, flush=True)  # noqa: T201

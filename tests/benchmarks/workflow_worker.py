"""A worker that begins when it is told to, so that its start is nobody's time: does what is due, and waits for the next word."""

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

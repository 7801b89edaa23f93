#!/usr/bin/env python
"""The one door to every command of the hub: `python manage.py help` lists them."""

import os
import sys

from django.core.management import execute_from_command_line

from config.jobs.orphans import end_with_supervisor


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    end_with_supervisor()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()

"""python -m tests.benchmarks: `make bench`."""

import os
import sys

import django

from tests.benchmarks.cluster import Cluster
from tests.benchmarks.options import parse

options = parse()
environment = Cluster(options.servers, options.pg_bin).environment()
os.environ.clear()
os.environ |= environment | {"DJANGO_SETTINGS_MODULE": "config.settings"}
django.setup()

from tests.benchmarks.run import run  # noqa: E402 - the models want settings first

sys.exit(run(options))

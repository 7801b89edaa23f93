import os
from pathlib import Path

SECRET_KEY = "test"
HUB_DATA_DIR = Path(os.environ["TEST_DATA_DIR"])
EMBEDDED = os.environ.get("TEST_EMBEDDED") != "no"
INSTALLED_APPS = ["config.embedded.apps.EmbeddedConfig"]
USE_TZ = True

"""dlt's own virtual environment: it brings packages that the hub does not want, and other versions of those it has."""

import subprocess
import venv
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.options import ROOT

REQUIREMENTS = ROOT / "requirements-bench.txt"


@dataclass(frozen=True)
class DltEnvironment:
    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def _installed(self) -> Path:
        """A copy of what was installed, written when it was."""
        return self.folder / REQUIREMENTS.name

    def is_ready(self) -> bool:
        return self._installed.exists() and self._installed.read_text() == REQUIREMENTS.read_text()

    def install(self) -> None:
        """Raises CalledProcessError where the package index cannot be reached."""
        if self.is_ready():
            return
        venv.create(self.folder, clear=True, with_pip=True)
        pip: list[str | Path] = [self.python, "-m", "pip", "-qq", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--only-binary", ":all:", "-r", REQUIREMENTS], check=True)
        self._installed.write_text(REQUIREMENTS.read_text())

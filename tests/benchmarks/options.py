"""What may be asked of the benchmark."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SMALL, LARGE = 100_000, 1_000_000
CUSTOMERS = 50_000  # that are pushed to Salesforce


@dataclass(frozen=True)
class Options:
    size: int
    rounds: int
    page_size: int
    large_pages: int
    data: Path
    pg_bin: Path | None
    all: bool
    memory: bool
    fences: bool
    push: bool
    salesforce: bool
    workflows: bool
    monitoring: bool
    waiting: int
    rows: int
    moving: int
    only: tuple[str, ...]
    install: bool
    keep: bool
    json: Path | None

    @property
    def pushed(self) -> int:
        """Records of the mirror that is pushed: few, since under the vendor's limit a thousand contacts take two minutes."""
        return self.size // 9

    @property
    def servers(self) -> Path:
        """Data folder of the servers: one for each PostgreSQL, since their files are not each other's."""
        return self.data / "-".join(("servers", *(self.pg_bin.parts[1:] if self.pg_bin else ())))


def parse(arguments: Sequence[str] | None = None) -> Options:
    given = vars(_parser().parse_args(arguments))
    given["only"] = tuple(given["only"] or ())
    given["data"] = given["data"].resolve()
    given["pg_bin"] = given["pg_bin"] and given["pg_bin"].resolve()
    given["install"] = not given.pop("no_install")
    return Options(**given)


def _parser() -> argparse.ArgumentParser:
    default = Path(os.environ.get("HUB_DATA_DIR") or ROOT / ".hub") / "bench"
    parser = argparse.ArgumentParser(prog="make bench", description="Exit status 0: every target was reached.")
    parser.add_argument("--size", type=int, default=SMALL, metavar="N", help="records over the six feeds (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often everything runs (%(default)s)")
    parser.add_argument("--page-size", type=int, default=1000, metavar="N", help="records a page (%(default)s)")
    parser.add_argument("--large-pages", type=int, default=5000, metavar="N", help="and with these; 0: not (%(default)s)")
    parser.add_argument("--memory", action="store_true", help=f"our sync also with {SMALL:,} and {LARGE:,} records")
    parser.add_argument("--all", action="store_true", help="also the set-ups of dlt that turned out slower")
    parser.add_argument("--fences", action="store_true", help="nothing but our sync with its fences and without")
    parser.add_argument("--push", action="store_true", help="nothing but the push to GoHighLevel")
    parser.add_argument("--salesforce", action="store_true", help=f"nothing but {CUSTOMERS:,} customers pushed to Salesforce")
    parser.add_argument("--workflows", action="store_true", help="nothing but follow-up workflows")
    parser.add_argument("--waiting", type=int, default=1_000_000, metavar="N", help="with --workflows: runs (%(default)s)")
    parser.add_argument("--monitoring", action="store_true", help="nothing but a pass of the monitoring agent")
    parser.add_argument("--rows", type=int, default=1_000_000, metavar="N", help="with --monitoring: of each table (%(default)s)")
    parser.add_argument("--moving", type=int, default=20_000, metavar="N", help="with --workflows: runs that go on (%(default)s)")
    parser.add_argument("--only", action="append", metavar="NAME", help="only this contender; repeatable")
    parser.add_argument("--data", type=Path, default=default, metavar="DIR", help="pages, servers, dlt (%(default)s)")
    parser.add_argument("--pg-bin", type=Path, metavar="DIR", help="another PostgreSQL, such as /usr/lib/postgresql/15/bin")
    parser.add_argument("--no-install", action="store_true", help="leave dlt out where it is not installed yet")
    parser.add_argument("--keep", action="store_true", help="leave the servers running, to look at what was loaded")
    parser.add_argument("--json", type=Path, metavar="FILE", help="all figures, for a program")
    return parser

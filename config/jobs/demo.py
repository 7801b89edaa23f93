"""The hub shown on one machine: servers of its own, a made-up company, a first sync, then everything running."""

import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth import get_user_model

from config.isolation.egress import guard
from config.jobs.supervisor import Child, Supervisor, child, manage
from config.sandbox import ports, vendors
from config.sandbox.vendors import Vendor

T = TypeVar("T")

LOGIN = "admin"
ACTIVITY = 4.0  # events a customer and day: something to see at every look, whatever the size of the company
HOURS = 3
PUSHED = ("created", "adopted", "updated", "unchanged", "skipped", "conflicts", "failed",
          "events", "runs", "wanted", "sent", "held", "dropped")  # fmt: skip
SHOWN = ("inserted", "updated", "deactivated", "rejected")
PATIENCE_S = 60.0


class DemoFailed(Exception):
    """The message says which step."""


@dataclass
class Demo:
    """`with_sandbox`: some vendor is emulated. `say` shows a line to people. `stop` ends it."""

    customers: int
    sandbox_port: int
    with_sandbox: bool
    say: Callable[[str], None]
    stop: threading.Event
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.sandbox_port = free_port(self.sandbox_port, len(ports.VENDORS))
        self.environment = os.environ | {"HUB_ENV": "demo", "HUB_SANDBOX_PORT": str(self.sandbox_port)}
        self._shown = [v for v in vendors.registered() if v.show and getattr(settings, v.uses)]
        for vendor in self._shown:
            assert vendor.show is not None
            address = ports.address_of(vendor.unit, self.sandbox_port)
            self.environment |= {name: text.replace("EMULATOR", address) for name, text in vendor.show.environment.items()}

    def once(self) -> dict[str, Any]:
        """Sync, let some hours pass, sync again. Returns what `--json` prints."""
        began = time.monotonic()
        self._step("Servers, tables, roles and grants", lambda: self._manage("migrate", "-v0"))
        with self._sandbox():
            first = self._round("First sync")
            if self.with_sandbox:
                self._step("Three hours pass at the company", lambda: self._manage("sandbox", f"--advance={HOURS}"))
            second = self._round("Second sync: what changed")
        ok = bool(first["ok"] and second["ok"])
        return {"ok": ok, "seconds": round(time.monotonic() - began, 2), "first_sync": first, "second_sync": second}

    def run(self, processes: list[str], port: int) -> None:
        """Sync, then run everything until `stop` is set."""
        self._step("Servers, tables, roles and grants", lambda: self._manage("migrate", "-v0"))
        address = f"127.0.0.1:{free_port(port)}"
        self.environment["HUB_PUBLIC_URL"] = f"http://{address}"  # where emulated vendors tell what happens
        with self._sandbox():
            self._round("First sync")
            password = reset_password()
            threading.Thread(target=self._welcome, args=(address, password), daemon=True).start()
            Supervisor([child(name, address, self.environment, self.say) for name in processes], self.stop).run()

    def _welcome(self, address: str, password: str) -> None:
        wait_for(int(address.rpartition(":")[2]), self.stop)
        self.say(
            f"\n  The back office:  http://{address}/admin/\n  Login:            {LOGIN}\n  Password:         {password}\n\n"
            "  The company lives on; every two minutes the scheduler syncs what changed. Ctrl-C ends the demo.\n"
            "  Its data stay; its servers run on until `manage.py embedded stop`.\n"
        )

    def _round(self, title: str) -> dict[str, Any]:
        """What the workers do when something is new, in their order: the mirror first, then those who read it."""
        summary = self._step(title, self._sync)
        for vendor in self._shown:
            title = vendor.show.title if vendor.show else ""
            pushed = self._step(title or f"What is new, sent to {vendor.title}", partial(self._push, vendor))
            summary[vendor.unit] = pushed
            summary["ok"] = summary["ok"] and pushed["ok"]
        return summary

    def _step(self, title: str, work: Callable[[], T]) -> T:
        began = time.monotonic()
        self.say(f"{title} ...")
        result = work()
        self.say(f"  done in {time.monotonic() - began:.1f} s")
        return result

    def _manage(self, *arguments: str) -> None:
        if subprocess.run(manage(*arguments), env=self.environment, stdout=sys.stderr).returncode:
            raise DemoFailed(f"manage.py {' '.join(arguments)} failed; its message is above.")

    def _sync(self) -> dict[str, Any]:
        summary = self._summary("sync_servicetitan")
        for run in summary["entities"]:
            changes = ", ".join(f"{run[name]:,} {name}" for name in SHOWN if run[name])
            self.say(f"  {run['entity']:<15} {run['state']:<10} {run['fetched']:>7,} read  {changes}  {run['error']}".rstrip())
        return summary

    def _push(self, vendor: Vendor) -> dict[str, Any]:
        assert vendor.show is not None
        summary = self._summary(vendor.show.command, *vendor.show.arguments)
        numbers = ", ".join(f"{summary[name]:,} {name}" for name in PUSHED if summary.get(name))
        self.say(f"  {summary['state']}  {numbers}  {summary['error']}".rstrip())
        return summary

    def _summary(self, command: str, *arguments: str) -> dict[str, Any]:
        done = subprocess.run(manage(command, *arguments, "--json"), env=self.environment, stdout=subprocess.PIPE, text=True)
        try:
            summary: dict[str, Any] = json.loads(done.stdout)
        except ValueError as error:
            raise DemoFailed(f"manage.py {command} did not start; its message is above.") from error
        return summary

    @contextmanager
    def _sandbox(self) -> Iterator[None]:
        """The emulated vendors, as long as the block runs; none where all are real."""
        if not self.with_sandbox:
            yield
            return
        stop = threading.Event()
        switches = [f"--switches={v.unit}={json.dumps(v.show.switches)}" for v in self._shown if v.show]
        arguments = manage("sandbox", f"--customers={self.customers}", f"--activity={ACTIVITY}", *switches)
        emulator = Child("sandbox", arguments, self.environment, say=lambda line: None)
        keeper = threading.Thread(target=Supervisor([emulator], stop).run)
        keeper.start()
        try:
            for vendor in vendors.registered():
                wait_for(ports.port_of(vendor.unit, self.sandbox_port), self.stop)
            yield
        finally:
            stop.set()
            keeper.join()


def reset_password() -> str:
    """A superuser to look around with, with a new password at each demo."""
    password = secrets.token_urlsafe(9)
    user, _ = get_user_model().objects.get_or_create(username=LOGIN, defaults={"is_staff": True, "is_superuser": True})
    user.set_password(password)
    user.save()
    return password


def free_port(wanted: int, in_a_row: int = 1) -> int:
    """`wanted`, or the next one from which on nobody listens on so many ports in a row."""
    for first in range(wanted, wanted + 100):
        if all(_is_free(port) for port in range(first, first + in_a_row)):
            return first
    sought = "port" if in_a_row == 1 else f"row of {in_a_row} ports"
    raise DemoFailed(f"No {sought} from {wanted} to {wanted + 98 + in_a_row} is free.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):  # the last port is 65535
            return False
        return True


def wait_for(port: int, stop: threading.Event) -> None:
    """Until somebody listens on the port."""
    deadline = time.monotonic() + PATIENCE_S
    while not stop.is_set():
        with socket.socket() as probe, guard.trusted("the demo waits for its own servers"):
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if time.monotonic() > deadline:
            raise DemoFailed(f"Nothing listens on port {port} after {PATIENCE_S:.0f} s.")
        time.sleep(0.1)

"""Several processes, and what becomes of the servers when those end."""

import os
import signal
import time
from pathlib import Path

from config.embedded import ensure, status, stop
from config.embedded.plan import read
from config.embedded.postgres import Postgres
from tests.embedded.helpers import living_below, owner, postmaster, python, valkey

ENSURE = "from config.embedded import ensure; ensure(Path(sys.argv[1]))"


def test_five_processes_at_once_start_each_server_once(place: Path) -> None:
    hub = place / "hub"
    processes = [python(ENSURE, hub) for _ in range(5)]

    said = [process.communicate(timeout=60)[0] for process in processes]

    assert [process.returncode for process in processes] == [0] * 5, said
    assert "".join(said) == ""
    names = [Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0] for pid in living_below(hub)]
    assert sum(name.endswith(b"/postgres") for name in names) == 1
    assert sum(b"valkey-server" in name for name in names) == 1


def test_servers_outlive_a_starter_that_is_killed_with_its_whole_group(hub: Path) -> None:
    stop(hub)
    starter = python(ENSURE + "; print('up', flush=True); import time; time.sleep(60)", hub, process_group=0)
    assert starter.stdout
    assert starter.stdout.readline() == "up\n"

    os.killpg(starter.pid, signal.SIGINT)
    time.sleep(0.1)
    os.killpg(starter.pid, signal.SIGKILL)
    starter.communicate(timeout=10)  # ends at once: the servers hold no end of this pipe

    assert all(server.running for server in status(hub))


def test_servers_inherit_nothing_but_their_lock(hub: Path) -> None:
    stop(hub)
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    starter = python(ENSURE, hub, close_fds=False)
    starter.communicate(timeout=60)
    os.close(writer)

    assert os.read(reader, 1) == b""  # nobody holds the other end
    os.close(reader)
    for pid, folder in ((postmaster(hub), hub / "postgres"), (valkey(hub), hub / "redis")):
        files = {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()}
        assert str(folder / "running.lock") in files
        assert not [name for name in files if name.startswith(str(hub / "private"))]
        assert os.getsid(pid) not in (0, os.getsid(0))


def test_a_starter_that_died_before_the_role_was_made_is_finished_by_the_next(hub: Path) -> None:
    record = read(hub)
    assert record
    with Postgres(hub, record, print)._connect("postgres") as admin:
        admin.execute("DROP DATABASE hub")
        admin.execute("DROP ROLE hub_owner")

    ensure(hub)

    with owner(hub) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("hub_owner",)

"""The work nobody can do without, and nothing else. A process of its own, as the contenders are.

    python -m tests.benchmarks.limit_process download URL PATH...      read all pages, parse them, throw them away
    python -m tests.benchmarks.limit_process copy CONNECTIONS DATABASE FOLDER    COPY rows that were prepared before

Prints the seconds between the first byte and the last.
"""

import http.client
import multiprocessing
import queue
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

import msgspec
import psycopg

BLOCK = 256 * 1024


def download(url: str, paths: list[str]) -> None:
    """One process a feed: parsing takes a core."""
    readers = [multiprocessing.Process(target=_read, args=(url, path)) for path in paths]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
        if reader.exitcode:
            raise SystemExit(1)


def _read(url: str, path: str) -> None:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    token, more = "", True
    while more:
        connection.request("GET", path + (f"?from={quote(token)}" if token else ""))
        page = msgspec.json.decode(connection.getresponse().read())
        token, more = page["continueFrom"], page["hasMore"]


def copy(connections: int, database: str, folder: Path) -> None:
    waiting: queue.SimpleQueue[Path] = queue.SimpleQueue()
    for file in sorted(folder.glob("*.copy"), key=lambda file: -file.stat().st_size):
        waiting.put(file)
    threads = [threading.Thread(target=_copy_all, args=(waiting, database)) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _copy_all(waiting: "queue.SimpleQueue[Path]", database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        while True:
            try:
                file = waiting.get_nowait()
            except queue.Empty:
                return
            table = file.name.split("-")[0]
            with (
                connection.cursor() as cursor,
                cursor.copy(f"COPY {table} (id, raw) FROM STDIN") as target,
                file.open("rb") as rows,
            ):
                while block := rows.read(BLOCK):
                    target.write(block)


def main(what: str, first: str, *rest: str) -> None:
    started = time.perf_counter()
    if what == "download":
        download(first, list(rest))
    else:
        copy(int(first), rest[0], Path(rest[1]))
    sys.stdout.write(f"{time.perf_counter() - started}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

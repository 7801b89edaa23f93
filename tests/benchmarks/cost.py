"""What a process cost: wall time, CPU of its process tree and of PostgreSQL, peak memory, WAL."""

import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped] # no stubs for this one use

from tests.benchmarks.cluster import Cluster

SAMPLE_EVERY_S = 0.05
REAPED_AFTER_S = 0.3  # the postmaster's count holds a backend that has ended, once it has been reaped
MB = 1024 * 1024


@dataclass(frozen=True)
class Cost:
    seconds: float
    client_cpu: float
    server_cpu: float
    peak_mb: float
    wal_mb: float


class Failed(Exception):
    """A contender's process did not end well. The message ends with what it said."""


def measured(command: Sequence[str | Path], environment: dict[str, str], cwd: Path, cluster: Cluster) -> tuple[Cost, str]:
    """Run a process to its end. Returns what it cost and what it printed."""
    cluster.settle()
    wal, server = cluster.wal(), server_cpu(cluster.postmaster)
    client = _children_cpu()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=out, stderr=errors)
        peak = _watch(process)
        seconds = time.perf_counter() - started
        time.sleep(REAPED_AFTER_S)
        cost = Cost(
            seconds,
            _children_cpu() - client,
            server_cpu(cluster.postmaster) - server,
            peak / MB,
            (cluster.wal() - wal) / MB,
        )
        out.seek(0), errors.seek(0)
        said = out.read()
        if process.returncode:
            raise Failed(f"{command[0]} ... ended with {process.returncode}.\n{said[-2000:]}\n{errors.read()[-4000:]}")
    return cost, said


def _watch(process: "subprocess.Popen[bytes]") -> int:
    """Wait for the end. Returns the most memory that was seen, in bytes."""
    peak = 0
    while process.poll() is None:
        peak = max(peak, memory_of(process.pid))
        time.sleep(SAMPLE_EVERY_S)
    return peak


def memory_of(pid: int) -> int:
    """Of the process and what it started. What several share is counted once where the system can tell (PSS)."""
    total = 0
    try:
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            full = process.memory_full_info()
            total += getattr(full, "pss", full.rss)
    except psutil.Error:
        pass  # it has just ended
    return total


def _children_cpu() -> float:
    """Of all that this process started, with what those started, as far as they have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def server_cpu(postmaster: int) -> float:
    """Of the postmaster, its living children and those that have ended."""
    root = psutil.Process(postmaster)
    times = root.cpu_times()
    total = times.user + times.system + getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    for child in root.children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system
    return float(total)


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

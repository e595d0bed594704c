"""The processors: which ones take part, and who else uses them."""

from __future__ import annotations

import os
import platform
import resource
import time
from dataclasses import dataclass
from pathlib import Path

from harness.failure import Failure

_TICKS = os.sysconf("SC_CLK_TCK")
_ALL = sorted(os.sched_getaffinity(0))


def processors() -> int:
    """Processors that this process may use."""
    return len(_ALL)


def confine(count: int) -> None:
    """Keeps this process, and all that it starts from now on, to so many processors."""
    if count > len(_ALL):
        raise Failure(f"{count} threads on {len(_ALL)} processors would share one")
    os.sched_setaffinity(0, _ALL[-count:])


def description() -> str:
    """Processor and kernel."""
    names = [
        line.split(":")[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    name = names[0] if names else platform.machine()
    return f"{len(_ALL)} CPUs of {name}, Linux {platform.release()}"


@dataclass(frozen=True)
class Usage:
    """Processor seconds used by everybody and by one program, at one moment."""

    moment: float
    everybody: float
    program: float

    @classmethod
    def now(cls, process: int | None) -> Usage:
        """Counts `process`, or, without one, children that have ended."""
        return cls(time.monotonic(), _everybody(), _program(process))

    def others_since(self, before: Usage) -> float:
        """Processors that others kept busy, on average."""
        others = (self.everybody - before.everybody) - (self.program - before.program)
        return max(0.0, others / (self.moment - before.moment))


def _everybody() -> float:
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _, _, interrupt, soft_interrupt, stolen = map(
            int, file.readline().split()[1:9]
        )
    return (user + nice + system + interrupt + soft_interrupt + stolen) / _TICKS


def _program(process: int | None) -> float:
    if process is None:
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        return ended.ru_utime + ended.ru_stime
    status = Path(f"/proc/{process}/stat").read_text()
    user, system = status.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / _TICKS

"""Processes and folders that a session leaves, or does not."""

import os
import time
from pathlib import Path


def descendants(root: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                # The name in parentheses may hold anything.
                after = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(after[1]), []).append(int(entry.name))
    found = [root]
    for process in found:
        found += children.get(process, [])
    return found


def is_running(process: int) -> bool:
    """Whether it runs; a zombie does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def survivors(processes: list[int], seconds: float = 10) -> list[int]:
    """Those that still run after so many seconds."""
    deadline = time.monotonic() + seconds
    while any(map(is_running, processes)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return [process for process in processes if is_running(process)]


def role(process: int) -> str:
    """The subcommand of a `kinglet` process."""
    words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    return os.fsdecode(words[1]) if len(words) > 1 else ""

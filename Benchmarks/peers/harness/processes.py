"""Programs that the comparison starts; none outlives it."""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.failure import Failure
from harness.places import PEERS, PYTHON, REPOSITORY

WARM_UP_SECONDS = 0.5
"""Of the block before the first that counts."""
BLOCK_DEADLINE = 60.0
"""Longest wait for an answer beyond a block's own time [s]."""
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def end_with_parent(parent: int) -> None:
    """To be called in a child before it becomes its program: the kernel ends it with its parent."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def output_of(
    words: Sequence[Any], deadline: float, *, env: dict[str, str] | None = None, stderr: Any = None
) -> str:
    """What a program prints that runs in the repository's root until it ends by itself.

    A failure holds the first line that it says on standard error, where that is a pipe.
    """
    parent = os.getpid()
    program = Path(words[0]).name
    try:
        done = subprocess.run(
            words,
            cwd=REPOSITORY,
            env=env,
            stdout=subprocess.PIPE,
            stderr=stderr,
            check=False,
            text=True,
            timeout=deadline,
            preexec_fn=lambda: end_with_parent(parent),
        )
    except subprocess.TimeoutExpired:
        raise Failure(f"{program} did not end within {deadline:.0f} s") from None
    if done.returncode != 0:
        lines = (done.stderr or "").strip().splitlines()
        raise Failure(": ".join([f"{program} ended with status {done.returncode}", *lines[:1]]))
    return done.stdout


class Worker:
    """A peer's process: it gets ready once, and is stopped whenever it is not its turn."""

    def __init__(self, name: str, module: str, words: list[str], threads: int) -> None:
        self.name = name
        self._log = tempfile.TemporaryFile()
        parent = os.getpid()
        self._process = subprocess.Popen(
            [PYTHON, "-m", module, *words],
            cwd=PEERS,
            env=os.environ | _environment(threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            preexec_fn=lambda: end_with_parent(parent),
        )
        self._unread = b""

    @property
    def process(self) -> int:
        """The process's number."""
        return self._process.pid

    def greeting(self, deadline: float) -> dict[str, Any]:
        """What the worker says when it is ready; it is stopped then."""
        answer = self._answer(deadline)
        self._process.send_signal(signal.SIGSTOP)
        return answer

    def run(self, seconds: float, deadline: float) -> dict[str, Any]:
        """The worker's answer to a block of so many seconds."""
        self._process.send_signal(signal.SIGCONT)
        try:
            self._process.stdin.write(f"run {seconds}\n".encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._death() from None
        answer = self._answer(seconds + deadline)
        self._process.send_signal(signal.SIGSTOP)
        return answer

    def end(self) -> None:
        """Ends the process, stopped or not."""
        self._process.kill()
        self._process.wait()

    def _answer(self, deadline: float) -> dict[str, Any]:
        end = time.monotonic() + deadline
        while b"\n" not in self._unread:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self._process.stdout], [], [], left)[0]:
                raise Failure(f"{self.name} did not answer within {deadline:.0f} s")
            piece = os.read(self._process.stdout.fileno(), 65536)
            if not piece:
                raise self._death()
            self._unread += piece
        line, _, self._unread = self._unread.partition(b"\n")
        return json.loads(line)

    def _death(self) -> Failure:
        status = self._process.wait()
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return Failure(": ".join([f"{self.name} ended with status {status}", *lines[-1:]]))


def _environment(threads: int) -> dict[str, str]:
    return {
        "JAX_PLATFORMS": "cpu",
        "OMP_NUM_THREADS": str(threads),
        "PYTHONWARNINGS": "ignore",
        # One compiling process: a pool of them would outlive a killed worker.
        "TORCHINDUCTOR_COMPILE_THREADS": "1",
        "TORCHINDUCTOR_CACHE_DIR": str(PYTHON.parents[1] / "inductor"),
    }

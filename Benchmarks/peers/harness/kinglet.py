"""Kinglet's own benches."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from harness.failure import Failure
from harness.processes import end_with_parent
from harness.sizes import Sizes


class Kinglet:
    """The binary of this checkout."""

    def __init__(self, binary: Path) -> None:
        if not os.access(binary, os.X_OK):
            raise Failure(f"no program {binary}; run make build")
        self._binary = binary

    def missing_options(self, bench: str, words: list[str]) -> list[str]:
        """Options among `words` that the binary's bench does not know."""
        known = self._call(["help", "bench", bench], deadline=20)
        return [word for word in words if word.startswith("--") and word not in known]

    def bench(self, bench: str, words: list[str], deadline: float) -> dict[str, Any]:
        """The bench's report."""
        return json.loads(self._call(["bench", bench, "--json", *words], deadline))

    def _call(self, words: list[str], deadline: float) -> str:
        parent = os.getpid()
        try:
            done = subprocess.run(
                [self._binary, *words],
                cwd=self._binary.parent,
                capture_output=True,
                check=False,
                text=True,
                timeout=deadline,
                preexec_fn=lambda: end_with_parent(parent),
            )
        except subprocess.TimeoutExpired:
            raise Failure(f"Kinglet did not answer within {deadline:.0f} s") from None
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines()
            raise Failure(": ".join([f"Kinglet ended with status {done.returncode}", *lines[:1]]))
        return done.stdout


class KingletLearner:
    """`kinglet bench learner`, with the interface of a worker; a process of its own each block."""

    name = "Kinglet"
    process = None
    _FIRST_UPDATES = 40

    def __init__(self, kinglet: Kinglet, sizes: Sizes) -> None:
        self._kinglet = kinglet
        self._words = [
            "--observation", str(sizes.observation),
            "--action", str(sizes.action),
            "--width", str(sizes.width),
            "--batch", str(sizes.batch),
            "--ensemble", str(sizes.ensemble),
            "--drawn", str(sizes.drawn),
            "--critics-per-actor", str(sizes.critics_per_actor),
            "--threads", str(sizes.threads),
        ]  # fmt: skip
        if sizes.sampling == "in":
            self._words.append("--sampling")
        missing = kinglet.missing_options("learner", [*self._words, "--updates"])
        if missing:
            raise Failure(
                f"kinglet bench learner has no {' '.join(missing)}; run make build, "
                "or leave kinglet out of --learners"
            )
        if sizes.actor_rows != "batch":
            raise Failure(
                "Kinglet's actor steps on one batch; leave kinglet out for --actor-rows all"
            )
        self._per_actor = sizes.critics_per_actor

    def greeting(self, deadline: float) -> dict[str, Any]:
        """Learns how many updates fill a block."""
        report = self._measure(self._FIRST_UPDATES, deadline)
        self._updates_per_second = report["updatesPerSecond"]
        return {"flopsPerUpdate": 1e9 * report["gigaOperationsPerUpdate"]}

    def run(self, seconds: float, deadline: float) -> dict[str, Any]:
        """A block of about so many seconds."""
        rounds = max(1, round(seconds * self._updates_per_second / self._per_actor))
        report = self._measure(rounds * self._per_actor, 10 * seconds + deadline)
        self._updates_per_second = report["updatesPerSecond"]
        updates = report["updates"]
        return {"updates": updates, "seconds": updates / self._updates_per_second}

    def end(self) -> None:
        """Nothing lives on between blocks."""

    def _measure(self, updates: int, deadline: float) -> dict[str, Any]:
        return self._kinglet.bench("learner", [*self._words, "--updates", str(updates)], deadline)


class KingletPolicy:
    """`kinglet bench policy`, with the interface of a worker; a process of its own each block."""

    name = "Kinglet"
    _FIRST_ACTIONS = 2000

    def __init__(self, kinglet: Kinglet, sizes: Sizes) -> None:
        self._kinglet = kinglet
        self._words = [
            "--observation", str(sizes.observation),
            "--action", str(sizes.action),
            "--width", str(sizes.width),
        ]  # fmt: skip
        self.has_equal_sizes = not kinglet.missing_options("policy", self._words)
        if not self.has_equal_sizes:
            self._words = []

    def greeting(self, deadline: float) -> dict[str, Any]:
        """Learns how long an action takes."""
        self._microseconds = self._measure(self._FIRST_ACTIONS, deadline)["medianMicroseconds"]
        return {}

    def run(self, seconds: float, deadline: float) -> dict[str, Any]:
        """A block of about so many seconds."""
        return self._measure(round(1e6 * seconds / self._microseconds), 10 * seconds + deadline)

    def _measure(self, actions: int, deadline: float) -> dict[str, Any]:
        words = [*self._words, "--actions", str(actions)]
        report = self._kinglet.bench("policy", words, deadline)
        if spread := report.get("actionMicroseconds"):
            return {"medianMicroseconds": spread["median"], "p99Microseconds": spread["p99"]}
        return report

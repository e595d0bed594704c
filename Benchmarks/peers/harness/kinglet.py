"""Kinglet's own benches."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from harness.failure import Failure
from harness.places import check_program
from harness.processes import output_of
from harness.sizes import Sizes


class Kinglet:
    """The binary of this checkout."""

    def __init__(self, binary: Path) -> None:
        check_program(binary)
        self._binary = binary

    def check_options(self, bench: str, words: list[str]) -> None:
        """Refuses a binary whose bench does not know an option among `words`."""
        known = self._call(["help", "bench", bench], deadline=20)
        missing = [word for word in words if word.startswith("--") and word not in known]
        if missing:
            raise Failure(
                f"kinglet bench {bench} has no {' '.join(missing)}; run make build, "
                "or leave kinglet out"
            )

    def bench(self, bench: str, words: list[str], deadline: float) -> dict[str, Any]:
        """The bench's report."""
        return json.loads(self._call(["bench", bench, "--json", *words], deadline))

    def _call(self, words: list[str], deadline: float) -> str:
        return output_of([self._binary, *words], deadline, stderr=subprocess.PIPE)


def layers(sizes: Sizes) -> list[str]:
    """What learner and policy alike are told of their networks."""
    return [
        "--observation", str(sizes.observation),
        "--action", str(sizes.action),
        "--width", str(sizes.width),
    ]  # fmt: skip


class KingletLearner:
    """`kinglet bench learner`, with the interface of a worker; a process of its own each block."""

    name = "Kinglet"
    process = None
    _FIRST_UPDATES = 40

    def __init__(self, kinglet: Kinglet, sizes: Sizes) -> None:
        self._kinglet = kinglet
        self._words = [
            *layers(sizes),
            "--batch", str(sizes.batch),
            "--ensemble", str(sizes.ensemble),
            "--drawn", str(sizes.drawn),
            "--critics-per-actor", str(sizes.critics_per_actor),
            "--threads", str(sizes.threads),
        ]  # fmt: skip
        if sizes.sampling == "in":
            self._words.append("--sampling")
        kinglet.check_options("learner", [*self._words, "--updates"])
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
        self._words = layers(sizes)
        kinglet.check_options("policy", [*self._words, "--actions"])

    def greeting(self, deadline: float) -> dict[str, Any]:
        """Learns how long an action takes."""
        self._microseconds = self._measure(self._FIRST_ACTIONS, deadline)["medianMicroseconds"]
        return {}

    def run(self, seconds: float, deadline: float) -> dict[str, Any]:
        """A block of about so many seconds."""
        return self._measure(round(1e6 * seconds / self._microseconds), 10 * seconds + deadline)

    def _measure(self, actions: int, deadline: float) -> dict[str, Any]:
        words = [*self._words, "--actions", str(actions)]
        return self._kinglet.bench("policy", words, deadline)

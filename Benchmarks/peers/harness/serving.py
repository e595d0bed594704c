"""The worker's side of a comparison.

A worker says once that it is ready, after its warm-up, and then answers every line `run SECONDS`
with one line of JSON. It ends with its standard input.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, TextIO

import numpy as np

from harness.data import transitions
from harness.sizes import Sizes

Answer = dict[str, Any]
Block = Callable[[float], Answer]

_CHUNK_SECONDS = 0.05


class Learner(Protocol):
    """What a learner's worker measures."""

    version: str
    """Libraries and their versions."""
    flops_per_round: float
    """Matrix-product operations of a round, counted from the learner's own graph."""

    def run(self, rounds: int) -> None:
        """Makes `critics_per_actor` critic updates and one of the actor, so often, and waits."""


class Policy(Protocol):
    """What a policy's worker measures."""

    version: str
    """Libraries and their versions."""

    def act(self, observation: np.ndarray) -> np.ndarray:
        """An action drawn for one observation."""


def serve_learner(prepare: Callable[[Sizes], Learner]) -> None:
    """Prepares a learner of the sizes on the command line, and times it on demand."""
    sizes = Sizes.parse(sys.argv[1:])

    def start() -> tuple[Answer, Block]:
        learner = prepare(sizes)
        learner.run(3)
        flops = learner.flops_per_round / sizes.critics_per_actor
        greeting = {"version": learner.version, "flopsPerUpdate": flops}
        return greeting, partial(_run_rounds, learner, sizes.critics_per_actor)

    _serve(start)


def serve_policy(prepare: Callable[[Sizes], Policy]) -> None:
    """Prepares a policy of the sizes on the command line, and times it on demand."""
    sizes = Sizes.parse(sys.argv[1:])

    def start() -> tuple[Answer, Block]:
        policy = prepare(sizes)
        observations = transitions((1000,), sizes)["observation"]
        for observation in observations:
            policy.act(observation)
        return {"version": policy.version}, partial(_act, policy, observations)

    _serve(start)


def _serve(start: Callable[[], tuple[Answer, Block]]) -> None:
    """Greets with what `start` gives, then runs its block for every line of standard input."""
    answers = _claim_standard_output()

    def say(answer: Answer) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    greeting, block = start()
    say(greeting)
    for line in sys.stdin:
        word, seconds = line.split()
        if word != "run":
            raise ValueError(f"unknown request {line!r}")
        say(block(float(seconds)))


def _claim_standard_output() -> TextIO:
    """Standard output for the answers alone; what libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return answers


def _run_rounds(learner: Learner, updates: int, seconds: float) -> Answer:
    """Runs rounds until `seconds` are over, and waits for them only now and then."""
    rounds = 0
    chunk = 1
    start = time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        if rounds:
            chunk = max(1, round(_CHUNK_SECONDS * rounds / elapsed))
        learner.run(chunk)
        rounds += chunk
    return {"updates": rounds * updates, "seconds": elapsed}


def _act(policy: Policy, observations: np.ndarray, seconds: float) -> Answer:
    """Times single actions for so many seconds."""
    times = []
    end = time.perf_counter() + seconds
    for observation in itertools.cycle(observations):
        start = time.perf_counter()
        if start > end:
            break
        policy.act(observation)
        times.append(1e6 * (time.perf_counter() - start))
    median, high = np.percentile(times, [50, 99])
    return {"actions": len(times), "medianMicroseconds": median, "p99Microseconds": high}

"""Sizes of a learner, the same for every program compared."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Sizes:
    """One configuration of RLPD: networks, minibatch and update ratio."""

    observation: int = 22
    action: int = 7
    width: int = 256
    batch: int = 256
    ensemble: int = 10
    drawn: int = 2
    critics_per_actor: int = 8
    threads: int = 1
    actor_rows: str = "batch"
    """Rows of the actor's step: "batch", or "all" those of the critic updates before it."""
    sampling: str = "out"
    """"in" gathers every minibatch from `CAPACITY` transitions inside the timed loop."""

    CAPACITY = 1_000_000

    @property
    def critic_input(self) -> int:
        """Numbers that a critic sees of an observation and an action."""
        return self.observation + self.action

    @property
    def title(self) -> str:
        """One line for a person."""
        per_actor = (
            "an actor update each"
            if self.critics_per_actor == 1
            else f"an actor update every {self.critics_per_actor}"
        )
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return (
            f"{self.ensemble} critics, {self.drawn} drawn, {per_actor}, "
            f"sampling {self.sampling}, {threads}"
        )

    def arguments(self) -> list[str]:
        """Command-line words that `Sizes.parse` takes back."""
        return [
            word
            for field in fields(self)
            for word in (f"--{field.name}", str(getattr(self, field.name)))
        ]

    @classmethod
    def parse(cls, words: list[str]) -> Sizes:
        """Sizes from command-line words."""
        parser = argparse.ArgumentParser()
        for field in fields(cls):
            parser.add_argument(f"--{field.name}", type=type(field.default), required=True)
        return cls(**vars(parser.parse_args(words)))

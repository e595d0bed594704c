"""SERL's loop in Python: lean JAX in the actor's place of a Kinglet session, over its socket.

As SERL trains: half of every batch from demonstrations, `updates_per_step` critic updates and one
of actor and temperature for each step of the arm, from the 200th on. The loop ends when 98 of the
latest 100 episodes were rewarded or the robot's time is up, as `kinglet launch` does when told so.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import deque
from functools import partial
from pathlib import Path

import jax
import numpy as np

from harness.sizes import Sizes
from learners.jax_lean import initial_state, play_round, sample

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "python"))
import kinglet_gym  # noqa: E402

FIRST_UPDATE = 200
"""Steps of the arm before the first update."""
CAPACITY = 200_000


class Replay:
    """A ring of transitions, or those of a file; columns by name."""

    def __init__(self, columns: dict[str, np.ndarray], count: int = 0) -> None:
        self._columns = columns
        self._rows = len(columns["reward"])
        self.count = count
        self._next = 0

    @classmethod
    def empty(cls, sizes: Sizes) -> Replay:
        """A ring for `CAPACITY` transitions."""
        widths = {"observation": sizes.observation, "action": sizes.action}
        widths["next_observation"] = sizes.observation
        columns = {name: np.zeros((CAPACITY, width), np.float32) for name, width in widths.items()}
        columns |= {name: np.zeros(CAPACITY, np.float32) for name in ("reward", "mask")}
        return cls(columns)

    @classmethod
    def demonstrated(cls, path: str) -> Replay:
        """The steps of a file of `kinglet demonstrate`."""
        shown = kinglet_gym.demonstrations(path)
        columns = {
            "observation": shown.observations,
            "action": shown.actions,
            "next_observation": shown.next_observations,
            "reward": shown.rewards,
            "mask": 1 - shown.terminations.astype(np.float32),
        }
        return cls(columns, len(shown.rewards))

    def append(self, **transition: np.ndarray | float) -> None:
        """Keeps a transition, in place of the oldest when full."""
        for name, value in transition.items():
            self._columns[name][self._next] = value
        self._next = (self._next + 1) % self._rows
        self.count = min(self.count + 1, self._rows)

    def draw(self, shape: tuple[int, int], random: np.random.Generator) -> dict[str, np.ndarray]:
        """Transitions drawn uniformly with replacement."""
        rows = random.integers(self.count, size=shape)
        return {name: column[rows] for name, column in self._columns.items()}


def main() -> None:
    """One training; its summary is the last line on standard output."""
    options = parse()
    env = kinglet_gym.make(options.recipe, [f"seed={options.seed}", *options.overrides])
    try:
        print(json.dumps(train(env, options)), flush=True)
    finally:
        env.close()


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", default="Launch/pcb-insertion.yaml")
    parser.add_argument("--demonstrations", default="Demonstrations/pcb-insertion")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ensemble", type=int, default=10)
    parser.add_argument("--drawn", type=int, default=2)
    parser.add_argument("--updates-per-step", type=int, default=4)
    parser.add_argument("--robot-minutes", type=float, default=20.0)
    parser.add_argument("overrides", nargs="*")
    return parser.parse_args()


def train(env: kinglet_gym.KingletEnv, options: argparse.Namespace) -> dict[str, float | bool]:
    """Steps of the arm and rounds of the learner, in turn."""
    sizes = Sizes(
        observation=env.observation_space.shape[0],
        action=env.action_space.shape[0],
        ensemble=options.ensemble,
        drawn=options.drawn,
        critics_per_actor=options.updates_per_step,
    )
    start = time.monotonic()
    random = np.random.default_rng(options.seed)
    online, shown = Replay.empty(sizes), Replay.demonstrated(options.demonstrations)
    learn = jax.jit(partial(play_round, sizes), donate_argnums=0)
    act = jax.jit(lambda actor, observation, key: sample(actor, observation[None], key)[0][0])
    state, key = initial_state(sizes), jax.random.key(options.seed)
    latest: deque[bool] = deque(maxlen=100)
    observation, info = env.reset()
    steps = episodes = 0
    while True:
        key, for_action = jax.random.split(key)
        chosen = np.asarray(act(state.actor.values, observation, for_action))
        following, reward, terminated, truncated, info = env.step(np.clip(chosen, -1, 1))
        online.append(
            observation=observation,
            action=info["executed_action"],
            reward=reward,
            next_observation=following,
            mask=0.0 if terminated else 1.0,
        )
        steps += 1
        if steps >= FIRST_UPDATE:
            state = learn(state, halves(online, shown, sizes, random))
        observation = following
        if not (terminated or truncated):
            continue
        episodes += 1
        latest.append(info["rewarded"])
        minutes = info["robot_seconds"] / 60
        if episodes % 10 == 0:
            print(progress(steps, episodes, latest, minutes, start), file=sys.stderr, flush=True)
        reached = len(latest) == 100 and sum(latest) >= 98
        if reached or minutes >= options.robot_minutes:
            return {
                "reached": reached,
                "rewarded_of_latest_100": sum(latest),
                "steps": steps,
                "episodes": episodes,
                "robot_minutes": minutes,
                "wall_minutes": (time.monotonic() - start) / 60,
            }
        observation, info = env.reset()


def halves(
    online: Replay, shown: Replay, sizes: Sizes, random: np.random.Generator
) -> dict[str, np.ndarray]:
    """The batches of a round, one half of each from demonstrations."""
    shape = (sizes.critics_per_actor, sizes.batch // 2)
    own, other = online.draw(shape, random), shown.draw(shape, random)
    return {name: np.concatenate([own[name], other[name]], 1) for name in own}


def progress(
    steps: int, episodes: int, latest: deque[bool], minutes: float, start: float
) -> str:
    """A line for a person."""
    recent = list(latest)[-20:]
    wall = (time.monotonic() - start) / 60
    return (
        f"step {steps}  episodes {episodes}  rewarded {sum(recent)} of {len(recent)}  "
        f"robot {minutes:.1f} min  wall {wall:.1f} min"
    )


if __name__ == "__main__":
    main()

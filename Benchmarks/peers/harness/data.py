"""Random transitions, as the benches of both sides use them."""

from __future__ import annotations

import numpy as np

from harness.sizes import Sizes

Arrays = dict[str, np.ndarray]


def transitions(shape: tuple[int, ...], sizes: Sizes, seed: int = 1) -> Arrays:
    """Normal observations, uniform actions and rare rewards that end the episode."""
    draw = np.random.default_rng(seed)
    last = draw.random(shape, dtype=np.float32) < 0.05
    return {
        "observation": draw.standard_normal((*shape, sizes.observation), dtype=np.float32),
        "action": 2 * draw.random((*shape, sizes.action), dtype=np.float32) - 1,
        "reward": last.astype(np.float32),
        "mask": 1 - last.astype(np.float32),
        "next_observation": draw.standard_normal((*shape, sizes.observation), dtype=np.float32),
    }


def for_learner(sizes: Sizes) -> Arrays:
    """A full replay buffer where sampling is in, else the minibatches of one round."""
    if sizes.sampling == "in":
        return transitions((Sizes.CAPACITY,), sizes)
    return transitions((sizes.critics_per_actor, sizes.batch), sizes)

"""Kinglet's simulated arm as a gymnasium environment."""

import gymnasium

from .demonstrations import Demonstrations, demonstrations
from .environment import KingletEnv
from .served_session import KingletError

__all__ = ["Demonstrations", "KingletEnv", "KingletError", "demonstrations", "make"]


def make(recipe: str = "Launch/pcb-insertion.yaml", overrides=(), **options) -> gymnasium.Env:
    """The environment of a launch file; takes what `KingletEnv` takes.

    Unlike a bare `KingletEnv` it refuses steps before the first reset, as `gymnasium.make` does.
    """
    return gymnasium.wrappers.OrderEnforcing(KingletEnv(recipe, overrides, **options))


gymnasium.register(
    id="Kinglet/PcbInsertion-v0", entry_point="kinglet_gym.environment:KingletEnv")
gymnasium.register(
    id="Kinglet/PcbInsertionHidden-v0", entry_point="kinglet_gym.environment:KingletEnv",
    kwargs={"overrides": ("task=pcb-insertion-hidden",)})

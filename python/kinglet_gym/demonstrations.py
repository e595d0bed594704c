"""What `kinglet demonstrate` recorded, as arrays."""

from dataclasses import dataclass

import numpy as np
import safetensors

from . import kinglet_pb2
from .served_session import KingletError


@dataclass(frozen=True)
class Demonstrations:
    """Steps of successful episodes, in the order in which they were made; one row a step."""

    observations: np.ndarray
    """float32, (rows, observation size)"""
    actions: np.ndarray
    """As executed, after the fence: float32, (rows, action size), in -1...1"""
    intended_actions: np.ndarray
    """What the expert meant before it was disturbed: float32, (rows, action size), in -1...1"""
    rewards: np.ndarray
    """float32, (rows,)"""
    next_observations: np.ndarray
    """float32, (rows, observation size)"""
    terminations: np.ndarray
    """bool, (rows,)"""
    truncations: np.ndarray
    """bool, (rows,)"""
    episodes: np.ndarray
    """Number of the episode: uint64, (rows,)"""
    metadata: dict[str, str]
    """Robot, task, rate and scales for which the steps were made, and their robot time."""


def demonstrations(path) -> Demonstrations:
    """The steps of a file of `kinglet demonstrate`.

    Raises `KingletError` where it is none.
    """
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}
            metadata = file.metadata() or {}
        endings = arrays["endings"]
        terminations = endings == kinglet_pb2.ENDING_TERMINAL
        return Demonstrations(
            observations=arrays["observations"], actions=arrays["actions"],
            intended_actions=arrays["intendedActions"], rewards=arrays["rewards"],
            next_observations=arrays["nextObservations"], terminations=terminations,
            truncations=~terminations & (endings != kinglet_pb2.ENDING_UNSPECIFIED),
            episodes=arrays["episodes"], metadata=metadata)
    except (OSError, KeyError, safetensors.SafetensorError) as error:
        raise KingletError(f"{path}: no demonstrations of kinglet: {error}") from error

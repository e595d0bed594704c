"""What `kinglet demonstrate` recorded, as arrays."""

from dataclasses import dataclass
from pathlib import Path

import mcap.exceptions
import numpy as np
from google.protobuf.message import DecodeError
from mcap.reader import make_reader

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
    """What the recorder said of the first episode: robot, task, rate, scales, seed and so on."""


_MESSAGES = {
    "/observation": kinglet_pb2.Observation,
    "/action": kinglet_pb2.Action,
    "/reward": kinglet_pb2.StepReward,
}


def demonstrations(folder) -> Demonstrations:
    """The steps of a folder of `kinglet demonstrate`, or of any folder of recorded episodes.

    Raises `KingletError` where it is none.
    """
    files = sorted(Path(folder).glob("*.mcap"))
    if not files:
        raise KingletError(f"{folder}: holds no recorded episode of kinglet")
    episodes = [_read(file) for file in files]

    def column(number, kind):
        return np.array([row[number] for _, rows in episodes for row in rows], kind)

    return Demonstrations(
        observations=column(0, np.float32), actions=column(1, np.float32),
        intended_actions=column(2, np.float32), rewards=column(3, np.float32),
        next_observations=column(4, np.float32), terminations=column(5, bool),
        truncations=column(6, bool),
        episodes=np.array([int(about["episode"]) for about, rows in episodes for _ in rows], np.uint64),
        metadata=episodes[0][0])


def _read(file):
    """The description and the steps of one episode."""
    records = {topic: [] for topic in _MESSAGES}
    try:
        with open(file, "rb") as stream:
            reader = make_reader(stream, validate_crcs=True)
            for _, channel, message in reader.iter_messages(list(_MESSAGES), log_time_order=False):
                record = _MESSAGES[channel.topic]()
                record.ParseFromString(message.data)
                records[channel.topic].append(record)
            described = {entry.name: entry.metadata for entry in reader.iter_metadata()}
            about = described["session"] | described["episode"]
    except (OSError, KeyError, DecodeError, mcap.exceptions.McapError) as error:
        raise KingletError(f"{file}: no recorded episode of kinglet: {error}") from error
    seen = records["/observation"]
    rows = []
    for step, (action, reward) in enumerate(zip(records["/action"], records["/reward"])):
        terminated = reward.ending == kinglet_pb2.ENDING_TERMINAL
        truncated = not terminated and reward.ending != kinglet_pb2.ENDING_UNSPECIFIED
        rows.append((
            seen[step].values, action.executed, action.intended or action.executed, reward.reward,
            seen[step + 1].values, terminated, truncated))
    return about, rows

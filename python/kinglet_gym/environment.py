"""The environment."""

from typing import Any

import gymnasium
import numpy as np

from . import kinglet_pb2
from .served_session import ServedSession


class KingletEnv(gymnasium.Env[np.ndarray, np.ndarray]):
    """Episodes of a launch file, exactly as Kinglet's own actor sees them.

    An observation is the vector of float32 that Kinglet's policies see, each number divided by the
    scale of the task. An action has six numbers in -1...1: translation and rotation vector in tool
    axes. `terminated` is the reward source's verdict, `truncated` the task's time limit.

    `info` holds:

    - `episode_number`: in the session, from 0
    - `robot_seconds`: robot time since the session's start, resets included
    - `episode_seconds`: robot time since the episode's first observation
    - `rewarded`: whether the reward source called the episode a success; it judges by what a robot can know
    - `executed_action`, after a step: what the task's fence left of the action, which is what
      Kinglet's replay buffer and demonstrations hold
    """

    metadata = {"render_modes": []}

    def __init__(
        self, recipe: str = "Launch/pcb-insertion.yaml", overrides=(), *,
        evaluation: bool = False, executable: str | None = None):
        """Starts `kinglet serve` with a launch file and changes such as `"task.steps=50"`.

        `evaluation` draws the episodes that `kinglet evaluate` draws for the seed. Raises
        `KingletError` with the line that Kinglet says.
        """
        self._recipe = recipe
        self._overrides = tuple(overrides)
        self._options = {"evaluation": evaluation, "executable": executable}
        self._session = self._start()
        high = np.inf
        self.observation_space = gymnasium.spaces.Box(
            -high, high, (self._session.observation_size,), np.float32)
        self.action_space = gymnasium.spaces.Box(-1, 1, (self._session.action_size,), np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begins the next episode of the session or, with a seed, the first one of that seed's session.

        A seed starts Kinglet anew: its sessions are the same bit for bit, for one seed and the same
        actions. Without any, the seed is the recipe's. `options` are ignored.
        """
        super().reset(seed=seed)
        if seed is not None:
            self._session.close()
            self._session = self._start(f"seed={seed}")
        state = self._session.reset()
        return self._observation(state), self._info(state)

    def step(
        self, action: np.ndarray
    ) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Acts for one step; numbers beyond -1...1 are refused with a `KingletError`."""
        state = self._session.step(np.asarray(action, np.float32).ravel().tolist())
        info = self._info(state)
        info["executed_action"] = np.array(state.executed_action, np.float32)
        terminated = state.ending == kinglet_pb2.ENDING_TERMINAL
        truncated = not terminated and state.ending != kinglet_pb2.ENDING_UNSPECIFIED
        return self._observation(state), state.reward, terminated, truncated, info

    def close(self):
        """Ends every process of the session."""
        self._session.close()

    @property
    def session(self) -> ServedSession:
        """The running session; another one after each reset with a seed."""
        return self._session

    def _start(self, *overrides: str) -> ServedSession:
        return ServedSession(self._recipe, self._overrides + overrides, **self._options)

    @staticmethod
    def _observation(state) -> np.ndarray:
        return np.array(state.observation, np.float32)

    @staticmethod
    def _info(state) -> dict[str, Any]:
        return {
            "episode_number": state.episode, "robot_seconds": state.robot_nanoseconds * 1e-9,
            "episode_seconds": state.seconds, "rewarded": state.is_rewarded,
        }

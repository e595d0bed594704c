"""The JAX actor, one observation at a time."""

from __future__ import annotations

from functools import partial

import jax
import numpy as np

from harness.serving import serve_policy
from harness.sizes import Sizes
from learners.jax_lean import Parameters, initial_layers, sample


@jax.jit
def act(actor: Parameters, observation: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
    """A drawn action, and the key of the next."""
    key, for_action = jax.random.split(key)
    action, _ = sample(actor, observation[None], for_action)
    return action[0], key


class JaxPolicy:
    """The policy as a worker runs it."""

    version = f"JAX {jax.__version__}"

    def __init__(self, sizes: Sizes) -> None:
        outputs = 2 * sizes.action
        layers = initial_layers(jax.random.key(1), (), sizes, sizes.observation, outputs)
        self._act = partial(act, layers)
        self._key = jax.random.key(2)

    def act(self, observation: np.ndarray) -> np.ndarray:
        """See `harness.serving.Policy`."""
        action, self._key = self._act(observation, self._key)
        return np.asarray(action)


if __name__ == "__main__":
    serve_policy(JaxPolicy)

"""SERL's own agent, from a checkout of rail-berkeley/serl that the user has.

Usage: python -m learners.serl_checkout CHECKOUT <sizes>
"""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path
from typing import Any

import flax
import jax
import jax.numpy as jnp
import optax

from harness.serving import serve_learner
from harness.sizes import Sizes
from learners.jax_serl import Batches
from learners.jax_work import product_flops


def import_agent(checkout: Path) -> Any:
    """The agent's class, without the rest of its package, which needs cameras and downloads."""
    for name in ("tree_map", "tree_leaves"):
        if not hasattr(jax, name):  # gone since SERL was written
            setattr(jax, name, getattr(jax.tree_util, name))
    launcher = checkout / "serl_launcher"
    agents = types.ModuleType("serl_launcher.agents")
    agents.__path__ = [str(launcher / "serl_launcher" / "agents")]
    tensorflow = types.ModuleType("tensorflow")
    tensorflow.Tensor = object  # named in a type, and nothing else
    sys.modules |= {"serl_launcher.agents": agents, "tensorflow": tensorflow}
    sys.path.insert(0, str(launcher))
    agent = importlib.import_module("serl_launcher.agents.continuous.sac").SACAgent
    del sys.modules["tensorflow"]
    return agent


class CheckoutLearner:
    """The learner as a worker runs it."""

    version = f"flax {flax.__version__}, optax {optax.__version__}"

    def __init__(self, checkout: Path, sizes: Sizes) -> None:
        network = {
            "activations": jax.nn.tanh,
            "use_layer_norm": True,
            "hidden_dims": [sizes.width, sizes.width],
        }
        self._updates = sizes.critics_per_actor
        self._batches = Batches(sizes)
        self._agent = import_agent(checkout).create_states(
            jax.random.PRNGKey(1),
            jnp.zeros(sizes.observation),
            jnp.zeros(sizes.action),
            policy_kwargs={
                "tanh_squash_distribution": True,
                "std_parameterization": "exp",
                "std_min": 1e-5,
                "std_max": 5,
            },
            critic_network_kwargs=dict(network),
            policy_network_kwargs=dict(network),
            temperature_init=0.01,
            discount=0.96,
            backup_entropy=False,
            critic_ensemble_size=sizes.ensemble,
            critic_subsample_size=sizes.drawn,
        )
        self.flops_per_round = product_flops(self._updated, self._agent)

    def run(self, rounds: int) -> None:
        """See `harness.serving.Learner`."""
        for _ in range(rounds):
            self._agent = self._updated(self._agent)
        jax.block_until_ready(self._agent.state.params)

    def _updated(self, agent: Any) -> Any:
        batch = self._batches.next()
        named = {
            "observations": batch["observation"],
            "actions": batch["action"],
            "rewards": batch["reward"],
            "masks": batch["mask"],
            "next_observations": batch["next_observation"],
        }
        return agent.update_high_utd(named, utd_ratio=self._updates)[0]


if __name__ == "__main__":
    checkout = Path(sys.argv.pop(1))
    serve_learner(lambda sizes: CheckoutLearner(checkout, sizes))

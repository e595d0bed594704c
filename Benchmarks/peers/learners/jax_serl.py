"""A learner with the structure of SERL's, written from a description of it.

What makes it differ from `jax_lean`: one parameter tree of flax modules with three optimisers, each
of which steps over the whole tree in every update; every target critic is evaluated; the actor and
temperature step on all rows of the call, with the next actions drawn anew for the temperature; and
nothing is donated.
"""

from __future__ import annotations

import math
from typing import Any

import flax
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import struct

from harness.data import for_learner
from harness.serving import serve_learner
from harness.sizes import Sizes
from learners.jax_work import product_flops

DISCOUNT = 0.96
TARGET_RATE = 0.005
INITIAL_TEMPERATURE = 0.01
NETWORKS = ("actor", "critics", "temperature")

Parameters = Any
Transitions = dict[str, jax.Array]
xavier = nn.initializers.xavier_uniform()


class Trunk(nn.Module):
    """Two hidden layers with normalisation and tanh."""

    width: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        for _ in range(2):
            x = nn.tanh(nn.LayerNorm()(nn.Dense(self.width, kernel_init=xavier)(x)))
        return x


class Critic(nn.Module):
    """One critic."""

    width: int

    @nn.compact
    def __call__(self, observation: jax.Array, action: jax.Array) -> jax.Array:
        features = Trunk(self.width)(jnp.concatenate([observation, action], -1))
        return nn.Dense(1, kernel_init=xavier)(features)[..., 0]


class Actor(nn.Module):
    """Mean and deviation of the action before squashing."""

    width: int
    action: int

    @nn.compact
    def __call__(self, observation: jax.Array) -> tuple[jax.Array, jax.Array]:
        features = Trunk(self.width)(observation)
        mean = nn.Dense(self.action, kernel_init=xavier)(features)
        log_deviation = nn.Dense(self.action, kernel_init=xavier)(features)
        return mean, jnp.clip(jnp.exp(log_deviation), 1e-5, 5)


class Temperature(nn.Module):
    """α = softplus(raw)."""

    @nn.compact
    def __call__(self) -> jax.Array:
        start = math.log(math.expm1(INITIAL_TEMPERATURE))
        return nn.softplus(self.param("raw", lambda _: jnp.float32(start)))


class Networks:
    """The modules, and the functions of their parameters."""

    def __init__(self, sizes: Sizes) -> None:
        ensemble = nn.vmap(
            Critic,
            variable_axes={"params": 0},
            split_rngs={"params": True},
            in_axes=None,
            axis_size=sizes.ensemble,
        )
        self._actor = Actor(sizes.width, sizes.action)
        self._critics = ensemble(sizes.width)
        self._temperature = Temperature()
        self._sizes = sizes

    def initial(self, key: jax.Array) -> Parameters:
        """One tree for all networks."""
        for_actor, for_critics, for_temperature = jax.random.split(key, 3)
        observation = jnp.zeros((1, self._sizes.observation))
        action = jnp.zeros((1, self._sizes.action))
        return {
            "actor": self._actor.init(for_actor, observation),
            "critics": self._critics.init(for_critics, observation, action),
            "temperature": self._temperature.init(for_temperature),
        }

    def values(
        self, parameters: Parameters, observation: jax.Array, action: jax.Array
    ) -> jax.Array:
        """Q, members×rows."""
        return self._critics.apply(parameters["critics"], observation, action)

    def sample(
        self, parameters: Parameters, observation: jax.Array, key: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """Actions and their log probabilities."""
        mean, deviation = self._actor.apply(parameters["actor"], observation)
        before = mean + deviation * jax.random.normal(key, mean.shape)
        normal = jax.scipy.stats.norm.logpdf(before, mean, deviation)
        squash = 2 * (math.log(2) - before - nn.softplus(-2 * before))
        return jnp.tanh(before), (normal - squash).sum(-1)

    def temperature(self, parameters: Parameters) -> jax.Array:
        """α."""
        return self._temperature.apply(parameters["temperature"])


def optimiser(warm_up: int) -> optax.GradientTransformation:
    """Adam whose rate rises over its first steps, the rate kept in the state as SERL logs it."""
    rate = optax.linear_schedule(0, 3e-4, warm_up) if warm_up else optax.constant_schedule(3e-4)
    return optax.inject_hyperparams(optax.adam)(learning_rate=rate)


class Agent(struct.PyTreeNode):
    """State and loss functions."""

    parameters: Parameters
    targets: Parameters
    optimiser_states: dict[str, Any]
    key: jax.Array
    networks: Networks = struct.field(pytree_node=False)
    optimisers: dict[str, optax.GradientTransformation] = struct.field(pytree_node=False)
    sizes: Sizes = struct.field(pytree_node=False)

    @classmethod
    def create(cls, sizes: Sizes) -> Agent:
        """A fresh agent; the targets start as a copy."""
        key, for_parameters = jax.random.split(jax.random.key(1))
        networks = Networks(sizes)
        parameters = networks.initial(for_parameters)
        optimisers = {
            name: optimiser(warm_up=0 if name == "temperature" else 2000) for name in NETWORKS
        }
        return cls(
            parameters=parameters,
            targets=parameters,
            optimiser_states={name: optimisers[name].init(parameters) for name in NETWORKS},
            key=key,
            networks=networks,
            optimisers=optimisers,
            sizes=sizes,
        )

    def critics_loss(self, parameters: Parameters, batch: Transitions, key: jax.Array) -> jax.Array:
        """Mean squared distance from the targets."""
        for_action, for_members = jax.random.split(key)
        following = batch["next_observation"]
        action, _ = self.networks.sample(self.parameters, following, for_action)
        future = self.networks.values(self.targets, following, action)
        members = jax.random.randint(for_members, (self.sizes.drawn,), 0, self.sizes.ensemble)
        goal = batch["reward"] + DISCOUNT * batch["mask"] * future[members].min(0)
        values = self.networks.values(parameters, batch["observation"], batch["action"])
        return jnp.square(values - goal).mean()

    def actor_loss(self, parameters: Parameters, batch: Transitions, key: jax.Array) -> jax.Array:
        """Entropy's price less the mean value."""
        observation = batch["observation"]
        action, log_probability = self.networks.sample(parameters, observation, key)
        values = self.networks.values(self.parameters, observation, action)
        temperature = self.networks.temperature(self.parameters)
        return (temperature * log_probability - values.mean(0)).mean()

    def temperature_loss(
        self, parameters: Parameters, batch: Transitions, key: jax.Array
    ) -> jax.Array:
        """Entropy above its goal, at the temperature's price."""
        _, log_probability = self.networks.sample(self.parameters, batch["next_observation"], key)
        surplus = -log_probability.mean() + self.sizes.action / 2
        return self.networks.temperature(parameters) * surplus

    def updated(self, batch: Transitions, learning: frozenset[str]) -> Agent:
        """One step of every optimiser; those of networks that do not learn see zero gradients."""
        losses = {
            "actor": self.actor_loss,
            "critics": self.critics_loss,
            "temperature": self.temperature_loss,
        }
        key, *keys = jax.random.split(self.key, 1 + len(NETWORKS))
        states, steps = {}, []
        for name, for_loss in zip(NETWORKS, keys):
            gradient = (
                jax.grad(losses[name])(self.parameters, batch, for_loss)
                if name in learning
                else jax.tree.map(jnp.zeros_like, self.parameters)
            )
            step, states[name] = self.optimisers[name].update(
                gradient, self.optimiser_states[name], self.parameters
            )
            steps.append(step)
        together = jax.tree.map(lambda *parts: sum(parts), *steps)
        parameters = optax.apply_updates(self.parameters, together)
        targets = self.targets
        if "critics" in learning:
            targets = optax.incremental_update(parameters, targets, TARGET_RATE)
        return self.replace(
            parameters=parameters, targets=targets, optimiser_states=states, key=key
        )


@jax.jit
def play_round(agent: Agent, batch: Transitions) -> Agent:
    """Critic updates on the parts of the batch, then actor and temperature on the whole of it."""
    sizes = agent.sizes
    parts = jax.tree.map(
        lambda x: x.reshape(sizes.critics_per_actor, sizes.batch, *x.shape[1:]), batch
    )

    def step(agent: Agent, part: Transitions) -> tuple[Agent, None]:
        return agent.updated(part, frozenset({"critics"})), None

    agent, _ = jax.lax.scan(step, agent, parts)
    return agent.updated(batch, frozenset({"actor", "temperature"}))


class Batches:
    """Rows of a whole call, on the device."""

    def __init__(self, sizes: Sizes) -> None:
        data = for_learner(sizes)
        self._rows = sizes.batch * sizes.critics_per_actor
        self._buffer = data if sizes.sampling == "in" else None
        if self._buffer is None:
            self._fixed = jax.device_put(
                {name: x.reshape(self._rows, *x.shape[2:]) for name, x in data.items()}
            )
        self._draw = np.random.default_rng(1)

    def next(self) -> Transitions:
        """Drawn by NumPy and put on the device, as SERL does, where sampling is in."""
        if self._buffer is None:
            return self._fixed
        rows = self._draw.integers(Sizes.CAPACITY, size=self._rows)
        return jax.device_put({name: x[rows] for name, x in self._buffer.items()})


class SerlLearner:
    """The learner as a worker runs it."""

    version = f"flax {flax.__version__}, optax {optax.__version__}"

    def __init__(self, sizes: Sizes) -> None:
        self._batches = Batches(sizes)
        self._agent = Agent.create(sizes)
        self.flops_per_round = product_flops(play_round, self._agent, self._batches.next())

    def run(self, rounds: int) -> None:
        """See `harness.serving.Learner`."""
        for _ in range(rounds):
            self._agent = play_round(self._agent, self._batches.next())
        jax.block_until_ready(self._agent.parameters)


if __name__ == "__main__":
    serve_learner(SerlLearner)

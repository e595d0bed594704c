"""Updates of RLPD by JAX in double precision, for Swift's learner to be compared with.

Writes one <case>.safetensors per case beside this script:

    python3 -m venv .venv
    .venv/bin/pip install -r Tests/OffPolicyTests/Fixtures/requirements.txt
    .venv/bin/python Tests/OffPolicyTests/Fixtures/rlpd.py

With --check it writes nothing and compares with the files that are there.

A file is a checkpoint of Swift's learner as it was before the first update, its configuration in
the metadata, and besides: `batches.*`, one batch per update; `reports`, a row per update;
`gradient.*`, Adam's first moments after a network's first step, a tenth of the gradient and nine
tenths of what they were; `end.*`, the checkpoint after the last update.

The equations come from Ball et al. 2023, Haarnoja et al. 2018 and the comment on Swift's `RLPD`,
gradients from JAX, Adam from Optax. Doubles, so that what differs is the learner's own rounding;
the same updates in single precision tell how much of that to expect, and are printed.
"""

import argparse
import dataclasses
import math
import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
from safetensors.numpy import load_file, save_file

jax.config.update("jax_enable_x64", True)

UPDATES = 10
WORD = (1 << 64) - 1


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    seed: int
    observation_size: int = 5
    action_size: int = 2
    ensemble: int = 3
    drawn: int = 2
    width: int = 10
    layer_norm: bool = True
    discount: float = 0.96
    least_return: float = -math.inf
    greatest_return: float = math.inf
    learning_rate: float = 3e-3
    target_rate: float = 0.05
    target_entropy: float = -1.0
    entropy_backup: bool = False
    cloning_weight: float = 0.0
    cloning_updates: int = 1
    batch_rows: int = 9
    critics_per_actor: int = 2
    fine_widths: tuple = (0.0, 0.0, 0.0, 0.0, 0.0)
    # Per component of the action: component of the observation, reach, width.
    setpoints: tuple = ()
    # The rows from first to before last.
    demonstrated: tuple = (0, 0)
    temperature: float = 0.3
    # Factor of the first layers' weights: small ones make the epsilon of layer normalisation count.
    first_layer: float = 1.0
    # Factor of the last component of observations: a small one makes Adam's epsilon count.
    last_component: float = 1.0
    # Log deviations in the middle, one per component of the action.
    log_deviations: tuple = (0.0, 0.0)
    # Updates, and steps of actor, critics and temperature, before the first one here.
    counters: tuple = (0, 0, 0, 0)


CASES = [
    # More columns than the widest vector; a target critic drawn alone.
    Case(
        name="wide", seed=1, ensemble=2, drawn=1, width=17, learning_rate=3e-4, target_rate=0.005,
        first_layer=0.02),
    Case(
        name="backup", seed=2, ensemble=2, layer_norm=False, entropy_backup=True,
        target_entropy=-0.5, critics_per_actor=1, last_component=1e-6),
    Case(
        name="demonstrations", seed=3, width=8, least_return=0.0, greatest_return=1.0,
        cloning_weight=2.0, cloning_updates=8, fine_widths=(0.3, 0.0, 0.0, 0.1, 0.0),
        setpoints=((3, 0.4, 0.7), (0, 2.0, 1.5)), demonstrated=(3, 9)),
    # Deviations on both sides of both bounds; in the middle of a training.
    Case(
        name="bounds", seed=4, action_size=3, ensemble=4, width=6, entropy_backup=True,
        critics_per_actor=3, log_deviations=(-0.5, math.log(5), math.log(1e-5)),
        counters=(40, 13, 40, 13)),
]


class Stream:
    """xoshiro256++, seeded through SplitMix64 from a seed and the FNV-1a hash of a name."""

    def __init__(self, seed, name):
        digest = 0xCBF29CE484222325
        for byte in name.encode():
            digest = ((digest ^ byte) * 0x100000001B3) & WORD
        state = seed ^ digest

        def mixed():
            nonlocal state
            state = (state + 0x9E3779B97F4A7C15) & WORD
            z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & WORD
            z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & WORD
            return z ^ (z >> 31)

        first = mixed()
        state ^= first
        self.state = [mixed() for _ in range(4)]

    def next(self):
        def rotated(x, k):
            return ((x << k) | (x >> (64 - k))) & WORD

        s = self.state
        result = (rotated((s[0] + s[3]) & WORD, 23) + s[0]) & WORD
        shifted = (s[1] << 17) & WORD
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= shifted
        s[3] = rotated(s[3], 45)
        return result

    def below(self, bound):
        return ((self.next() >> 32) * bound) >> 32

    def normal(self, rows, columns):
        """Box-Muller, both uniform draws of 24 bits from one word."""

        def draw():
            word = self.next()
            u, v = (word >> 40) / 2**24, ((word >> 16) & 0xFFFFFF) / 2**24
            return math.sqrt(-2 * math.log(1 - u)) * math.cos(2 * math.pi * v)

        return np.array([[draw() for _ in range(columns)] for _ in range(rows)])


def network_shapes(case, inputs, outputs):
    shapes = {}
    for layer, width in enumerate([inputs, case.width]):
        shapes[f"trunk.{layer}.weight"] = (width, case.width)
        shapes[f"trunk.{layer}.bias"] = (case.width,)
        if case.layer_norm:
            shapes[f"trunk.{layer}.norm.scale"] = (case.width,)
            shapes[f"trunk.{layer}.norm.offset"] = (case.width,)
    shapes["head.weight"] = (case.width, outputs)
    shapes["head.bias"] = (outputs,)
    return shapes


def start(case, generator):
    """Parameters of all four networks, no two layers alike and no bias zero."""

    def weights(shapes, leading=()):
        values = {}
        for name, shape in shapes.items():
            spread = math.sqrt(1 / shape[0]) if name.endswith("weight") else 0.1
            if name in ("trunk.0.weight", "trunk.0.bias"):
                spread *= case.first_layer
            values[name] = (generator.normal(size=leading + shape) * spread).astype(np.float32)
            if name.endswith("scale"):
                values[name] += np.float32(1)
        return values

    fine = sum(width > 0 for width in case.fine_widths)
    inputs = case.observation_size + fine
    actor = weights(network_shapes(case, inputs, 2 * case.action_size))
    actor["head.bias"][case.action_size:] += np.float32(case.log_deviations)
    critics_shapes = network_shapes(case, inputs + case.action_size + len(case.setpoints), 1)
    raw = np.float32([math.log(math.expm1(case.temperature))])
    return {
        "actor": actor,
        "critics": weights(critics_shapes, (case.ensemble,)),
        "temperature": {"raw": raw},
        "targets": weights(critics_shapes, (case.ensemble,)),
    }


def moments(case, parameters, generator):
    """Adam's moments: zeros at the start of a training, else what gradients might have left."""
    if case.counters[0] == 0:
        zeros = {name: np.zeros_like(value) for name, value in parameters.items()}
        return zeros, {name: value.copy() for name, value in zeros.items()}
    first = {
        name: (generator.normal(size=value.shape) * 1e-2).astype(np.float32)
        for name, value in parameters.items()}
    return first, {
        name: (value**2 + np.float32(1e-5) * generator.random(value.shape)).astype(np.float32)
        for name, value in first.items()}


def batches(case, generator):
    rows = (UPDATES, case.batch_rows)
    observations, following = generator.normal(size=(2, *rows, case.observation_size))
    for values in (observations, following):
        values[..., -1] *= case.last_component
    actions, intended = generator.uniform(-1, 1, size=(2, *rows, case.action_size))
    # Returns of one to three steps, and terminal ones.
    steps = generator.integers(0, 4, size=rows)
    masks = np.where(steps == 0, 0, case.discount ** (steps - 1.0))
    rewards = np.where(steps == 0, 1, generator.normal(size=rows) * 0.2)
    arrays = {
        "observations": observations, "actions": actions, "rewards": rewards, "masks": masks,
        "next_observations": following, "intended_actions": intended}
    return {name: values.astype(np.float32) for name, values in arrays.items()}


def forward(parameters, x, layer_norm):
    for layer in range(2):
        path = f"trunk.{layer}"
        x = x @ parameters[path + ".weight"] + parameters[path + ".bias"]
        if layer_norm:
            mean = jnp.mean(x, axis=-1, keepdims=True)
            variance = jnp.mean((x - mean) ** 2, axis=-1, keepdims=True)
            x = (x - mean) / jnp.sqrt(variance + 1e-6)
            x = x * parameters[path + ".norm.scale"] + parameters[path + ".norm.offset"]
        x = jnp.tanh(x)
    return x @ parameters["head.weight"] + parameters["head.bias"]


def see(case, observations):
    columns = [observations]
    for index, width in enumerate(case.fine_widths):
        if width > 0:
            columns.append(jnp.tanh(observations[:, index:index + 1] / width))
    return jnp.concatenate(columns, axis=1)


def q_values(case, critics, observations, actions):
    """members × rows"""
    columns = [see(case, observations), actions]
    for axis, (index, reach, width) in enumerate(case.setpoints):
        place = observations[:, index] + reach * actions[:, axis]
        columns.append(jnp.tanh(place / width)[:, None])
    x = jnp.concatenate(columns, axis=1)
    return jax.vmap(lambda member: forward(member, x, case.layer_norm)[:, 0])(critics)


def policy(case, actor, observations):
    head = forward(actor, see(case, observations), case.layer_norm)
    return head[:, :case.action_size], head[:, case.action_size:]


def act(case, actor, observations, noise):
    """Actions and their log-probabilities; ln(1 - tanh²u) = 2(ln 2 - u - ln(1 + exp(-2u)))."""
    mean, log_deviation = policy(case, actor, observations)
    deviation = jnp.clip(jnp.exp(log_deviation), 1e-5, 5)
    u = mean + deviation * noise
    density = -noise**2 / 2 - jnp.log(deviation) - 0.5 * math.log(2 * math.pi)
    jacobian = 2 * (math.log(2) - u - jax.nn.softplus(-2 * u))
    return jnp.tanh(u), jnp.sum(density - jacobian, axis=1)


def critic_loss(critics, case, batch, targets):
    values = q_values(case, critics, batch["observations"], batch["actions"])
    return jnp.mean((values - targets) ** 2), jnp.mean(values)


def actor_loss(actor, case, critics, batch, noise, temperature, cloning_weight):
    actions, log_probability = act(case, actor, batch["observations"], noise)
    values = q_values(case, critics, batch["observations"], actions)
    loss = temperature * jnp.mean(log_probability) - jnp.mean(values)
    first, last = case.demonstrated
    if cloning_weight > 0 and first < last:
        mean, _ = policy(case, actor, batch["observations"][first:last])
        error = jnp.tanh(mean) - batch["intended_actions"][first:last]
        loss += cloning_weight * jnp.mean(error**2)
    return loss


def temperature_loss(parameters, entropy, goal):
    return jnp.sum(jax.nn.softplus(parameters["raw"])) * (entropy - goal)


def keep_clear_of_bounds(case, log_deviation):
    """Ends the script where rounding would decide on which side of a bound a deviation is: the
    gradient jumps there."""
    deviation = np.exp(log_deviation)
    nearest = np.min(np.abs([deviation / 1e-5 - 1, deviation / 5 - 1]))
    if nearest < 1e-4:
        sys.exit(f"{case.name}: a deviation within {nearest} of its bound; take another seed")


@jax.jit
def approach(targets, values, rate):
    return jax.tree.map(
        lambda target, value: (1 - rate) * target + rate * value, targets, values)


# JAX compiles these once per case; operation by operation the script takes minutes.
act = jax.jit(act, static_argnames="case")
policy = jax.jit(policy, static_argnames="case")
q_values = jax.jit(q_values, static_argnames="case")
critic_slope = jax.jit(jax.value_and_grad(critic_loss, has_aux=True), static_argnames="case")
actor_slope = jax.jit(jax.value_and_grad(actor_loss), static_argnames=("case", "cloning_weight"))


class Training:
    """The updates of one case in one precision."""

    def __init__(self, case, parameters, first, second, precision):
        self.case, self.precision = case, precision
        self.parameters = self.cast(parameters)
        self.optimiser = optax.adam(case.learning_rate, b1=0.9, b2=0.999, eps=1e-8)

        @jax.jit
        def adam_step(parameters, state, gradient):
            changes, state = self.optimiser.update(gradient, state)
            return optax.apply_updates(parameters, changes), state

        self.adam_step = adam_step
        self.states = {}
        for network, steps in zip(("actor", "critics", "temperature"), case.counters[1:]):
            # The states of Adam and of the rate.
            state = self.optimiser.init(self.parameters[network])
            adam = optax.ScaleByAdamState(
                count=jnp.int32(steps), mu=self.cast(first[network]),
                nu=self.cast(second[network]))
            self.states[network] = (adam, *state[1:])
        self.updates = case.counters[0]
        self.noise = Stream(case.seed, "learner.noise")
        self.members = Stream(case.seed, "learner.members")
        self.gradients = {}
        self.last_actor_loss = 0.0

    def cast(self, tree):
        return jax.tree.map(lambda values: jnp.asarray(values, self.precision), tree)

    def draw_noise(self):
        return self.cast(self.noise.normal(self.case.batch_rows, self.case.action_size))

    def draw_members(self):
        case = self.case
        if case.drawn == case.ensemble:
            return list(range(case.ensemble))
        return sorted({self.members.below(case.ensemble) for _ in range(case.drawn)})

    def temperature(self):
        return jax.nn.softplus(self.parameters["temperature"]["raw"][0])

    def step(self, network, gradient):
        self.parameters[network], self.states[network] = self.adam_step(
            self.parameters[network], self.states[network], gradient)
        self.gradients.setdefault(network, self.states[network][0].mu)

    def targets(self, batch):
        case, actor = self.case, self.parameters["actor"]
        noise, following = self.draw_noise(), batch["next_observations"]
        actions, log_probability = act(case, actor, following, noise)
        chosen = jnp.array(self.draw_members())
        drawn = jax.tree.map(lambda values: values[chosen], self.parameters["targets"])
        values = q_values(case, drawn, following, actions)
        future = jnp.min(values, axis=0)
        if case.entropy_backup:
            future -= self.temperature() * log_probability
        free = batch["rewards"] + case.discount * batch["masks"] * future
        return jnp.clip(free, case.least_return, case.greatest_return), -jnp.mean(log_probability)

    def update(self, batch):
        case, parameters = self.case, self.parameters
        batch = self.cast(batch)
        targets, entropy = self.targets(batch)
        (loss, mean_value), gradient = critic_slope(
            parameters["critics"], case, batch, targets)
        self.step("critics", gradient)
        rate = case.target_rate
        parameters["targets"] = approach(parameters["targets"], parameters["critics"], rate)
        self.updates += 1
        if self.updates % case.critics_per_actor == 0:
            self.update_actor(batch, entropy)
        return [
            loss, mean_value, jnp.mean(targets), self.last_actor_loss, entropy, self.temperature()]

    def update_actor(self, batch, entropy):
        case, parameters = self.case, self.parameters
        share = max(0, 1 - self.updates / case.cloning_updates)
        keep_clear_of_bounds(case, policy(case, parameters["actor"], batch["observations"])[1])
        self.last_actor_loss, gradient = actor_slope(
            parameters["actor"], case, parameters["critics"], batch, self.draw_noise(),
            self.temperature(), cloning_weight=case.cloning_weight * share)
        # The gradient of the temperature's loss takes the temperature from before this update.
        slope = jax.grad(temperature_loss)(
            parameters["temperature"], entropy, case.target_entropy)
        self.step("actor", gradient)
        self.step("temperature", slope)

    def counters(self):
        steps = [int(self.states[name][0].count) for name in ("actor", "critics", "temperature")]
        return np.array([self.updates, *steps], np.uint64)

    def checkpoint(self, report, prefix=""):
        arrays = {
            prefix + "counters": self.counters(),
            prefix + "streams": np.array([self.noise.state, self.members.state], np.uint64),
            prefix + "report": np.array(report, np.float32)}
        for network, parameters in self.parameters.items():
            arrays |= flat(f"{prefix}{network}.", parameters)
        for network, state in self.states.items():
            arrays |= flat(f"{prefix}{network}.adam.first.", state[0].mu)
            arrays |= flat(f"{prefix}{network}.adam.second.", state[0].nu)
        return arrays


def flat(prefix, arrays):
    return {prefix + name: np.array(values, np.float32) for name, values in arrays.items()}


def train(case, precision):
    generator = np.random.default_rng(case.seed)
    parameters = start(case, generator)
    first, second = {}, {}
    for network in ("actor", "critics", "temperature"):
        first[network], second[network] = moments(case, parameters[network], generator)
    data = batches(case, generator)
    training = Training(case, parameters, first, second, precision)
    arrays = training.checkpoint([0] * 6) | flat("batches.", data)
    reports = [
        training.update({name: values[update] for name, values in data.items()})
        for update in range(UPDATES)]
    arrays["reports"] = np.array(reports, np.float32)
    for network, values in training.gradients.items():
        arrays |= flat(f"gradient.{network}.", values)
    arrays |= training.checkpoint(reports[-1], "end.")
    arrays["fine_widths"] = np.array(case.fine_widths, np.float32)
    arrays["setpoints"] = np.array(case.setpoints, np.float32).reshape(-1, 3)
    arrays["demonstrated"] = np.array(case.demonstrated, np.uint64)
    return arrays


def metadata(case):
    arrays = ("name", "fine_widths", "setpoints", "demonstrated")
    insides = ("first_layer", "last_component", "log_deviations", "counters")
    return {"format": "kinglet-rlpd-1"} | {
        field.name: str(getattr(case, field.name)).lower()
        for field in dataclasses.fields(case) if field.name not in arrays + insides}


def worst(found, expected, prefix=""):
    """The largest difference of two sets of arrays, as a part of the largest number of an array."""
    if found.keys() != expected.keys():
        sys.exit("other arrays")
    names = [name for name in expected if name.startswith(prefix) and expected[name].size]
    for name in names:
        if expected[name].dtype != np.float32 and not np.array_equal(found[name], expected[name]):
            sys.exit(f"{name} differs")

    def difference(name):
        a, b = found[name].astype(float), expected[name].astype(float)
        return float(np.max(np.abs(a - b)) / max(np.max(np.abs(b)), 1e-30))

    return max((difference(name), name) for name in names)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    check = parser.parse_args().check
    for case in CASES:
        path = pathlib.Path(__file__).with_name(case.name + ".safetensors")
        arrays = train(case, jnp.float64)
        if check:
            error, name = worst(arrays, load_file(path))
            print(f"{path.name}: {error:.0e} from the file in {name}")
            if error > 1e-6:
                sys.exit(f"{path.name}: the script makes other numbers")
            continue
        save_file(arrays, path, metadata(case))
        single = train(case, jnp.float32)
        for prefix in ("reports", "gradient.", "end."):
            error, name = worst(single, arrays, prefix)
            print(f"{path.name}: in single precision {error:.0e} away in {name}")


if __name__ == "__main__":
    main()

"""RLPD in PyTorch, eager or through torch.compile.

The ensemble is one batched product, only the drawn target critics are evaluated, Adam is the fused
one, and the targets approach in one foreach call.
"""

from __future__ import annotations

import copy
import math
import sys
from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from harness.data import for_learner
from harness.serving import serve_learner
from harness.sizes import Sizes

DISCOUNT = 0.96
LEARNING_RATE = 3e-4
TARGET_RATE = 0.005
INITIAL_TEMPERATURE = 0.01

Transitions = dict[str, Tensor]


class Layer(nn.Module):
    """A dense layer of each critic; a hidden one normalises and squashes."""

    def __init__(self, members: int, inputs: int, outputs: int, hidden: bool) -> None:
        super().__init__()
        limit = math.sqrt(6 / (inputs + outputs))
        self.weight = nn.Parameter(torch.empty(members, inputs, outputs).uniform_(-limit, limit))
        self.bias = nn.Parameter(torch.zeros(members, 1, outputs))
        if hidden:
            self.scale = nn.Parameter(torch.ones(members, 1, outputs))
            self.shift = nn.Parameter(torch.zeros(members, 1, outputs))

    def parameters_of(self, members: Tensor | None) -> list[Tensor]:
        """Parameters in order of use, of the drawn members or of all."""
        return [p if members is None else p[members] for p in self.parameters()]


class Critics(nn.Module):
    """An ensemble of critics."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        widths = (sizes.critic_input, sizes.width, sizes.width, 1)
        self.layers = nn.ModuleList(
            Layer(sizes.ensemble, fan_in, fan_out, hidden=index < 2)
            for index, (fan_in, fan_out) in enumerate(zip(widths, widths[1:]))
        )

    def forward(self, observation: Tensor, action: Tensor, members: Tensor | None = None) -> Tensor:
        """Q, members×rows."""
        x = torch.cat([observation, action], -1)
        count = self.layers[0].weight.shape[0] if members is None else len(members)
        x = x.expand(count, *x.shape)
        for layer in self.layers:
            weight, bias, *normalisation = layer.parameters_of(members)
            x = torch.baddbmm(bias, x, weight)
            if normalisation:
                scale, shift = normalisation
                x = torch.tanh(functional.layer_norm(x, x.shape[-1:], eps=1e-6) * scale + shift)
        return x.squeeze(-1)


class Actor(nn.Module):
    """A squashed Gaussian policy."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Linear(sizes.observation, sizes.width),
            nn.LayerNorm(sizes.width, eps=1e-6),
            nn.Tanh(),
            nn.Linear(sizes.width, sizes.width),
            nn.LayerNorm(sizes.width, eps=1e-6),
            nn.Tanh(),
            nn.Linear(sizes.width, 2 * sizes.action),
        )

    def forward(self, observation: Tensor) -> tuple[Tensor, Tensor]:
        """Actions and their log probabilities."""
        mean, log_deviation = self.trunk(observation).chunk(2, -1)
        log_deviation = log_deviation.clamp(math.log(1e-5), math.log(5))
        noise = torch.randn_like(mean)
        before = mean + log_deviation.exp() * noise
        # ln(1 - tanh²x) = 2(ln 2 - x - softplus(-2x))
        squash = 2 * (math.log(2) - before - functional.softplus(-2 * before))
        normal = -0.5 * noise.square() - log_deviation - 0.5 * math.log(2 * math.pi)
        return torch.tanh(before), (normal - squash).sum(-1)


class TorchLearner:
    """The learner as a worker runs it."""

    def __init__(self, sizes: Sizes, compiled: bool) -> None:
        torch.set_num_threads(sizes.threads)
        torch.manual_seed(1)
        self.version = f"PyTorch {torch.__version__}"
        self._sizes = sizes
        self._data = {name: torch.from_numpy(x) for name, x in for_learner(sizes).items()}
        self._actor = Actor(sizes)
        self._critics = Critics(sizes)
        self._targets = copy.deepcopy(self._critics).requires_grad_(False)
        raw = math.log(math.expm1(INITIAL_TEMPERATURE))
        self._raw_temperature = nn.Parameter(torch.tensor(raw))
        self._actor_adam = self._adam(self._actor.parameters())
        self._critic_adam = self._adam(self._critics.parameters())
        self._temperature_adam = self._adam([self._raw_temperature])
        self._critic_parameters = list(self._critics.parameters())
        self._target_parameters = list(self._targets.parameters())
        self._entropy = torch.zeros(())
        with FlopCounterMode(display=False) as counter:
            self.run(1)
        self.flops_per_round = counter.get_total_flops()
        if compiled:
            self._critic_loss = torch.compile(self._critic_loss)
            self._actor_loss = torch.compile(self._actor_loss)

    def run(self, rounds: int) -> None:
        """See `harness.serving.Learner`."""
        for _ in range(rounds):
            observations = []
            for index in range(self._sizes.critics_per_actor):
                batch = self._minibatch(index)
                self._update_critics(batch)
                observations.append(batch["observation"])
            whole = self._sizes.actor_rows == "all"
            self._update_actor(torch.cat(observations) if whole else observations[-1])

    @staticmethod
    def _adam(parameters: Iterable[Tensor]) -> torch.optim.Adam:
        return torch.optim.Adam(parameters, lr=LEARNING_RATE, fused=True)

    def _minibatch(self, index: int) -> Transitions:
        if self._sizes.sampling == "out":
            return {name: x[index] for name, x in self._data.items()}
        rows = torch.randint(Sizes.CAPACITY, (self._sizes.batch,))
        return {name: x[rows] for name, x in self._data.items()}

    def _drawn_members(self) -> Tensor | None:
        if self._sizes.drawn == self._sizes.ensemble:
            return None
        return torch.randint(self._sizes.ensemble, (self._sizes.drawn,))

    def _critic_loss(self, batch: Transitions, members: Tensor | None) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            action, log_probability = self._actor(batch["next_observation"])
            future = self._targets(batch["next_observation"], action, members).amin(0)
            goal = batch["reward"] + DISCOUNT * batch["mask"] * future
            entropy = -log_probability.mean()
        values = self._critics(batch["observation"], batch["action"])
        return (values - goal).square().mean(), entropy

    def _actor_loss(self, observation: Tensor) -> Tensor:
        action, log_probability = self._actor(observation)
        temperature = functional.softplus(self._raw_temperature.detach())
        return temperature * log_probability.mean() - self._critics(observation, action).mean()

    def _update_critics(self, batch: Transitions) -> None:
        loss, self._entropy = self._critic_loss(batch, self._drawn_members())
        self._critic_adam.zero_grad()
        loss.backward()
        self._critic_adam.step()
        with torch.no_grad():
            torch._foreach_lerp_(self._target_parameters, self._critic_parameters, TARGET_RATE)

    def _update_actor(self, observation: Tensor) -> None:
        self._actor_adam.zero_grad()
        # The critics are only passed through: no gradients of their weights.
        self._critics.requires_grad_(False)
        self._actor_loss(observation).backward()
        self._critics.requires_grad_(True)
        self._actor_adam.step()
        self._temperature_adam.zero_grad()
        goal = -self._sizes.action / 2
        (functional.softplus(self._raw_temperature) * (self._entropy - goal)).backward()
        self._temperature_adam.step()


if __name__ == "__main__":
    compiled = "--compiled" in sys.argv
    if compiled:
        sys.argv.remove("--compiled")
    serve_learner(lambda sizes: TorchLearner(sizes, compiled))

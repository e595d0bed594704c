"""The PyTorch actor, one observation at a time."""

from __future__ import annotations

import sys

import numpy as np
import torch

from harness.serving import serve_policy
from harness.sizes import Sizes
from learners.torch_rlpd import Actor


class TorchPolicy:
    """The policy as a worker runs it."""

    def __init__(self, sizes: Sizes, compiled: bool) -> None:
        torch.set_num_threads(1)
        torch.manual_seed(1)
        self.version = f"PyTorch {torch.__version__}"
        actor = Actor(sizes).requires_grad_(False)
        self._actor = torch.compile(actor) if compiled else actor

    @torch.inference_mode()
    def act(self, observation: np.ndarray) -> np.ndarray:
        """See `harness.serving.Policy`."""
        action, _ = self._actor(torch.from_numpy(observation)[None])
        return action[0].numpy()


if __name__ == "__main__":
    compiled = "--compiled" in sys.argv
    if compiled:
        sys.argv.remove("--compiled")
    serve_policy(lambda sizes: TorchPolicy(sizes, compiled))

"""Arithmetic of an update, counted from the sizes."""

from __future__ import annotations

from harness.sizes import Sizes


def flops_per_update(sizes: Sizes) -> float:
    """Matrix-product operations of a critic update with its share of actor updates.

    A multiply-add counts twice. Only the drawn targets are evaluated; nothing is differentiated
    with respect to what has no parameter before it.
    """
    return _critic_update(sizes) + _actor_update(sizes) / sizes.critics_per_actor


def _layers(inputs: int, sizes: Sizes, outputs: int) -> tuple[int, int, int]:
    """Multiply-adds of one row in each of a network's three layers."""
    return inputs * sizes.width, sizes.width**2, sizes.width * outputs


def _critic_update(sizes: Sizes) -> float:
    critic = _layers(sizes.critic_input, sizes, 1)
    actor = _layers(sizes.observation, sizes, 2 * sizes.action)
    targets = sum(actor) + sizes.drawn * sum(critic)
    weights_and_inputs = sum(critic) + sum(critic[1:])
    return 2 * sizes.batch * (targets + sizes.ensemble * (sum(critic) + weights_and_inputs))


def _actor_update(sizes: Sizes) -> float:
    critic = _layers(sizes.critic_input, sizes, 1)
    actor = _layers(sizes.observation, sizes, 2 * sizes.action)
    to_the_action = sizes.action * sizes.width + sum(critic[1:])
    through_actor = sum(actor) + sum(actor) + sum(actor[1:])
    return (
        2 * sizes.actor_step_rows * (through_actor + sizes.ensemble * (sum(critic) + to_the_action))
    )

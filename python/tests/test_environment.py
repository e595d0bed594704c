import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import kinglet_gym
from kinglet_gym import KingletError

RECIPE = "Launch/pcb-insertion.yaml"


def actions(count, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (count, 6)).astype(np.float32)


def episode(env, seed, count=15):
    """Every observation and number of an episode's first steps, as bytes."""
    observation, info = env.reset(seed=seed)
    seen = [observation.tobytes(), info["robot_seconds"]]
    for action in actions(count, seed=5):
        observation, reward, *_, info = env.step(action)
        seen += [observation.tobytes(), reward, info["executed_action"].tobytes()]
        seen += [info["robot_seconds"], info["episode_seconds"]]
    return seen


@pytest.mark.parametrize("name", ["Kinglet/PcbInsertion-v0", "Kinglet/PcbInsertionHidden-v0"])
def test_gymnasiums_checker_passes(name):
    with gymnasium.make(name) as env:
        check_env(env.unwrapped)


def test_one_seed_gives_the_same_bits(make_env):
    env = make_env(RECIPE)
    first = episode(env, seed=3)
    env.reset()
    assert episode(env, seed=3) == first
    assert episode(make_env(RECIPE), seed=3) == first
    assert episode(env, seed=4) != first


def test_the_recipes_seed_is_that_of_a_reset_without_any(make_env):
    observation, _ = make_env(RECIPE, overrides=["seed=3"]).reset()
    assert np.array_equal(observation, make_env(RECIPE).reset(seed=3)[0])


def test_evaluation_draws_other_episodes(make_env):
    training, _ = make_env(RECIPE).reset(seed=3)
    assert not np.array_equal(training, make_env(RECIPE, evaluation=True).reset(seed=3)[0])


def test_two_at_once_do_not_meet(make_env):
    alone = episode(make_env(RECIPE), seed=3), episode(make_env(RECIPE), seed=4)
    envs = make_env(RECIPE), make_env(RECIPE)
    together = [[], []]
    for env, seen, seed in zip(envs, together, (3, 4)):
        observation, info = env.reset(seed=seed)
        seen += [observation.tobytes(), info["robot_seconds"]]
    for action in actions(15, seed=5):
        for env, seen in zip(envs, together):
            observation, reward, *_, info = env.step(action)
            seen += [observation.tobytes(), reward, info["executed_action"].tobytes()]
            seen += [info["robot_seconds"], info["episode_seconds"]]
    assert tuple(together) == alone


def test_episodes_follow_each_other_and_the_time_limit_truncates(make_env):
    env = make_env(RECIPE, overrides=["task.steps=5"])
    starts = []
    for number in range(2):
        observation, info = env.reset()
        starts.append(observation)
        assert info["episode_number"] == number
        ends = [env.step(np.zeros(6, np.float32))[2:4] for _ in range(5)]
        assert ends == [(False, False)] * 4 + [(False, True)]
        with pytest.raises(KingletError, match="reset"):
            env.step(np.zeros(6, np.float32))
    assert not np.array_equal(*starts)


def test_the_fence_shows_in_the_executed_action(make_env):
    env = make_env(RECIPE)
    env.reset(seed=1)
    up = np.array([0, 0, -1, 0, 0, 0], np.float32)
    executed = [env.step(up)[4]["executed_action"] for _ in range(15)]
    assert np.array_equal(executed[0], up)
    assert abs(executed[-1][2]) < 0.5


def test_a_wrong_action_is_refused_and_the_episode_goes_on(make_env):
    env = make_env(RECIPE)
    env.reset(seed=1)
    for wrong in (np.full(6, 1.5), np.zeros(5), np.full(6, np.nan)):
        with pytest.raises(KingletError) as caught:
            env.step(wrong)
        assert "\n" not in str(caught.value) and "ction" in str(caught.value)
    env.step(np.zeros(6, np.float32))


def test_a_step_before_the_reset_is_refused():
    with kinglet_gym.make(RECIPE) as env, pytest.raises(gymnasium.error.ResetNeeded):
        env.step(env.action_space.sample())

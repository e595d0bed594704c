import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

import kinglet_gym
from kinglet_gym import KingletError, kinglet_pb2
from kinglet_gym.served_session import find_executable, find_recipe

RECIPE = "Launch/pcb-insertion.yaml"
SEED = 1000


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    place = tmp_path_factory.mktemp("demonstrations")
    folder = place / "shown"
    executable = find_executable()
    subprocess.run(
        [
            executable, "demonstrate", find_recipe(RECIPE, executable), f"run={place / 'r'}",
            f"demonstrations.folder={folder}", "demonstrations.episodes=1",
            f"demonstrations.seed={SEED}",
        ], check=True, capture_output=True, timeout=240)
    return kinglet_gym.demonstrations(folder)


def test_shapes_and_kinds(recorded):
    rows = len(recorded.rewards)
    assert recorded.observations.shape == recorded.next_observations.shape == (rows, 19)
    assert recorded.actions.shape == recorded.intended_actions.shape == (rows, 6)
    assert recorded.observations.dtype == recorded.actions.dtype == np.float32
    assert recorded.terminations.tolist() == [False] * (rows - 1) + [True]
    assert not recorded.truncations.any()
    assert recorded.metadata["robot"] == "panda"


def test_the_environment_gives_what_kinglets_own_actor_got(recorded, make_env):
    env = make_env(RECIPE)
    observation, _ = env.reset(seed=SEED)
    assert set(recorded.episodes) == {0}, "choose a seed whose first episode is a success"
    for row, action in enumerate(recorded.actions):
        assert np.array_equal(observation, recorded.observations[row])
        observation, reward, terminated, truncated, info = env.step(action)
        assert np.array_equal(info["executed_action"], action)
        assert (reward, terminated) == (recorded.rewards[row], recorded.terminations[row])
        assert not truncated
    assert np.array_equal(observation, recorded.next_observations[-1])
    assert reward == 1 and info["rewarded"]


def test_another_file_is_one_line(tmp_path):
    for content in (None, b"no recording at all", b"\x89MCAP0\r\n"):
        if content:
            (tmp_path / "d.mcap").write_bytes(content)
        with pytest.raises(KingletError, match="d.mcap" if content else str(tmp_path)) as caught:
            kinglet_gym.demonstrations(tmp_path)
        assert "\n" not in str(caught.value)


def test_the_generated_module_is_of_the_schema():
    schema = Path(__file__).parents[2] / "Sources/Messages/kinglet.proto"
    wanted, message = set(), ""
    for line in schema.read_text().splitlines():
        if found := re.match(r"message (\w+)", line):
            message = found[1]
        elif found := re.match(r"\s+(?:(?:optional|repeated) )?(?:map<.*>|\w+) (\w+) = (\d+);", line):
            wanted.add((message, found[1], int(found[2])))
    made = {
        (name, field.name, field.number)
        for name, kind in kinglet_pb2.DESCRIPTOR.message_types_by_name.items()
        for field in kind.fields
    }
    assert made == wanted

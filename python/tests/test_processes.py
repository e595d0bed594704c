import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from kinglet_gym import KingletEnv, KingletError
from processes import descendants, is_running, role, survivors

RECIPE = "Launch/pcb-insertion.yaml"
STILL = np.zeros(6, np.float32)


def processes_of(env):
    found = descendants(env.session.process.pid)
    assert sorted(map(role, found)) == ["driver", "reset", "reward", "serve"]
    return found


def test_close_leaves_nothing():
    env = KingletEnv(RECIPE)
    env.reset(seed=1)
    found, folder = processes_of(env), env.session.folder
    assert os.path.isdir(folder)
    env.close()
    env.close()
    assert survivors(found, seconds=0) == []
    assert not os.path.exists(folder)
    with pytest.raises(KingletError):
        env.step(STILL)


def test_a_killed_python_leaves_nothing():
    script = (
        "import time, kinglet_gym\n"
        f"env = kinglet_gym.KingletEnv('{RECIPE}')\n"
        "env.reset()\n"
        "print(env.session.process.pid, env.session.folder, flush=True)\n"
        "time.sleep(300)\n")
    python = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    with python:
        served, folder = python.stdout.readline().split()
        found = descendants(int(served))
        assert len(found) == 4
        python.kill()
    assert survivors(found) == []
    assert not os.path.exists(folder)


@pytest.mark.parametrize("victim", ["serve", "driver"])
def test_a_killed_process_is_an_exception_and_not_a_hang(make_env, victim):
    env = make_env(RECIPE)
    env.reset(seed=1)
    found, folder = processes_of(env), env.session.folder
    os.kill(next(process for process in found if role(process) == victim), signal.SIGKILL)
    start = time.monotonic()
    with pytest.raises(KingletError) as caught:
        for _ in range(100):
            env.step(STILL)
    assert victim in str(caught.value) and "\n" not in str(caught.value)
    assert time.monotonic() - start < 30
    assert survivors(found) == []
    assert not os.path.exists(folder)
    env.reset(seed=1)


@pytest.mark.parametrize(
    ("recipe", "overrides", "words"),
    [
        ("Launch/none.yaml", [], ["Launch/none.yaml"]),
        (RECIPE, ["learner.ensembel=3"], ["learner.ensembel", "ensemble"]),
        (RECIPE, ["robot=pandda"], ["pandda", "panda"]),
        (RECIPE, ["endpoints=tcp://1.2.3.4:5000"], ["1.2.3.4"]),
    ])
def test_a_bad_recipe_is_one_line(recipe, overrides, words):
    with pytest.raises(KingletError) as caught:
        KingletEnv(recipe, overrides)
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_a_missing_executable_is_one_line(tmp_path):
    with pytest.raises(KingletError, match="make build"):
        KingletEnv(RECIPE, executable=str(tmp_path / "kinglet"))


def test_a_session_that_is_forgotten_ends():
    env = KingletEnv(RECIPE)
    found = descendants(env.session.process.pid)
    del env
    assert survivors(found) == []
    assert not is_running(found[0])

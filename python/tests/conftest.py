import pytest

from kinglet_gym import KingletEnv


@pytest.fixture
def make_env():
    """Makes environments that end with the test."""
    made = []

    def make(*arguments, **options):
        made.append(KingletEnv(*arguments, **options))
        return made[-1]

    yield make
    for env in made:
        env.close()

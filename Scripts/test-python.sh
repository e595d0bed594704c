#!/usr/bin/env bash
# Runs the tests of the Python package in a virtual environment of its own; options go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
. Scripts/say.sh
. Scripts/environment.sh

make_environment python python/requirements-test.txt --no-deps
# Without files of byte code the package's folder stays as it is in the repository.
PYTHONDONTWRITEBYTECODE=1 exec External/python/bin/python -m pytest -q --rootdir python "$@" python/tests

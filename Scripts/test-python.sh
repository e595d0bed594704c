#!/usr/bin/env bash
# Runs the tests of the Python package in a virtual environment of its own; options go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
. Scripts/say.sh

venv=External/python
wanted=python/requirements-test.txt
# Made anew when the list of packages or the place has changed: a virtual environment cannot be moved.
key=$({ pwd; cat "$wanted"; } | sha256sum)
if [ ! -f "$venv/made-of" ] || [ "$(cat "$venv/made-of")" != "$key" ]; then
  Scripts/setup.sh --python
  rm -rf "$venv"
  printf 'Installing %s into %s\n' "$wanted" "$venv"
  { python3 -m venv "$venv" && "$venv/bin/python" -m pip install --disable-pip-version-check \
    --no-deps --only-binary :all: -r "$wanted"; } </dev/null >External/python.log 2>&1 ||
    fail "the packages of $wanted could not be installed, see External/python.log."
  printf '%s\n' "$key" >"$venv/made-of"
fi
# Without files of byte code the package's folder stays as it is in the repository.
PYTHONDONTWRITEBYTECODE=1 exec "$venv/bin/python" -m pytest -q --rootdir python "$@" python/tests

#!/usr/bin/env bash
# Puts the peers' Python packages into External/peers; what is there at its version is left alone.
# With --serl: also what a checkout of rail-berkeley/serl needs for `compare.py --serl`.
set -euo pipefail
cd "$(dirname "$0")/../.."
. Scripts/say.sh

here=Benchmarks/peers
venv=External/peers
log=External/peers.log
requirements=("$here/requirements.txt")
if [ "${1-}" = --serl ]; then requirements+=("$here/requirements-serl.txt"); fi

# Succeeds where every pinned package is installed at its version, a build's local label aside.
complete() {
  "$venv/bin/python" - "${requirements[@]}" 2>/dev/null <<'PYTHON'
import importlib.metadata, pathlib, sys
for file in sys.argv[1:]:
    for pin in pathlib.Path(file).read_text().split():
        name, version = pin.split("==")
        if importlib.metadata.version(name).partition("+")[0] != version:
            sys.exit(1)
PYTHON
}

install() {
  timeout 1800 "$venv/bin/python" -m pip install --progress-bar off --disable-pip-version-check "$@" \
    </dev/null >>"$log" 2>&1
}

if complete; then exit 0; fi
mkdir -p External
: > "$log"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
  fail "the peers need Python 3.11 or newer, as python3."
if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
  rm -rf "$venv"
  python3 -m venv "$venv" >>"$log" 2>&1 ||
    fail "python3 cannot make virtual environments (see $log)." "sudo apt-get install -y python3-venv"
fi
printf 'Installing the peers into %s\n' "$venv"
# PyTorch for the CPU alone is a tenth of the size; not every index has it.
torch=$(grep '^torch==' "$here/requirements.txt")
install "$torch+cpu" || true
if ! install "${requirements[@]/#/--requirement=}"; then
  fail "the peers' Python packages could not be installed: is there a network? (see $log)" "$here/setup.sh"
fi
complete || fail "External/peers lacks a pinned package (see $log)." "rm -rf $venv && $here/setup.sh"

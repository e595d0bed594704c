#!/usr/bin/env bash
# Brings the machine to where `swift build` works; with `--python` also to where a virtual environment of
# Python can be made. Checks facts, not stamps: what is there is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."
. Scripts/say.sh

[ "$(uname -s)" = Linux ] || fail "Kinglet runs on Linux; this is $(uname -s)."

# Swift 6.3 or newer. The answer is kept next to the build, keyed by the compiler's file.
check_swift() {
  local compiler key version
  compiler=$(command -v swift) ||
    fail "missing Swift 6.3: install it from https://www.swift.org/install/linux, with swift on PATH."
  key=$(stat -L -c '%n %s %Y' "$compiler")
  if [ -f External/swift-checked ] && [ "$(cat External/swift-checked)" = "$key" ]; then return; fi
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
  [ -n "$version" ] || fail "'swift --version' does not answer." "swift --version"
  if [ "$(printf '%s\n6.3\n' "$version" | sort -V | head -n 1)" != 6.3 ]; then
    fail "missing Swift 6.3: $compiler is $version. Install it from https://www.swift.org/install/linux."
  fi
  mkdir -p External
  printf '%s\n' "$key" > External/swift-checked
}

# Installs the Debian packages named, or says which are missing.
install_packages() {
  local command="apt-get install -y $*" run=()
  command -v apt-get >/dev/null ||
    fail "missing the counterpart of Debian's $*: install it with this system's package manager."
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
      fail "missing Debian package: $* (needs root)." "sudo $command"
    fi
    run=(sudo -n)
  fi
  mkdir -p External
  printf 'Installing %s\n' "$*"
  apt_get() {
    "${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
      -o Acquire::Retries=2 -o Acquire::http::Timeout=60 "$@" </dev/null >>External/apt.log 2>&1
  }
  apt_get install -y --no-install-recommends "$@" ||
    { apt_get update && apt_get install -y --no-install-recommends "$@"; } ||
    fail "missing Debian package: $* (apt-get failed, see External/apt.log)." "sudo $command"
}

find_library() { ldconfig -p 2>/dev/null | grep -q "$1" || [ -n "$(ls /usr/lib/*/"$1" 2>/dev/null)" ]; }

missing_packages() {
  [ -f /usr/include/zmq.h ] || echo libzmq3-dev
  [ -f /usr/include/eigen3/Eigen/Core ] || echo libeigen3-dev
  [ -f /usr/include/zlib.h ] || echo zlib1g-dev
  [ -f /usr/include/zstd.h ] || echo libzstd-dev
  [ -f /usr/include/sqlite3.h ] || echo libsqlite3-dev
  [ -f /usr/include/hdf5/serial/hdf5.h ] || echo libhdf5-dev
  # Pictures and videos of episodes: OpenGL in software, where there is no GPU, and an encoder.
  find_library libOSMesa.so.8 || echo libosmesa6
  command -v ffmpeg >/dev/null || echo ffmpeg
}

check_packages() {
  local missing
  mapfile -t missing < <(missing_packages)
  [ ${#missing[@]} -gt 0 ] || return 0
  install_packages "${missing[@]}"
  missing=$(missing_packages | paste -sd ' ')
  [ -z "$missing" ] ||
    fail "missing the headers of: $missing." "sudo apt-get install --reinstall -y $missing"
}

# The module venv is there without the package; what it fills an environment with is not.
check_venv() {
  python3 -c 'import ensurepip, venv' 2>/dev/null || install_packages python3-venv
}

check_swift
check_packages
if [ "${1-}" = --python ]; then check_venv; fi
if [ -z "${MUJOCO_DIR-}" ] && Scripts/mujoco.sh --needs-pip; then
  python3 -m pip --version >/dev/null 2>&1 || install_packages python3-pip
fi
Scripts/mujoco.sh

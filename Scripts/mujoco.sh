#!/usr/bin/env bash
# Puts MuJoCo's headers and library into External/mujoco, or checks the one that MUJOCO_DIR names.
# With --needs-pip: succeeds where a download is still to be made.
set -euo pipefail
cd "$(dirname "$0")/.."
. Scripts/say.sh

version=3.17.0
header=3017             # mjVERSION_HEADER / 1000
case "$(uname -m)" in
  x86_64) digest=d66928d86a2d1b601bbaa4dc11db50214d17d5301bb8afd84721313b67ff0874 ;;
  aarch64) digest=91a70ed9979c383ff1f5c03f25cc2e1280a8254c1a8e558d5dd7f4184f01efc9 ;;
  *) fail "no MuJoCo $version wheel for $(uname -m): build MuJoCo and set MUJOCO_DIR." ;;
esac
machine=$(uname -m)
wheel="mujoco-$version-cp311-cp311-manylinux_2_27_$machine.manylinux_2_28_$machine.whl"
installed=External/mujoco/wheel.sha256

# A MuJoCo of the user's own: <dir>/include/mujoco/mujoco.h and <dir>/lib/libmujoco.so.
check_own() {
  local found
  case "$MUJOCO_DIR" in /*) ;; *) fail "MUJOCO_DIR must be an absolute path; it is '$MUJOCO_DIR'." ;; esac
  [ -f "$MUJOCO_DIR/include/mujoco/mujoco.h" ] ||
    fail "MUJOCO_DIR has no include/mujoco/mujoco.h: $MUJOCO_DIR" "unset MUJOCO_DIR"
  [ -e "$MUJOCO_DIR/lib/libmujoco.so" ] ||
    fail "MUJOCO_DIR has no lib/libmujoco.so: $MUJOCO_DIR" "unset MUJOCO_DIR"
  found=$(sed -n 's/^#define mjVERSION_HEADER \([0-9]*\).*/\1/p' "$MUJOCO_DIR/include/mujoco/mujoco.h")
  if [ "$((${found:-0} / 1000))" -ne "$header" ]; then
    fail "MUJOCO_DIR holds MuJoCo ${found:-of unknown version}; $version is needed (${header}xxx)." \
      "unset MUJOCO_DIR"
  fi
}

digest_of() { sha256sum "$1" | cut -d ' ' -f 1; }

download() {
  mkdir -p External
  printf 'Downloading MuJoCo %s\n' "$version"
  # Pinned Python, ABI and platform: the wheel is only unpacked, so any pip of any Python may fetch it.
  timeout 900 python3 -m pip download --progress-bar off --disable-pip-version-check --no-deps \
    --only-binary=:all: --python-version 3.11 --implementation cp --abi cp311 \
    --platform "manylinux_2_28_$machine" --platform "manylinux_2_27_$machine" \
    --dest External "mujoco==$version" </dev/null >External/pip.log 2>&1 || true
  [ -f "External/$wheel" ] ||
    fail "missing MuJoCo $version: pip could not download it (see External/pip.log). With no network, \
put its wheel $wheel into External/, or set MUJOCO_DIR." "make setup"
}

# Headers, library and licence, and nothing else.
unpack() {
  python3 - "$1" "$2" <<'PYTHON'
import pathlib, sys, zipfile
source, target = zipfile.ZipFile(sys.argv[1]), pathlib.Path(sys.argv[2])
for name in source.namelist():
    if name.endswith("/"):
        continue
    if name.startswith("mujoco/include/mujoco/"):
        path = target / name.removeprefix("mujoco/")
    elif name.startswith("mujoco/libmujoco.so."):
        path = target / "lib" / name.removeprefix("mujoco/")
    elif "/licenses/" in name:
        path = target / "licenses" / name.rsplit("/", 1)[1]
    else:
        continue
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(source.read(name))
PYTHON
}

if [ -n "${MUJOCO_DIR-}" ]; then
  check_own
  exit 0
fi
if [ -f "$installed" ] && [ "$(cat "$installed")" = "$digest" ]; then
  [ "${1-}" != --needs-pip ] || exit 1
  exit 0
fi
if [ "${1-}" = --needs-pip ]; then exit 0; fi

[ -f "External/$wheel" ] || download
if [ "$(digest_of "External/$wheel")" != "$digest" ]; then
  fail "External/$wheel is not the pinned file: its SHA-256 is $(digest_of "External/$wheel")." \
    "rm External/$wheel && make setup"
fi
fresh=$(mktemp -d External/mujoco.XXXXXX)
trap 'rm -rf "$fresh"' EXIT
unpack "External/$wheel" "$fresh"
ln -s "libmujoco.so.$version" "$fresh/lib/libmujoco.so"
printf '%s\n' "$digest" > "$fresh/wheel.sha256"
chmod 755 "$fresh"
rm -rf External/mujoco
mv "$fresh" External/mujoco
rm -f "External/$wheel"

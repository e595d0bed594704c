#!/usr/bin/env bash
# Records, exports and trains a little, and has programs that are not Kinglet's read all of it; then
# damages copies, which the same checks must notice.
set -euo pipefail
cd "$(dirname "$0")/.."
. Scripts/say.sh
. Scripts/environment.sh

make_environment formats Tests/Formats/requirements.txt
export PYTHONDONTWRITEBYTECODE=1
python=External/formats/bin/python
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Runs a check that must fail, with one line that says why.
must_fail() {
  if "$python" "$@" >"$folder/said" 2>&1; then
    fail "a damaged file went unnoticed: $*"
  fi
  [ "$(wc -l <"$folder/said")" -le 1 ] || { cat "$folder/said"; fail "more than one line: $*"; }
}

./kinglet launch Launch/pcb-insertion.yaml run="$folder/run" demonstrations.folder="$folder/shown" \
  demonstrations.episodes=12 finish.steps=150 learner.startStep=100 learner.width=64 \
  learner.pretrainUpdates=20 learner.updatesPerStep=1 --json >"$folder/summary.json"
files=("$folder"/shown/*.mcap "$folder"/run/episodes/*.mcap)
"$python" Tests/Formats/check_messages.py "${files[@]}"
"$python" Tests/Formats/check_events.py "$folder/run"
for file in "${files[@]:0:3}"; do
  count=$(./kinglet episodes verify "$file" --json | sed -n 's/.*"messages" : \([0-9]*\).*/\1/p')
  "$python" Tests/Formats/check_mcap.py "$file" "$count"
done

damaged=$folder/damaged.mcap
size=$(stat -c %s "${files[0]}")
for place in $((size / 3)) $((size / 2)) $((size - 3000)); do
  cp "${files[0]}" "$damaged"
  "$python" - "$damaged" "$place" <<'EOF'
import sys
with open(sys.argv[1], "r+b") as file:
    file.seek(int(sys.argv[2]))
    byte = file.read(1)[0]
    file.seek(-1, 1)
    file.write(bytes([byte ^ 0x10]))
EOF
  if ./kinglet episodes verify "$damaged" >/dev/null 2>&1; then fail "verify saw no flipped byte"; fi
done
must_fail Tests/Formats/check_mcap.py "$damaged" 1
head -c $((size - 500)) "${files[0]}" >"$damaged"
must_fail Tests/Formats/check_mcap.py "$damaged" 1
must_fail Tests/Formats/check_messages.py "$damaged"
"$python" - "$folder/run" <<'EOF'
import glob, sys
name = glob.glob(sys.argv[1] + "/events.out.tfevents.*")[0]
content = open(name, "rb").read()
open(name, "wb").write(content[: len(content) * 2 // 3])
EOF
must_fail Tests/Formats/check_events.py "$folder/run"

./kinglet export lerobot "$folder/shown" --out "$folder/lerobot"
./kinglet export robomimic "$folder/shown" --out "$folder/shown.hdf5"
./kinglet export csv "$folder/shown" --out "$folder/csv"
"$python" Tests/Formats/check_lerobot.py "$folder/lerobot"
"$python" Tests/Formats/check_robomimic.py "$folder/shown.hdf5"
"$python" Tests/Formats/check_csv.py "$folder/csv"
"$python" Tests/Formats/damage.py lerobot "$folder/lerobot"
"$python" Tests/Formats/damage.py robomimic "$folder/shown.hdf5"
"$python" Tests/Formats/damage.py csv "$folder/csv"

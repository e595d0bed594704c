#!/usr/bin/env python3
"""Kills recorders and whole sessions at random times and looks at what is left.

Each round records until a SIGKILL, of the recorder alone or of every process of the session in turn, in
lock-step or in real time in turn. Then `kinglet episodes recover` makes whole files of unfinished ones, and
the package `mcap` reads all of them. Nothing older than 300 ms of wall time before the kill may be missing,
no finished episode damaged, no process left behind. The interpreter needs the package `mcap`, such as
External/formats/bin/python, which `make test-formats` makes.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mcap.reader import make_reader

ROOT = Path(__file__).resolve().parents[2]
KINGLET = ROOT / "kinglet"
MISSING_AT_MOST = 0.3
"""Wall time before a kill of which records may be missing [s]."""


def main():
    """Kills, looks, and says what was found; fails on any violation."""
    options = parse()
    draws = random.Random(options.seed)
    violations, episodes, recovered, longest = [], 0, 0, 0.0
    for number in range(options.kills):
        whom = "recorder" if number % 2 == 0 else "session"
        clock = "realtime" if number // 2 % 2 else "lockstep"
        folder = Path(tempfile.mkdtemp(prefix="kl-"))
        try:
            killed = record(folder, whom, clock, draws.uniform(0.2, options.longest))
            found = look(folder, killed)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        episodes += found["episodes"]
        recovered += found["recovered"]
        longest = max(longest, found["missing"])
        violations += [f"kill {number} ({whom}, {clock}): {text}" for text in found["violations"]]
        print(
            f"kill {number}: {whom}, {clock}: {found['episodes']} episodes whole, "
            f"{found['recovered']} recovered, {1e3 * found['missing']:.0f} ms missing", flush=True)
    result = {
        "kills": options.kills, "seed": options.seed, "episodes": episodes, "recovered": recovered,
        "longestMissingMilliseconds": round(1e3 * longest), "violations": violations,
    }
    print(json.dumps(result, indent=2))
    sys.exit(1 if violations else 0)


def parse():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=5.0, help="latest kill [s]")
    return parser.parse_args()


def record(folder, whom, clock, seconds):
    """Records until the kill; when it was, since 1970 [s]."""
    words = [
        str(KINGLET), "demonstrate", "Launch/pcb-insertion.yaml", f"run={folder / 'r'}",
        f"demonstrations.folder={folder / 'd'}", "demonstrations.episodes=10000", f"clock={clock}",
    ]
    session = subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
    episodes = folder / "r-demonstrations" / "episodes"
    deadline = time.monotonic() + 60
    while not any(episodes.glob("*")):
        if session.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"nothing was recorded: {session.stderr.read().decode()}")
        time.sleep(0.01)
    time.sleep(seconds)
    processes = children(folder)
    victims = [processes["recorder"]] if whom == "recorder" else [session.pid, *processes.values()]
    killed = time.time()
    for victim in victims:
        os.kill(victim, signal.SIGKILL)
    try:
        session.wait(60)
    except subprocess.TimeoutExpired:
        os.killpg(session.pid, signal.SIGKILL)
        raise RuntimeError(f"the session outlived the end of its {whom} by 60 s") from None
    return killed


def children(folder):
    """Numbers of a session's processes by their role."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if len(words) > 2 and words[2].startswith(os.fsencode(folder)):
            found[words[1].decode()] = int(entry.name)
    return found


def look(folder, killed):
    """What a kill left of the recording."""
    violations, missing = [], 0.0
    deadline = time.monotonic() + 5
    while children(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    if left := children(folder):
        violations.append(f"processes are left: {left}")
    episodes = folder / "r-demonstrations" / "episodes"
    finished = sorted(episodes.glob("*.mcap"))
    for file in finished:
        about = run("verify", file)
        if about.returncode != 0:
            violations.append(f"a finished episode is damaged: {about.stdout.strip()}")
    parts = sorted(episodes.glob("*.part"))
    for part in parts:
        about = run("recover", part)
        file = part.with_suffix("")
        if about.returncode != 0 or not file.exists():
            violations.append(f"{part.name}: {about.stdout.strip()} {about.stderr.strip()}")
            continue
        newest, ticks, has_ended = look_into(file)
        if not ticks:
            # Killed before its first records were due on the disk: the file is that young.
            missing = max(missing, killed - part.stat().st_mtime)
            continue
        if ticks != list(range(ticks[0], ticks[0] + len(ticks))):
            violations.append(f"{part.name}: ticks are missing within")
        # An episode that had ended has nothing more to record.
        if not has_ended:
            missing = max(missing, killed - newest)
    if missing > MISSING_AT_MOST:
        violations.append(f"the newest record is {missing:.3f} s older than the kill")
    return {
        "episodes": len(finished), "recovered": len(parts), "missing": missing,
        "violations": violations,
    }


def run(task, file):
    """A task of `kinglet episodes` on a file."""
    return subprocess.run(
        [str(KINGLET), "episodes", task, str(file)], capture_output=True, text=True, check=False)


def look_into(file):
    """Wall time of the newest record [s], the ticks, and whether the episode had ended."""
    newest, ticks, has_ended = 0, [], False
    with open(file, "rb") as stream:
        reader = make_reader(stream, validate_crcs=True)
        for _, channel, message in reader.iter_messages(log_time_order=False):
            newest = max(newest, message.publish_time)
            if channel.topic == "/arm/state":
                # The tick is the message's first field, of fixed width.
                ticks.append(int.from_bytes(message.data[1:9], "little", signed=True))
            elif channel.topic == "/reward":
                # The ending is the last field, and written on the last step alone.
                has_ended = message.data[-2] == 0x20
    return newest * 1e-9, ticks, has_ended


if __name__ == "__main__":
    main()

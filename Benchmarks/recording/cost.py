#!/usr/bin/env python3
"""Trains with and without recording in turn, and gives the ratio of their speeds and the size of a minute."""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main():
    """Alternates whole sessions of one seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=400, help="of a session")
    options = parser.parse_args()
    minutes, size, robot = {"all": [], "none": []}, 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.rounds):
            for recording in ("none", "all") if number % 2 else ("all", "none"):
                run = Path(folder, f"{recording}-{number}")
                summary = train(run, Path(folder, "d"), recording, options.steps)
                minutes[recording].append(summary["wallMinutes"])
                if recording == "all":
                    size += sum(file.stat().st_size for file in run.glob("episodes/*"))
                    robot += summary["robotMinutes"]
    ratios = [off / on for on, off in zip(minutes["all"], minutes["none"])]
    print(json.dumps({
        "wallMinutes": minutes,
        "speedWithRecordingOverWithout": {
            "median": statistics.median(ratios), "least": min(ratios), "greatest": max(ratios)},
        "megabytesPerRobotMinute": size * 1e-6 / robot,
    }, indent=2))


def train(run, shown, recording, steps):
    """The summary of a session."""
    words = [
        str(ROOT / "kinglet"), "launch", "Launch/pcb-insertion.yaml", "seed=31", f"run={run}",
        f"demonstrations.folder={shown}", f"recording={recording}", f"finish.steps={steps}",
        "finish.window=1000", "--json",
    ]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr.strip())
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()

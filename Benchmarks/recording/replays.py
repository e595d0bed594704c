#!/usr/bin/env python3
"""Records episodes, runs each again with the controller in either place, and counts those that came again."""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KINGLET = str(ROOT / "kinglet")


def main():
    """Records, replays, counts; fails unless every episode came again to the last bit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kinglet(
            "demonstrate", "Launch/pcb-insertion.yaml", f"run={folder}/r",
            f"demonstrations.folder={folder}/d", f"demonstrations.episodes={options.episodes}")
        counts = {}
        for placement in ("driver", "process"):
            reports = [
                json.loads(kinglet("replay", str(file), f"placement={placement}", "--json"))
                for file in sorted(Path(folder, "d").glob("*.mcap"))
            ]
            counts[placement] = {
                "episodes": len(reports), "steps": sum(report["steps"] for report in reports),
                "ticks": sum(report["ticks"] for report in reports),
                "identical": sum(report["identical"] for report in reports),
            }
    print(json.dumps(counts, indent=2))
    sys.exit(any(count["identical"] < count["episodes"] for count in counts.values()))


def kinglet(*words):
    """What a command prints."""
    done = subprocess.run([KINGLET, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    if not done.stdout:
        sys.exit(f"kinglet {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    main()

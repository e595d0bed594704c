#!/usr/bin/env python3
"""Time from start to 98 of 100 rewarded insertions: Kinglet, and lean JAX on the same simulator.

Both train on `Launch/pcb-insertion.yaml` until 98 of the latest 100 training episodes were rewarded
or the robot's time is up. Wall time holds everything from the start of the first process on,
compilation included; demonstrations are recorded before.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from harness.failure import exit_clearly
from harness.machine import description
from harness.places import (
    KINGLET,
    PEERS,
    PYTHON,
    REPOSITORY,
    check_environment,
    check_program,
    write_json,
)
from harness.processes import output_of
from harness.tables import markdown

RECIPE = "Launch/pcb-insertion.yaml"
DEMONSTRATIONS = "Demonstrations/pcb-insertion"


def main() -> None:
    """Trains every learner with every seed, one after the other."""
    options = parse()
    check_environment()
    check_program(KINGLET)
    if not (REPOSITORY / DEMONSTRATIONS).exists():
        run([KINGLET, "demonstrate", RECIPE, "--json"], options.deadline)
    print(f"{description()}. At most {options.robot_minutes:g} min of robot time.\n", flush=True)
    results = []
    for seed in options.seeds:
        for learner in options.learners:
            results.append({"learner": learner, "seed": seed} | LEARNERS[learner](seed, options))
            print(row(results[-1]), flush=True)
    print("\n" + table(results))
    if options.json:
        write_json({"machine": description(), "trainings": results}, options.json)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", nargs="+", choices=LEARNERS, default=list(LEARNERS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--robot-minutes", type=float, default=20.0)
    parser.add_argument(
        "--deadline", type=float, default=7200.0, help="longest wall time of a training [s]"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the results as JSON")
    options = parser.parse_args()
    if options.robot_minutes <= 0 or options.deadline <= 0:
        parser.error("--robot-minutes and --deadline must be positive")
    return options


def train_kinglet(seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """`kinglet launch` with the rule of this comparison."""
    words = [
        KINGLET, "launch", RECIPE, "--replace", "--json", f"seed={seed}",
        f"run=runs/peers-{seed}", f"demonstrations.folder={DEMONSTRATIONS}", "finish.steps=1000000",
        "finish.window=100", "finish.success=0.98", f"finish.robotMinutes={options.robot_minutes}",
    ]  # fmt: skip
    summary = run(words, options.deadline)
    return {
        "reached": summary["finishReason"] == "success",
        "steps": summary["steps"],
        "episodes": summary["episodes"],
        "robot_minutes": summary["robotMinutes"],
        "wall_minutes": summary["wallMinutes"],
    }


def train_jax(seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """SERL's loop with the lean learner, see `learners/jax_session.py`."""
    words = [
        PYTHON, "-m", "learners.jax_session", "--recipe", RECIPE,
        "--demonstrations", DEMONSTRATIONS, "--seed", str(seed),
        "--robot-minutes", str(options.robot_minutes),
    ]  # fmt: skip
    return run(words, options.deadline)


LEARNERS = {"kinglet": train_kinglet, "jax": train_jax}


def run(words: list[Any], deadline: float) -> dict[str, Any]:
    """The JSON object that a program prints."""
    return json.loads(output_of(words, deadline, env=os.environ | {"PYTHONPATH": str(PEERS)}))


def row(result: dict[str, Any]) -> str:
    """One training in a line."""
    return (
        f"{result['learner']}, seed {result['seed']}: "
        f"{'98 of 100' if result['reached'] else 'not reached'} after "
        f"{result['robot_minutes']:.1f} min of robot time, {result['wall_minutes']:.1f} min"
    )


def table(results: list[dict[str, Any]]) -> str:
    """Markdown, one row a training."""
    header = ["learner", "seed", "98 of 100", "steps", "episodes", "robot [min]", "wall [min]"]
    rows = [
        [
            result["learner"],
            str(result["seed"]),
            "yes" if result["reached"] else "no",
            str(result["steps"]),
            str(result["episodes"]),
            f"{result['robot_minutes']:.1f}",
            f"{result['wall_minutes']:.1f}",
        ]
        for result in results
    ]
    return markdown(header, rows)


if __name__ == "__main__":
    exit_clearly(main)

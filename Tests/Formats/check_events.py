#!/usr/bin/env python3
"""Reads a run's TensorBoard event file with TensorBoard and compares it with metrics.jsonl."""

import argparse
import glob
import json
import math
import os
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def check(run):
    """How many values agree."""
    files = glob.glob(os.path.join(run, "events.out.tfevents.*"))
    if not files:
        raise ValueError("it has no event file")
    wanted = {}
    with open(os.path.join(run, "metrics.jsonl"), encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            for name, value in record["values"].items():
                wanted.setdefault(name, []).append((record["step"], value))
    events = EventAccumulator(run, size_guidance={"scalars": 0})
    events.Reload()
    found = {
        tag: [(event.step, event.value) for event in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]
    }
    if set(found) != set(wanted):
        raise ValueError(f"the tags differ: {sorted(set(found) ^ set(wanted))}")
    for tag, values in wanted.items():
        if len(values) != len(found[tag]):
            raise ValueError(f"{tag}: {len(found[tag])} events, {len(values)} in metrics.jsonl")
        for (step, value), (other_step, other) in zip(values, found[tag]):
            if step != other_step or not math.isclose(value, other, rel_tol=1e-5, abs_tol=1e-6):
                raise ValueError(f"{tag} at step {step}: {other}, {value} in metrics.jsonl")
    return sum(map(len, wanted.values()))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run")
    run = parser.parse_args().run
    try:
        print(f"{run}: {check(run)} values agree")
    except (ValueError, KeyError, OSError) as error:
        sys.exit(f"{run}: {error}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Times Kinglet's actor and its peers' for one observation at a time, in alternation."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from typing import Any

from harness.failure import exit_clearly
from harness.kinglet import Kinglet, KingletPolicy
from harness.machine import confine, description
from harness.options import add_shared, check_shared
from harness.places import check_environment, write_json
from harness.processes import BLOCK_DEADLINE, WARM_UP_SECONDS, Worker
from harness.sizes import Sizes
from harness.tables import Spread, markdown

PEERS = {
    "JAX": ("policies.jax_actor", []),
    "PyTorch, eager": ("policies.torch_actor", []),
    "PyTorch, compiled": ("policies.torch_actor", ["--compiled"]),
}
QUANTITIES = {"median [µs]": "medianMicroseconds", "p99 [µs]": "p99Microseconds"}
Blocks = dict[str, list[dict[str, Any]]]


def main() -> None:
    """Parses the options, compares, prints and writes."""
    options = parse()
    kinglet = Kinglet(options.kinglet.absolute())
    check_environment()
    print(f"{description()}. {options.rounds} rounds of {options.seconds:g} s a policy.\n")
    sizes = Sizes(observation=options.observation, action=options.action, width=options.width)
    ours = KingletPolicy(kinglet, sizes)
    blocks = compare(ours, sizes, options)
    print(table(blocks))
    if options.json:
        write_json({"machine": description(), "policies": blocks}, options.json)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_shared(parser, "policy", seconds=1.0)
    parser.add_argument("--quick", action="store_true", help="two short rounds")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 2, 0.3
    check_shared(parser, options)
    return options


def compare(ours: KingletPolicy, sizes: Sizes, options: argparse.Namespace) -> Blocks:
    """Blocks of every policy in turn, on one processor."""
    confine(1)
    with ExitStack() as stack:
        programs: list[KingletPolicy | Worker] = [ours]
        for name, (module, words) in PEERS.items():
            programs.append(Worker(name, module, [*words, *sizes.arguments()], threads=1))
            stack.callback(programs[-1].end)
        for program in programs:
            program.greeting(options.deadline)
        for program in programs:
            program.run(WARM_UP_SECONDS, BLOCK_DEADLINE)
        blocks: Blocks = {program.name: [] for program in programs}
        for index in range(options.rounds):
            for program in programs if index % 2 == 0 else reversed(programs):
                blocks[program.name].append(program.run(options.seconds, BLOCK_DEADLINE))
    return blocks


def table(blocks: Blocks) -> str:
    """Markdown, with medians [least–greatest] over the blocks."""
    rows = [
        [name, *(Spread.of([block[key] for block in run]).text(1) for key in QUANTITIES.values())]
        for name, run in blocks.items()
    ]
    return markdown(["policy", *QUANTITIES], rows)


if __name__ == "__main__":
    exit_clearly(main)

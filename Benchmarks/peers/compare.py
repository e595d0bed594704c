#!/usr/bin/env python3
"""Times Kinglet's learner and its peers at equal sizes and equal work, in alternation."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.failure import Failure, exit_clearly
from harness.kinglet import Kinglet, KingletLearner
from harness.machine import Usage, confine, description, processors
from harness.options import add_shared, check_shared
from harness.places import check_environment, write_json
from harness.processes import BLOCK_DEADLINE, WARM_UP_SECONDS, Worker
from harness.sizes import Sizes
from harness.tables import Spread, markdown

Program = Worker | KingletLearner

PEERS = {
    "jax": ("JAX, lean", "learners.jax_lean", []),
    "serl": ("SERL-structured (our re-creation)", "learners.jax_serl", []),
    "torch": ("PyTorch, eager", "learners.torch_rlpd", []),
    "torch-compiled": ("PyTorch, compiled", "learners.torch_rlpd", ["--compiled"]),
}
SERL_AGENT = "serl_launcher/serl_launcher/agents/continuous/sac.py"
BUSY = 0.15
"""CPUs in the hands of others from which on figures are not to be trusted."""
QUICK = {"ensemble": [2], "critics_per_actor": [4], "rounds": 2, "seconds": 0.5}


@dataclass
class Measured:
    """One learner's blocks."""

    name: str
    version: str
    flops_per_update: float
    rates: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)


def main() -> None:
    """Parses the options, compares, prints and writes."""
    options = parse()
    kinglet = Kinglet(options.kinglet.absolute()) if "kinglet" in options.learners else None
    check_environment()
    if options.serl and not (options.serl / SERL_AGENT).exists():
        raise Failure(f"{options.serl} is no checkout of rail-berkeley/serl: no {SERL_AGENT}")
    print(f"{description()}. {options.rounds} rounds of {options.seconds:g} s a learner.\n")
    results = []
    for sizes in configurations(options):
        measured = compare(sizes, options, kinglet)
        print(f"### {sizes.title}\n\n{table(measured)}\n\n{remarks(measured)}\n", flush=True)
        results.append(report(sizes, measured))
    if options.json:
        write_json({"machine": description(), "configurations": results}, options.json)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    learners = ["kinglet", *PEERS]
    parser.add_argument(
        "--learners",
        nargs="+",
        choices=learners,
        default=learners,
        metavar="NAME",
        help=f"of {', '.join(learners)}; all when left out",
    )
    parser.add_argument(
        "--serl",
        type=Path,
        metavar="CHECKOUT",
        help="also time the agent of a checkout of rail-berkeley/serl",
    )
    parser.add_argument("--ensemble", type=int, nargs="+", default=[2, 10])
    parser.add_argument("--drawn", type=int, default=2)
    parser.add_argument("--critics-per-actor", type=int, nargs="+", default=[1, 4, 8])
    parser.add_argument("--threads", type=int, nargs="+", default=[min(2, processors())])
    parser.add_argument("--batch", type=int, default=Sizes.batch)
    parser.add_argument(
        "--actor-rows",
        choices=["batch", "all"],
        default="batch",
        help="rows of a peer's actor step; SERL's are always all",
    )
    parser.add_argument(
        "--sampling",
        action="store_true",
        help="gather minibatches from a million transitions in the time",
    )
    add_shared(parser, "learner", seconds=2.0)
    parser.add_argument("--quick", action="store_true", help="one configuration, two short rounds")
    options = parser.parse_args()
    if options.quick:
        vars(options).update(QUICK)
    check_shared(parser, options)
    if options.drawn > min(options.ensemble):
        parser.error("--drawn must not exceed --ensemble")
    return options


def configurations(options: argparse.Namespace) -> Iterator[Sizes]:
    """Every combination asked for."""
    for threads, ensemble, per_actor in itertools.product(
        options.threads, options.ensemble, options.critics_per_actor
    ):
        yield Sizes(
            observation=options.observation,
            action=options.action,
            width=options.width,
            batch=options.batch,
            ensemble=ensemble,
            drawn=options.drawn,
            critics_per_actor=per_actor,
            threads=threads,
            actor_rows=options.actor_rows,
            sampling="in" if options.sampling else "out",
        )


def compare(sizes: Sizes, options: argparse.Namespace, kinglet: Kinglet | None) -> list[Measured]:
    """Blocks of every learner in turn, the order turned round from one round to the next."""
    confine(sizes.threads)
    with started(sizes, options, kinglet) as programs:
        measured = []
        for program in programs:
            greeting = program.greeting(options.deadline)
            version = greeting.get("version", "")
            measured.append(Measured(program.name, version, greeting["flopsPerUpdate"]))
        turns = list(zip(programs, measured))
        for program in programs:
            program.run(WARM_UP_SECONDS, BLOCK_DEADLINE)
        for index in range(options.rounds):
            for program, result in turns if index % 2 == 0 else reversed(turns):
                time_block(program, result, options.seconds)
    return measured


@contextmanager
def started(
    sizes: Sizes, options: argparse.Namespace, kinglet: Kinglet | None
) -> Iterator[list[Program]]:
    """The programs of a configuration; ended however the comparison ends."""
    with ExitStack() as stack:
        programs: list[Program] = []

        def add(program: Program) -> None:
            programs.append(program)
            stack.callback(program.end)

        if kinglet:
            add(KingletLearner(kinglet, sizes))
        for key, (name, module, words) in PEERS.items():
            if key in options.learners:
                add(Worker(name, module, [*words, *sizes.arguments()], sizes.threads))
        if options.serl:
            words = [str(options.serl.absolute()), *sizes.arguments()]
            add(Worker("SERL (checkout)", "learners.serl_checkout", words, sizes.threads))
        yield programs


def time_block(program: Program, result: Measured, seconds: float) -> None:
    """One block, and what others did to the machine meanwhile."""
    before = Usage.now(program.process)
    block = program.run(seconds, BLOCK_DEADLINE)
    after = Usage.now(program.process)
    result.rates.append(block["updates"] / block["seconds"])
    result.others.append(after.others_since(before))


def ratios(ours: Measured, peer: Measured) -> Spread:
    """Ours over the peer's, round by round."""
    return Spread.of([our / their for our, their in zip(ours.rates, peer.rates)])


def table(measured: list[Measured]) -> str:
    """Markdown, ratios to the first learner."""
    first = measured[0]
    header = [
        "learner",
        "critic updates/s",
        f"{first.name} ÷ it",
        "MFLOP an update",
        "GFLOP/s",
        "others' CPUs",
    ]
    rows = []
    for result in measured:
        rate = Spread.of(result.rates)
        rows.append(
            [
                result.name,
                rate.text(0),
                "1" if result is first else ratios(first, result).text(2),
                f"{result.flops_per_update / 1e6:.0f}",
                f"{rate.median * result.flops_per_update / 1e9:.0f}",
                Spread.of(result.others).text(2),
            ]
        )
    return markdown(header, rows)


def remarks(measured: list[Measured]) -> str:
    """The peers' versions, and a warning where others were busy."""
    versions = ", ".join(sorted({result.version for result in measured if result.version}))
    busiest = max(Spread.of(result.others).median for result in measured)
    if busiest < BUSY:
        return versions
    return f"{versions}. Others kept {busiest:.1f} CPUs busy: measure again on a quiet machine."


def report(sizes: Sizes, measured: list[Measured]) -> dict[str, Any]:
    """One configuration as JSON."""
    first = measured[0]
    return {
        "sizes": vars(sizes),
        "learners": [
            {
                "name": result.name,
                "version": result.version,
                "flopsPerUpdate": result.flops_per_update,
                "updatesPerSecond": result.rates,
                "othersProcessors": result.others,
                "updatesPerSecondSpread": Spread.of(result.rates).json(),
                "ratio": ratios(first, result).json(),
            }
            for result in measured
        ],
    }


if __name__ == "__main__":
    exit_clearly(main)

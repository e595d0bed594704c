"""Command-line options that the comparisons share."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.places import KINGLET
from harness.sizes import Sizes


def add_shared(parser: argparse.ArgumentParser, what: str, seconds: float) -> None:
    """Sizes of the networks, blocks, waits and files; `what` is what takes turns."""
    parser.add_argument("--observation", type=int, default=Sizes.observation)
    parser.add_argument("--action", type=int, default=Sizes.action)
    parser.add_argument("--width", type=int, default=Sizes.width)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=seconds, help=f"of a {what}'s block")
    parser.add_argument(
        "--deadline", type=float, default=300.0, help=f"longest wait for a {what} to get ready [s]"
    )
    parser.add_argument("--kinglet", type=Path, default=KINGLET, help="the binary")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the blocks as JSON")


def check_shared(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Ends the program where a block would be nothing."""
    if options.rounds < 1 or options.seconds <= 0:
        parser.error("--rounds and --seconds must be positive")

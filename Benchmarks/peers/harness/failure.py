"""Failures that a person can put right, in one line."""

from __future__ import annotations

import sys
from collections.abc import Callable


class Failure(Exception):
    """What is wrong, and where there is one the command that helps."""


def exit_clearly(main: Callable[[], None]) -> None:
    """Runs `main`; a failure becomes one line and a status that is not zero."""
    try:
        main()
    except Failure as failure:
        sys.exit(f"peers: {failure}")
    except KeyboardInterrupt:
        sys.exit("peers: interrupted")

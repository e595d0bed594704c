"""Where things are and go."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from harness.failure import Failure

PEERS = Path(__file__).resolve().parents[1]
REPOSITORY = PEERS.parents[1]
ENVIRONMENT = REPOSITORY / "External" / "peers"
PYTHON = ENVIRONMENT / "bin" / "python"
KINGLET = REPOSITORY / "kinglet"


def check_environment() -> None:
    """Refuses to go on without the virtual environment."""
    if not PYTHON.exists():
        raise Failure("no virtual environment External/peers; run Benchmarks/peers/setup.sh")


def check_program(binary: Path) -> None:
    """Refuses to go on without Kinglet's binary."""
    if not os.access(binary, os.X_OK):
        raise Failure(f"no program {binary}; run make build")


def write_json(results: dict[str, Any], file: Path) -> None:
    """Writes the results of a comparison."""
    try:
        file.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise Failure(f"cannot write {file}: {error.strerror}") from None

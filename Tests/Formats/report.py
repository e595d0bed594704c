"""What the checks of exports share: a disagreement, and the way it ends a check."""

import argparse
import sys


class Disagreement(Exception):
    """An export does not hold what it promises."""


def expect(condition, message):
    """Raises a disagreement with this message unless the condition holds."""
    if not condition:
        raise Disagreement(message)


def run(check, description):
    """Calls check(path) with the command line's path; ends with one line, and 1 on any failure."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("path", help="the export")
    path = parser.parse_args().path
    try:
        print(check(path))
    except Exception as error:  # A reader's own error is a disagreement too.
        kind = "" if isinstance(error, Disagreement) else type(error).__name__ + ": "
        print(f"{path}: {kind}{' '.join(str(error).split())}"[:500], file=sys.stderr)
        sys.exit(1)

#!/usr/bin/env python3
"""Writes Documentation/json.md, the keys of every `--json`, from the reports' doc comments.

With --check: fails where the page is not what it would write.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "Documentation" / "json.md"
HEAD = """# What --json prints

One object, keys in alphabetical order. A key whose value is unknown is left out. This page is made by `Scripts/report-keys.py`; `make tidy` checks it.
"""
COMMANDS = {
    "kinglet launch": "Summary",
    "kinglet join": "Summary",
    "kinglet launch --dry-run": "DryRun",
    "kinglet stop": "StopReport",
    "kinglet recover": "StopReport",
    "kinglet demonstrate": "DemonstrationReport",
    "kinglet evaluate": "EvaluationReport",
    "kinglet serve": "ServedEnvironment",
    "kinglet replay --mode action": "RerunReport",
    "kinglet replay --mode state": "ShownReport",
    "kinglet replay --driver": "FollowReport",
    "kinglet episodes": "EpisodeList",
    "kinglet episodes verify": "VerificationReport",
    "kinglet episodes recover": "RecoveryReport",
    "kinglet inspect": "Inspection",
    "kinglet export": "ExportReport",
    "kinglet keys": "KeysReport",
    "kinglet doctor": "DoctorReport",
    "kinglet doctor --control": "ControlCheck",
    "kinglet chaos": "ChaosReport",
    "kinglet fuzz": "FuzzReport",
    "kinglet bench": "BenchReport",
    "kinglet bench control": "ControlReport",
    "kinglet bench wire": "WireReport",
    "kinglet bench arm": "ArmReport",
    "kinglet bench learner": "LearnerReport",
    "kinglet bench policy": "PolicyReport",
    "kinglet bench replay": "ReplayReport",
    "kinglet bench gemm": "GemmReport",
}
STRUCT = re.compile(r"( *)public struct (\w+)\b[^{]*\{")
KEY = re.compile(r"public (?:private\(set\) )?(?:var|let) (\w+)(?:: ([^={]+))?(?: =.*)?$")


def main():
    """Writes or checks the page."""
    structs = read_structs()
    page = HEAD + "".join(
        f"\n## `{command}`\n\n| key | meaning |\n|---|---|\n" + "".join(rows(structs, name, ""))
        for command, name in COMMANDS.items()
    )
    if "--check" not in sys.argv:
        PAGE.write_text(page, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page:
        sys.exit(f"{PAGE.relative_to(ROOT)} is not what the reports say; run Scripts/report-keys.py")


def read_structs():
    """Keys, types and meanings of every public structure, by its name and by `Outer.Name`."""
    structs = {}
    for folder in ("Sessions", "Metrics", "Catalogue"):
        for file in sorted((ROOT / "Sources" / folder).rglob("*.swift")):
            read_file(file.read_text(encoding="utf-8").splitlines(), structs)
    return structs


def read_file(lines, structs):
    """Adds the structures of one file; the formatter's indentation tells where each ends."""
    open_structs, meaning = [], []
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if line.strip().startswith("///"):
            meaning.append(line.strip()[3:].strip())
            continue
        if line.strip() == "}" and open_structs and open_structs[-1][0] == indent:
            open_structs.pop()
        if match := STRUCT.match(line):
            outer = open_structs[-1][1] + "." if open_structs else ""
            name = outer + match[2]
            structs[name] = []
            if not line.rstrip().endswith("}"):
                open_structs.append((indent, name))
        elif open_structs and indent == open_structs[-1][0] + 2:
            if match := KEY.match(line.strip()):
                structs[open_structs[-1][1]].append((match[1], match[2] or "", " ".join(meaning)))
        meaning = []


def rows(structs, name, prefix):
    """A row a key; those of inner structures follow theirs, unless they are a command's own."""
    for key, kind, meaning in structs[name]:
        inner = re.sub(r"[\[\]? ]", "", kind)
        mark = "[]" if kind.startswith("[") and ":" not in kind else ""
        own = next((command for command, report in COMMANDS.items() if report == inner), None)
        reference = f": see `{own}`" if own else ""
        yield f"| `{prefix}{key}{mark}` | {tidy(meaning)}{reference} |\n"
        for candidate in (f"{name}.{inner}", inner):
            if candidate in structs and candidate not in COMMANDS.values():
                yield from rows(structs, candidate, f"{prefix}{key}{mark}.")
                break


def tidy(meaning):
    """A meaning within a table."""
    return re.sub(r"\s+", " ", meaning).replace("|", "\\|").rstrip(".")


if __name__ == "__main__":
    main()

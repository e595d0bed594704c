#!/usr/bin/env python3
"""Removes each safety rule in turn and expects a test to fail: a mutation check.

Copies the rooms of the torque loop and of the sockets and their tests into a small package of their
own, changes one line there, builds, tests, and changes it back. Rules of sessions are tried with the
whole program: a copy of their room alone is compiled and linked with what `make build` and `make test`
have built. The repository's sources are left alone. Prints a table of the rules and the first test that
noticed; exits with 1 when one was noticed by none.

    Scripts/mutations.py [--scratch FOLDER] [--only PATTERN] [--table FILE]
    Scripts/mutations.py --check

`--only` takes those whose rule matches an expression, `--table` also writes the table as Markdown.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

from mutants import MUTANTS, TESTED_MUTANTS

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROOMS = {
    "Geometry": [],
    "Randomness": [],
    "Messages": ["Geometry"],
    "Tensors": ["CKernels", "Randomness"],
    "RealTime": ["CRealtime"],
    "ControlSlots": ["Messages", "Geometry"],
    "LearningSlots": ["Geometry", "Messages", "Tensors"],
    "Safety": ["Messages", "Geometry", "CKernels"],
    "ImpedanceControl": ["ControlSlots", "Messages", "Geometry", "CKernels"],
    "ControlLoop": ["ControlSlots", "Messages", "Geometry", "Safety"],
    "Wire": ["Messages", "CZeroMQ", "CZlib"],
}
LIBRARIES = ["CZeroMQ", "CZlib"]
SUITES = {
    "SafetyTests": ["Safety"],
    "ImpedanceControlTests": ["ImpedanceControl"],
    "ControlLoopTests": ["ControlLoop", "ImpedanceControl", "Safety", "RealTime"],
    "WireTests": ["Wire"],
}
# What every suite here imports beside the room that it tests.
COMMON = ["Conformance", "ControlSlots", "Messages", "Geometry", "Randomness"]
# A debug build allocates where a release build does not; the watch over commands is no mutant's.
SKIPPED = "allocates nothing|CommandWatch"
SLOW = "ArmLawTests"
# The room that needs all others: what is built of it stands in a folder of this name.
WHOLE = "Sessions"
TESTS_STEP = "kingletPackageTests-{}-release.test"
ALL = [(*mutant, None) for mutant in MUTANTS] + TESTED_MUTANTS


def manifest():
    """The text of the small package's Package.swift."""

    def names(rooms):
        return ", ".join(f'"{room}"' for room in rooms)

    lines = [
        "// swift-tools-version: 6.2",
        "import PackageDescription",
        "let strict: [SwiftSetting] = [",
        '  .enableUpcomingFeature("ExistentialAny"),',
        '  .enableUpcomingFeature("MemberImportVisibility"),',
        '  .enableUpcomingFeature("InternalImportsByDefault"),',
        "]",
        'let package = Package(name: "rooms", dependencies: [',
        f'  .package(path: "{ROOT}/.build/checkouts/swift-protobuf")], targets: [',
        *[f'  .systemLibrary(name: "{library}"),' for library in LIBRARIES],
        '  .target(name: "CRealtime"),',
        '  .target(name: "CKernels", cxxSettings: [.unsafeFlags(["-O3", "-isystem", "/usr/include/eigen3"])]),',
    ]
    for room, uses in ROOMS.items():
        more = ', .product(name: "SwiftProtobuf", package: "swift-protobuf")' if room == "Messages" else ""
        skip = ', exclude: ["kinglet.proto"]' if room == "Messages" else ""
        lines.append(
            f'  .target(name: "{room}", dependencies: [{names(uses)}{more}]{skip}, swiftSettings: strict),'
        )
    shared = ["ControlSlots", "LearningSlots", "Messages", "Geometry", "Randomness", "Tensors"]
    lines.append(
        f'  .target(name: "Conformance", dependencies: [{names(shared)}], path: "Tests/Conformance", swiftSettings: strict),'
    )
    for suite, uses in SUITES.items():
        lines.append(
            f'  .testTarget(name: "{suite}", dependencies: [{names(uses + COMMON)}], swiftSettings: strict),'
        )
    lines.append("], cxxLanguageStandard: .cxx17)")
    return "\n".join(lines) + "\n"


def write_if_new(path, text):
    """Leaves a file alone that holds the text already, so that nothing is built again for it."""
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def copy(scratch):
    """Brings the scratch package to the repository's state."""
    write_if_new(scratch / "Package.swift", manifest())
    folders = [f"Sources/{room}" for room in [*ROOMS, *LIBRARIES, "CRealtime", "CKernels"]]
    folders += [f"Tests/{suite}" for suite in [*SUITES, "Conformance"]]
    copy_folders(scratch, folders)


def copy_folders(scratch, folders):
    """Brings folders to the repository's state."""
    for folder in folders:
        wanted = {path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.is_file()}
        if (scratch / folder).exists():
            for path in (scratch / folder).rglob("*"):
                if path.is_file() and path.relative_to(scratch) not in wanted:
                    path.unlink()
        for path in wanted:
            write_if_new(scratch / path, (ROOT / path).read_text())


def run(scratch, command):
    """The exit status and the output of a command, at most ten minutes of it."""
    try:
        done = subprocess.run(
            command,
            cwd=scratch,
            env={**os.environ, "SWIFT_BACKTRACE": "enable=no", "NO_COLOR": "1"},
            text=True,
            capture_output=True,
            timeout=600,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 1, "took longer than ten minutes"
    return done.returncode, re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)


def build_room(scratch, room):
    """Compiles one room again and links: no other can see inside it, so none needs to be compiled."""
    products = scratch / ".build" / "debug"
    flags = ["-I", f"{products}/Modules", "-swift-version", "6", "-Onone", "-enable-testing"]
    flags += ["-parse-as-library", "-package-name", "rooms", "-j2", "-module-cache-path", f"{products}/ModuleCache"]
    for feature in ["ExistentialAny", "MemberImportVisibility", "InternalImportsByDefault"]:
        flags += ["-enable-upcoming-feature", feature]
    modules = [f"{scratch}/Sources/{library}/module.modulemap" for library in LIBRARIES]
    for module in [f"{products}/CKernels.build/module.modulemap", *modules]:
        flags += ["-Xcc", f"-fmodule-map-file={module}"]
    flags += ["-Xcc", "-fPIC"]
    folder = products / f"{room}.build"
    compile_room = ["swiftc", "-module-name", room, "-incremental", "-c", f"@{folder}/sources"]
    compile_room += ["-output-file-map", f"{folder}/output-file-map.json", *flags]
    bundle = products / "roomsPackageTests.xctest"
    link = ["swiftc", "-lstdc++", "-L", str(products), "-o", str(bundle), "-emit-executable"]
    link += ["-Xlinker", "-rpath=$ORIGIN", f"@{products}/roomsPackageTests.product/Objects.LinkFileList"]
    for command in [compile_room, link]:
        status, output = run(scratch, command)
        if status != 0:
            break
    return status, output


def release_step(name):
    """The arguments of a step of the repository's release build."""
    plan = (ROOT / ".build/release.yaml").read_text()
    return json.loads(re.search(rf'"C\.{name}":(?:\n .*)*?\n +args: (\[.*\])', plan).group(1))


def after(arguments, option):
    """The place of what an option is given."""
    return arguments.index(option) + 1


def build_whole(scratch):
    """Compiles the copy of the sessions' room and links the program with it.

    Without optimization and file by file, unlike the release build: most of the room stays as it is.
    """
    triple = (ROOT / ".build/release").resolve().parent.name
    objects = scratch / f"{WHOLE}.build"
    objects.mkdir(parents=True, exist_ok=True)
    sources = sorted((scratch / "Sources" / WHOLE).rglob("*.swift"))
    outputs = {"": {"swift-dependencies": f"{objects}/room.swiftdeps"}}
    for source in sources:
        kinds = {"object": "swift.o", "swift-dependencies": "swiftdeps"}
        outputs[str(source)] = {kind: f"{objects}/{source.stem}.{end}" for kind, end in kinds.items()}
    write_if_new(objects / "sources", "".join(f"{source}\n" for source in sources))
    write_if_new(objects / "outputs.json", json.dumps(outputs))

    room = release_step(f"{WHOLE}-{triple}-release.module")
    for option in ["-emit-module-path", "-emit-objc-header-path", "-num-threads"]:
        while option in room:
            del room[after(room, option) - 1 : after(room, option) + 1]
    dropped = ["-emit-module", "-emit-dependencies", "-emit-objc-header", "-whole-module-optimization"]
    dropped += ["-serialize-diagnostics", "-parseable-output", "-warnings-as-errors", "-O"]
    room = [argument for argument in room if argument not in dropped] + ["-Onone", "-incremental"]
    room[after(room, "-output-file-map")] = f"{objects}/outputs.json"
    room[after(room, "-c")] = f"@{objects}/sources"

    links = []
    for step, product in [("kinglet-{}-release.exe", "kinglet"), (TESTS_STEP, "tests.xctest")]:
        link = release_step(step.format(triple))
        place = next(place for place, argument in enumerate(link) if argument.startswith("@"))
        theirs = pathlib.Path(link[place][1:]).read_text()
        listed = objects / f"{product}.objects"
        write_if_new(listed, re.sub(rf"[^\s']*/{WHOLE}\.build/", f"{objects}/", theirs))
        link[place] = f"@{listed}"
        link[after(link, "-o")] = str(scratch / product)
        links.append(link)
    for command in [room, *links]:
        status, output = run(scratch, command)
        if status != 0:
            break
    return status, output


def prepare_whole(scratch):
    """Builds the repository as it is, and copies what is tried: the sessions' room, and its tests."""
    for product in ["kinglet", "kingletPackageTests"]:
        status, output = run(ROOT, ["swift", "build", "-c", "release", "--product", product, "-q"])
        if status != 0:
            sys.exit(output[-3000:])
    # The tests, which run the program that stands beside them, see into the room themselves.
    copy_folders(scratch, [f"Sources/{WHOLE}"])


def test(scratch, file=None, tests=None):
    """Whether the tests build, and the first that fails; None when all pass.

    Where only one file has changed since the last full build, its room alone is built. `tests` names
    those to run; without it all are run but those of the sockets, and suites that are not about the file.
    """
    room = file.split("/")[1] if file else None
    is_whole = scratch.name == WHOLE
    bundle = "tests.xctest" if is_whole else ".build/debug/roomsPackageTests.xctest"
    if is_whole:
        status, output = build_whole(scratch)
    elif room:
        status, output = build_room(scratch, room)
    else:
        status, output = run(scratch, ["swift", "build", "--build-tests", "-q"])
    if status != 0:
        return False, output[-3000:]
    # The quick ones first: the laws of a simulated arm take most of the time.
    others = SKIPPED + "|WireTests"
    for suite in ["CartesianImpedance", "GainMargin"]:
        if file and suite not in file:
            others += "|" + suite
    choices = [["--filter", tests]] if tests else []
    if not tests or not (file or is_whole):
        choices += [["--skip", others, "--skip", SLOW], ["--filter", SLOW]]
    for choice in choices:
        status, output = run(scratch, [str(scratch / bundle), "--testing-library", "swift-testing", *choice])
        if status != 0:
            break
    else:
        return True, None
    failed = re.search(r"✘ Test (?:\"(.+?)\"|(\S+\(\))) ", output)
    return True, (failed.group(1) or failed.group(2)) if failed else output[-300:]


def check(scratch, mutant):
    """Applies a mutant, tests, and takes it back; returns what noticed it, or a complaint."""
    file, text, replacement, _, tests = mutant
    path = scratch / file
    original = path.read_text()
    if original.count(text) != 1:
        return None, f"its text stands {original.count(text)} times in {file}"
    path.write_text(original.replace(text, replacement))
    try:
        is_built, found = test(scratch, file, tests)
    finally:
        path.write_text(original)
    if not is_built:
        return None, "does not build: " + found
    return found, None if found else "noticed by no test"


def check_all(scratch, mutants):
    """Checks mutants that are tried in one place, in turn; returns a row of the table for each."""
    tests = "|".join(sorted({mutant[4] for mutant in mutants if mutant[4]})) or None
    is_built, found = test(scratch, tests=tests)
    if not is_built or found:
        sys.exit(f"without any mutation the tests do not pass: {found}")
    rows, room = [], None
    for number, mutant in enumerate(mutants, 1):
        start = time.monotonic()
        if room and room not in (WHOLE, mutant[0].split("/")[1]):
            build_room(scratch, room)
        room = mutant[0].split("/")[1]
        found, complaint = check(scratch, mutant)
        rows.append((mutant[3], mutant[0], found or f"**{complaint}**", complaint is None))
        print(
            f"{number}/{len(mutants)} {mutant[3]}: {found or complaint} ({time.monotonic() - start:.0f} s)",
            flush=True,
        )
    return rows


def main():
    """Checks every mutant."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--scratch", default="/tmp/kinglet-mutations", help="folder for the copy")
    parser.add_argument("--only", default="", help="only rules that match this expression")
    parser.add_argument("--table", help="Markdown file for the table")
    parser.add_argument("--check", action="store_true", help="only whether every line to change is there")
    options = parser.parse_args()
    if options.check:
        missing = [rule for file, text, _, rule, _ in ALL if (ROOT / file).read_text().count(text) != 1]
        sys.exit(f"Scripts/mutations.py: not once in its file: {', '.join(missing)}" if missing else 0)
    scratch = pathlib.Path(options.scratch).resolve()
    chosen = [mutant for mutant in ALL if re.search(options.only, mutant[3])]
    whole = [mutant for mutant in chosen if mutant[0].startswith(f"Sources/{WHOLE}/")]
    small = [mutant for mutant in chosen if mutant not in whole]
    rows = []
    if small:
        copy(scratch)
        rows += check_all(scratch, small)
    if whole:
        prepare_whole(scratch / WHOLE)
        rows += check_all(scratch / WHOLE, whole)
    if options.table:
        lines = ["| rule removed | file | test that fails |", "|---|---|---|"]
        lines += [f"| {rule} | `{file}` | {found} |" for rule, file, found, _ in rows]
        pathlib.Path(options.table).write_text("\n".join(lines) + "\n")
    noticed = sum(row[3] for row in rows)
    print(f"{noticed} of {len(rows)} mutations were noticed")
    sys.exit(noticed < len(rows))


if __name__ == "__main__":
    main()

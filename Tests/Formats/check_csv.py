#!/usr/bin/env python3
"""Checks exported CSV tables with Python's csv and zlib."""

import csv
import math
import os
import struct
import zlib

from report import expect, run

EPISODE = ["episode", "task", "source", "steps", "return", "ending", "success", "robot_time",
           "wall_time", "crc32"]
STEP = ["episode", "step", "robot_time", "wall_time", "reward", "done", "truncated", "success"]
BOOLEANS = {"true": True, "false": False}


def records(path):
    """Each record of a table as its fields and its bytes."""
    with open(path, "rb") as file:
        pending = b""
        for line in file:
            pending += line
            if pending.count(b'"') % 2:
                continue
            expect(pending.endswith(b"\r\n"), f"{path}: a record does not end with CR LF")
            rows = list(csv.reader([pending.decode("utf-8")], strict=True))
            expect(len(rows) == 1, f"{path}: {pending[:60]!r} is not one record")
            yield rows[0], pending
            pending = b""
        expect(not pending, f"{path}: the last record has no end")


def check_header(fields):
    """Gives the places of the actions."""
    expect(fields[:len(STEP)] == STEP, f"steps.csv begins with {fields[:len(STEP)]}")
    rest = fields[len(STEP):]
    names = {kind: [n.removeprefix(kind) for n in rest if n.startswith(kind)]
             for kind in ("observation.", "next_observation.", "action.")}
    wanted = [kind + name for kind in names for name in names[kind]]
    expect(rest == wanted and len(set(rest)) == len(rest), f"steps.csv has the columns {rest}")
    expect(names["observation."] == names["next_observation."],
           "steps.csv names next observations otherwise than observations")
    expect(names["observation."] and names["action."], "steps.csv has no observations or actions")
    return len(fields) - len(names["action."])


def check_step(row, columns, first_action, where):
    """Gives the reward, as the float32 that it was, and the three marks."""
    expect(len(row) == columns, f"{where} has {len(row)} fields, not {columns}")
    numbers = [float(text) for text in row[2:5] + row[8:]]
    expect(all(map(math.isfinite, numbers)), f"{where} has a number that is not finite")
    for text in row[first_action:]:
        expect(abs(float(text)) <= 1, f"{where}: an action of {text} is outside -1…1")
    expect(all(text in BOOLEANS for text in row[5:8]), f"{where}: {row[5:8]} are no booleans")
    reward = struct.unpack("f", struct.pack("f", numbers[2]))[0]
    return reward, [BOOLEANS[text] for text in row[5:8]]


def check_episode(number, row, record, steps, header, first_action):
    """Gives the number of steps."""
    where = f"episodes.csv: episode {number}"
    expect(len(row) == len(EPISODE), f"{where} has {len(row)} fields")
    expect(row[0] == str(number), f"{where} is numbered {row[0]}")
    count = int(row[3])
    expect(count > 0 and row[3] == str(count), f"{where} has {row[3]} steps")
    expect(row[5] in ("terminal", "time-limit", "interrupted"), f"{where} ends {row[5]!r}")
    checksum, total, times = zlib.crc32(header[1]), 0.0, []
    for step in range(count):
        fields, text = next(steps, (None, None))
        expect(fields is not None, f"steps.csv ends in episode {number}, before step {step}")
        place = f"steps.csv: episode {number} step {step}"
        expect(fields[:2] == [str(number), str(step)], f"{place} is numbered {fields[:2]}")
        reward, marks = check_step(fields, len(header[0]), first_action, place)
        is_last = step == count - 1
        wanted = [is_last and row[5] == "terminal", is_last and row[5] != "terminal",
                  is_last and row[6] == "true"]
        expect(marks == wanted, f"{place}: done, truncated, success are {marks}, not {wanted}")
        checksum, total = zlib.crc32(text, checksum), total + reward
        times.append(fields[2:4])
    expect(float(row[4]) == total, f"{where}: its return is {row[4]}, not {total}")
    wanted = [times[-1][0], times[0][1]]
    expect(row[7:9] == wanted, f"{where}: its times are {row[7:9]}, not {wanted}")
    checksum = zlib.crc32(record[:-len(row[9]) - 2], checksum)
    expect(row[9] == f"{checksum:08x}", f"{where}: its crc32 is {row[9]}, not {checksum:08x}")
    return count


def check(root):
    found = sorted(os.listdir(root))
    expect(found == ["episodes.csv", "steps.csv"], f"holds {found}")
    steps = records(f"{root}/steps.csv")
    header = next(steps, ([], b""))
    first_action = check_header(header[0])
    episodes = records(f"{root}/episodes.csv")
    fields, _ = next(episodes, ([], b""))
    expect(fields == EPISODE, f"episodes.csv has the columns {fields}")
    counts = [
        check_episode(number, row, record, steps, header, first_action)
        for number, (row, record) in enumerate(episodes)
    ]
    expect(counts, "episodes.csv has no episode")
    expect(next(steps, None) is None, "steps.csv has steps after the last episode's")
    return f"{root}: {len(counts)} episodes, {sum(counts)} steps agree"


if __name__ == "__main__":
    run(check, __doc__)

#!/usr/bin/env python3
"""Damages copies of sound exports in many ways; each check must find each damage."""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import zlib

import h5py
import numpy as np
import pyarrow
import pyarrow.parquet

import check_csv
import check_lerobot
import check_robomimic

DATA = "data/chunk-000/file-000.parquet"


def flip(path, position, bit=0):
    with open(path, "r+b") as file:
        file.seek(position)
        byte = file.read(1)[0]
        file.seek(position)
        file.write(bytes([byte ^ 1 << bit]))


def cut(path, count):
    os.truncate(path, os.path.getsize(path) - count)


def rewrite(path, column, change, groups=lambda sizes: sizes):
    """Writes a Parquet file again, with a column changed, in row groups of the same sizes."""
    file = pyarrow.parquet.ParquetFile(path)
    sizes = [file.metadata.row_group(k).num_rows for k in range(file.num_row_groups)]
    table, metadata = file.read(), file.schema_arrow.metadata
    place = table.schema.names.index(column)
    kind = table.schema.field(column).type
    values = pyarrow.array(change(table.column(column).to_pylist()), kind)
    table = table.set_column(place, table.schema.field(column), values)
    with pyarrow.parquet.ParquetWriter(path, table.schema.with_metadata(metadata)) as writer:
        first = 0
        for size in groups(sizes):
            writer.write_table(table.slice(first, size), row_group_size=size)
            first += size


def changed(place, value):
    """A change of one element of a list."""
    def change(values):
        values[place] = value(values[place]) if callable(value) else value
        return values
    return change


def edit_json(path, change):
    with open(path, encoding="utf-8") as file:
        value = json.load(file)
    change(value)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file)


def set_field(*path_and_value):
    *path, last, value = path_and_value

    def change(root):
        for key in path:
            root = root[key]
        root[last] = value
    return change


def lerobot_damages():
    data = [
        ("a flipped byte in the data", lambda p: flip(f"{p}/{DATA}", 400)),
        ("a cut data file", lambda p: cut(f"{p}/{DATA}", 1)),
        ("half a data file", lambda p: cut(f"{p}/{DATA}", os.path.getsize(f"{p}/{DATA}") // 2)),
        ("no data file", lambda p: os.remove(f"{p}/{DATA}")),
        ("one row group", lambda p: rewrite(
            f"{p}/{DATA}", "index", lambda v: v, lambda sizes: [sum(sizes)])),
    ]
    for column, value in [
        ("frame_index", lambda v: v + 1), ("index", lambda v: v + 1), ("timestamp", 0.05),
        ("episode_index", 1), ("task_index", 9), ("action", lambda v: [1.5] + v[1:]),
        ("observation.state", lambda v: [float("nan")] + v[1:]), ("next.done", True),
        ("next.truncated", True), ("next.success", True), ("next.reward", 7.0),
        ("observation.wall_time", lambda v: v + 1),
    ]:
        data.append((f"another {column}", lambda p, c=column, v=value: rewrite(
            f"{p}/{DATA}", c, changed(0, v))))
    data.append(("frame_index shifted by one", lambda p: rewrite(
        f"{p}/{DATA}", "frame_index", lambda values: [v + 1 for v in values])))
    return data + lerobot_table_damages()


def lerobot_table_damages():
    episodes, tasks = "meta/episodes/chunk-000/file-000.parquet", "meta/tasks.parquet"
    info, stats = "meta/info.json", "meta/stats.json"
    tables = []
    for column, value in [
        ("length", 3), ("dataset_from_index", 1), ("data/file_index", 1), ("tasks", ["no"]),
        ("stats/action/mean", lambda v: [v[0] + 1e-6] + v[1:]), ("stats/action/q90", lambda v: v[1:]),
    ]:
        tables.append((f"another {column}", lambda p, c=column, v=value: rewrite(
            f"{p}/{episodes}", c, changed(0, v))))
    tables.append(("a flipped byte in the episodes", lambda p: flip(f"{p}/{episodes}", 300)))
    tables.append(("a cut table of tasks", lambda p: cut(f"{p}/{tasks}", 9)))
    tables.append(("another task", lambda p: rewrite(f"{p}/{tasks}", "task", changed(0, "no"))))
    tables.append(("tasks without pandas' index", lambda p: pyarrow.parquet.write_table(
        pyarrow.parquet.read_table(f"{p}/{tasks}").replace_schema_metadata(None), f"{p}/{tasks}")))
    for *keys, value in [
        ("fps", 20), ("fps", 10.0), ("total_frames", 1), ("total_episodes", 1), ("total_tasks", 99),
        ("codebase_version", "v2.1"), ("video_path", "videos"), ("splits", {"train": "0:1"}),
        ("features", "action", "dtype", "float64"), ("features", "action", "shape", [3]),
        ("features", "timestamp", "dtype", "float64"), ("features", "next.done", "names", ["a"]),
    ]:
        tables.append((f"info.json with {'.'.join(keys)} {value}", lambda p, k=keys, v=value:
                       edit_json(f"{p}/{info}", set_field(*k, v))))
    tables.append(("info.json without robot_type", lambda p: edit_json(
        f"{p}/{info}", lambda root: root.pop("robot_type"))))
    for key, value in [("min", [-2.0] * 4), ("std", [0.1] * 4), ("q01", [0.0] * 4), ("count", [1])]:
        tables.append((f"stats.json with another {key}", lambda p, k=key, v=value: edit_json(
            f"{p}/{stats}", set_field("action", k, v))))
    return tables


def edit_hdf5(change):
    def damage(path):
        with h5py.File(path, "r+") as file:
            change(file)
    return damage


def replace(name, values):
    def change(file):
        del file[name]
        file.create_dataset(name, data=values, fletcher32=True)
    return edit_hdf5(change)


def assign(name, place, value):
    return edit_hdf5(lambda file: file[name].__setitem__(place, value))


def attribute(group, name, value):
    return edit_hdf5(lambda file: file[group].attrs.__setitem__(name, value))


def flip_value(path):
    with h5py.File(path, "r") as file:
        offset = file["data/demo_0/actions"].id.get_chunk_info(0).byte_offset
    flip(path, offset + 2)


def robomimic_damages():
    demo = "data/demo_0/"
    return [
        ("a flipped byte in the data", flip_value),
        ("a cut file", lambda p: cut(p, 1)),
        ("half a file", lambda p: cut(p, os.path.getsize(p) // 2)),
        ("an action of 1.5", assign(demo + "actions", (0, 0), 1.5)),
        ("a reward that is not finite", assign(demo + "rewards", 0, np.nan)),
        ("a done before the end", assign(demo + "dones", 0, 1)),
        ("no end", assign(demo + "dones", -1, 0)),
        ("another total", attribute("data", "total", 1)),
        ("another num_samples", attribute("data/demo_1", "num_samples", 1)),
        ("env_args that are no JSON", attribute("data", "env_args", "{")),
        ("env_args of another type", attribute("data", "env_args", '{"env_name": "a"}')),
        ("a model that is no XML", attribute("data/demo_0", "model_file", "<mujoco>")),
        ("another ending", attribute("data/demo_0", "ending", "interrupted")),
        ("fewer observations", replace(demo + "obs/state", np.zeros((3, 7), "f4"))),
        ("wide rewards", replace(demo + "rewards", np.zeros(14, "f8"))),
        ("no next observations", edit_hdf5(lambda f: f.__delitem__(demo + "next_obs"))),
        ("a missing demonstration", edit_hdf5(lambda f: f.__delitem__("data/demo_1"))),
        ("a renamed demonstration", edit_hdf5(lambda f: f.move("data/demo_1", "data/episode_1"))),
        ("another validation", replace("mask/valid", np.array(["demo_3"], "S"))),
        ("no mask", edit_hdf5(lambda f: f.__delitem__("mask/train"))),
        ("an unknown success", replace("mask/success", np.array(["demo_99"], "S"))),
    ]


def with_true_checksum(root, change):
    """Changes both tables' bytes, and makes the checksum of the first episode true again."""
    parts = {}
    for name in ("episodes.csv", "steps.csv"):
        with open(f"{root}/{name}", "rb") as file:
            parts[name] = file.read()
    change(parts)
    header, first, rest = parts["episodes.csv"].split(b"\r\n", 2)
    steps = parts["steps.csv"].split(b"\r\n")[:int(first.split(b",")[3]) + 1]
    head = first.rsplit(b",", 1)[0] + b","
    checksum = zlib.crc32(b"".join(line + b"\r\n" for line in steps) + head)
    first = head + f"{checksum:08x}".encode()
    parts["episodes.csv"] = b"\r\n".join([header, first, rest])
    for name, content in parts.items():
        with open(f"{root}/{name}", "wb") as file:
            file.write(content)


def edit_field(name, record, field, value):
    """Another text for a field of a record that has no quotes."""
    def change(parts):
        lines = parts[name].split(b"\r\n")
        fields = lines[record].split(b",")
        if fields[field] == value:
            raise ValueError(f"{name}: field {field} already is {value!r}")
        fields[field] = value
        lines[record] = b",".join(fields)
        parts[name] = b"\r\n".join(lines)
    return lambda root: with_true_checksum(root, change)


def edit_text(name, before, after):
    """Another text for the first occurrence of one."""
    def change(parts):
        if before not in parts[name]:
            raise ValueError(f"{before!r} is not in {name}")
        parts[name] = parts[name].replace(before, after, 1)
    return lambda root: with_true_checksum(root, change)


def csv_damages():
    steps, episodes = "steps.csv", "episodes.csv"
    return [
        ("a flipped byte in the steps", lambda p: flip(f"{p}/{steps}", 900)),
        ("a flipped byte in the episodes", lambda p: flip(f"{p}/{episodes}", 100)),
        ("a flipped byte in a source", lambda p: flip(f"{p}/{episodes}", 95)),
        ("cut steps", lambda p: cut(f"{p}/{steps}", 1)),
        ("cut episodes", lambda p: cut(f"{p}/{episodes}", 1)),
        ("half the steps", lambda p: cut(f"{p}/{steps}", os.path.getsize(f"{p}/{steps}") // 2)),
        ("no steps", lambda p: os.remove(f"{p}/{steps}")),
        ("a shifted step", edit_field(steps, 1, 1, b"1")),
        ("another episode", edit_field(steps, 4, 0, b"1")),
        ("an action of 1.5", edit_field(steps, 1, -1, b"1.5")),
        ("an early end", edit_field(steps, 1, 5, b"true")),
        ("an early success", edit_field(steps, 2, 7, b"true")),
        ("a number that is not finite", edit_field(steps, 1, 8, b"nan")),
        ("no number", edit_field(steps, 1, 9, b"")),
        ("no boolean", edit_field(steps, 1, 5, b"0")),
        ("another wall time", edit_field(steps, 1, 3, b"5.0")),
        ("another reward", edit_field(steps, 1, 4, b"5.0")),
        ("another ending", edit_field(episodes, 1, 5, b"interrupted")),
        ("another return", edit_field(episodes, 1, 4, b"5.0")),
        ("another robot time", edit_field(episodes, 1, 7, b"5.0")),
        ("line feeds alone", edit_text(steps, b"\r\n0,2,", b"\n0,2,")),
        ("another column", edit_text(steps, b"action.", b"act.")),
    ]


def outcome(check, path):
    """The words of a failed check, or None."""
    try:
        check(path)
    except Exception as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())}"
    return None


def copy(path, target):
    if os.path.isdir(path):
        shutil.copytree(path, target)
    else:
        shutil.copyfile(path, target)


def data_files(path):
    if not os.path.isdir(path):
        return [path]
    found = [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]
    return [name for name in found if name.endswith((".parquet", ".csv"))]


def try_flips(check, path, scratch, count, generator):
    """Flips one bit at a time at random places of data files; gives how many were not seen."""
    target, unseen = scratch + "/flips", []
    copy(path, target)
    for _ in range(count):
        file = generator.choice(data_files(target))
        position = generator.randrange(os.path.getsize(file))
        bit = generator.randrange(8)
        flip(file, position, bit)
        if outcome(check, target) is None:
            unseen.append((os.path.relpath(file, target), position, bit))
        flip(file, position, bit)
    if outcome(check, target) is not None:
        raise ValueError("the flips were not taken back")
    return unseen


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["lerobot", "robomimic", "csv"])
    parser.add_argument("path", help="a sound export of ten or more episodes")
    parser.add_argument("--flips", type=int, default=0, help="bits to flip besides, one at a time")
    parser.add_argument("--verbose", action="store_true", help="show what each check said")
    options = parser.parse_args()
    check, damages = {
        "lerobot": (check_lerobot.check, lerobot_damages()),
        "robomimic": (check_robomimic.check, robomimic_damages()),
        "csv": (check_csv.check, csv_damages()),
    }[options.kind]
    sound = outcome(check, options.path)
    if sound is not None:
        sys.exit(f"{options.path} is not sound: {sound}")
    missed = []
    with tempfile.TemporaryDirectory() as scratch:
        for number, (name, damage) in enumerate(damages):
            target = f"{scratch}/{number}"
            copy(options.path, target)
            damage(target)
            words = outcome(check, target)
            if options.verbose:
                print(f"{name}: {(words or 'NOT SEEN').replace(target, '…')[:200]}")
            if words is None:
                missed.append(name)
        unseen = try_flips(check, options.path, scratch, options.flips, random.Random(1))
    if options.verbose:
        print("flips not seen (file, byte, bit):", unseen)
    print(f"{options.path}: {len(damages) - len(missed)} of {len(damages)} damages and "
          f"{options.flips - len(unseen)} of {options.flips} flipped bits are seen")
    if missed:
        sys.exit(f"not seen: {', '.join(missed)}")


if __name__ == "__main__":
    main()

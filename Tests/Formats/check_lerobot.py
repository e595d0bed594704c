#!/usr/bin/env python3
"""Checks an exported LeRobotDataset v3.0 (without images) with pyarrow, pandas and datasets."""

import json
import os
import tempfile

import numpy as np
import pandas
import pyarrow
import pyarrow.parquet

from report import expect, run

SCALARS = {
    "next.reward": "float32", "next.done": "bool", "next.truncated": "bool",
    "next.success": "bool", "observation.robot_time": "float64",
    "observation.wall_time": "float64", "timestamp": "float32", "frame_index": "int64",
    "episode_index": "int64", "index": "int64", "task_index": "int64",
}
VECTORS = ["observation.state", "action"]
FEATURES = VECTORS + list(SCALARS)
QUANTILES = {"q01": 0.01, "q10": 0.1, "q50": 0.5, "q90": 0.9, "q99": 0.99}
STATISTICS = ["min", "max", "mean", "std", "count", *QUANTILES]
FIXED = {
    "codebase_version": "v3.0", "chunks_size": 1000, "data_files_size_in_mb": 100,
    "video_files_size_in_mb": 200, "video_path": None,
    "data_path": "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
}
COUNTED = ["robot_type", "total_episodes", "total_frames", "total_tasks", "fps", "splits", "features"]


def check_info(root):
    with open(f"{root}/meta/info.json", encoding="utf-8") as file:
        info = json.load(file)
    expect(set(info) == set(FIXED) | set(COUNTED), f"info.json has the fields {sorted(info)}")
    for key, value in FIXED.items():
        same = info[key] == value and type(info[key]) is type(value)
        expect(same, f"info.json: {key} is {info[key]!r}, not {value!r}")
    for key in ("total_episodes", "total_frames", "total_tasks", "fps"):
        expect(type(info[key]) is int and info[key] > 0, f"info.json: {key} is {info[key]!r}")
    expect(isinstance(info["robot_type"], str), "info.json: robot_type is no text")
    splits = {"train": f"0:{info['total_episodes']}"}
    expect(info["splits"] == splits, f"info.json: splits are {info['splits']}, not {splits}")
    expect(list(info["features"]) == FEATURES, f"info.json has features {list(info['features'])}")
    for name, feature in info["features"].items():
        expect(set(feature) == {"dtype", "shape", "names"}, f"info.json: {name} is {feature}")
        if name in SCALARS:
            wanted = {"dtype": SCALARS[name], "shape": [1], "names": None}
            expect(feature == wanted, f"info.json: {name} is {feature}, not {wanted}")
        else:
            names, shape = feature["names"], feature["shape"]
            whole = feature["dtype"] == "float32" and shape == [len(names)] and shape[0] > 0
            expect(whole and len(set(names)) == len(names), f"info.json: {name} is {feature}")
            expect(all(type(n) is str and n for n in names), f"info.json: {name} is {feature}")
    return info


def arrow_type(feature):
    value = {"bool": pyarrow.bool_(), "int64": pyarrow.int64(), "float32": pyarrow.float32(),
             "float64": pyarrow.float64()}[feature["dtype"]]
    return value if feature["shape"] == [1] else pyarrow.list_(value)


def same_type(found, wanted):
    if pyarrow.types.is_list(wanted):
        return pyarrow.types.is_list(found) and found.value_type == wanted.value_type
    return found == wanted


def files_in(root, folder):
    """The files chunk-000/file-000.parquet and on, as (chunk, file, path)."""
    found = []
    for chunk in sorted(os.listdir(f"{root}/{folder}")):
        for name in sorted(os.listdir(f"{root}/{folder}/{chunk}")):
            found.append(f"{chunk}/{name}")
    places = [(k // 1000, k % 1000) for k in range(len(found))]
    wanted = [f"chunk-{chunk:03d}/file-{file:03d}.parquet" for chunk, file in places]
    expect(found == wanted and found, f"{folder} holds {found[:5]}, not {wanted[:5]}")
    return [(*place, f"{root}/{folder}/{name}") for place, name in zip(places, found)]


def open_table(path, types):
    """The file, whose columns must have these types in this order."""
    file = pyarrow.parquet.ParquetFile(path, page_checksum_verification=True)
    schema = file.schema_arrow
    expect(schema.names == list(types), f"{path} has the columns {schema.names}")
    for name, wanted in types.items():
        found = schema.field(name).type
        expect(same_type(found, wanted), f"{path}: {name} is {found}, not {wanted}")
    return file


def numbers(table, name, feature, path):
    """A column without holes as an array (rows, dimensions)."""
    column = table.column(name).combine_chunks()
    expect(column.null_count == 0, f"{path}: {name} has holes")
    width = feature["shape"][0]
    if width == 1:
        return column.to_numpy(zero_copy_only=False).reshape(-1, 1)
    lengths = column.value_lengths().to_numpy()
    expect((lengths == width).all(), f"{path}: {name} has lists of {set(lengths)}, not {width}")
    values = column.flatten()
    expect(values.null_count == 0, f"{path}: {name} has holes")
    return values.to_numpy(zero_copy_only=False).reshape(-1, width)


def statistics(values):
    values = values.astype(np.float64)
    low = values.min(axis=0)
    result = {"min": low, "max": values.max(axis=0), "mean": low + (values - low).mean(axis=0),
              "std": (values - low).std(axis=0), "count": np.array([len(values)])}
    for name, part in QUANTILES.items():
        result[name] = low + np.quantile(values - low, part, axis=0)
    return result


def expect_close(found, wanted, spread, what, exact=False):
    """Numbers that are equal up to rounding on the scale of the values and of their spread."""
    found, wanted = np.asarray(found, np.float64), np.asarray(wanted, np.float64)
    expect(found.shape == wanted.shape, f"{what} has {found.size} numbers, not {wanted.size}")
    allowed = 0 if exact else 1e-9 * spread + 1e-15 * np.abs(wanted)
    if what.endswith("std"):
        allowed = allowed + 1e-6 * (spread == 0)
    worst = np.abs(found - wanted) - allowed
    expect((worst <= 0).all(), f"{what} is {found.tolist()}, not {wanted.tolist()}")


def check_frames(frames, number, first, fps, where):
    """The rules of one episode's frames."""
    count = len(frames["index"])
    last = np.arange(count) == count - 1

    def same(name, wanted):
        found = frames[name][:, 0]
        expect(np.array_equal(found, wanted), f"{where}: {name} is {found[:6].tolist()}…, "
               f"not {np.asarray(wanted)[:6].tolist()}…")

    same("frame_index", np.arange(count))
    same("index", np.arange(first, first + count))
    same("episode_index", np.full(count, number))
    same("task_index", np.full(count, frames["task_index"][0, 0]))
    same("timestamp", (np.arange(count) / fps).astype(np.float32))
    for name, values in frames.items():
        expect(np.isfinite(values.astype(np.float64)).all(), f"{where}: {name} is not finite")
    far = np.abs(frames["action"]).max()
    expect(far <= 1, f"{where}: an action of {far} is outside -1…1")
    done, truncated = frames["next.done"][:, 0], frames["next.truncated"][:, 0]
    expect(np.array_equal(done ^ truncated, last) and not (done & truncated).any(),
           f"{where}: not just one of next.done and next.truncated, in the last frame")
    expect(not frames["next.success"][~last].any(), f"{where}: a success before the last frame")


def read_episodes(root, features):
    """The rows of meta/episodes, in order."""
    integer, real = pyarrow.int64(), pyarrow.float64()
    types = {"episode_index": integer, "tasks": pyarrow.list_(pyarrow.string()), "length": integer,
             "data/chunk_index": integer, "data/file_index": integer,
             "dataset_from_index": integer, "dataset_to_index": integer}
    for feature in features:
        for name in STATISTICS:
            types[f"stats/{feature}/{name}"] = pyarrow.list_(integer if name == "count" else real)
    types |= {"meta/episodes/chunk_index": integer, "meta/episodes/file_index": integer}
    for chunk, file, path in files_in(root, "meta/episodes"):
        table = open_table(path, types)
        for group in range(table.num_row_groups):
            for row in table.read_row_group(group).to_pylist():
                place = row["meta/episodes/chunk_index"], row["meta/episodes/file_index"]
                expect(place == (chunk, file), f"{path}: a row says that it is in {place}")
                yield row


def check_episode(row, number, first, frames, place, tasks):
    where = f"episode {number}"
    count = len(frames["index"])
    wanted = {
        "episode_index": number, "length": count, "dataset_from_index": first,
        "dataset_to_index": first + count, "data/chunk_index": place[0],
        "data/file_index": place[1], "tasks": [tasks[frames["task_index"][0, 0]]],
    }
    for key, value in wanted.items():
        expect(row[key] == value, f"{where}: {key} is {row[key]}, the data says {value}")
    for name, values in frames.items():
        computed = statistics(values)
        spread = computed["max"] - computed["min"]
        for key in STATISTICS:
            expect_close(row[f"stats/{name}/{key}"], computed[key], spread,
                         f"{where}: stats/{name}/{key}", key in ("min", "max", "count"))


class Summary:
    """Statistics of all episodes, merged as LeRobot does."""

    def __init__(self):
        self.parts = {}

    def add(self, row, features):
        for name in features:
            part = {key: np.asarray(row[f"stats/{name}/{key}"], np.float64) for key in STATISTICS}
            part["variance"] = part["std"] ** 2
            self.parts[name] = self.merged(self.parts[name], part) if name in self.parts else part

    @staticmethod
    def merged(a, b):
        total = a["count"] + b["count"]
        weight, distance = b["count"] / total, b["mean"] - a["mean"]
        result = {"count": total, "min": np.minimum(a["min"], b["min"]),
                  "max": np.maximum(a["max"], b["max"]), "mean": a["mean"] + distance * weight,
                  "variance": a["variance"] * (1 - weight) + b["variance"] * weight
                  + distance**2 * weight * (1 - weight)}
        for name, part in QUANTILES.items():
            result[name] = (np.minimum if part <= 0.5 else np.maximum)(a[name], b[name])
        return result

    def check(self, root, features):
        with open(f"{root}/meta/stats.json", encoding="utf-8") as file:
            found = json.load(file)
        expect(list(found) == list(features), f"stats.json has the features {list(found)}")
        for name, part in self.parts.items():
            part["std"] = np.sqrt(part["variance"])
            expect(list(found[name]) == STATISTICS, f"stats.json: {name} has {list(found[name])}")
            for key in STATISTICS:
                exact = key not in ("mean", "std")
                expect_close(found[name][key], part[key], part["max"] - part["min"],
                             f"stats.json: {name} {key}", exact)


def read_tasks(root, info):
    path = f"{root}/meta/tasks.parquet"
    pyarrow.parquet.read_table(path, page_checksum_verification=True)
    tasks = pandas.read_parquet(path)
    expect(tasks.index.name == "task", "tasks.parquet: the texts are not pandas' index")
    expect(all(isinstance(task, str) for task in tasks.index), "tasks.parquet: a task is no text")
    expect(list(tasks.columns) == ["task_index"], f"tasks.parquet has {list(tasks.columns)}")
    expect(tasks["task_index"].tolist() == list(range(info["total_tasks"])),
           f"tasks.parquet numbers the tasks {tasks['task_index'].tolist()}")
    expect(tasks.index.is_unique, "tasks.parquet has a task twice")
    return list(tasks.index)


def check_tree(root):
    expect(sorted(os.listdir(root)) == ["data", "meta"], f"holds {sorted(os.listdir(root))}")
    wanted = ["episodes", "info.json", "stats.json", "tasks.parquet"]
    found = sorted(os.listdir(f"{root}/meta"))
    expect(found == wanted, f"meta holds {found}, not {wanted}")


def check(root):
    """Everything but the way of the library datasets; gives the line for a person."""
    check_tree(root)
    info = check_info(root)
    features = info["features"]
    tasks = read_tasks(root, info)
    rows = read_episodes(root, features)
    types = {name: arrow_type(feature) for name, feature in features.items()}
    summary, first, number, used = Summary(), 0, 0, set()
    for chunk, file, path in files_in(root, "data"):
        table = open_table(path, types)
        whole = os.path.getsize(path) <= 110 << 20 or table.num_row_groups == 1
        expect(whole, f"{path} is larger than 100 MiB")
        for group in range(table.num_row_groups):
            part = table.read_row_group(group)
            frames = {n: numbers(part, n, f, path) for n, f in features.items()}
            check_frames(frames, number, first, info["fps"], f"{path}: episode {number}")
            row = next(rows, None)
            expect(row is not None, f"meta/episodes has only {number} rows")
            used.add(int(frames["task_index"][0, 0]))
            expect(max(used) < len(tasks), f"{path}: task_index {max(used)} has no text")
            check_episode(row, number, first, frames, (chunk, file), tasks)
            summary.add(row, features)
            first, number = first + part.num_rows, number + 1
    expect(next(rows, None) is None, f"meta/episodes has more than {number} rows")
    expect(len(used) == len(tasks), "tasks.parquet has a task that no episode uses")
    for key, value in (("total_episodes", number), ("total_frames", first)):
        expect(info[key] == value, f"info.json: {key} is {info[key]}, the data says {value}")
    summary.check(root, features)
    return f"{root}: {number} episodes, {first} frames, {len(tasks)} tasks agree"


def check_datasets(root):
    """Reads the dataset the way LeRobot does."""
    import datasets

    datasets.disable_progress_bars()
    with open(f"{root}/meta/info.json", encoding="utf-8") as file:
        info = json.load(file)
    wanted = {}
    for name, feature in info["features"].items():
        value = datasets.Value(feature["dtype"])
        width = feature["shape"][0]
        wanted[name] = value if width == 1 else datasets.Sequence(length=width, feature=value)
    with tempfile.TemporaryDirectory() as cache:
        paths = [path for _, _, path in files_in(root, "data")]
        frames = datasets.Dataset.from_parquet(
            paths, features=datasets.Features(wanted), cache_dir=cache)
        expect(len(frames) == info["total_frames"], f"datasets finds {len(frames)} frames")
        expect(frames[len(frames) - 1]["index"] == len(frames) - 1, "datasets loses a frame")
        paths = [path for _, _, path in files_in(root, "meta/episodes")]
        episodes = datasets.Dataset.from_parquet(paths, cache_dir=cache)
        expect(len(episodes) == info["total_episodes"], f"datasets finds {len(episodes)} episodes")


def check_all(root):
    line = check(root)
    check_datasets(root)
    return line


if __name__ == "__main__":
    run(check_all, __doc__)

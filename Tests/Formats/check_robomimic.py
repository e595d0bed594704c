#!/usr/bin/env python3
"""Checks an exported robomimic file with h5py."""

import json
import xml.etree.ElementTree

import h5py
import numpy as np

from report import expect, run

TEXTS = {"model_file", "task", "source", "ending"}


def check_environment(data):
    expect(set(data.attrs) == {"total", "env_args"}, f"data has attributes {sorted(data.attrs)}")
    arguments = json.loads(data.attrs["env_args"])
    wanted = {"env_name", "env_type", "env_kwargs", "robot_type", "frames_per_second",
              "observation_names", "action_names"}
    expect(set(arguments) == wanted, f"env_args holds {sorted(arguments)}")
    expect(isinstance(arguments["env_name"], str), "env_args: env_name is no text")
    expect(arguments["env_type"] == 2, f"env_args: env_type is {arguments['env_type']}, not 2")
    expect(arguments["env_kwargs"] == {}, "env_args: env_kwargs is not empty")
    rate = arguments["frames_per_second"]
    expect(type(rate) is int and rate > 0, f"env_args: frames_per_second is {rate!r}")
    return len(arguments["observation_names"]), len(arguments["action_names"])


def read(group, name, shape, kind):
    """A dataset of this shape and kind, every number of it finite."""
    expect(name in group, f"{group.name} has no {name}")
    dataset = group[name]
    expect(dataset.shape == shape, f"{dataset.name} has the shape {dataset.shape}, not {shape}")
    expect(dataset.dtype == kind, f"{dataset.name} holds {dataset.dtype}, not {kind}")
    expect(dataset.fletcher32, f"{dataset.name} has no checksum")
    values = dataset[()]
    expect(np.isfinite(values).all(), f"{dataset.name} has a number that is not finite")
    return values


def check_demonstration(group, observations, actions):
    """Gives the number of steps."""
    names = set(group.attrs)
    expect({"num_samples", "ending"} <= names <= TEXTS | {"num_samples"},
           f"{group.name} has the attributes {sorted(names)}")
    steps = int(group.attrs["num_samples"])
    expect(steps > 0, f"{group.name}: num_samples is {steps}")
    for name in names & TEXTS:
        expect(isinstance(group.attrs[name], str), f"{group.name}: {name} is no text")
    expect(set(group) - {"states"} == {"actions", "rewards", "dones", "obs", "next_obs"},
           f"{group.name} holds {sorted(group)}")
    far = np.abs(read(group, "actions", (steps, actions), "<f4")).max()
    expect(far <= 1, f"{group.name}: an action of {far} is outside -1…1")
    read(group, "rewards", (steps,), "<f4")
    dones = read(group, "dones", (steps,), "<i8")
    ending = group.attrs["ending"]
    expect(ending in ("terminal", "time-limit", "interrupted"), f"{group.name} ends {ending!r}")
    wanted = (np.arange(steps) == steps - 1) & (ending == "terminal")
    expect(np.array_equal(dones, wanted), f"{group.name}: dones are {dones.tolist()}")
    for name in ("obs", "next_obs"):
        expect(list(group[name]) == ["state"], f"{group[name].name} holds {list(group[name])}")
        read(group[name], "state", (steps, observations), "<f4")
    if "states" in group:
        shape = group["states"].shape
        expect(len(shape) == 2 and shape[1] > 0, f"{group.name}: states have the shape {shape}")
        read(group, "states", (steps, shape[1]), "<f8")
    if "model_file" in names:
        xml.etree.ElementTree.fromstring(group.attrs["model_file"])
    return steps


def check_masks(file, count):
    masks = file["mask"]
    wanted = {"train", "valid", "success"} if count >= 10 else {"success"}
    expect(set(masks) == wanted, f"mask holds {sorted(masks)}, not {sorted(wanted)}")
    chosen = {}
    for name in masks:
        expect(masks[name].dtype.kind == "S", f"mask/{name} holds {masks[name].dtype}")
        chosen[name] = [demo.decode("utf-8") for demo in np.array(masks[name][:])]
    every = [f"demo_{k}" for k in range(count)]
    success = set(chosen["success"])
    expect(chosen["success"] == [d for d in every if d in success], "mask/success is not a subset")
    if count >= 10:
        expect(chosen["valid"] == every[9::10], f"mask/valid is {chosen['valid']}")
        wanted = [demo for demo in every if demo not in chosen["valid"]]
        expect(chosen["train"] == wanted, f"mask/train is {chosen['train']}")


def check(path):
    with h5py.File(path, "r") as file:
        expect(set(file) == {"data", "mask"}, f"holds {sorted(file)}")
        data = file["data"]
        observations, actions = check_environment(data)
        expect(set(data) == {f"demo_{k}" for k in range(len(data))}, f"data holds {sorted(data)}")
        expect(len(data) > 0, "data holds no demonstration")
        steps = [
            check_demonstration(data[f"demo_{k}"], observations, actions) for k in range(len(data))
        ]
        total = int(data.attrs["total"])
        expect(total == sum(steps), f"total is {total}, the episodes have {sum(steps)} steps")
        check_masks(file, len(data))
        return f"{path}: {len(steps)} episodes, {total} steps agree"


if __name__ == "__main__":
    run(check, __doc__)

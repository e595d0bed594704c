#!/usr/bin/env python3
"""Decodes every message of a recorded episode by the schema in the file itself.

`mcap-protobuf-support` builds the messages from the file's own FileDescriptorSet; ticks must follow
each other, and steps must agree between the series.
"""

import argparse
import sys

from google.protobuf.message import DecodeError
from mcap.exceptions import McapError
from mcap.reader import make_reader
from mcap_protobuf.decoder import DecoderFactory


class Disagreement(Exception):
    """What a file says that cannot be."""


def require(condition, text):
    if not condition:
        raise Disagreement(text)


def check(path):
    """The number of messages of each topic."""
    counts, ticks, torques, steps = {}, [], [], {"/action": [], "/reward": []}
    with open(path, "rb") as file:
        reader = make_reader(file, validate_crcs=True, decoder_factories=[DecoderFactory()])
        names = {entry.name for entry in reader.iter_metadata()}
        require({"session", "episode"} <= names, f"its metadata are {sorted(names)}")
        attached = {entry.name for entry in reader.iter_attachments()}
        require({"recipe.yaml", "scene.xml"} <= attached, f"its attachments are {sorted(attached)}")
        for schema, channel, message, decoded in reader.iter_decoded_messages(log_time_order=False):
            topic = channel.topic
            require(decoded.DESCRIPTOR.full_name == schema.name, f"{topic} holds another message")
            require(message.publish_time > 1_600_000_000_000_000_000, f"{topic}: no time on the wall")
            counts[topic] = counts.get(topic, 0) + 1
            if topic == "/arm/state":
                ticks.append(decoded.tick)
                require(message.log_time == decoded.time, "a state's log time is not its robot time")
                require(len(decoded.jacobian) == 42, "a state's Jacobian is incomplete")
            elif topic == "/arm/torque":
                torques.append(decoded.tick)
            elif topic in steps:
                steps[topic].append(decoded.step)
    require(counts.get("/episode/origin") == 1, "it has not one origin")
    require(ticks == list(range(ticks[0], ticks[0] + len(ticks))), "ticks are missing")
    require(torques == ticks, "not each state has its torque")
    for topic, numbers in steps.items():
        require(numbers == list(range(len(numbers))), f"{topic}: steps are missing")
    require(counts["/observation"] == counts["/action"] + 1, "steps and observations disagree")
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+")
    for path in parser.parse_args().files:
        try:
            counts = check(path)
        except (Disagreement, McapError, DecodeError, OSError, KeyError, IndexError) as error:
            sys.exit(f"{path}: {type(error).__name__}: {error}")
        print(f"{path}: {sum(counts.values())} messages decoded")


if __name__ == "__main__":
    main()

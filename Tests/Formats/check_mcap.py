#!/usr/bin/env python3
"""Reads an MCAP file with other people's readers and says whether they agree.

The seeking and the stream reader of the package `mcap` count the messages of each topic with all
checksums on. Where the command `rerun` is on the PATH or beside the interpreter, its `mcap info`
must give the same counts, and its `mcap check --full` must find nothing.
"""

import argparse
import collections
import json
import os
import re
import shutil
import subprocess
import sys
import zlib

from mcap.reader import make_reader
from mcap.records import Channel, DataEnd, Footer, Message, Schema, Statistics
from mcap.stream_reader import StreamReader

FOOTER_AND_MAGIC = 29 + 8


class Disagreement(Exception):
    """What two readers say differently."""


def require(condition, text):
    if not condition:
        raise Disagreement(text)


def seek(path):
    """Counts by topic, by the index and with the checksums of the chunks."""
    with open(path, "rb") as file:
        reader = make_reader(file, validate_crcs=True)
        summary = reader.get_summary()
        require(summary is not None, "the seeking reader finds no summary")
        counts = collections.Counter(c.topic for _, c, _ in reader.iter_messages())
        attachments = len(list(reader.iter_attachments()))
        metadata = len(list(reader.iter_metadata()))
    statistics = summary.statistics
    stated = {
        summary.channels[channel].topic: count
        for channel, count in statistics.channel_message_counts.items()
    }
    require(stated == dict(counts), f"statistics {stated}, seeking reader {dict(counts)}")
    require(statistics.message_count == sum(counts.values()), "the statistics count otherwise")
    require(statistics.attachment_count == attachments, f"{attachments} attachments are found")
    require(statistics.metadata_count == metadata, f"{metadata} metadata records are found")
    require(statistics.chunk_count == len(summary.chunk_indexes), "chunks lack an index")
    return counts


def stream(path):
    """Counts by topic from start to end, with the checksums of chunks and of the data."""
    counts = collections.Counter()
    topics = {}
    statistics = footer = data_end = None
    with open(path, "rb") as file:
        for record in StreamReader(file, validate_crcs=True).records:
            if isinstance(record, Channel):
                topics[record.id] = record.topic
            elif isinstance(record, Message):
                counts[topics[record.channel_id]] += 1
            elif isinstance(record, Statistics):
                statistics = record
            elif isinstance(record, DataEnd):
                data_end = record
            elif isinstance(record, Footer):
                footer = record
    require(data_end and data_end.data_section_crc != 0, "the data has no checksum")
    require(statistics and footer, "the stream reader finds no statistics or no footer")
    return counts, footer


def summary_sum(path, footer):
    """The checksum that neither reader looks at."""
    with open(path, "rb") as file:
        file.seek(footer.summary_start)
        rest = file.read()
    sum_ = zlib.crc32(rest[: len(rest) - FOOTER_AND_MAGIC + 25])
    require(sum_ == footer.summary_crc, "the checksum of the summary is wrong")


def rerun_command():
    beside = os.path.join(os.path.dirname(sys.executable), "rerun")
    return shutil.which("rerun") or (beside if os.access(beside, os.X_OK) else None)


def rerun(command, path, counts):
    info = subprocess.run([command, "mcap", "info", path], capture_output=True, text=True)
    require(info.returncode == 0, f"rerun mcap info: {(info.stderr or info.stdout).strip()[:200]}")
    for topic, count in counts.items():
        found = rerun_count(info.stdout, topic)
        require(found == count, f"{topic}: rerun counts {found}, not {count}")
    check = subprocess.run(
        [command, "mcap", "check", "--full", path], capture_output=True, text=True
    )
    require(
        check.returncode == 0, f"rerun mcap check: {(check.stderr or check.stdout).strip()[:200]}"
    )


def rerun_count(text, topic):
    """The third column of the topic's row."""
    row = re.search(rf"^ *\d+ +{re.escape(topic)} +(\d+) ", text, re.MULTILINE)
    return int(row.group(1)) if row else None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("messages", type=int, help="number of messages that the file is to hold")
    parser.add_argument("--no-rerun", action="store_true", help="leave the command rerun out")
    options = parser.parse_args()
    command = None if options.no_rerun else rerun_command()
    try:
        counts = seek(options.file)
        streamed, footer = stream(options.file)
        require(streamed == counts, f"stream reader {dict(streamed)}, seeking {dict(counts)}")
        total = sum(counts.values())
        require(total == options.messages, f"{total} messages, not {options.messages}")
        summary_sum(options.file, footer)
        if command:
            rerun(command, options.file, counts)
    except Exception as error:  # Whatever a reader raises is its verdict.
        words = " ".join(f"{type(error).__name__}: {error}".split())
        print(f"{options.file}: FAILED: {words}")
        return 1
    readers = "seeking, stream" + (", rerun" if command else "")
    print(f"{options.file}: good, {total} messages, {json.dumps(counts, sort_keys=True)} ({readers})")
    return 0


if __name__ == "__main__":
    sys.exit(main())

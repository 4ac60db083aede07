"""Dead letters by the million: each verb's time and peak memory, and whether it counts right. See letters.sh."""

import json
import os
import subprocess
import sys
import time

from rig.dlq import Dlq, sluice_headers
from rig.kafka import Kafka
from rig.sluice import binary

CODES = [f"json.{name}" for name in ("invalid", "hex", "date", "type", "utf8", "missing-field", "duplicate-name", "empty",
                                     "not-object")] + ["mongodb.validation"]
VALUE = json.dumps({"id": 1, "disease": "Late blight", "padding": "x" * 300}).encode()
INI = """
[pipeline]
name = letters
topics = potato
sink = out
errors.tolerance = all
errors.deadletterqueue.topic.name = {dlq}

[kafka]
bootstrap.servers = {bootstrap}

[sink.out]
plugin = file
path = /dev/null
"""


def produce(kafka, topic, count):
    kafka.create_topic(topic, 3)
    producer = kafka.producer(compression_type="lz4", linger_ms=50)
    for number in range(count):
        code = "mongodb.rare" if number == count // 3 else CODES[number % len(CODES)]
        headers = sluice_headers("potato", 0, number, code, "letters")
        while True:
            try:
                producer.produce(topic, VALUE, key=str(number % 1000), headers=headers)
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    assert producer.flush(120) == 0


def measure(dlq, *arguments):
    """(what it printed, seconds, peak MiB, lines of progress)"""
    began = time.monotonic()
    child = subprocess.Popen([binary(), *map(str, dlq.arguments(*arguments))], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
    out = child.stdout.read()
    error = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    assert status == 0, error
    return out, time.monotonic() - began, usage.ru_maxrss / 1024, error.count(b"read ")


def main(total):
    with Kafka() as kafka:
        for count in (total // 100, total):
            topic = f"letters{count}.dlq"
            produce(kafka, topic, count)
            dlq = Dlq(INI.format(dlq=topic, bootstrap=kafka.bootstrap))
            for arguments in (("stats", "--json"), ("stats", "--json", "--by", "code,topic,stage,hour"), ("ls",),
                              ("ls", "--code", "mongodb.rare", "--json"), ("export", "--code", "json.hex", "-o", "/dev/null")):
                out, seconds, peak, told = measure(dlq, *arguments)
                print(f"{count} letters, {' '.join(arguments)}: {seconds:.1f} s, peak memory {peak:.0f} MiB", flush=True)
                if arguments[0] == "stats":
                    stats = json.loads(out)
                    expected = {code: count // len(CODES) for code in CODES}
                    expected[CODES[count // 3 % len(CODES)]] -= 1
                    assert {g["code"]: g["count"] for g in stats["groups"]} == {**expected, "mongodb.rare": 1}
                if "mongodb.rare" in arguments:
                    assert json.loads(out)["origin"]["offset"] == count // 3


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)

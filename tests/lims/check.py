"""Compares the consumer's database with the producer's, document by document: types included, field order and _id aside.

    python -m lims.check PRODUCER_URI [CONSUMER_URI]
"""

import sys

import pymongo
from bson.codec_options import CodecOptions

from .events import CONSUMER, PRODUCER, TOPICS, collection_of


def typed(value):
    """A value with its BSON type, comparable: 1 is not 1.0, and int32 (int) not int64 (bson.Int64)."""
    if isinstance(value, dict):
        return "document", tuple(sorted((name, typed(item)) for name, item in value.items()))
    if isinstance(value, list):
        return "array", tuple(typed(item) for item in value)
    return type(value).__name__, value


def fields_of(raw):
    return {name: typed(item) for name, item in raw.items() if name != "_id"}


class Comparison:
    def __init__(self):
        self.compared = 0
        self.differences = []

    def collection(self, producer, consumer, name):
        wanted = {}
        for document in producer.find():
            wanted[document["id"]] = fields_of(document)
        seen = set()
        for document in consumer.find():
            key = document.get("id")
            self.compared += 1
            if key in seen:
                self.differences.append(f"{name} id {key}: several documents")
                continue
            seen.add(key)
            got = fields_of(document)
            if key not in wanted:
                self.differences.append(f"{name} id {key}: not in the producer's database")
            elif got != wanted[key]:
                fields = sorted(f for f in got.keys() | wanted[key].keys() if got.get(f) != wanted[key].get(f))
                details = ", ".join(f"{f}: {str(got.get(f))[:60]} instead of {str(wanted[key].get(f))[:60]}"
                                    for f in fields[:3])
                self.differences.append(f"{name} id {key}: {details}")
        for key in wanted.keys() - seen:
            self.compared += 1
            self.differences.append(f"{name} id {key}: missing")

    def __str__(self):
        shown = [f"  {difference}" for difference in self.differences[:10]]
        if len(self.differences) > 10:
            shown.append(f"  ... and {len(self.differences) - 10} more")
        return "\n".join([*shown, f"{self.compared} documents compared, {len(self.differences)} differences"])


def compare(producer_client, consumer_client=None, topics=TOPICS, databases=(PRODUCER, CONSUMER)):
    options = CodecOptions(tz_aware=False)
    comparison = Comparison()
    for topic in topics:
        name = collection_of(topic)
        comparison.collection(producer_client[databases[0]].get_collection(name, codec_options=options),
                              (consumer_client or producer_client)[databases[1]].get_collection(name, codec_options=options),
                              name)
    return comparison


if __name__ == "__main__":
    clients = [pymongo.MongoClient(uri) for uri in sys.argv[1:3]]
    result = compare(*clients)
    print(result)
    if not result.compared:
        sys.exit(f"nothing was compared: neither {PRODUCER} nor {CONSUMER} has a document there")
    sys.exit(1 if result.differences else 0)

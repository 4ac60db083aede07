"""How long a change of the producer's database was unknown to the consumer's, told by the two oplogs alone: each entry has
the time at which its server wrote it, so that nobody has to watch while it happens, and nothing is missed between looks."""

from .classes import PLANTS
from .events import CONSUMER, PRODUCER, collection_of

FIELDS = ("wall", "ns", "o2._id", "o._id", "o.updated_at", "o.diff.u.updated_at", "o.diff.i.updated_at")


def version(entry):
    """The updated_at that an oplog entry writes, as a whole document or as a difference; None: it writes none."""
    written = entry["o"]
    for part in (written, *(written.get("diff", {}).get(name, {}) for name in ("u", "i"))):
        if part.get("updated_at") is not None:
            return part["updated_at"]
    return None


def writes(client, database, since):
    """(plant, id, version, when) of each write, in order."""
    for plant in PLANTS:
        collection = client[database][collection_of(plant)]
        ids = {document["_id"]: document["id"] for document in collection.find({}, {"id": 1})}
        wanted = {"ns": collection.full_name, "op": {"$in": ["i", "u"]}, "wall": {"$gte": since}}
        for entry in client["local"]["oplog.rs"].find(wanted, FIELDS).sort("$natural"):
            if version(entry) is not None:
                key = entry["o2" if "o2" in entry else "o"]["_id"]
                yield plant, ids[key], version(entry), entry["wall"]


def ages(producer, consumer, since):
    """Seconds from each change until the consumer's database held it, or a newer one of the same image. Both clients'
    servers must be members of replica sets: they alone have an oplog."""
    arrivals = {}
    for plant, id_, at, when in writes(consumer, CONSUMER, since):
        arrivals.setdefault((plant, id_), []).append((at, when))
    found = []
    for plant, id_, at, when in writes(producer, PRODUCER, since):
        visible = next(arrived for version_, arrived in arrivals[plant, id_] if version_ >= at)
        found.append((visible - when).total_seconds())
    return sorted(found)


def percentile(ordered, percent):
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]

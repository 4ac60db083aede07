"""One plant's images in the producer's database, and the event of each change."""

import datetime
import os
import random
import threading

import pymongo

from .events import collection_of
from .pictures import album
from .settings import one_of

ALBUM = album(int(os.environ.get("ALBUM_SEED", "1")))
# What an update's event holds: the whole image, or its id and the fields that have changed.
UPDATE_EVENTS = one_of("UPDATE_EVENTS", "whole", "changes")


def now():
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)


def matching(is_active, has_disease):
    wanted = {"is_deleted": False}
    if is_active is not None:
        wanted["is_active"] = is_active
    if has_disease is not None:
        wanted["disease"] = {"$ne": None} if has_disease else None
    return wanted


class Images:
    def __init__(self, database, plant, outbox):
        self.plant, self.outbox = plant, outbox
        self.collection = database[collection_of(plant)]
        self.lock = threading.Lock()  # changes are sent in the order in which they are made

    def start(self):
        self.collection.create_index("id", unique=True)

    def get(self, id_):
        return self.collection.find_one({"id": id_}, {"_id": 0})

    def total(self):
        return self.collection.count_documents({})

    def random(self, is_active=None, has_disease=None):
        """None: there is none like that."""
        picked = self.collection.aggregate([{"$match": matching(is_active, has_disease)}, {"$sample": {"size": 1}},
                                            {"$unset": "_id"}])
        return next(picked, None)

    def batch(self, from_id, limit, is_active=None, has_disease=None):
        wanted = {**matching(is_active, has_disease), "id": {"$gte": from_id}}
        return list(self.collection.find(wanted, {"_id": 0}).sort("id").limit(limit))

    def create(self, camera_id, gps_coordinates):
        with self.lock:
            last = self.collection.find_one(sort=[("id", -1)], projection={"id": 1})
            document = {
                "id": last["id"] + 1 if last else 1,
                "camera_id": camera_id,
                "data": random.choice(ALBUM),
                "gps_coordinates": gps_coordinates,
                "created_at": now(),
                "updated_at": now(),
                "is_active": False,
                "is_deleted": False,
                "disease": None,
                "percentage": None,
            }
            with self.outbox.change(self.plant, document["id"]) as mark:
                self.collection.insert_one(dict(document))
                self.outbox.send(mark, document)
        return document

    def update(self, id_, changes, among=None):
        """The image as it is then; None: there is none with this id (among those that `among` describes)."""
        with self.lock, self.outbox.change(self.plant, id_) as mark:
            changes = {**changes, "updated_at": now()}
            document = self.collection.find_one_and_update(
                {**(among or {}), "id": id_}, {"$set": changes}, {"_id": 0}, return_document=pymongo.ReturnDocument.AFTER)
            if document is None:
                self.outbox.give_up(mark)
            else:
                self.outbox.send(mark, document if UPDATE_EVENTS == "whole" else {"id": id_, **changes})
        return document

    def delete(self, id_):
        return self.update(id_, {"is_deleted": True}, {"is_deleted": False})

"""The main job: LIMS events through a real Kafka into a real MongoDB."""

import pathlib
import time

from lims.check import compare
from lims.events import CONSUMER, ImageApi, Leaves, collection_of, populate
from rig.process import wait_until
from rig.sluice import Sluice


def ids(client, topic):
    return {d["id"]: d["_id"] for d in client[CONSUMER][collection_of(topic)].find({}, {"id": 1})}


def test_documents_become_equal_to_the_producers(pipeline, mongod):
    leaves = Leaves(seed=11, topics=[pipeline.topic(plant) for plant in ("potato", "tomato", "pepper")])
    pipeline.make_dlq()
    with mongod.client() as client:
        populate(client, leaves, 50)
        before = {topic: ids(client, topic) for topic in leaves.topics}
        ImageApi(client, pipeline.kafka.producer(), leaves).run(600)
        with Sluice(pipeline.lims_ini("tasks.max = 2")) as sluice:
            sluice.wait_total("sluice_records_stored_total", 600)
            wait_until("lag 0", lambda: sluice.total("sluice_consumer_lag_records") == 0)
            assert sluice.stop() == 0
        result = compare(client, topics=leaves.topics)
        assert not result.differences and result.compared > 300, str(result)
        for topic in leaves.topics:  # updated, not replaced: the database's own _id stays
            after = ids(client, topic)
            assert {key: after[key] for key in before[topic]} == before[topic]
    assert pipeline.letters() == []
    for topic in pipeline.topics:
        assert pipeline.kafka.committed(pipeline.group, topic) == pipeline.kafka.ends(topic)


def test_a_killed_process_leaves_nothing_in_shared_memory(pipeline):
    pipeline.topic()
    pipeline.make_dlq()
    began = time.time()
    with Sluice(pipeline.ini()) as sluice:
        sluice.wait_ready()
        sluice.kill9()
    left = pathlib.Path(f"/dev/shm/mongoc-{sluice.pid}")
    assert not left.exists() or left.stat().st_mtime < began  # another's of that number, long ago

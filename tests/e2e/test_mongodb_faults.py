"""The outcome rule, row by row, with the server's own fault points: nothing is counted stored that is not, nothing
transient is dead-lettered."""

import json
import shutil
import time

import pytest
from bson import Int64

from rig.mongodb import Mongod
from rig.process import wait_until
from rig.sluice import Sluice


def event(number, **fields):
    return json.dumps({"id": number, "updated_at": "2023-10-08T15:39:49.123123", **fields}).encode()


@pytest.fixture
def faults(mongod):
    yield mongod
    mongod.fail_command("off")


def consumed(pipeline, sluice, topic, count):
    wait_until("lag 0", lambda: sluice.total("sluice_consumer_lag_records") == 0 and
               sluice.total("sluice_records_stored_total") >= count, 40, 0.2)
    assert len(pipeline.documents(topic)) == count
    assert sluice.total("sluice_records_stored_total") == count
    assert sluice.total("sluice_records_dead_lettered_total") == 0
    assert sluice.stop() == 0
    assert pipeline.letters() == []


FAILURES = {
    "closed connection": {"closeConnection": True},
    "failover": {"errorCode": 11600},
    "shutdown": {"errorCode": 91},
    "disk full": {"errorCode": 14031},
    "an unknown code": {"errorCode": 54321},
    "write concern error": {"writeConcernError": {"code": 64, "errmsg": "waiting for replication timed out"}},
    "blocked beyond the socket's timeout": {"blockConnection": True, "blockTimeMS": 6000},
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_transient_failure_is_retried_until_all_is_stored_once(pipeline, faults, failure):
    topic = pipeline.topic()
    pipeline.make_dlq()
    with Sluice(pipeline.ini()) as sluice:
        sluice.wait_ready()
        times = 1 if "blockTimeMS" in FAILURES[failure] else 3
        faults.fail_command({"times": times}, failCommands=["update"], **FAILURES[failure])
        pipeline.kafka.produce(topic, [event(n) for n in range(50)])
        wait_until("a retry", lambda: sluice.total("sluice_records_retried_total") >= 1, 20)
        consumed(pipeline, sluice, topic, 50)


def test_a_validator_and_a_unique_index_reject_their_documents_alone(pipeline):
    topic = pipeline.topic()
    pipeline.make_dlq()
    with pipeline.mongod.client() as client:
        database = client[pipeline.name]
        database.create_collection(f"images-{topic}", validator={"$jsonSchema": {"properties": {
            "percentage": {"bsonType": ["double", "null"]}}}})
        database[f"images-{topic}"].create_index("serial", unique=True, sparse=True)
    values = [event(1, serial="a"), event(2, percentage="no"), event(3), event(4, serial="a"), event(5)]
    pipeline.kafka.produce(topic, values)
    with Sluice(pipeline.ini()) as sluice:
        sluice.wait_total("sluice_records_dead_lettered_total", 2)
        sluice.wait_total("sluice_records_stored_total", 3)
        assert sluice.total("sluice_puts_total") <= 3
        assert sluice.stop() == 0
    assert sorted(pipeline.letters()) == [("mongodb.duplicate-key", "TASK_PUT", topic, 0, 3),
                                          ("mongodb.validation", "TASK_PUT", topic, 0, 1)]
    assert set(pipeline.documents(topic)) == {1, 3, 5}


def test_a_bad_event_among_several_of_one_key_is_a_letter_and_the_others_are_merged(pipeline):
    topic = pipeline.topic()
    pipeline.make_dlq()
    with pipeline.mongod.client() as client:
        client[pipeline.name].create_collection(f"images-{topic}", validator={"percentage": {"$ne": "no"}})
    pipeline.kafka.produce(topic, [event(1, camera_id=1), event(1, percentage="no"), event(1, disease="Healthy")])
    with Sluice(pipeline.ini()) as sluice:
        sluice.wait_total("sluice_records_dead_lettered_total", 1)
        sluice.wait_total("sluice_records_stored_total", 2)
        assert sluice.stop() == 0
    assert pipeline.letters() == [("mongodb.validation", "TASK_PUT", topic, 0, 1)]
    document = pipeline.documents(topic)[1]
    assert (document["camera_id"], document["disease"], "percentage" in document) == (1, "Healthy", False)


def test_deep_documents_are_letters_and_never_a_loop(pipeline):
    topic = pipeline.topic()
    pipeline.make_dlq()
    values = []
    for number, depth in enumerate((99, 150, 190, 220, 3000)):
        nested = b'{"a":' * (depth - 1) + b"1" + b"}" * (depth - 1)
        values += [event(3 * number), b'{"id":%d,"d":%s}' % (3 * number + 1, nested), event(3 * number + 2)]
    pipeline.kafka.produce(topic, values)
    with Sluice(pipeline.ini()) as sluice:
        sluice.wait_total("sluice_records_dead_lettered_total", 4)
        sluice.wait_total("sluice_records_stored_total", 11)
        assert sluice.total("sluice_records_retried_total") == 0
        assert sluice.stop() == 0
    assert {letter[0] for letter in pipeline.letters()} == {"json.too-deep"} and len(pipeline.letters()) == 4


def test_doubled_keys_stop_the_task_by_name_until_they_are_gone(pipeline):
    topic = pipeline.topic()
    pipeline.make_dlq()
    pipeline.kafka.produce(topic, [event(n) for n in (1, 2, 3)])
    with pipeline.mongod.client() as client:
        collection = client[pipeline.name][f"images-{topic}"]
        collection.insert_many([{"id": 1, "a": 1}, {"id": 1, "a": 2}, {"id": 2}])
        with Sluice(pipeline.ini()) as sluice:
            wait_until("the sink's cause", lambda: "several documents with one id" in sluice.cause("sink-0"))
            wait_until("the task's", lambda: '"_id" : 1' in (cause := sluice.cause("task-0")) and f"images-{topic}" in cause)
            assert sluice.total("sluice_records_stored_total") == 0
            collection.delete_one({"a": 2})
            sluice.wait_total("sluice_records_stored_total", 3)
            assert sluice.stop() == 0
        assert collection.count_documents({}) == 3
    assert pipeline.letters() == []


def test_without_the_unique_index_doubles_stay_and_none_is_added(pipeline):
    topic = pipeline.topic()
    pipeline.make_dlq()
    pipeline.kafka.produce(topic, [event(n, seen=True) for n in (1, 2, 3)] * 2)
    with pipeline.mongod.client() as client:
        collection = client[pipeline.name][f"images-{topic}"]
        collection.insert_many([{"id": 1, "a": 1}, {"id": 1, "a": 2}, {"id": 2}])
        with Sluice(pipeline.ini(sink="unique.index = off")) as sluice:
            sluice.wait_total("sluice_records_stored_total", 6)
            assert sluice.stop() == 0
        assert [d.get("a") for d in collection.find({"id": 1, "seen": True})] == [1]
        assert collection.count_documents({}) == 4


def test_types_are_those_the_producer_s_driver_writes(pipeline):
    topic = pipeline.topic()
    pipeline.make_dlq()
    pipeline.kafka.produce(topic, [b'{"id":7,"camera_id":3}', b'{"id":"7","is_active":true}', b'{"id":7.0,"disease":"Healthy"}',
                                   b'{"id":9223372036854775807}', b'{"id":8,"g":[48.0,1],"p":1.0,"q":1e-05}'])
    with Sluice(pipeline.ini()) as sluice:
        sluice.wait_total("sluice_records_stored_total", 5)
        assert sluice.stop() == 0
    documents = pipeline.documents(topic)
    assert documents[7] == {"id": 7, "camera_id": 3, "is_active": True, "disease": "Healthy"}
    assert type(documents[7]["id"]) is int and type(documents[9223372036854775807]["id"]) is Int64
    assert [type(x) for x in documents[8]["g"]] == [float, int] and type(documents[8]["p"]) is float


def test_a_standalone_mongod_that_is_killed_and_restarted_loses_nothing(pipeline):
    topic = pipeline.topic()
    pipeline.make_dlq()
    with Mongod() as standalone:
        ini = pipeline.ini(uri=standalone.uri)
        with Sluice(ini) as sluice:
            sluice.wait_ready()
            pipeline.kafka.produce(topic, [event(n) for n in range(200)])
            sluice.wait_total("sluice_records_stored_total", 200)
            standalone.process.kill9()
            pipeline.kafka.produce(topic, [event(n) for n in range(200, 400)])
            wait_until("/ready to be red", lambda: sluice.cause("sink-0"))
            time.sleep(1)
            standalone.process.start()
            standalone.wait()
            wait_until("lag 0", lambda: sluice.total("sluice_consumer_lag_records") == 0)
            assert sluice.stop() == 0
        with standalone.client() as client:
            assert client[pipeline.name][f"images-{topic}"].count_documents({}) == 400
    assert pipeline.letters() == []


def lose_everything(server):
    server.process.kill9()
    data = server.folder / "data-0"
    shutil.rmtree(data)
    data.mkdir()


# Events that keep coming leave no time to look at an idle sink; those that come when it is back see no failure.
@pytest.mark.parametrize("while_away, behind", [(True, True), (False, True), (False, False)])
def test_a_database_that_comes_back_without_its_data_gets_its_unique_index_again(pipeline, while_away, behind):
    topic = pipeline.topic()
    pipeline.make_dlq()
    with Mongod() as server:
        def indexed():
            with server.client() as client:
                return "id_1" in client[pipeline.name][f"images-{topic}"].index_information()

        def indexed_behind_one_more():
            if behind:
                pipeline.kafka.produce(topic, [event(2)])
            return indexed()

        with Sluice(pipeline.ini(uri=server.uri)) as sluice:
            sluice.wait_ready()
            pipeline.kafka.produce(topic, [event(1)])
            sluice.wait_total("sluice_records_stored_total", 1)
            assert indexed()
            lose_everything(server)
            if while_away:
                pipeline.kafka.produce(topic, [event(2)])
                wait_until("/ready to be red", lambda: sluice.cause("sink-0"))
            server.process.start()
            server.wait()
            wait_until("the index", indexed_behind_one_more, step=1)
            assert sluice.stop() == 0


def test_a_write_concern_that_cannot_be_met_is_waited_for(pipeline):
    topic = pipeline.topic()
    pipeline.make_dlq()
    pipeline.kafka.produce(topic, [event(1)])
    with Sluice(pipeline.ini(uri=pipeline.mongod.uri + "&w=5")) as sluice:
        wait_until("/ready to say so", lambda: "mongodb." in sluice.cause("sink-0"))
        time.sleep(2)
        assert sluice.total("sluice_records_stored_total") == 0
        assert sluice.stop() == 0
    assert pipeline.letters() == []
    assert pipeline.kafka.committed(pipeline.group, topic)[0] in (None, 0)

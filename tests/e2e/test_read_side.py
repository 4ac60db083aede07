"""The read side: what the leaf system's users ask of the consumer's database, answered by Sluice itself."""

import contextlib
import http.client
import json
import pathlib
import signal
import time
import urllib.error
import urllib.request

import bson
import pytest
from bson.raw_bson import RawBSONDocument

from conftest import Pipeline
from rig.process import free_port, wait_until
from rig.sluice import Sluice, sluice

# An event and, since json-event keeps milliseconds, what comes back.
EVENT = {"id": 7, "camera_id": 1, "data": "ffd8ffe000104a46", "gps_coordinates": [48.476563, 16.0],
         "created_at": "2023-10-08T15:39:49.123000", "updated_at": "2023-10-08T15:39:49", "is_active": False,
         "is_deleted": False, "disease": None, "percentage": 0.8067989945411682}


class Reading:
    def __init__(self, kafka, mongod, more=""):
        self.pipeline = Pipeline(kafka, mongod)
        self.topic = self.pipeline.topic()
        self.pipeline.make_dlq()
        self.url = f"127.0.0.1:{free_port()}"
        http = f"[http]\nread.listen = {self.url}\nread.path = /image-plant\nread.total = total_images\n{more}\n"
        self.sluice = Sluice(self.pipeline.ini(sink="lookup.format = event") + http, admin=True)

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://{self.url}{path}", timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


@pytest.fixture(scope="module")
def reading(kafka, mongod):
    reading = Reading(kafka, mongod)
    with reading.sluice:
        reading.sluice.wait_ready()
        kafka.produce(reading.topic, [json.dumps({**EVENT, "id": n}) for n in range(1, 21)])
        reading.sluice.wait_total("sluice_records_stored_total", 20)
        yield reading


def test_an_image_is_answered_as_the_event_it_came_with(reading):
    assert reading.get(f"/image-plant/{reading.topic}/7") == (200, EVENT)
    status, body = reading.get(f"/image-plant/{reading.topic}/8/")
    assert (status, body["id"]) == (200, 8)


def test_images_are_counted(reading):
    assert reading.get(f"/image-plant/{reading.topic}/total/") == (200, {"total_images": 20})
    assert reading.get(f"/image-plant/{reading.topic}/total") == (200, {"total_images": 20})


def test_it_is_alive(reading):
    assert reading.get("/ping") == (200, "Hello, I am alive")


def test_who_answers_leaves_processors_to_the_pipeline(reading):
    connection = http.client.HTTPConnection(reading.url, timeout=10)  # kept, and its thread with it
    connection.request("GET", "/ping")
    assert connection.getresponse().status == 200
    tasks = pathlib.Path(f"/proc/{reading.sluice.child.pid}/task")

    def one_gives_way():
        with contextlib.suppress(OSError):  # a thread has just ended
            nice = [int(stat.read_text().rpartition(")")[2].split()[16]) for stat in tasks.glob("*/stat")]
            return set(nice) == {min(nice), min(min(nice) + 10, 19)} and nice.count(max(nice)) == 1

    wait_until("all but one to be as the process is", one_gives_way)
    connection.close()


def test_what_is_not_there_is_a_404_and_what_is_no_key_a_400(reading):
    for path in (f"/image-plant/{reading.topic}/999", "/image-plant/system.users/1", "/image-plant/system.users/total/",
                 f"/image-plant/{reading.topic}", "/", f"/topics/{reading.topic}/keys/7"):
        status, body = reading.get(path)
        assert (status, body["error_code"]) == (404, 404), path
    status, body = reading.get(f"/image-plant/{reading.topic}/x%22")
    assert status == 400 and "is no key" in body["message"]


def test_no_answer_repeats_what_was_asked(reading):
    """Known secrets are masked in what is told, so that a guess would be confirmed."""
    for path in ("/image-plant/S3cr3t-gu3ss/7", f"/image-plant/{reading.topic}/S3cr3t-gu3ss", "/S3cr3t-gu3ss",
                 f"/image-plant/{reading.topic}/S3cr3t-gu3ss%22", f"/image-plant/{reading.topic}/%22S3cr3t-gu3ss%22"):
        status, body = reading.get(path)
        assert status in (400, 404) and "gu3ss" not in body["message"] and "***" not in body["message"], body


def test_nothing_else_is_on_that_listener(reading):
    for path in ("/metrics", "/live", "/ready", "/connectors", "/dlq/", "/openapi.yaml"):
        assert reading.get(path)[0] == 404, path
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        request = urllib.request.Request(f"http://{reading.url}/image-plant/{reading.topic}/7", method=method, data=b"")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=10)
        assert refused.value.code == 405 and refused.value.headers["Allow"] == "GET, HEAD"


def test_a_number_that_is_no_int64_or_comes_with_more_is_no_key(reading):
    for key in ("18446744073709551623", "99999999999999999999", "7%7D%7B%22a%22:1", "NaN", "true", "7.0",
                "%7B%22$date%22:7%7D"):
        assert reading.get(f"/image-plant/{reading.topic}/{key}")[0] == 400, key


def test_a_document_whose_text_is_no_utf8_is_a_502_and_the_log_names_its_field(reading):
    document = bson.encode({"_id": 1, "id": 666, "disease": "blight"}).replace(b"li", b"\xff\xff")
    with reading.pipeline.mongod.client() as client:
        collection = client[reading.pipeline.name][f"images-{reading.topic}"]
        collection.insert_one(RawBSONDocument(document))
        try:
            for _ in range(2):
                assert reading.get(f"/image-plant/{reading.topic}/666") == (
                    502, {"error_code": 502, "message": "the sink cannot tell; why is in the log"})
            assert "the document's field disease holds text that is no UTF-8" in reading.sluice.text()
        finally:
            collection.delete_one({"_id": 1})
    assert reading.get(f"/image-plant/{reading.topic}/7")[0] == 200


def test_a_database_that_is_away_is_a_503_with_a_reason_and_the_stream_goes_on_behind(reading, mongod):
    mongod.process.freeze()
    try:
        for _ in range(2):  # the second is not even asked
            status, body = reading.get(f"/image-plant/{reading.topic}/7")
            assert (status, body["message"]) == (503, "the sink's server is away, or too slow")  # no host's name
        assert "could not be asked what it holds: mongodb." in reading.sluice.text()
        assert reading.get("/ping")[0] == 200
    finally:
        mongod.process.thaw()
    wait_until("an answer again", lambda: reading.get(f"/image-plant/{reading.topic}/7")[0] == 200)


def test_whatever_readers_ask_the_sink_has_most_of_the_time_for_the_stream(reading, mongod):
    mongod.fail_command("alwaysOn", failCommands=["find"], blockConnection=True, blockTimeMS=50)
    try:
        began = time.monotonic()
        assert [reading.get(f"/image-plant/{reading.topic}/7")[0] for _ in range(4)] == [200] * 4
        assert time.monotonic() - began >= 3 * 0.05 * 100 / 25  # read.request.percentage
    finally:
        mongod.fail_command("off")


@pytest.fixture
def leaving(kafka, mongod):
    """Its process has had SIGTERM, and its pipeline has ended."""
    reading = Reading(kafka, mongod, "read.shutdown.delay.ms = 10000")
    with reading.sluice:
        reading.sluice.wait_ready()
        kafka.produce(reading.topic, [json.dumps(EVENT)])
        reading.sluice.wait_total("sluice_records_stored_total", 1)
        assert reading.get("/ping")[0] == 200
        reading.sluice.signal(signal.SIGTERM)
        wait_until("the pipeline's end", lambda: "the read side goes on" in reading.sluice.text())
        yield reading


def test_behind_sigterm_it_answers_on_and_says_that_it_will_not_for_long(leaving):
    assert leaving.sluice.total("sluice_assigned_partitions") == 0
    until = time.monotonic() + 4
    while time.monotonic() < until:
        assert leaving.get(f"/image-plant/{leaving.topic}/7") == (200, EVENT)
        status, body = leaving.get("/ping")
        assert status == 503 and "about to end" in body["message"]
        time.sleep(0.05)
    assert leaving.sluice.child.wait(20) == 0


def test_meanwhile_there_is_nothing_to_be_administered(leaving):
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(f"http://{leaving.sluice.admin}/connectors", timeout=5)


def test_a_second_signal_ends_the_read_side_in_order(leaving):
    leaving.sluice.signal(signal.SIGTERM)
    assert leaving.sluice.child.wait(5) == 0


def test_its_path_and_its_words_are_checked(reading, tmp_path):
    for option, value, words in (("read.path", "image-plant", "wanted a path"), ("read.path", "/a{b}", "wanted a path"),
                                 ("read.path", "/", "wanted a path"), ("read.total", "a\"b", "wanted a name"),
                                 ("read.listen", "8080", "wanted host:port")):
        ini = tmp_path / "pipeline.ini"
        ini.write_text(reading.pipeline.ini() + f"[http]\n{option} = {value}\n")
        done = sluice("validate", "-c", ini)
        assert done.returncode == 2 and words in done.stderr.decode(), done.stderr.decode()

"""The leaf system that stands in for the assignment's images, and Sluice in it as the Consumer: one system for all tests,
whose jobs rest but where a test lets them work."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import zlib

import confluent_kafka
import httpx
import pytest
from pymongo.errors import PyMongoError

from lims import camera_job, db_synchronizer_job, job, leaf_disease_recognizer_job, settings, users_job
from lims.classes import CLASSES, PLANTS
from lims.events import CONSUMER, collection_of
from lims.outbox import Outbox
from lims.pictures import album
from lims.system import GROUP, Service, System
from rig.process import Process, free_port, wait_until
from rig.sluice import TOP, build_folder

LONG = os.environ.get("SLUICE_LIMS") == "long"
IMAGES = 20
FIELDS = ["id", "camera_id", "data", "gps_coordinates", "created_at", "updated_at", "is_active", "is_deleted", "disease",
          "percentage"]
PLACE = [48.476563, 16.585654]
PARTS = ("sluice", "kafka", "mongodb-consumer", "mongodb-producer", "image-api", "image-analyzer-api",
         "leaf-disease-recognizer-job", "user-job", "camera-job-1", "camera-job-2", "db-synchronizer-job")


@pytest.fixture(scope="module")
def system():
    with System(factor=60, cameras=("potato", ""), images=IMAGES) as system:
        assert system.totals() == {plant: (IMAGES, IMAGES) for plant in PLANTS}  # no job has done anything yet
        assert system.settle().differences == []
        yield system


@pytest.fixture
def api(system):
    return system.services["image-api"].http


def events(system, plant):
    return [json.loads(record.value()) for record in system.kafka.read(plant)]


def equal(system):
    """After every change has gone its way there is no difference."""
    result = system.settle()
    assert result.differences == [] and result.compared >= 3 * IMAGES, str(result)
    return result


# ---- The Image API ----

def ids(body):
    return [image["id"] for image in body["image_list"]]


REQUESTS = {
    "the service's status": ("GET", "/ping", None, 200, lambda body: body == "Hello, I am alive"),
    "an image by id": ("GET", "/image-plant/{}/1", None, 200,
                       lambda body: sorted(body) == sorted(FIELDS) and body["id"] == 1 and body["data"][:4] == "ffd8"),
    "no image by id": ("GET", "/image-plant/{}/99999", None, 404, None),
    "an id that is none": ("GET", "/image-plant/{}/x", None, 422, None),
    "an id that is too small": ("GET", "/image-plant/{}/0", None, 422, None),
    "how many": ("GET", "/image-plant/{}/total/", None, 200, lambda body: body["total_images"] >= IMAGES),
    "a random image": ("GET", "/image-plant/{}/random/", None, 200, lambda body: not body["is_deleted"]),
    "a random active image": ("GET", "/image-plant/{}/random/?is_active=true", None, 200, lambda body: body["is_active"]),
    "a random image with a disease": ("GET", "/image-plant/{}/random/?is_active=false&has_disease=true", None, 200,
                                      lambda body: body["disease"] and not body["is_active"]),
    "a random image without a disease": ("GET", "/image-plant/{}/random/?has_disease=false", None, 200,
                                         lambda body: body["disease"] is None),
    "a batch": ("GET", "/image-plant/{}/?from_id=2&limit=2", None, 200,
                lambda body: len(body["image_list"]) == 2 and body["image_list"][0]["id"] >= 2
                and body["total_images"] >= IMAGES),
    "a batch of some": ("GET", "/image-plant/{}/?from_id=2&limit=50&is_active=true&has_disease=true", None, 200,
                        lambda body: 3 in ids(body) and all(image["is_active"] and image["disease"]
                                                            for image in body["image_list"])),
    "a batch without a disease": ("GET", "/image-plant/{}/?from_id=1&limit=50&has_disease=false", None, 200,
                                  lambda body: 4 in ids(body) and all(image["disease"] is None
                                                                      for image in body["image_list"])),
    "a batch that is not active": ("GET", "/image-plant/{}/?from_id=1&limit=50&is_active=false", None, 200,
                                   lambda body: 4 in ids(body) and not any(image["is_active"]
                                                                           for image in body["image_list"])),
    "a batch from nowhere": ("GET", "/image-plant/{}/?limit=2", None, 422, None),
    "a batch without a slash": ("GET", "/image-plant/{}?from_id=1&limit=1", None, 200,
                                lambda body: len(body["image_list"]) == 1),
    "a new image without a place": ("PUT", "/image-plant/{}", {"camera_id": 1}, 422, None),
    "a new image nowhere": ("PUT", "/image-plant/{}", {"camera_id": 1, "gps_coordinates": [48.5]}, 422, None),
    "an update of no image": ("POST", "/image-plant/{}", {"id": 99999, "is_active": True}, 404, None),
    "an update to something else": ("POST", "/image-plant/{}", {"id": 1, "is_active": None}, 422, None),
    "a delete of no image": ("DELETE", "/image-plant/{}/99999", None, 404, None),
}


@pytest.mark.parametrize("what", REQUESTS)
def test_the_image_api_answers(api, what):
    method, path, body, status, right = REQUESTS[what]
    for plant in PLANTS:
        for image in ({"id": 3, "is_active": True, "disease": "Healthy"}, {"id": 4, "is_active": False, "disease": None}):
            assert api.post(f"/image-plant/{plant}", json={**image, "is_deleted": False}).status_code == 200
        answer = api.request(method, path.format(plant), json=body, follow_redirects=False)
        assert answer.status_code == status, (plant, answer.text)
        assert right is None or right(answer.json()), (plant, answer.text[:300])


def test_there_is_no_fourth_plant(api):
    assert api.get("/image-plant/cucumber/1").status_code == 404


def test_every_create_update_and_delete_is_an_event(system, api):
    service = system.services["image-api"]
    for plant in PLANTS:
        total = api.get(f"/image-plant/{plant}/total/").json()["total_images"]
        known, counted, size = (len(events(system, plant)), service.metric("image_api_image"),
                                service.metric("image_api_image_size"))
        made = api.put(f"/image-plant/{plant}", json={"camera_id": 1, "gps_coordinates": PLACE}).json()
        assert made["id"] == total + 1 and made["gps_coordinates"] == PLACE and made["disease"] is None
        changed = api.post(f"/image-plant/{plant}", json={
            "id": made["id"], "camera_id": 1, "gps_coordinates": [48, 16.5], "disease": "Healthy", "percentage": 0.995,
            "is_active": True, "is_deleted": False}).json()
        assert changed["is_active"] and changed["gps_coordinates"] == [48.0, 16.5]
        assert changed["updated_at"] > changed["created_at"] and changed["data"] == made["data"]
        assert api.delete(f"/image-plant/{plant}/{made['id']}").json() == {"message": "Image deleted successfully"}
        assert api.delete(f"/image-plant/{plant}/{made['id']}").status_code == 404
        wait_until("the events", lambda: system.unsent() == 0)
        created, updated, deleted = events(system, plant)[known:]
        assert created == made and list(created) == FIELDS
        assert updated == changed
        assert deleted["is_deleted"] and deleted["id"] == made["id"]
        assert service.metric("image_api_image") == counted + 3
        assert service.metric("image_api_image_size") > size + 3 * 2 * 10_000  # a picture as hex is twice its bytes
    assert system.settle().differences == []


def test_pictures_are_of_10_to_60_kb_and_gzip_halves_an_events_hex():
    pictures = album(1)
    assert all(10_000 < len(picture) < 60_000 for picture in pictures), sorted(map(len, pictures))
    event = "".join(picture.hex() for picture in pictures).encode()
    assert len(zlib.compress(event, 6)) < 0.6 * len(event)


def test_an_update_may_tell_only_what_has_changed(system):
    env = {**system.services["image-api"].env, "UPDATE_EVENTS": "changes"}
    second = Service("image-api-changes", "image-api", system.folder, env).start()
    try:
        second.wait().http.post("/image-plant/pepper", json={"id": 7, "is_active": True, "is_deleted": False})
        second.http.delete("/image-plant/pepper/7")
        second.stop()
        assert system.unsent() == 0
    finally:
        second.kill9()
    assert [sorted(event) for event in events(system, "pepper")[-2:]] == [
        ["id", "is_active", "is_deleted", "updated_at"], ["id", "is_deleted", "updated_at"]]
    assert system.settle().differences == []


def test_both_apis_have_a_swagger(system):
    for name, path, methods in (("image-api", "/image-plant/potato", {"put", "post"}),
                                ("image-analyzer-api", "/tomato/disease-classify", {"post"})):
        http = system.services[name].http
        assert "swagger" in http.get("/docs").text
        assert methods <= set(http.get("/openapi.json").json()["paths"][path])


# ---- The Image Analyzer API ----

def test_the_analyzer_tells_one_of_the_plants_classes_and_always_the_same(system):
    http = system.services["image-analyzer-api"].http
    for plant in PLANTS:
        told = set()
        for picture in album(5, 12):
            by_file = http.post(f"/{plant}/disease-classify", files={"file": ("leaf.jpeg", picture, "image/jpeg")}).json()
            by_bytes = http.post(f"/{plant}/disease-classify-by-bytes", json={"hex_bytes": picture.hex()}).json()
            assert by_file == by_bytes and 0.5 <= by_file["confidence"] < 1
            told.add(by_file["predicted_class"])
        assert told <= set(CLASSES[plant]) and len(told) > 1


@pytest.mark.parametrize("body", ({"hex_bytes": "ffd8"}, {"hex_bytes": "leaf"}, {"hex_bytes": 7}, {}, []))
def test_the_analyzer_refuses_what_is_no_picture(system, body):
    answer = system.services["image-analyzer-api"].http.post("/potato/disease-classify-by-bytes", json=body)
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize("files, status", (({"file": ("leaf.jpeg", b"\xff\xd8", "image/jpeg")}, 400),
                                           ({"file": ("leaf.png", b"\x89PNG\r\n", "image/png")}, 400),
                                           ({"leaf": ("leaf.jpeg", b"", "image/jpeg")}, 422)))
def test_the_analyzer_refuses_a_file_that_is_no_picture(system, files, status):
    answer = system.services["image-analyzer-api"].http.post("/potato/disease-classify", files=files)
    assert answer.status_code == status and answer.json()["detail"], answer.text


# ---- The jobs ----

def test_every_job_has_a_page_with_its_buttons_and_its_log(system):
    for service in (*system.jobs(), system.services["db-synchronizer-job"]):
        page = service.http.get("/").text
        states = service.http.get("/status").json()
        for words in ("Start", "Pause", "Stop", "Open Logs"):
            assert page.count(f">{words}<") == len(states) == (3 if service.name == "user-job" else 1), service.name
        assert re.search(r"^\S+ (paused|stopped)$", service.http.get("/logs").text, re.MULTILINE), service.name
        assert service.http.post("/pause", params={"job": "none"}).status_code == 404


def test_the_jobs_periods_are_those_of_the_assignment():
    assert (camera_job.PERIOD_SECONDS, leaf_disease_recognizer_job.PERIOD_SECONDS, users_job.ACTIVATE_SECONDS,
            users_job.METADATA_SECONDS, users_job.DELETE_SECONDS, db_synchronizer_job.PERIOD_SECONDS) == (
                30, 100, 300, 300, 700, 600)


def test_a_job_that_is_stopped_leaves_nothing_open():
    held = []

    def work(say):
        held.append("a connection")
        try:
            yield 3600
        finally:
            held.clear()

    one = job.Job("holding", work)
    one.begin()
    wait_until("a step", lambda: held, step=0.001)
    one.press("stop")
    assert not held


def test_a_synchronization_that_fails_leaves_no_connection_open(monkeypatch):
    connections = []

    class Connection:
        def __init__(self, *_, **__):
            connections.append(self)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            connections.remove(self)

        def __getitem__(self, _):
            raise PyMongoError("the server is away")

    monkeypatch.setattr(db_synchronizer_job.pymongo, "MongoClient", Connection)
    with pytest.raises(PyMongoError, match="away"):
        next(db_synchronizer_job.synchronize(print))
    assert not connections


def test_a_paused_job_goes_on_where_it_was_and_a_stopped_one_begins_anew():
    done = []

    def work(say):
        for number in range(1000):
            done.append(number)
            yield 0 if len(done) % 3 else 0.01

    one = job.Job("counting", work)
    one.begin()
    wait_until("some steps", lambda: len(done) > 5, step=0.001)
    one.press("pause")
    paused_at = len(done)
    time.sleep(0.1)
    assert len(done) == paused_at
    one.press("start")
    wait_until("more steps", lambda: len(done) > paused_at, step=0.001)
    assert done == list(range(len(done)))
    one.press("stop")
    stopped_at = len(done)
    one.press("start")
    wait_until("a beginning", lambda: len(done) > stopped_at, step=0.001)
    one.press("stop")
    assert done[stopped_at] == 0


def test_a_pause_of_many_periods_is_not_made_up_for():
    steps = []

    def work(say):
        while True:
            steps.append(time.monotonic())
            yield 0.2 * settings.CLOCK_FACTOR

    one = job.Job("resting", work)
    one.begin()
    wait_until("a step", lambda: steps, step=0.001)
    one.press("pause")
    time.sleep(1)
    before, resumed_at = len(steps), time.monotonic()
    one.press("start")
    wait_until("two steps", lambda: len(steps) >= before + 2, step=0.001)
    one.press("stop")
    assert steps[before + 1] >= resumed_at + 0.2


def test_a_paused_camera_takes_no_photo(system, api):
    camera = system.services["camera-job-1"]

    def total():
        return api.get("/image-plant/potato/total/").json()["total_images"]

    before = total()
    camera.press("start")
    wait_until("a photo", lambda: total() > before + 1)
    camera.press("pause")
    before = total()
    time.sleep(1.2)  # more than two of its periods
    assert total() == before


def test_the_recognizer_looks_at_every_photo(system, api):
    api.put("/image-plant/pepper", json={"camera_id": 1, "gps_coordinates": PLACE})
    recognizer = system.services["leaf-disease-recognizer-job"]
    recognizer.press("start")
    unrecognized = {"from_id": 1, "limit": 1, "has_disease": False}
    for plant in PLANTS:
        wait_until(f"every {plant}'s disease", lambda: not api.get(f"/image-plant/{plant}/", params=unrecognized).json()
                   ["image_list"])
    recognizer.press("pause")


def test_the_db_synchronizer_makes_the_databases_equal_the_batch_way(system):
    synchronizer = system.services["db-synchronizer-job"]
    equal(system)  # what other tests have changed is on its way no more
    with system.databases["mongodb-consumer"].client() as client:
        for plant in PLANTS:
            collection = client[CONSUMER][collection_of(plant)]
            collection.delete_one({"id": 1})
            collection.update_one({"id": 2}, {"$set": {"camera_id": 2**40, "disease": 1}})
    assert len(system.compare().differences) == 6
    counted = synchronizer.metric("db_synchronizer_job_image")
    synchronizer.press("start")
    wait_until("equal databases", lambda: not system.compare().differences)
    synchronizer.press("stop")
    assert synchronizer.metric("db_synchronizer_job_image") >= counted + 3 * IMAGES
    assert synchronizer.metric("db_synchronizer_job_image_size") > 3 * IMAGES * 10_000


# ---- The system ----

def test_after_minutes_of_all_jobs_the_databases_are_equal(system):
    minutes = 60 if LONG else 5  # of its own time, in each of which there are 4 photos and as many diseases
    stored = system.sluice.total("sluice_records_stored_total")
    system.press("start")
    time.sleep(minutes)
    result = equal(system)
    assert system.sluice.total("sluice_records_stored_total") > stored + 5 * minutes
    print(result)


def test_the_parts_that_are_killed_are_all_there_are(system):
    assert sorted(PARTS) == sorted(system.parts())


# The short form leaves out a second camera, and the Db Synchronizer, which is stopped.
@pytest.mark.parametrize("name", PARTS if LONG else PARTS[:-2])
def test_after_a_part_was_killed_the_databases_are_equal(system, name):
    system.press("start")
    time.sleep(1)
    system.part(name).kill9()
    time.sleep(10 if LONG else 1.5)
    system.part(name).start()
    for service in system.services.values():
        service.wait()
    system.press("start")  # of a killed service too, whose jobs begin paused
    time.sleep(10 if LONG else 0.5)
    equal(system)
    assert system.sluice.running()


def test_after_the_db_synchronizer_was_killed_within_a_round_the_databases_are_equal(system):
    synchronizer, link = system.services["db-synchronizer-job"], system.links["db-synchronizer-job", "mongodb-consumer"]
    with system.databases["mongodb-consumer"].client() as client:
        client[CONSUMER][collection_of(PLANTS[-1])].delete_many({})
    link.slow(0.3)
    synchronizer.press("start")
    wait_until("a round", lambda: system.rounds()[1])
    synchronizer.kill9()
    assert system.compare().differences
    link.heal()
    synchronizer.start()
    synchronizer.wait().press("start")
    wait_until("equal databases", lambda: not system.compare().differences)
    system.end_round()
    synchronizer.press("stop")
    equal(system)


def test_a_photo_its_diagnosis_and_its_deletion_are_seen_on_the_read_side(system, api):
    plant = "/image-plant/tomato"
    with httpx.Client(base_url=f"http://127.0.0.1:{system.read_port}", timeout=30) as read:
        total = read.get(f"{plant}/total/").json()
        assert total == api.get(f"{plant}/total/").json()
        image = total["total_images"] + 1
        for what, ask in (
                ("a photo", lambda: api.put(plant, json={"camera_id": 1, "gps_coordinates": PLACE})),
                ("its diagnosis", lambda: api.post(plant, json={"id": image, "disease": "Leaf Mold", "percentage": 0.75})),
                ("its deletion", lambda: api.delete(f"{plant}/{image}"))):
            began = time.monotonic()
            ask().raise_for_status()
            answered = time.monotonic() - began
            wanted = api.get(f"{plant}/{image}").json()
            wait_until(what, lambda: read.get(f"{plant}/{image}").json() == wanted, step=0.002)
            print(f"{what}: answered after {answered * 1000:.0f} ms, seen after {(time.monotonic() - began) * 1000:.0f} ms")
        assert wanted["disease"] == "Leaf Mold" and wanted["is_deleted"]
        assert read.get(f"{plant}/total/").json() == {"total_images": image}


def test_databases_without_a_document_are_not_equal(system):
    def check(*names):
        return subprocess.run([sys.executable, "-m", "lims.check", *(system.databases[name].uri for name in names)],
                              cwd=TOP / "tests", capture_output=True, text=True, timeout=60)

    equal(system)
    right, swapped = check("mongodb-producer", "mongodb-consumer"), check("mongodb-consumer", "mongodb-producer")
    assert right.returncode == 0 and "0 differences" in right.stdout
    assert swapped.returncode == 1 and "nothing was compared" in swapped.stderr


# ---- The outbox ----

def test_a_change_that_the_broker_never_saw_is_told_by_the_image_apis_next_start(system, api):
    service, link = system.services["image-api"], system.links["image-api", "kafka"]
    link.cut(refuse=True)
    made = api.put("/image-plant/tomato", json={"camera_id": 1, "gps_coordinates": PLACE}).json()
    assert system.unsent() == 1
    service.kill9()
    link.heal()
    service.start()
    service.wait()
    assert system.settle().differences == []
    assert events(system, "tomato")[-1]["id"] == made["id"]


def test_a_change_whose_outcome_the_image_api_does_not_know_is_told(system, api):
    image = api.get("/image-plant/tomato/5").json()
    system.databases["mongodb-producer"].fail_command({"times": 1}, failCommands=["findAndModify"],
                                                      writeConcernError={"code": 64, "errmsg": "made, and not told"})
    change = {"id": 5, "camera_id": image["camera_id"] + 1}
    assert api.post("/image-plant/tomato", json=change).status_code == 503
    assert system.settle().differences == []
    assert events(system, "tomato")[-1]["camera_id"] == image["camera_id"] + 1


class Marks:
    """The outbox's collection, in which nothing is looked at here."""

    def delete_one(self, _):
        pass


class OneImage:
    def __init__(self):
        self.lock, self.read = threading.Lock(), threading.Event()

    def get(self, id_):
        self.read.set()
        return {"id": id_}


MARK = {"_id": 1, "plant": "potato", "id": 7}


def test_what_is_in_doubt_is_not_sent_again_in_the_middle_of_a_change(monkeypatch):
    outbox, image, sent = Outbox({"outbox": Marks()}), OneImage(), []
    monkeypatch.setattr(outbox, "send", lambda _, document: sent.append((document, image.lock.locked())))
    again = threading.Thread(target=outbox._send_again, args=(MARK, {"potato": image}))
    with image.lock:
        again.start()
        assert not image.read.wait(0.2)
    again.join(5)
    assert sent == [({"id": 7}, True)]


def test_an_event_that_the_producer_refuses_is_sent_again(monkeypatch):
    outbox, tries = Outbox({"outbox": Marks()}), []

    def send(*_):
        tries.append(1)
        if len(tries) == 1:
            raise confluent_kafka.KafkaException(confluent_kafka.KafkaError(confluent_kafka.KafkaError._FATAL))

    monkeypatch.setattr(outbox, "send", send)
    outbox.doubtful.append(MARK)
    thread = threading.Thread(target=outbox._settle, args=({"potato": OneImage()},), daemon=True)
    thread.start()
    wait_until("another try", lambda: len(tries) == 2, 5)
    outbox.ending.set()
    thread.join(5)
    assert not outbox.doubtful


# ---- One command ----

def test_it_comes_up_with_one_command_and_ctrl_c_compares_the_databases(tmp_path):
    log = tmp_path / "log"
    with log.open("w") as out, subprocess.Popen(
            [sys.executable, "-m", "lims.system", "--images", "5", "--every", "1"], cwd=TOP / "tests", stdout=out, stderr=out,
            env={**os.environ, "SLUICE_BUILD": str(build_folder())},
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)) as child:  # a shell's background job has it ignored
        try:
            wait_until("images made and copied", lambda: child.poll() is None and re.search(
                r"potato ([6-9]|\d\d+)/", log.read_text()), 90)
            child.send_signal(signal.SIGINT)
            assert child.wait(90) == 0, log.read_text()
        finally:
            child.terminate()  # it ends all of its processes
            child.wait(60)
    assert "documents compared, 0 differences" in log.read_text()


# ---- The end ----

@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_image_api_that_waits_for_its_database_ends_when_asked_to(tmp_path, number):
    waiting = Process("image-api", [sys.executable, "-m", "lims.image_api"], tmp_path, {
        "PYTHONPATH": str(TOP / "tests"), "MONGODB_PRODUCER_URI": f"mongodb://127.0.0.1:{free_port()}",
        "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}"}).start()
    try:
        waiting.wait_for_text("waiting for the database")
        waiting.signal(number)
        assert waiting.child.wait(10) == 0, waiting.tail()
    finally:
        waiting.kill9()
    assert "Traceback" not in waiting.text()


def test_every_part_ends_in_order_when_asked_to(system):
    """The APIs and jobs end by SIGTERM or with 0, as their server does; what tells order is what they leave."""
    system.press("start")
    time.sleep(1)
    for service in system.services.values():
        assert service.stop(10) in (0, -15), service.tail()
        assert "Traceback" not in service.text(), service.tail()
    assert system.unsent() == 0
    wait_until("every event to be consumed", system.consumed)
    assert system.sluice.stop() == 0
    for plant in PLANTS:
        assert system.kafka.committed(GROUP, plant) == system.kafka.ends(plant)
    assert system.compare().differences == []

"""TLS and logins on both sides: what arrives through them, and how plainly it is told when they do not fit."""

import json

import pytest

from conftest import Pipeline
from rig.mongodb import Mongod
from rig.process import wait_until
from rig.secure_kafka import PASSWORD
from rig.sluice import TOP, Sluice, sluice
from rig.tls import Authority

MONGODB_PASSWORD = "Plant-Mongo-78"
MUTUAL_USER = "CN=sluice"


@pytest.fixture(scope="module")
def secure_mongod(secure_kafka):
    with Mongod(0, "--auth", authority=secure_kafka.authority) as mongod:
        mongod.make_user("admin", "root", "secret")
        mongod.make_user("sluice", "readWriteAnyDatabase", MONGODB_PASSWORD)
        mongod.make_user("reader", "readAnyDatabase", MONGODB_PASSWORD)
        yield mongod


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """An authority that has signed nothing here."""
    return Authority(tmp_path_factory.mktemp("stranger")).ca


class Secure(Pipeline):
    def __init__(self, kafka, mongod):
        super().__init__(kafka, mongod)
        self.name = f"secure-{self.name}"
        self.group, self.dlq = f"connect-{self.name}", f"{self.name}.dlq"

    def allow(self, user="sluice"):
        self.kafka.allow("topic", f"{self.name}*", "READ", "WRITE", "DESCRIBE_CONFIGS", user=user)
        self.kafka.allow("group", self.group, "READ", user=user)

    def uri(self, user="sluice", password=MONGODB_PASSWORD, host="localhost", ca=None):
        return (f"mongodb://{user}:{password}@{host}:{self.mongod.ports[0]}/?authSource=admin&tls=true"
                f"&tlsCAFile={ca or self.kafka.authority.ca}")

    def secure_ini(self, listener="SCRAM", uri=None, **kafka):
        ini = self.ini(uri=uri or self.uri())
        return ini.replace(f"[kafka]\nbootstrap.servers = {self.kafka.bootstrap}\n", self.kafka.ini(listener, **kafka))


@pytest.fixture
def secure(secure_kafka, secure_mongod):
    return Secure(secure_kafka, secure_mongod)


def event(number):
    return json.dumps({"id": number, "updated_at": "2023-10-08T15:39:49.123123"}).encode()


def test_the_shipped_configuration_for_secured_servers_streams_into_the_database(secure_kafka, secure_mongod):
    for topic in ("potato", "tomato", "pepper"):
        secure_kafka.create_topic(topic)
        secure_kafka.allow("topic", topic, "READ")
    secure_kafka.create_topic("plant-images.dlq", retention_ms=-1)
    secure_kafka.allow("topic", "plant-images.dlq", "WRITE", "DESCRIBE_CONFIGS")
    secure_kafka.allow("group", "connect-plant-images", "READ")
    secure_kafka.produce("potato", [event(1), b"not an event", event(2)])
    conf = TOP / "conf"
    env = {"KAFKA_BOOTSTRAP_SERVERS": f"localhost:{secure_kafka.ports['SCRAM']}", "KAFKA_PASSWORD": PASSWORD,
           "MONGODB_HOST": f"localhost:{secure_mongod.ports[0]}", "MONGODB_PASSWORD": MONGODB_PASSWORD,
           "CA_FILE": str(secure_kafka.authority.ca), "METRICS_LISTEN": "127.0.0.1:0"}
    files = ("-c", conf / "plant-images.ini", "-c", conf / "secured.ini")
    done = sluice("validate", *files, "--connect", env=env)
    assert (done.returncode, done.stderr) == (0, b""), done
    assert f"ok   broker 1 at localhost:{secure_kafka.ports['SCRAM']} (sasl_ssl, SCRAM-SHA-512)\n" in done.stdout.decode()
    with Sluice((conf / "plant-images.ini").read_text(), env=env, files=[conf / "secured.ini"]) as run:
        run.wait_total("sluice_records_stored_total", 2)
        run.wait_total("sluice_records_dead_lettered_total", 1)
        assert run.stop() == 0
        assert PASSWORD not in run.text() and MONGODB_PASSWORD not in run.text()
    with secure_mongod.client() as client:
        assert {d["id"] for d in client.imagedbplantconsumer.imagecolplantpotato.find()} == {1, 2}


@pytest.mark.parametrize("listener, mechanism, user", [("CLEAR", "PLAIN", "sluice"), ("MUTUAL", None, MUTUAL_USER)])
def test_events_arrive_through_other_kinds_of_login(secure, listener, mechanism, user):
    topic = secure.topic()
    secure.make_dlq()
    secure.allow(user)
    secure.kafka.produce(topic, [event(1)])
    with Sluice(secure.secure_ini(listener, mechanism=mechanism)) as run:
        run.wait_total("sluice_records_stored_total", 1)
        assert run.stop() == 0
    assert set(secure.documents(topic)) == {1}


def wrong_passwords(secure, stranger):
    return secure.secure_ini(password="Wr0ng-Kafka", uri=secure.uri(password="Wr0ng-Mongo"))


def unknown_authority(secure, stranger):
    return secure.secure_ini(ca=stranger, uri=secure.uri(ca=stranger))


def other_name(secure, stranger):
    return secure.secure_ini(host="127.0.0.1", uri=secure.uri(host="127.0.0.1"))


@pytest.mark.parametrize("wrong, option, kafka_words, mongodb_words", [
    (wrong_passwords, "sasl.password",
     ("SASL authentication error", "look at sasl.mechanism, sasl.username and sasl.password"),
     ("Authentication failed: look at the user, the password and authSource in connection.uri",)),
    (unknown_authority, "ssl.ca.location",
     ("the broker's certificate is not accepted (", "issuer certificate", "look at ssl.ca.location"),
     ("certificate verify failed", "look at tlsCAFile")),
    (other_name, "ssl.ca.location",
     ("the broker's certificate is not accepted (", "mismatch", "look at its subjectAltName"),
     ("certificate verify failed", "the names in the server's certificate")),
])
def test_what_keeps_us_out_is_told_plainly_before_the_run_and_during_it(secure, stranger, tmp_path, wrong, option,
                                                                        kafka_words, mongodb_words):
    secure.topic()
    ini = wrong(secure, stranger)
    path = tmp_path / "pipeline.ini"
    path.write_text(ini)
    done = sluice("validate", "-c", path, "--connect")
    told = done.stderr.decode().splitlines()
    assert done.returncode == 3 and len(told) == 2, done
    line = 1 + next(i for i, text in enumerate(ini.splitlines()) if text.startswith(option))
    assert told[0].startswith(f"{path}:{line}: error: ") and all(words in told[0] for words in kafka_words), told
    assert "[sink.images] " in told[1] and all(words in told[1] for words in mongodb_words), told
    with Sluice(ini) as run:
        wait_until("the cause on /ready", lambda: all(words in run.cause("broker") for words in kafka_words))
        wait_until("the other cause", lambda: all(words in run.cause("task-0") for words in mongodb_words))
        for words in (kafka_words, mongodb_words):
            assert any(all(word in line for word in words) for line in run.text().splitlines()), run.text()
        assert run.get("/live")[0] == 200
        assert run.stop() == 0
        for text in (run.text(), done.stdout.decode(), done.stderr.decode()):
            assert not any(secret in text for secret in ("Wr0ng", PASSWORD, MONGODB_PASSWORD))


def test_privileges_that_are_missing_are_named(secure, tmp_path):
    readable, hidden, listed = secure.topic("potato"), secure.topic("tomato"), secure.topic("pepper")
    secure.make_dlq()
    secure.kafka.allow("topic", readable, "READ")
    secure.kafka.allow("topic", listed, "DESCRIBE")
    secure.kafka.allow("topic", secure.dlq, "DESCRIBE")
    secure.kafka.allow("group", secure.group, "DESCRIBE")
    path = tmp_path / "pipeline.ini"
    path.write_text(secure.secure_ini(uri=secure.uri("reader")))
    done = sluice("validate", "-c", path, "--connect")
    told = done.stderr.decode()
    assert done.returncode == 3
    assert f"ok   topic {readable}: 1 partition\n" in done.stdout.decode()
    for words in (f"topic {hidden} is not ours to see, if it exists: sluice needs DESCRIBE and READ on it",
                  f"topic {listed} is not ours to read: sluice needs READ on it",
                  f"group {secure.group} is not ours to join: sluice needs READ on it",
                  f"the dead letter topic {secure.dlq} is not ours to write: sluice needs WRITE on it",
                  f"may not insert, update, createIndex in {secure.name}.images-{readable}"):
        assert words in told, told


def test_the_least_that_a_user_of_the_database_needs_is_enough(secure, secure_mongod, tmp_path):
    topic = secure.topic()
    secure.make_dlq()
    secure.allow()
    secure.kafka.produce(topic, [event(1)])
    with secure_mongod.client() as client:
        client.admin.command("createRole", "least", roles=[], privileges=[
            {"resource": {"db": secure.name, "collection": ""}, "actions": ["find", "insert", "update", "createIndex"]}])
    secure_mongod.make_user("frugal", "least", MONGODB_PASSWORD)
    ini = secure.secure_ini(uri=secure.uri("frugal"))
    path = tmp_path / "pipeline.ini"
    path.write_text(ini)
    done = sluice("validate", "-c", path, "--connect")
    assert done.returncode == 0 and b"mongodb-image finds all that it needs" in done.stdout, done
    with Sluice(ini) as run:
        run.wait_total("sluice_records_stored_total", 1)
        assert run.stop() == 0


def test_a_dead_letter_producer_that_is_kept_out_is_told_while_letters_wait(secure):
    topic = secure.topic()
    secure.make_dlq()
    secure.allow()
    secure.kafka.produce(topic, [b"not an event", event(1)])
    ini = secure.secure_ini() + "\n[kafka.producer]\nsasl.password = Wr0ng-Kafka\n"
    with Sluice(ini) as run:
        run.wait_total("sluice_records_stored_total", 1)
        wait_until("the cause", lambda: "SASL authentication error" in run.cause("dead-letter"))
        assert secure.dlq in run.cause("dead-letter") and run.cause("broker") == ""
        assert "Wr0ng" not in run.text()

"""A planted secret, in every place that has one and by every way it gets there: no output of any run shows it, as it is,
percent-encoded or within something base64-encoded."""

import base64
import json
import os
import pathlib
import re
import signal
import urllib.error
import urllib.parse
import urllib.request

import pytest

from conftest import Pipeline
from rig.dlq import Dlq
from rig.process import free_port, wait_until
from rig.sluice import Sluice, build_folder, sluice

PLANT = "S3cr3t-Pl4nt"
SECRETS = ("URI", "SASL", "KEY", "TOKEN", "SECRET")  # names of variables and files
WAYS = {"inline": lambda folder, name, value: value, "file": lambda folder, name, value: "${file:%s}" % (folder / name),
        "env": lambda folder, name, value: "${env:%s}" % name}
# what a crash leaves behind is then Sluice's own, not a sanitizer's report
OWN_CRASH = {"ASAN_OPTIONS": "handle_segv=0:handle_abort=0:use_sigaltstack=0"}


def forms(secret):
    """Patterns of all ways in which it may be written: each byte as it is or as %XX; what base64 makes of its bits alone, at
    three alignments, in both alphabets."""
    yield "".join(f"(?:{re.escape(c)}|%{ord(c):02x}|%{ord(c):02X})" for c in secret)
    for before, foreign in ((0, 0), (1, 2), (2, 3)):
        whole = (before + len(secret)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield re.escape(encode(b"\0" * before + secret.encode())[foreign:whole].decode())


LEAK = re.compile("|".join(forms(PLANT)))


def assert_clean(texts):
    for what, text in texts.items():
        found = LEAK.search(text if isinstance(text, str) else text.decode(errors="replace"))
        assert not found, (what, text[max(0, found.start() - 300):found.end() + 50])


class Planted:
    """INI text in which everything that can be is the secret, written in one of the three ways."""

    def __init__(self, way, folder):
        self.folder, self.env, self.write = folder, {}, WAYS[way]

    def put(self, name, value):
        assert name in SECRETS
        (self.folder / name).write_text(value + "\n")
        self.env[name] = value
        return self.write(self.folder, name, value)

    def kafka(self):
        return f"sasl.password = {self.put('SASL', PLANT)}\nssl.key.password = {self.put('KEY', PLANT)}\ndebug = all\n"

    def more(self, form="text"):
        """Everything logged, and the token."""
        return f"[http]\nadmin.token = {self.put('TOKEN', PLANT)}\n[log]\nlevel = debug\nformat = {form}\n"

    def scripted(self, bootstrap, topic, word):
        (self.folder / "script").write_text(word + "\n")
        return f"""
[pipeline]
name = {topic}
topics = {topic}
sink = out
errors.tolerance = all
errors.deadletterqueue.topic.name = {topic}.dlq
errors.log.enable = true
errors.log.include.messages = true
[kafka]
bootstrap.servers = {bootstrap}
{self.kafka()}
[sink.out]
plugin = {build_folder()}/tests/abi/fixtures/scripted-sink.so
script.file = {self.folder}/script
log.file = {self.folder}/log
secret = {self.put('SECRET', PLANT)}
{self.more('json')}"""


def admin_get(running, path):
    request = urllib.request.Request(f"http://{running.admin}{path}", headers={"Authorization": f"Bearer {PLANT}"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        return error.read()


LETTERS = ("/dlq/info", "/dlq/letters", "/dlq/letters/0/0", "/dlq/stats")


def shown(running, topic, more=LETTERS):
    """What a running process tells whoever asks."""
    paths = (f"/topics/{topic}/count", f"/topics/{topic}/keys/1", "/no-such", *more)
    told = {path: admin_get(running, path) for path in paths}
    told.update({path: running.get(path)[1] for path in ("/metrics", "/ready", "/live")})
    told["cmdline"] = pathlib.Path(f"/proc/{running.pid}/cmdline").read_bytes()
    return told


def commands(ini, env):
    """What the commands that read the file print."""
    config, told = Dlq(ini).config, {}
    for arguments in (("validate",), ("validate", "--print"), ("validate", "--json"), ("try",)):
        done = sluice(arguments[0], "-c", config, *arguments[1:], env=env, stdin=b'{"id":1}\n')
        told[" ".join(arguments)] = done.stdout + done.stderr
    return config, told


def letters(kafka, topic):
    return {f"letter {letter.offset()}": repr((letter.key(), letter.value(), letter.headers())) for letter in kafka.read(topic)}


def dlq_verbs(ini, env):
    """What an operator is told of the letters."""
    told = {}
    for verb in ("ls", "ls --json", "show 0:0", "export", "stats", "test"):
        done = Dlq(ini).run(*verb.split(), env=env)
        told[verb] = done.stdout + done.stderr
    return told


def test_the_search_finds_what_it_looks_for():
    encoded = "".join(f"%{byte:02X}" for byte in PLANT.encode())
    samples = [PLANT, f"mongodb://u:{PLANT}@h/", encoded, encoded.lower(), PLANT.replace("-", "%2D")]
    for before in range(6):
        plain = b"~?>user:"[:before] + PLANT.encode() + b"@tail"
        samples += [base64.b64encode(plain).decode(), base64.urlsafe_b64encode(plain).decode()]
    for sample in samples:
        with pytest.raises(AssertionError):
            assert_clean({"sample": f"x {sample} x"})
    assert_clean({"nothing": "S3cr3t-Pl4n mongodb://u:****@h/"})


@pytest.mark.parametrize("way", WAYS)
def test_nothing_shows_it_while_all_is_right(kafka, mongod, tmp_path, way):
    pipeline, planted = Pipeline(kafka, mongod), Planted(way, tmp_path)
    topic, _ = pipeline.topic(), pipeline.make_dlq()
    user = f"leaf-{way}"
    with mongod.client() as client:
        client.admin.command("createUser", user, pwd=PLANT, roles=["readWriteAnyDatabase"])
    uri = f"{mongod.uri.replace('mongodb://', f'mongodb://{user}:{PLANT}@')}&authSource=admin&token={PLANT}"
    ini = pipeline.ini(kafka=planted.kafka(), uri=planted.put("URI", uri)) + planted.more()
    _, told = commands(ini, planted.env)
    kafka.produce(topic, [b'{"id":1,"data":"00"}', b'{"id":2,"data":"xy"}'])
    with Sluice(ini, env=planted.env, admin=True) as running:
        running.wait_total("sluice_records_stored_total", 1)
        running.wait_total("sluice_records_dead_lettered_total", 1)
        told.update(shown(running, topic))
        assert json.loads(told[f"/topics/{topic}/count"]) == 1  # it is let in, and logged in to the database
        config = running.folder / "pipeline.ini"
        config.write_text(config.read_text().replace("[log]", "[log]\nno.such = 1"))
        running.signal(signal.SIGHUP)
        running.wait_for_text("no.such: no such option")
        assert running.stop() == 0
        told["log"] = running.text()
    assert "DEBUG librdkafka: " in told["log"]
    told.update(letters(kafka, pipeline.dlq))
    assert "json.hex" in told["letter 0"]
    assert_clean(told)


@pytest.mark.parametrize("case", ["down", "wrong password"])
def test_nothing_shows_it_when_the_servers_do_not_answer_or_refuse(kafka, mongod, tmp_path, case):
    pipeline, planted = Pipeline(kafka, mongod), Planted("file", tmp_path)
    topic, _ = pipeline.topic(), pipeline.make_dlq()
    hosts, query = mongod.uri.removeprefix("mongodb://"), "&authSource=admin"
    if case == "down":
        hosts, query = f"127.0.0.1:{free_port()}/?serverSelectionTimeoutMS=500", f"&tlsCertificateKeyFilePassword={PLANT}"
    uri = f"mongodb://nobody:{urllib.parse.quote(PLANT).replace('-', '%2D')}@{hosts}{query}"
    ini = pipeline.ini(kafka=planted.kafka(), uri=planted.put("URI", uri)) + planted.more("json")
    if case == "down":  # a broker that takes no password either
        ini = ini.replace("debug = all", "debug = all\nsecurity.protocol = sasl_plaintext\nsasl.mechanism = PLAIN\n"
                                         "sasl.username = nobody")
    kafka.produce(topic, [b'{"id":1,"data":"00"}'])
    with Sluice(ini, env=planted.env, admin=True) as running:
        wait_until("the cause on /ready", lambda: "mongodb." in running.cause("task-0"))
        if case == "down":
            running.wait_for_text("SASL")
        told = shown(running, topic, () if case == "down" else LETTERS)
        running.kill9()
        told["log"] = running.text()
    for line in told["log"].splitlines():
        json.loads(line)
    assert_clean(told)


@pytest.mark.parametrize("uri", [f"mongodb://u:{PLANT}@ss/word@h/db", f"mongodb://u:%zz{PLANT}@h/", f"mongodb:/u:{PLANT}@h/",
                                 f"mongodb://u:{PLANT}@h/?w=0", f"mongodb://u:{PLANT}@[::1/"])
def test_nothing_shows_it_when_the_connection_string_is_wrong(tmp_path, uri):
    planted = Planted("inline", tmp_path)
    ini = f"""
[pipeline]
name = leaves
topics = potato
sink = out
transforms = event
[kafka]
bootstrap.servers = localhost:9092
{planted.kafka()}
[transform.event]
plugin = json-event
[sink.out]
plugin = mongodb-image
connection.uri = {planted.put("URI", uri)}
database = d
{planted.more()}"""
    config, told = commands(ini, planted.env)
    done = sluice("run", "-c", config)
    assert done.returncode == 2 and b"connection.uri" in done.stderr, done
    told["run"] = done.stdout + done.stderr
    assert_clean(told)


def test_a_plugin_that_quotes_its_secret_is_masked_in_the_log_and_in_letters(kafka, mongod, tmp_path):
    pipeline, planted = Pipeline(kafka, mongod), Planted("env", tmp_path)
    topic = pipeline.topic()
    letter_topic = kafka.create_topic(f"{topic}.dlq")
    ini = planted.scripted(kafka.bootstrap, topic, "quote")
    for secret in (PLANT, "abc"):  # shorter than what is looked for: what is shown then is what is masked otherwise
        kafka.produce(topic, [b"x"])
        with Sluice(ini, env={**planted.env, "SECRET": secret}, admin=True) as running:
            running.wait_total("sluice_records_dead_lettered_total", 1)
            told = shown(running, topic)
            assert running.stop() == 0
            told["log"] = running.text()
        messages = [json.loads(line)["message"] for line in told["log"].splitlines()]
        mask = "****" if secret == PLANT else secret
        assert f"my secret is {mask}" in messages
        assert f"scripted.quote: mongodb://user:{mask}@host refuses" in messages
        told.update(letters(kafka, letter_topic))
        letter = dict(kafka.read(letter_topic)[-1].headers())
        assert letter["__connect.errors.exception.message"].decode() == f"mongodb://user:{mask}@host refuses"
        assert_clean(told)
    told = dlq_verbs(ini, planted.env)
    assert b"mongodb://user:****@host refuses" in told["show 0:0"]
    assert_clean(told)


def test_a_crash_in_a_plugin_names_the_call_and_shows_no_secret_and_no_payload(kafka, mongod, tmp_path):
    pipeline, planted = Pipeline(kafka, mongod), Planted("file", tmp_path)
    topic = pipeline.topic()
    kafka.create_topic(f"{topic}.dlq")
    kafka.produce(topic, [PLANT.encode()])
    with Sluice(planted.scripted(kafka.bootstrap, topic, "crash"), env={**planted.env, **OWN_CRASH}) as running:
        wait_until("the crash", lambda: not running.running())
        assert running.child.wait() == -signal.SIGSEGV
        last = json.loads(running.text().splitlines()[-1])
        assert (last["area"], last["plugin"], last["task"]) == ("plugin", "scripted-sink", 0)
        assert last["message"] == f"SIGSEGV in put() of [sink.out], 1 record, {topic}[0]@0"
        assert_clean({"log": running.text()})
    assert not list(pathlib.Path(os.getcwd()).glob("core*"))

"""The command line, without servers: mistakes told in one run, what is shown and what is not, exit codes."""

import json
import os
import pathlib

import pytest

from rig.sluice import TOP, build_folder, sluice

GOOD = """
[pipeline]
name = leaves
topics = potato
transforms = event
sink = images
errors.tolerance = all
errors.deadletterqueue.topic.name = t.dlq

[kafka]
bootstrap.servers = localhost:9092

[transform.event]
plugin = json-event
required = id
convert.id = int
convert.data = hex
convert.updated_at = date

[sink.images]
plugin = mongodb-image
connection.uri = mongodb://localhost/
database = d
"""


@pytest.fixture
def ini(tmp_path):
    def write(text, name="pipeline.ini"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def errors_of(done):
    return done.stderr.decode().splitlines()


def line_of(path, text):
    return 1 + next(i for i, line in enumerate(path.read_text().splitlines()) if line.startswith(text))


def test_a_good_file_is_fine(ini):
    done = sluice("validate", "-c", ini(GOOD))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"leaves: fine\n", b"")


def test_five_mistakes_are_told_in_one_run_with_their_lines(ini):
    path = ini(GOOD.replace("topics = potato", "topics = potato\ntasks.max = two\nbatch.max.recods = 5")
               .replace("bootstrap.servers = localhost:9092", "bootstrap.servers = localhost:9092\nenable.auto.commit = true")
               .replace("plugin = json-event", "plugin = json-evnt").replace("database = d", "database = d\nkey.field = a.b"))
    done = sluice("validate", "-c", path)
    assert done.returncode == 2
    text = done.stderr.decode()
    for begin, words in (("tasks.max", "got 'two', wanted a whole number"),
                         ("batch.max.recods", "did you mean batch.max.records?"),
                         ("enable.auto.commit", "Sluice commits an offset once every record before it is finished"),
                         ("plugin = json-evnt", "plugin json-evnt not found: looked for"),
                         ("key.field", "got 'a.b', wanted the name of a top-level field")):
        found = [line for line in text.splitlines() if line.startswith(f"{path}:{line_of(path, begin)}: error: ")]
        assert len(found) == 1 and words in found[0], (begin, text)
    assert len(text.splitlines()) == 5, text


def test_a_static_member_is_never_cooperative(ini):
    """One that is killed between the two rounds of a cooperative rebalance leaves partitions that nobody reads."""
    static = GOOD.replace("bootstrap.servers = localhost:9092", "bootstrap.servers = localhost:9092\ngroup.instance.id = a")
    assert sluice("validate", "-c", ini(static)).returncode == 0
    path = ini(static.replace("[transform.event]",
                              "[kafka.consumer]\npartition.assignment.strategy = cooperative-sticky\n\n[transform.event]"))
    done = sluice("validate", "-c", path)
    assert done.returncode == 2
    assert errors_of(done) == [f"{path}:{line_of(path, 'partition.assignment.strategy')}: error: partition.assignment.strategy: "
                               "got cooperative-sticky beside group.instance.id, wanted roundrobin or range: a static member "
                               "killed during a cooperative rebalance leaves partitions that nobody reads"]


def test_a_connection_string_of_313_characters_arrives_whole(ini):
    hosts = ",".join(f"mongo-{n}.mongo-headless.data.svc.cluster.local:27017" for n in range(5))
    uri = f"mongodb://{hosts}/?replicaSet=rs0&authSource=admin&w=majority"
    topics = ", ".join(f"topic-number-{n:04}" for n in range(110))
    comment = "; " + "x" * 180 + " tasks.max = 64"
    path = ini(GOOD.replace("mongodb://localhost/", uri).replace("topics = potato", f"topics = {topics}\n{comment}"))
    done = sluice("validate", "-c", path)
    assert (done.returncode, done.stderr) == (0, b"")
    printed = sluice("validate", "-c", path, "--print").stdout.decode()
    assert f"topics = {topics}\n" in printed and "tasks.max" not in printed
    shown = sluice("validate", "-c", ini(GOOD.replace("mongodb://localhost/", "${env:URI}")), "--print", env={"URI": uri})
    assert shown.returncode == 0 and "connection.uri = ${env:URI}\n" in shown.stdout.decode()


def test_a_log_area_that_does_not_exist_is_refused_with_the_nearest_one(ini):
    path = ini(GOOD + "[log]\nlevel = warn\nlevel.librdkafka = debug\nlevel.librdkafak = debug\nlevel.task = loud\n")
    done = sluice("validate", "-c", path)
    assert done.returncode == 2 and errors_of(done) == [
        f"{path}:{line_of(path, 'level.librdkafak')}: error: [log] level.librdkafak: no such area, did you mean "
        "level.librdkafka?",
        f"{path}:{line_of(path, 'level.task')}: error: [log] level.task: got 'loud', wanted error, warn, info or debug"]


def test_later_files_win_key_by_key_and_print_says_where_each_value_stands(ini):
    base, over = ini(GOOD), ini("[pipeline]\ntopics = tomato\n", "over.ini")
    printed = sluice("validate", "-c", base, "-c", over, "--print").stdout.decode()
    assert f"; {over}:2\ntopics = tomato\n" in printed and f"; {base}:3\nname = leaves\n" in printed


def test_secrets_are_never_printed(ini, tmp_path):
    secret = tmp_path / "uri"
    secret.write_text("mongodb://u:S3cr3t-Pl4nt@localhost/\n")
    for uri in (secret.read_text().strip(), "${file:%s}" % secret, "${env:URI}", "mongodb://u:S3cr3t-Pl4nt@ss/word@h/db"):
        path = ini(GOOD.replace("mongodb://localhost/", uri)
                   .replace("[transform.event]", "sasl.password = S3cr3t-Pl4nt\n[http]\nadmin.token = S3cr3t-Pl4nt\n"
                            "admin.tokn = S3cr3t-Pl4nt\n[transform.event]"))
        for arguments in (("validate", "-c", path), ("validate", "-c", path, "--print"), ("validate", "-c", path, "--json")):
            done = sluice(*arguments, env={"URI": "mongodb://u:S3cr3t-Pl4nt@localhost/"})
            assert b"S3cr3t" not in done.stdout + done.stderr, done
    assert b"sasl.password = ***" in sluice("validate", "-c", path, "--print").stdout


@pytest.mark.parametrize("uri", ["mongodb://db/?w=0", "mongodb://db/?w=0&readPreference=primary"])
def test_fire_and_forget_hidden_in_the_uri_is_refused(ini, uri):
    path = ini(GOOD.replace("mongodb://localhost/", uri))
    for command in ("validate", "run"):
        done = sluice(command, "-c", path)
        assert done.returncode == 2 and f"{path}:{line_of(path, 'connection.uri')}: error: " in done.stderr.decode()
        assert "w=0" in done.stderr.decode() and "acknowledge" in done.stderr.decode()


def test_a_dead_letter_topic_that_is_also_a_source_is_refused_naming_both_lines(ini):
    base = ini(GOOD.replace("topics = potato", "topics = potato, leaves.dlq"))
    over = ini("[pipeline]\nerrors.deadletterqueue.topic.name = ${env:DLQ}\n", "over.ini")
    done = sluice("validate", "-c", base, "-c", over, env={"DLQ": "leaves.dlq"})
    assert done.returncode == 2 and f"{over}:2: error: " in done.stderr.decode()
    assert f"{base}:{line_of(base, 'topics')}" in done.stderr.decode()


def test_what_only_librdkafka_finds_is_found_offline(ini):
    done = sluice("validate", "-c", ini(GOOD.replace("[transform.event]", """
[kafka.consumer]
session.timeout.ms = 400000
[transform.event]""", 1)))
    assert done.returncode == 2 and "max.poll.interval.ms" in done.stderr.decode()


def test_formats_that_do_not_fit_are_refused(ini):
    done = sluice("validate", "-c", ini(GOOD.replace("transforms = event\n", "")))
    assert done.returncode == 2 and "Kafka produces bytes, [sink.images] (mongodb-image) accepts bson" in done.stderr.decode()


def test_every_shipped_configuration_is_valid(tmp_path):
    secrets = tmp_path / "secret"
    secrets.write_text("mongodb://localhost/\n")
    overlay = (TOP / "conf" / "secrets-from-files.ini").read_text().replace("/run/secrets/kafka-password", str(secrets))
    over = tmp_path / "over.ini"
    over.write_text(overlay.replace("/run/secrets/mongodb-uri", str(secrets)))
    base, secured = TOP / "conf" / "plant-images.ini", TOP / "conf" / "secured.ini"
    for files in ((base,), (TOP / "conf" / "to-file.ini",), (base, over), (base, secured)):
        done = sluice("validate", *(part for file in files for part in ("-c", file)),
                      env={"KAFKA_PASSWORD": "x", "MONGODB_PASSWORD": "x"})
        assert (done.returncode, done.stderr) == (0, b""), done


def test_the_readme_s_configuration_is_valid(ini):
    text = (TOP / "README.md").read_text()
    block = text.split("```ini\n", 1)[1].split("```", 1)[0]
    done = sluice("validate", "-c", ini(block))
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(block.splitlines()) <= 25


def test_describe_tells_plugins_for_people_and_programs():
    assert b"mongodb-image" in sluice("describe").stdout
    text = sluice("describe", "json-event").stdout.decode()
    assert "Accepts: bytes json\nProduces: bson" in text and "convert.<name>" in text
    told = json.loads(sluice("describe", "mongodb-image", "--json").stdout)
    uri = next(option for option in told["options"] if option["name"] == "connection.uri")
    assert told["kind"] == "sink" and uri["secret"] and uri["required"] and told["abi"] == [1, 0]
    everything = json.loads(sluice("describe", "--json").stdout)
    assert {plugin["name"] for plugin in everything["plugins"]} >= {"file", "json-event", "mongodb-image"}


def test_try_shows_the_document_or_the_letter_of_each_event(ini):
    events = b'{"id":"7","data":"00ff","updated_at":"2023-10-08T15:39:49.123999"}\n{"id":1,"data":"xy"}\n\n'
    done = sluice("try", "-c", ini(GOOD), stdin=events)
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 1 and len(lines) == 3
    assert json.loads(lines[0]) == {"id": {"$numberInt": "7"},
                                    "data": {"$binary": {"base64": "AP8=", "subType": "00"}},
                                    "updated_at": {"$date": {"$numberLong": "1696779589123"}}}
    assert lines[1].startswith("REJECT json.hex: data: character 1 is 0x78")
    assert lines[2] == "REJECT json.empty: the value is empty"
    as_json = [json.loads(line) for line in sluice("try", "-c", ini(GOOD), "--json", stdin=events).stdout.splitlines()]
    assert [line["verdict"] for line in as_json] == ["OK", "REJECT", "REJECT"] and as_json[1]["code"] == "json.hex"


def test_help_is_to_be_had_and_mistakes_on_the_command_line_end_with_2(ini):
    for arguments in (("--help",), ("run", "--help"), ("validate", "--help"), ("describe", "--help"), ("try", "--help")):
        done = sluice(*arguments)
        assert done.returncode == 0 and b"Examples:" in done.stdout and b"Usage: sluice" in done.stdout, done
    assert sluice("--version").stdout.startswith(b"sluice ")
    assert b"did you mean validate?" in sluice("vaildate").stderr
    for arguments in ((), ("vaildate",), ("run",), ("run", "--no-such"), ("run", "-c", "/does/not/exist"),
                      ("describe", "no-such-plugin")):
        assert sluice(*arguments).returncode == 2, arguments


def test_things_that_are_no_plugins_are_refused_in_words(ini, tmp_path):
    text_file = tmp_path / "text.so"
    text_file.write_text("not a library\n" * 100)
    empty = tmp_path / "empty.so"
    empty.write_text("")
    writable = tmp_path / "writable.so"
    writable.write_bytes((build_folder() / "plugins" / "file.so").read_bytes())
    writable.chmod(0o666)
    fifo = tmp_path / "fifo.so"
    os.mkfifo(fifo)
    libz = next(pathlib.Path("/").glob("lib/*/libz.so.1"))
    for path, words in ((text_file, "invalid ELF header"), (empty, "file too short"), (tmp_path, "not a file"),
                        (fifo, "not a file"), (libz, "exports no sluice_plugin_query"), (writable, "others may write"),
                        (tmp_path / ".." / "x.so", "No such file")):
        done = sluice("validate", "-c", ini(GOOD.replace("plugin = mongodb-image", f"plugin = {path}")), seconds=20)
        assert done.returncode == 2 and words in done.stderr.decode(), (path, done)
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "twice.so").write_text("x")
    config = GOOD.replace("plugin = mongodb-image", "plugin = twice").replace(
        "topics = potato", f"topics = potato\nplugin.path = {tmp_path}/one, {tmp_path}/two")
    done = sluice("validate", "-c", ini(config))
    assert done.returncode == 2 and f"{tmp_path}/one/twice.so and {tmp_path}/two/twice.so" in done.stderr.decode()


def test_a_pinned_plugin_is_that_file_or_none(ini):
    sha256 = json.loads(sluice("describe", "file", "--json").stdout)["sha256"]
    wrong = sha256[:-1] + ("0" if sha256[-1] != "0" else "1")
    pin = GOOD.replace("plugin = mongodb-image", "plugin = mongodb-image\nplugin.sha256 = SHA")
    right = json.loads(sluice("describe", "mongodb-image", "--json").stdout)["sha256"]
    assert sluice("validate", "-c", ini(pin.replace("SHA", right))).stdout == b"leaves: fine\n"
    assert f"plugin.sha256 = {right}\n" in sluice("validate", "-c", ini(pin.replace("SHA", right)), "--print").stdout.decode()
    for value, words in ((wrong, f"its SHA-256 is {right}, wanted {wrong}"), (right[1:], "wanted 64 hexadecimal digits")):
        for command in ("validate", "run"):
            done = sluice(command, "-c", ini(pin.replace("SHA", value)))
            assert done.returncode == 2 and words in done.stderr.decode(), done


def test_try_takes_a_whole_file_with_every_byte_in_it(ini, tmp_path):
    event = tmp_path / "event.bin"
    event.write_bytes(b'{"id":1,"disease":"\xff"}')
    done = sluice("try", "-c", ini(GOOD), "--whole", event)
    assert b"REJECT json.utf8: line 1, column 20 (byte 19)" in done.stdout, done
    done = sluice("validate", "-c", ini(GOOD.replace("t.dlq", "potato").replace("topics = potato", "topics = potato, potato.state")))
    assert b"'potato.state' is also one of the topics" in done.stderr and b"decisions about letters are kept" in done.stderr

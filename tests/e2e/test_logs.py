"""The log of a running pipeline."""

import json

from rig.sluice import Sluice, build_folder


def test_repeats_are_told_when_nothing_else_is_logged_and_a_rejected_record_s_line_is_none(pipeline, tmp_path):
    """Without a dead letter topic that line is all that is left of the record."""
    topic = pipeline.topic()
    (tmp_path / "script").write_text("quote\n")
    ini = f"""
[pipeline]
name = {topic}
topics = {topic}
sink = out
batch.max.records = 1
errors.tolerance = all
errors.log.enable = true
[kafka]
bootstrap.servers = {pipeline.kafka.bootstrap}
[log]
format = json
level.plugin = warn
[sink.out]
plugin = {build_folder()}/tests/abi/fixtures/scripted-sink.so
script.file = {tmp_path}/script
log.file = {tmp_path}/log
"""
    pipeline.kafka.produce(topic, [b"x"] * 60)
    with Sluice(ini) as sluice:
        sluice.wait_for_text('"repeats":55')
        lines = [json.loads(line) for line in sluice.text().splitlines()]
        assert sluice.stop() == 0
    assert [line["offset"] for line in lines if line["message"] == "scripted.quote"] == list(range(60))
    quotes = [line["message"] for line in lines if line["area"] == "plugin"]
    assert quotes[:5] == ["my secret is "] * 5 and len(quotes) == 6
    assert quotes[5].startswith("… 55 more in ") and quotes[5].endswith(" s: my secret is ")

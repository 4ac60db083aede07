"""The dead letter page on the admin listener, in a real Chromium, and the API below it."""

import datetime
import http.client
import json
import urllib.parse

import pytest
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource
from selenium.webdriver.common.keys import Keys

from lims.pictures import album
from rig.browser import Browser
from rig.dlq import Dlq, sluice_headers
from rig.process import wait_until
from rig.sluice import Sluice, sluice as command
from test_bad_events import BAD

HOSTILE = b"<script>document.title='owned'</script>\x1b[2J\x00\xff\xe2\x80\xae<img src=x onerror=document.title='owned'>"
OLD, NEW = "2023-01-01T00:00:00", "2024-01-01T00:00:00"


class Page:
    """A running pipeline with letters of many kinds, and its admin listener."""

    def __init__(self, pipeline, **more):
        self.pipeline = pipeline
        self.topic = pipeline.topic()
        pipeline.make_dlq()
        self.picture = album(3)[0]
        self.values = [json.dumps({"id": 1, "data": self.picture.hex(), "updated_at": "2023-02-29T00:00:00",
                                   "disease": "Late blight"}).encode(),
                       json.dumps({"id": 7, "data": self.picture.hex(), "updated_at": NEW}).encode(),
                       *BAD.values(), HOSTILE]
        pipeline.kafka.produce(self.topic, self.values, keys=[b"potato-1", b"7"] + [b"k"] * len(BAD) + [HOSTILE],
                               headers=[("trace", None), ("x", HOSTILE)])
        self.count = len(BAD) + 2
        self.sluice = Sluice(pipeline.ini(**more), admin=True)

    def __enter__(self):
        self.sluice.start()
        self.sluice.wait_total("sluice_records_dead_lettered_total", self.count)
        self.url = f"http://{self.sluice.admin}/dlq/"
        self.cli = Dlq(self.sluice.folder.joinpath("pipeline.ini").read_text())
        return self

    def __exit__(self, *error):
        self.sluice.__exit__(*error)

    def request(self, method, path, body=None, host=None, **headers):
        """(status, headers, body) of one request; Host as given."""
        connection = http.client.HTTPConnection(self.sluice.admin, timeout=30)
        connection.putrequest(method, path, skip_host=True)
        connection.putheader("Host", host or self.sluice.admin)
        for name, value in headers.items():
            connection.putheader(name, value)
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        connection.putheader("Content-Length", str(len(data)))
        connection.endheaders(data)
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, dict(answer.getheaders()), text

    def get(self, path, **how):
        status, _, text = self.request("GET", path, **how)
        return status, json.loads(text)

    def post(self, path, body, **how):
        status, _, text = self.request("POST", path, body, Origin=f"http://{self.sluice.admin}", **how)
        return status, json.loads(text)


@pytest.fixture
def page(pipeline):
    with Page(pipeline) as page:
        yield page


# ---- In the browser ----------------------------------------------------------------------------------------


def test_an_operator_finds_a_letter_mends_it_and_sees_it_stored(page):
    with Browser() as browser:
        browser.open(page.url)
        browser.counts(f"{page.count} open letters match, of {page.count} in")
        assert len(browser.rows()) == page.count and page.cli.stats()["matched"] == page.count
        browser.one("input[name=code]").send_keys("json.date")
        browser.one("#filters button").click()
        browser.counts("2 open letters match")
        assert "code=json.date" in browser.driver.current_url
        browser.all("#list a")[-1].click()
        browser.until("the letter", lambda: "2023-02-29" in browser.one("#letter pre").text)
        assert "letter=0%3A0" in browser.driver.current_url or "letter=0:0" in browser.driver.current_url
        assert browser.one("#letter mark").text.strip().startswith('"updated_at": "2023-02-29')
        image = browser.one("#letter figure img")
        browser.until("the picture", lambda: browser.driver.execute_script("return arguments[0].naturalWidth", image) > 0)
        assert f"JPEG in data, {len(page.picture):,} bytes" == image.get_attribute("alt")
        browser.until("that nothing is stored", lambda: "holds nothing" in browser.one(".beside [aria-live]").text)
        button = {b.text: b for b in browser.all("#letter .actions button")}
        button["Test"].click()
        browser.status("1 letter: 1 would be rejected", "json.date: updated_at")
        button["Replay …"].click()
        browser.one("#confirm textarea").send_keys(json.dumps({"updated_at": OLD}))
        browser.one("#confirm-yes").click()
        browser.status("1 letter: 1 applied")
        browser.until("the document", lambda: "Late blight" in browser.one(".beside [aria-live]").text)
        browser.until("its picture", lambda: len(browser.all("#letter figure img")) == 2)
        assert "decided: applied" in browser.one("#letter dl").text
        browser.driver.back()
        browser.until("the list alone", lambda: not browser.one("#letter").is_displayed())
        assert browser.complaints() == []
    assert page.pipeline.documents(page.topic)[1]["disease"] == "Late blight"
    (entry,) = page.cli.list("--all", "0:0")
    assert entry["decision"]["outcome"] == "applied" and entry["decision"]["by"] == "admin page, 127.0.0.1"


def test_a_hostile_record_shows_harmlessly(page):
    with Browser() as browser:
        browser.open(f"{page.url}?letter=0:{page.count - 1}")
        browser.until("the letter", lambda: "\\u001b[2J" in browser.one("#letter").text or "1b5b" in browser.one("#letter").text)
        assert browser.driver.title == f"Dead letters of {page.pipeline.name}"
        assert browser.all("#list script, #letter script, #letter img[src=x], #list img") == []
        assert "‮" not in browser.driver.page_source and "\x1b" not in browser.driver.page_source
        assert browser.complaints() == []
    page.pipeline.kafka.produce(page.pipeline.dlq, [b"{}"], headers=[("<b>n", HOSTILE)] + sluice_headers(
        "<i>t</i>", 0, 1, "<u>code</u>", page.pipeline.name, message="<script>document.title='owned'</script>"))
    with Browser() as browser:
        browser.open(f"{page.url}?letter=0:{page.count}")
        browser.until("the letter", lambda: "<u>code</u>" in browser.one("#letter dl").text)
        browser.counts("open letters match")
        assert "<u>code</u>" in browser.one("#chart").text and browser.driver.title.startswith("Dead letters of")
        assert browser.all("main b, main u, main script, main i:not([class])") == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_chart_and_its_table_tell_what_stats_tell_hour_by_hour(page, dark):
    codes = ["json.date", "json.invalid", "json.missing-field", "json.hex", "mongodb.validation", "json.utf8", "record.null-value",
             "mongodb.document-too-large", "json.type"]
    reasons = {"json.date": "updated_at: got '2023-02-29T00:00:00', wanted YYYY-MM-DDTHH:MM:SS", "json.missing-field": "id is missing"}
    producer = page.pipeline.kafka.producer()
    begin = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=30)
    for number in range(900):
        code = codes[min(number % 3 * (number % 7), len(codes) - 1)]
        at = begin + datetime.timedelta(seconds=(number * number) % 104000)
        headers = sluice_headers(page.topic, 0, 1000 + number, code, page.pipeline.name, at=at.isoformat()[:19] + ".000Z",
                                 message=reasons.get(code, "as an example"))
        producer.produce(page.pipeline.dlq, page.values[0], key=str(number), headers=headers)
    producer.flush(30)
    with Browser(dark=dark) as browser:
        browser.open(f"{page.url}?letter=0:0")
        browser.counts(f"{page.count + 900} open letters match")
        browser.until("the lookup", lambda: "holds nothing" in browser.one(".beside [aria-live]").text)
        browser.one("details summary").click()
        table = [[cell.text.replace(",", "") for cell in row.find_elements("css selector", "th, td")]
                 for row in browser.all("#chart-table tr")]
        browser.one("details summary").click()
        browser.picture(f"dead-letters-{'dark' if dark else 'light'}")
        bars = len(browser.all("#chart rect"))
    stats = page.cli.stats("--by", "hour,code")
    by_hour = {}
    for group in stats["groups"]:
        by_hour.setdefault(group["hour"], []).append(group["count"])
    hours = {row[0].replace(" ", "T") + "Z": [int(cell) for cell in row[1:]] for row in table[1:]}
    assert {hour: sum(row) for hour, row in hours.items() if sum(row)} == {h: sum(c) for h, c in by_hour.items()}
    assert bars == sum(cell > 0 for row in hours.values() for cell in row)
    total = {name: sum(row[i] for row in hours.values()) for i, name in enumerate(table[0][1:])}
    by_code = {g["code"]: g["count"] for g in page.cli.stats()["groups"]}
    assert all(by_code[name] == number for name, number in total.items() if name != "others") and "others" in total


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_core_finds_nothing_wrong(page, dark):
    with Browser(dark=dark) as browser:
        browser.open(f"{page.url}?letter=0:0")
        browser.counts("open letters match")
        browser.until("the lookup", lambda: "holds nothing" in browser.one(".beside [aria-live]").text)
        assert browser.accessibility() == []
        browser.one("#select-all").click()
        browser.one("#discard").click()
        assert browser.one("#confirm").is_displayed() and browser.accessibility() == []


def test_the_page_is_used_by_keyboard_alone(page):
    with Browser() as browser:
        browser.open(page.url)
        browser.counts("open letters match")
        newest = f"0:{page.count - 1}"

        def press(*pressed):
            browser.driver.switch_to.active_element.send_keys(*pressed)

        def go_to(what, key, steps=60):
            """Presses the key until the focus is where it should be."""
            for _ in range(steps):
                press(key)
                if what(browser.driver.switch_to.active_element):
                    return
            raise AssertionError("the focus never came there")

        go_to(lambda element: element.get_attribute("value") == newest, Keys.TAB)
        press(Keys.SPACE)
        assert browser.one("#selected").text == "1 selected"
        go_to(lambda element: element.get_attribute("id") == "discard", Keys.SHIFT + Keys.TAB)
        press(Keys.ENTER)
        browser.until("the question", lambda: browser.one("#confirm").is_displayed())
        go_to(lambda element: element.get_attribute("name") == "reason", Keys.TAB, 5)
        press("rubbish")
        go_to(lambda element: element.get_attribute("id") == "confirm-yes", Keys.TAB, 5)
        press(Keys.ENTER)
        browser.status("1 letter: 1 discarded")
    (entry,) = page.cli.list("--all", f"0:{page.count - 1}")
    assert (entry["decision"]["outcome"], entry["decision"]["reason"]) == ("discarded", "rubbish")


def test_a_token_is_asked_for_and_kept_for_the_tab(pipeline):
    with Page(pipeline, kafka="\n[http]\nadmin.token = S3cr3t\n") as page, Browser() as browser:
        browser.open(page.url)
        browser.until("the question", lambda: browser.one("#sign-in").is_displayed())
        browser.one("#sign-in input").send_keys("S3cr3t")
        browser.one("#sign-in button").click()
        browser.counts(f"{page.count} open letters match")
        browser.driver.refresh()
        browser.counts(f"{page.count} open letters match")


# ---- The API -------------------------------------------------------------------------------------------------


def test_what_the_sink_holds_is_told_by_key_and_counted(page):
    page.pipeline.database[f"images-{page.topic}"].insert_many([{"id": 8, "disease": "Rust"}, {"id": "a/b"}])
    status, document = page.get(f"/topics/{page.topic}/keys/8")
    assert status == 200 and (document["id"], document["disease"]) == (8, "Rust")
    assert page.get(f"/topics/{page.topic}/keys/%22a%2Fb%22")[1]["id"] == "a/b"
    assert page.get(f"/topics/{page.topic}/count") == (200, 3)  # and the good event
    assert page.get(f"/topics/{page.topic}/keys/9") == (404, {"error_code": 404, "message":
                                                              "the sink holds nothing for this key"})
    status, answer = page.get(f"/topics/{page.topic}/keys/potato-1")
    assert status == 400 and "wanted one JSON value" in answer["message"]
    page.pipeline.mongod.process.freeze()
    try:
        assert page.get(f"/topics/{page.topic}/keys/8")[0] in (502, 503)
    finally:
        page.pipeline.mongod.process.thaw()
    wait_until("an answer again", lambda: page.get(f"/topics/{page.topic}/count")[0] == 200)


def test_another_sites_page_changes_nothing_and_gets_never_act(page):
    order = {"letters": ["0:0"], "reason": "x"}
    assert page.request("POST", "/dlq/discard", order, Origin="null")[0] == 403
    assert page.request("POST", "/dlq/discard", order, **{"Sec-Fetch-Site": "cross-site"})[0] == 403
    assert page.request("POST", "/dlq/discard", order, Origin="http://evil.example")[0] == 403
    assert page.request("POST", "/dlq/discard", order, host="evil.example", Origin="http://evil.example")[0] == 421
    assert page.request("GET", "/dlq/letters", host="evil.example")[0] == 421
    status, headers, _ = page.request("GET", "/dlq/discard?letters=0:0&reason=x")
    assert status == 404
    status, headers, _ = page.request("DELETE", "/dlq/letters/0/0")
    assert status == 405 and headers["Allow"] == "GET, HEAD"
    assert len(page.cli.list()) == page.count
    status, headers, body = page.request("GET", "/dlq/")
    assert status == 200 and b"<script type" in body
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff" and "Access-Control-Allow-Origin" not in headers


def test_times_no_calendar_has_break_no_view(page):
    entry = ConfigEntry("message.timestamp.after.max.ms", str(2**63 - 1), incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource("TOPIC", page.pipeline.dlq, incremental_configs=[entry])
    admin = page.pipeline.kafka.admin()
    admin.incremental_alter_configs([resource])[resource].result(10)
    producer, failures = page.pipeline.kafka.producer(), []
    for timestamp in (8_700_000_000_000_000, 317_000_000_000_000):
        producer.produce(page.pipeline.dlq, b"{}", headers=sluice_headers(page.topic, 0, timestamp, "x", page.pipeline.name,
                                                                         at="garbage"),
                         timestamp=timestamp, on_delivery=lambda error, _: failures.append(error) if error else None)
    assert producer.flush(10) == 0 and not failures, failures
    with Browser() as browser:
        browser.open(f"{page.url}?letter=0:{page.count}")
        browser.counts(f"{page.count + 2} open letters match")
        assert "8700000000000000 ms" in browser.one("#letter dl").text
        assert "not told" in browser.one("#chart").text or len(browser.all("#chart rect")) > 3
        assert browser.complaints() == []


def test_what_no_letter_answers_to_is_said(page):
    status, answer = page.post("/dlq/discard", {"letters": ["0:0", "0:999", "0:9223372036854775806"], "reason": "x"})
    assert status == 200 and [r["outcome"] for r in answer["results"]] == ["discarded", "left out", "left out"]
    assert page.get("/dlq/letters/0/9223372036854775807")[0] == 400
    assert page.request("GET", "/dlq/letters", **{"Sec-Fetch-Site": "cross-site"})[0] == 403


def test_orders_that_cannot_be_are_refused_in_words(page):
    for path, body, words in (
            ("discard", b"{", "the body is no JSON: line 1"), ("discard", {"letters": ["0:0"]}, "reason: wanted some words"),
            ("discard", {"letters": [], "reason": "x"}, "letters: wanted an array"),
            ("discard", {"letters": [f"{page.topic}:0:0"], "reason": "x"}, "letters: wanted an array of letters"),
            ("discard", {"letters": ["x"], "reason": "x"}, "wanted a letter as PARTITION:OFFSET"),
            ("discard", {"reason": "x"}, "letters"), ("discard", {"letters": ["0:0"], "reason": "x", "y": 1}, "y"),
            ("replay", {"letters": ["0:0"]}, 'to: wanted "sink" or "topic"'),
            ("replay", {"letters": ["0:0"], "to": "topic", "topic": page.pipeline.dlq}, "is for dead letters"),
            ("replay", {"letters": ["0:0"], "to": "sink", "patch": []}, "patch: wanted an object")):
        status, answer = page.post(f"/dlq/{path}", body)
        assert status == 400 and words in answer["message"], (path, body, answer)
    for path, status, words in (("letters?offset=x", 400, "offset: got 'x', wanted offsets"), ("letters?limit=0", 400, "limit"),
                                ("letters?since=never", 400, "since: got 'never'"), ("stats?by=x", 400, "by: got 'x'"),
                                ("letters/0/999", 404, "no letter 0:999"), ("letters/x/0", 400, "wanted PARTITION/OFFSET")):
        answer = page.get(f"/dlq/{path}")
        assert answer[0] == status and words in answer[1]["message"], (path, answer)
    assert page.post("/dlq/discard", b"x" * (2 << 20))[0] == 413
    assert len(page.cli.list()) == page.count


def test_the_page_and_the_command_line_tell_the_same(page):
    for query in ("", "code=json.*", "stage=TASK_PUT", "key=k", "offset=2-5", f"topic={page.topic}", "until=1%20h"):
        arguments = [f"--{name}={urllib.parse.unquote(value)}" for name, value in
                     (part.split("=") for part in query.split("&") if part)]
        listed = page.get(f"/dlq/letters?limit=1000&{query}")[1]["letters"]
        told = page.cli.list(*arguments)
        assert [{k: v for k, v in entry.items() if k != "open"} for entry in listed] == told
        stats = page.get(f"/dlq/stats?by=topic,code&{query}")[1]
        assert stats == page.cli.stats("--by", "topic,code", *arguments)


def test_an_admin_listener_for_others_needs_a_token(pipeline):
    pipeline.topic()
    pipeline.make_dlq()
    for listen, fine in (("0.0.0.0:1", False), ("192.0.2.1:1", False), ("[::]:1", False), ("127.0.0.1:1", True),
                         ("localhost:1", True), ("[::1]:1", True)):
        cli = Dlq(pipeline.ini(kafka=f"\n[http]\nadmin.listen = {listen}\n"))
        done = command("validate", "-c", cli.config)
        assert (done.returncode == 0) == fine, done.stderr
        assert fine or b"is reached from other machines: wanted a loopback address, or admin.token" in done.stderr

"""Debian's Chromium, driven through its own driver."""

import contextlib
import os
import pathlib
import tempfile

from axe_core_python.selenium import Axe
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait


class Browser:
    """`with Browser() as browser:`; dark: the colour scheme the user asks for."""

    def __init__(self, dark=False, size=(1600, 1300)):
        self.folder = tempfile.TemporaryDirectory(prefix="sluice-browser-")
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
                         "--force-prefers-reduced-motion", f"--window-size={size[0]},{size[1]}",
                         f"--user-data-dir={self.folder.name}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        if dark:
            self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                        {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        with contextlib.suppress(Exception):
            if kind is not None:
                print("--- console:", self.driver.get_log("browser"))
                print("--- page:", self.driver.find_element(By.TAG_NAME, "body").text[:3000])
        self.driver.quit()
        self.folder.cleanup()

    def open(self, url):
        self.driver.get(url)
        return self

    def one(self, css):
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def all(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def until(self, what, condition, seconds=20):
        """Waits until the condition is true of the page as it is then."""
        return WebDriverWait(self.driver, seconds, 0.1, ignored_exceptions=(Exception,)).until(
            lambda _: condition(), f"{what} has not come within {seconds} s")

    def counts(self, words):
        self.until(f"'{words}'", lambda: words in self.one("#counts").text)

    def status(self, *words):
        self.until(f"a status with {words}", lambda: all(word in self.one("#status").text for word in words))

    def rows(self):
        """The list as texts, a row each."""
        return [[cell.text for cell in row.find_elements(By.TAG_NAME, "td")] for row in self.all("#list tr")]

    def complaints(self):
        """What the console holds of errors and warnings, but that the sink holds nothing for a key."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")
                and not ("/keys/" in entry["message"] and "404" in entry["message"])]

    def accessibility(self):
        """What axe-core finds wrong: (rule, what, where)."""
        found = Axe().run(self.driver)
        return [(v["id"], v["help"], [node["html"][:120] for node in v["nodes"]][:3]) for v in found["violations"]]

    def picture(self, name):
        """A screenshot of the whole page, where SLUICE_PICTURES says they go."""
        folder = os.environ.get("SLUICE_PICTURES")
        if folder:
            pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
            height = self.driver.execute_script("return document.documentElement.scrollHeight")
            self.driver.set_window_size(1600, min(max(height + 140, 700), 2400))
            self.driver.execute_script("scrollTo(0, 0)")
            self.driver.save_screenshot(str(pathlib.Path(folder) / f"{name}.png"))

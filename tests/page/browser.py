# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, driven by chromedriver in WebDriver's JSON: of all the clients that there
are, the tests need only these few commands."""
import atexit
import base64
import http.client
import json
import os
import re
import shutil
import subprocess
import tempfile
import time

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
START_PATIENCE = 30.0
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--hide-scrollbars", "--no-first-run", "--force-color-profile=srgb",
             "--disable-background-networking", "--disable-component-update"]
KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Tab": "\ue004", "ArrowDown": "\ue015",
        "ArrowUp": "\ue013", "ArrowLeft": "\ue012", "ArrowRight": "\ue014", "Home": "\ue011",
        "End": "\ue010", "PageDown": "\ue00f", "Shift": "\ue008"}


class BrowserError(Exception):
    """What the driver said."""


class Browser:
    """One window. `close` ends it and its driver, by their process."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="hearsay-page-")
        self.driver = subprocess.Popen([DRIVER, "--port=0"], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True)
        atexit.register(self.close)
        self.session, self.port = None, self.read_port()
        options = {"binary": CHROMIUM, "args": [*ARGUMENTS, f"--user-data-dir={self.profile}"]}
        answer = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.session = answer["sessionId"]
        self.size(1440, 900)

    def read_port(self):
        for line in self.driver.stdout:
            found = re.search(r"started successfully on port (\d+)", line)
            if found:
                return int(found.group(1))
        raise BrowserError("chromedriver did not start")

    def ask(self, method, path, body=None):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            if self.session:
                path = f"/session/{self.session}{path}"
            link.request(method, path, None if body is None else json.dumps(body),
                         {"Content-Type": "application/json"})
            value = json.loads(link.getresponse().read())["value"]
        finally:
            link.close()
        if isinstance(value, dict) and "error" in value:
            raise BrowserError(f"{value['error']}: {value['message'].splitlines()[0]}")
        return value

    def devtools(self, command, **fields):
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": fields})

    # ---- what a person does ------------------------------------------------------------------

    def open(self, address):
        self.ask("POST", "/url", {"url": address})
        return self

    def size(self, width, height, scale=1, phone=False):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=scale, mobile=phone)

    def prefer(self, **features):
        """prefer(color_scheme="dark", reduced_motion="reduce")"""
        self.devtools("Emulation.setEmulatedMedia", features=[
            {"name": f"prefers-{name.replace('_', '-')}", "value": value}
            for name, value in features.items()])

    def press(self, *keys):
        """Keys one after the other; "Shift+Tab" holds the first meanwhile."""
        actions = []
        for key in keys:
            held = [KEYS.get(k, k) for k in key.split("+")] if len(key) > 1 else [key]
            actions += [{"type": "keyDown", "value": k} for k in held]
            actions += [{"type": "keyUp", "value": k} for k in reversed(held)]
        self.ask("POST", "/actions", {"actions": [
            {"type": "key", "id": "keyboard", "actions": actions}]})

    def click(self, x, y):
        self.point(x, y, [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}])

    def point(self, x, y, then=()):
        self.ask("POST", "/actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": [
            {"type": "pointerMove", "x": int(x), "y": int(y), "duration": 0}, *then]}]})

    # ---- what a person sees ------------------------------------------------------------------

    def run(self, script, *arguments):
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def text(self, selector):
        """The text of an element; "" if it is not shown."""
        return self.run("const e = document.querySelector(arguments[0]);"
                        "return e && e.checkVisibility() ? e.innerText : '';", selector)

    def focus(self):
        return self.run("const e = document.activeElement; return e.id || e.tagName;")

    def console(self):
        """What the console said since it was asked last."""
        return self.ask("POST", "/se/log", {"type": "browser"})

    def wait(self, what, condition, limit=10.0):
        """Until the condition, a script or a function, is met; returns what it gave, and fails with
        the words otherwise."""
        check = (lambda: self.run(condition)) if isinstance(condition, str) else condition
        deadline = time.monotonic() + limit
        while True:
            value = check()
            if value:
                return value
            if time.monotonic() > deadline:
                raise AssertionError(f"after {limit} s: {what}")
            time.sleep(0.02)

    def shot(self, path):
        data = base64.b64decode(self.devtools("Page.captureScreenshot", format="png")["data"])
        with open(path, "wb") as file:
            file.write(data)

    def close(self):
        if self.driver.poll() is None:
            try:
                if self.session:
                    self.ask("DELETE", "")
            except (OSError, BrowserError, ValueError):
                pass
            self.driver.terminate()
            self.driver.wait()
        self.driver.stdout.close()
        for _ in range(20):  # the browser may still be writing
            shutil.rmtree(self.profile, ignore_errors=True)
            if not os.path.exists(self.profile):
                break
            time.sleep(0.1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

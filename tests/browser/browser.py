# SPDX-License-Identifier: GPL-3.0-or-later
"""Chromium through chromedriver (W3C WebDriver), and Test Anything Protocol.

Standard library only.
"""
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import urllib.error
import urllib.request

opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Tap:
    def __init__(self):
        self.count = self.failures = 0

    def ok(self, good, name, detail=""):
        self.count += 1
        self.failures += not good
        print(("ok" if good else "not ok"), self.count, "-", name)
        if not good and detail != "":
            print("#", str(detail).replace("\n", "\n# "))

    def done(self):
        print(f"1..{self.count}")
        return 1 if self.failures else 0


class Browser:
    """One session; pages are files of `folder`."""

    def __init__(self, folder):
        self.folder = folder
        self.profile = tempfile.mkdtemp(prefix="her2-browser-profile.")
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True)
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    def start(self):
        port = None
        for line in self.driver.stdout:
            found = re.search(r"successfully on port (\d+)", line)
            if found:
                port = found.group(1)
                break
        threading.Thread(target=self.driver.stdout.read, daemon=True).start()
        self.base = f"http://127.0.0.1:{port}"
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                   "--no-first-run", "--disable-background-networking",
                   "--disable-component-update", "--disable-sync", "--window-size=1200,1600",
                   f"--user-data-dir={self.profile}"]
        answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"binary": shutil.which("chromium"), "args": options},
            "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.base += "/session/" + answer["sessionId"]

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"},
                                         method=method)
        try:
            with opener.open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(error.read().decode()) from error

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.stop()

    def stop(self):
        self.driver.terminate()
        self.driver.wait(20)
        shutil.rmtree(self.profile, ignore_errors=True)

    def open(self, page, fragment=""):
        self.call("POST", "/url", {"url": "about:blank"})
        self.call("POST", "/url", {"url": "file://" + urllib.request.quote(os.path.join(self.folder, page)) + fragment})

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def run_later(self, script, *arguments):
        return self.call("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def element(self, selector):
        return self.call("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def elements(self, selector):
        found = self.call("POST", "/elements", {"using": "css selector", "value": selector})
        return [one[ELEMENT] for one in found]

    def of(self, element, what):
        return self.call("GET", f"/element/{element}/{what}")

    def click(self, element):
        self.call("POST", f"/element/{element}/click", {})

    def resize(self, width, height):
        """A window of this width; narrow ones as on a phone."""
        self.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride",
                  "params": {"width": width, "height": height, "deviceScaleFactor": 1,
                             "mobile": width < 600}})

    def console(self):
        """What the console said since it was last asked."""
        return self.call("POST", "/se/log", {"type": "browser"})

"""Chromium without a window, driven over a pipe by the DevTools protocol; the standard library suffices."""
import base64
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile

FLAGS = ["--headless", "--remote-debugging-pipe", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--in-process-gpu", "--use-angle=swiftshader"]
PATIENCE = 120  # seconds that one answer may take on a busy machine


class Browser:
    """One page. `requests` are the addresses that it asked for, `complaints` what the console and the policy said."""

    def __init__(self, program, width=1400, height=1000):
        self.profile = tempfile.mkdtemp(prefix="streamgauge-browser-")
        to_read, self.to = os.pipe()
        self.back, to_write = os.pipe()
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # which Chromium refuses to root
        # Chromium reads commands from descriptor 3 and answers on 4.
        shell = f'exec "$@" 3<&{to_read} 4>&{to_write}'
        self.process = subprocess.Popen(
            ["bash", "-c", shell, "browser", program, *FLAGS, *sandbox, f"--user-data-dir={self.profile}", "about:blank"],
            pass_fds=(to_read, to_write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self.buffer, self.number, self.session = b"", 0, None
        self.requests, self.complaints, self.loaded = [], [], 0
        target = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")
        self.size(width, height)

    def _message(self):
        while b"\0" not in self.buffer:
            if not select.select([self.back], [], [], PATIENCE)[0]:
                raise TimeoutError("the browser does not answer")
            more = os.read(self.back, 1 << 20)
            if not more:
                raise ConnectionError("the browser ended")
            self.buffer += more
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def _note(self, event):
        name, says = event.get("method"), event.get("params", {})
        if name == "Network.requestWillBeSent":
            self.requests.append(says["request"]["url"])
        elif name in ("Runtime.exceptionThrown", "Log.entryAdded"):
            self.complaints.append(json.dumps(says)[:500])
        elif name == "Page.loadEventFired":
            self.loaded += 1

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") != self.number:
                self._note(answer)
                continue
            if "error" in answer:
                raise RuntimeError(f"{method}: {answer['error']}")
            return answer["result"]

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 500)

    def dark(self, on):
        scheme = "dark" if on else "light"
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, file, address=""):
        """The page of a file, loaded."""
        self.requests, self.complaints, self.loaded = [], [], 0
        self.call("Page.navigate", url="about:blank")  # else another address of the same file loads nothing
        while self.loaded < 1:
            self._note(self._message())
        self.requests = []
        self.call("Page.navigate", url=pathlib.Path(file).resolve().as_uri() + address)
        while self.loaded < 2:
            self._note(self._message())
        self.settle()

    def settle(self):
        """Waits for the frame after next: what the page does later than its answer is done."""
        self.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 70))))")

    def run(self, expression):
        """The value of an expression, of a promise when it is kept."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"])[:1000])
        return answer["result"].get("value")

    def key(self, key, text=""):
        for kind in ("keyDown", "keyUp"):
            typed = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, **typed)

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, pointerType="mouse", **more)

    def picture(self):
        """What stands in the window, as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
        except (OSError, TimeoutError, ConnectionError):
            self.process.kill()
        self.process.wait(timeout=30)
        os.close(self.to)
        os.close(self.back)
        shutil.rmtree(self.profile, ignore_errors=True)


def open_browser():
    """A browser, or the end of the test with the code that skips it where Chromium is missing or cannot run."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        print("skipped: chromium is not here (Debian package chromium)")
        sys.exit(77)
    try:
        return Browser(program)
    except (OSError, TimeoutError, ConnectionError, StopIteration) as why:
        print(f"skipped: chromium cannot run here: {why}")
        sys.exit(77)

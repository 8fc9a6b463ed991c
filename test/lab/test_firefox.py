"""The executable appendix in a real Firefox, from disk: re-run identical, a slider moves its figure, no request, no error.

Spoken to over WebDriver BiDi, which Firefox has built in, with the websocket client that Jupyter brings along.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest

import websocket

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIREFOX = os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")


class Firefox:
    def __init__(self, profile):
        prefs = {"app.normandy.enabled": False, "app.update.auto": False, "toolkit.telemetry.enabled": False}
        pathlib.Path(profile, "user.js").write_text(
            "".join(f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in prefs.items())
        )
        self.log = open(os.path.join(profile, "log"), "w+")
        self.process = subprocess.Popen(
            [FIREFOX, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"],
            stderr=self.log,
            stdout=self.log,
            env={**os.environ, "HOME": profile, "MOZ_DISABLE_CONTENT_SANDBOX": "1"},
        )
        until = time.time() + 60
        while not (found := re.search(r"WebDriver BiDi listening on (ws://\S+)", self.said())):
            if time.time() > until or self.process.poll() is not None:
                raise RuntimeError(f"Firefox did not start:\n{self.said()[-2000:]}")
            time.sleep(0.1)
        self.socket = websocket.create_connection(f"{found[1]}/session", timeout=120, suppress_origin=True)
        self.sent = 0
        self.events = []
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])
        self.context = self.call("browsingContext.getTree")["contexts"][0]["context"]

    def said(self):
        self.log.flush()
        return pathlib.Path(self.log.name).read_text(errors="replace")

    def call(self, method, **params):
        self.sent += 1
        self.socket.send(json.dumps({"id": self.sent, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("type") == "event":
                self.events.append(message)
            elif message.get("id") == self.sent:
                if message["type"] == "error":
                    raise RuntimeError(f"{method}: {message['error']}: {message['message']}")
                return message["result"]

    def open(self, url, width=1280, height=900):
        self.call("browsingContext.setViewport", context=self.context, viewport={"width": width, "height": height})
        self.call("browsingContext.navigate", context=self.context, url=url, wait="complete")

    def evaluate(self, expression):
        """The value of an expression in the page, as JSON."""
        answer = self.call(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})))()",
            target={"context": self.context},
            awaitPromise=True,
        )
        if answer["type"] != "success":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"].get("value", "null"))

    def wait(self, expression, seconds=60):
        until = time.time() + seconds
        while not (value := self.evaluate(expression)):
            if time.time() > until:
                raise AssertionError(f"not within {seconds} s: {expression}")
            time.sleep(0.1)
        return value

    def press(self, key, times=1):
        actions = [{"type": t, "value": key} for _ in range(times) for t in ("keyDown", "keyUp")]
        self.call("input.performActions", context=self.context, actions=[{"type": "key", "id": "k", "actions": actions}])

    def close(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait()
        self.log.close()


@unittest.skipUnless(FIREFOX, "no Firefox on this machine; set FIREFOX to its path")
class Appendix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="proband-firefox-")
        executed = os.path.join(cls.folder, "sampling.ipynb")
        cls.file = os.path.join(cls.folder, "sampling.appendix.html")
        main = str(ROOT / "dist" / "cli" / "main.js")
        run = lambda *args: subprocess.run(["node", main, *args], cwd=cls.folder, check=True, stdout=subprocess.DEVNULL)
        run("run", str(ROOT / "notebooks" / "01-sampling.ipynb"), "-q", "-o", executed)
        run("export", executed, "--to", "appendix", "-o", cls.file)
        profile = os.path.join(cls.folder, "profile")
        os.mkdir(profile)
        cls.firefox = Firefox(profile)
        cls.firefox.open(pathlib.Path(cls.file).as_uri())

    @classmethod
    def tearDownClass(cls):
        cls.firefox.close()
        shutil.rmtree(cls.folder, ignore_errors=True)

    def test_1_published_results_stand_there(self):
        badges = self.firefox.evaluate("[...document.querySelectorAll('.badge')].map(b => b.textContent)")
        self.assertEqual(set(badges), {"frozen"})
        self.assertGreater(len(badges), 5)

    def test_2_every_cell_re_runs_to_the_same(self):
        self.firefox.evaluate("void document.querySelector('#proband-run-all').click()")
        self.firefox.wait("document.querySelector('#proband-status').textContent.startsWith('Idle')", 120)
        states = self.firefox.evaluate("[...document.querySelectorAll('.cell')].map(c => c.dataset.state)")
        self.assertEqual(set(states), {"same"}, states)

    def test_3_a_slider_moves_the_figure(self):
        figure = "document.querySelector('.proband-live svg.proband-figure')?.outerHTML"
        before = self.firefox.wait(figure)
        self.firefox.evaluate("void document.querySelectorAll('.proband-live .noUi-handle')[0].focus()")
        self.firefox.press("\ue014", 5)  # arrow right
        self.firefox.wait("document.querySelector('.proband-live').textContent.includes('65 of 944')", 20)
        self.assertNotEqual(before, self.firefox.evaluate(figure))

    def test_4_nothing_left_the_machine_and_nothing_failed(self):
        self.firefox.evaluate("1")
        requests = [
            e["params"]["request"]["url"] for e in self.firefox.events if e["method"] == "network.beforeRequestSent"
        ]
        self.assertEqual([u for u in requests if not re.match(r"(file|blob|data|about):", u)], [])
        errors = [e["params"] for e in self.firefox.events if e["method"] == "log.entryAdded"]
        self.assertEqual([e["text"] for e in errors if e["level"] == "error"], [])


if __name__ == "__main__":
    unittest.main()

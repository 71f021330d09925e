"""Downloads that are killed, and servers that fail: the result is that of an unbroken pull, and nothing is asked for
twice beyond what was under way."""
import random
import signal
import subprocess
import time

from hub_support import PROGRAM, TOKEN, Content, HubTest, main, tree_of

KILLS, FAULTS = 40, 40
RANGE = 8 << 20  # of files of this size; what a connection may lose
CONNECTIONS = 8


class Resume(HubTest):
    def setUp(self):
        super().setUp()
        rng = random.Random(11)
        self.files = {"config.json": Content(b"{}"), "tokenizer.json": Content(rng.randbytes(3000)),
                      "model-00001-of-00002.safetensors": Content(rng.randbytes(40 << 20)),
                      "model-00002-of-00002.safetensors": Content(rng.randbytes(20 << 20))}
        self.repo = self.hub.add("big/model", self.files)
        self.total = sum(c.size for c in self.files.values())
        self.works("pull", "big/model", home=self.folder / "unbroken", HF_TOKEN=TOKEN)
        self.unbroken = tree_of(self.folder / "unbroken" / "hub")
        self.reset()

    def reset(self):
        self.hub.sent.clear()
        self.hub.ranges.clear()

    def same_as_unbroken(self):
        ours = tree_of(self.cache)
        self.assertEqual(sorted(ours), sorted(self.unbroken))
        self.assertEqual(ours, self.unbroken)

    def asked_again(self):
        """Bytes that were sent more than once."""
        return sum(self.hub.sent.values()) - self.total

    def test_kills_at_random(self):
        rng = random.Random(3)
        self.hub.drip = 0.01  # so that there is something to interrupt
        kills = 0
        while kills < KILLS:
            if self.killed(rng.uniform(0.02, 0.25), "pull", "big/model", HF_TOKEN=TOKEN):
                kills += 1
            else:
                self.same_as_unbroken()  # it was done before the signal came: another start
                subprocess.run(["rm", "-r", str(self.cache)], check=True)
                self.total += sum(c.size for c in self.files.values())
        self.hub.drip = 0
        self.works("pull", "big/model", HF_TOKEN=TOKEN)
        self.same_as_unbroken()
        self.assertLessEqual(self.asked_again(), kills * CONNECTIONS * RANGE)
        self.assertEqual(self.hub.leaks, [])

    def test_a_kill_loses_only_what_was_under_way(self):
        self.hub.drip = 0.1
        self.assertTrue(self.killed(0.6, "pull", "big/model"))
        before = sum(self.hub.sent.values())
        self.hub.drip = 0
        self.reset()
        self.works("pull", "big/model")
        self.assertLess(sum(self.hub.sent.values()), self.total, "what came before the kill is not asked for again")
        self.assertGreater(before, 0)
        self.same_as_unbroken()

    def marks(self):
        return {p.stem: p for p in (self.cache / ".locks").rglob("*.unflushed")}

    def of_an_earlier_start(self):
        """Marks as the machine's last start left them: of content that its disk may never have had."""
        for mark in self.marks().values():
            mark.write_text("00000000-0000-0000-0000-000000000000\n" + mark.read_text().split("\n", 1)[1])

    def test_content_that_a_power_failure_may_have_taken_is_verified_anew(self):
        self.works("pull", "big/model")
        large = {c.etag for c in self.files.values() if c.size >= 8 << 20}
        self.assertEqual(set(self.marks()), large)
        self.of_an_earlier_start()
        self.reset()
        self.works("pull", "big/model")
        self.assertEqual((self.marks(), sum(self.hub.sent.values())), ({}, 0))
        self.same_as_unbroken()
        # The same, of content that is full of zeros now.
        subprocess.run(["rm", "-r", str(self.cache)], check=True)
        self.works("pull", "big/model")
        self.of_an_earlier_start()
        lost = next(self.cache.rglob(f"blobs/{min(large)}"))
        lost.write_bytes(bytes(lost.stat().st_size))
        self.reset()
        self.refuses(3, "inspect", "big/model", HF_HUB_OFFLINE="1")
        self.assertFalse(lost.exists())
        self.works("pull", "big/model")
        self.assertEqual(sum(self.hub.sent.values()), lost.stat().st_size)
        self.same_as_unbroken()

    def test_an_interrupt_leaves_what_came(self):
        self.hub.drip = 0.1
        process = subprocess.Popen([PROGRAM, "pull", "big/model"], stderr=subprocess.PIPE, stdout=subprocess.PIPE,
                                   env=self.hub.environment(self.home))
        deadline = time.monotonic() + 60
        while sum(self.hub.sent.values()) == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.4)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, err)
        self.assertIn(b"goes on from there", err)
        self.assertFalse((self.cache / "models--big--model" / "refs" / "main").exists())
        self.hub.drip = 0
        self.reset()
        self.works("pull", "big/model")
        self.assertLess(sum(self.hub.sent.values()), self.total)
        self.same_as_unbroken()

    def test_injected_faults(self):
        rng = random.Random(7)
        kinds = ("cut", "cut", "expire", "5xx", "drop", "429", "wait")
        for i in range(FAULTS):
            kind = kinds[i % len(kinds)]
            pattern = rng.choice(("model-00001", "model-00002", "safetensors", "")) if kind in ("cut", "expire") else ""
            more = {"share": rng.random()} if kind == "cut" else {"seconds": 0.1} if kind == "wait" else {}
            if kind == "429":
                more = {"headers": {"Retry-After": "0"}}
            self.hub.fault(kind, pattern, **more)
        rng.shuffle(self.hub.faults)
        for _ in range(20):  # a call gives up after its tries; the next goes on
            done = self.run_program("pull", "big/model", HF_TOKEN=TOKEN)
            if done.code == 0 and all(f.times == 0 for f in self.hub.faults):
                break
            self.assertIn(done.code, (0, 4), done.err)
            if done.code == 0:
                self.same_as_unbroken()
                subprocess.run(["rm", "-r", str(self.cache)], check=True)
                self.total += sum(c.size for c in self.files.values())
        self.assertTrue(all(f.times == 0 for f in self.hub.faults), "every fault was met")
        self.same_as_unbroken()
        self.assertEqual(self.hub.leaks, [])
        self.assertLessEqual(self.asked_again(), FAULTS * RANGE)

    def test_what_was_left_damaged_is_fetched_again(self):
        self.hub.drip = 0.1
        self.assertTrue(self.killed(0.7, "pull", "big/model"))
        self.hub.drip = 0
        parts = [p for p in self.cache.rglob("*.incomplete") if p.with_suffix(".ranges").stat().st_size > 40]
        self.assertTrue(parts, "a part was left")
        for part in parts:
            with open(part, "r+b") as file:
                file.write(b"\x55" * part.stat().st_size)
        done = self.works("pull", "big/model")
        self.assertIn("damaged", done.err)
        self.same_as_unbroken()

    def test_a_server_without_ranges(self):
        self.hub.fault("whole answer", "safetensors", times=9999)
        self.works("pull", "big/model")
        self.same_as_unbroken()

    def test_every_request_for_content_is_a_bounded_range(self):
        self.hub.fault("no range", "", times=9999)
        self.works("pull", "big/model")
        for role, method, _, asked in self.hub.requests:
            if role == "cdn" and method == "GET":
                self.assertRegex(asked or "", r"^bytes=\d+-\d+$")
        self.assertGreaterEqual(sum(r[0] == "cdn" for r in self.hub.requests), 8)

    def test_two_at_once_fetch_once(self):
        self.hub.drip = 0.05
        calls = [subprocess.Popen([PROGRAM, "pull", "big/model"], stderr=subprocess.PIPE, stdout=subprocess.PIPE,
                                  env=self.hub.environment(self.home)) for _ in range(2)]
        for call in calls:
            _, err = call.communicate(timeout=120)
            self.assertEqual(call.returncode, 0, err)
        self.assertEqual(self.asked_again(), 0)
        self.same_as_unbroken()


main()

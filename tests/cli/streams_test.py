"""Standard streams, signals and terminals: what a caller closed, what it ignores, and what a file may not say."""
import json
import os
import pty
import shutil
import signal
import subprocess
import threading
import time

from support import GGUF, IDS, LLAMA, PROGRAM, CliTest, main, run, tiny_model

HOSTILE = "a\x1b]0;title\x07b\u202ec\u009b31md\x7f"  # a title, red by C1, text that runs backwards
FORBIDDEN = ("\x1b", "\x07", "\u202e", "\u009b", "\x7f")


def shell(command, **options):
    return subprocess.run(["sh", "-c", command], capture_output=True, timeout=120, check=False, **options)


class ClosedStreams(CliTest):
    def test_an_output_never_takes_the_place_of_a_closed_stream(self):
        want = self.folder / "want.safetensors"
        self.ok("extract", GGUF, "--ids", IDS, "--sites", "embed", "-o", want)
        for closed in (">&-", "<&-", "2>&-", "<&- >&- 2>&-"):
            with self.subTest(closed):
                got = self.folder / "got.safetensors"
                done = shell(f"'{PROGRAM}' extract '{GGUF}' --ids {IDS} --sites embed -o '{got}' {closed}")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(got.read_bytes(), want.read_bytes())
                got.unlink()

    def test_an_error_without_standard_error_is_still_an_exit_code(self):
        self.assertEqual(shell(f"'{PROGRAM}' inspect nowhere 2>&-").returncode, 3)


class Terminal(CliTest):
    """A run on a terminal of its own; colours are wanted."""

    def on_terminal(self, *arguments):
        try:
            master, slave = pty.openpty()
        except OSError as error:  # a root without /dev/pts, as a container may have
            self.skipTest(f"no terminal can be made here: {error}")
        process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdout=slave, stderr=slave, stdin=subprocess.DEVNULL,
                                   env={**{k: v for k, v in os.environ.items() if k != "NO_COLOR"}, "TERM": "xterm"})
        os.close(slave)
        shown = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:  # Linux: the other side is closed
                break
            if not part:
                break
            shown += part
        os.close(master)
        self.code = process.wait(timeout=60)
        return shown.decode("utf-8", "replace")

    def clean(self, text):
        """Without the escapes that the layout owns."""
        for own in ("\x1b[1m", "\x1b[0m", "\x1b[31m", "\x1b[K"):
            text = text.replace(own, "")
        return text

    def hostile_model(self):
        model = tiny_model(self.folder / HOSTILE, "llama-deep")
        tokenizer = json.loads((model / "tokenizer.json").read_text())
        vocabulary = tokenizer["model"]["vocab"]
        del vocabulary["!"]
        tokenizer["added_tokens"] = [{"id": 0, "content": HOSTILE, "special": True, "single_word": False, "lstrip": False,
                                      "rstrip": False, "normalized": False}]
        (model / "tokenizer.json").write_text(json.dumps(tokenizer))
        return model

    def test_nothing_of_a_file_but_what_it_spells_reaches_a_terminal(self):
        model = self.hostile_model()
        prompts = self.folder / "prompts.json"
        prompts.write_text(json.dumps([{"text": "x" + HOSTILE, "category": HOSTILE}, {"text": "y", "category": HOSTILE}]))
        suspicious = self.folder / "experiment.toml"
        suspicious.write_text(f"# {HOSTILE}\nid = 3\n")
        (self.folder / "wrong.json").write_text(json.dumps({"schema": HOSTILE}))
        calls = (("inspect", model), ("inspect", model, "--json", "-"), ("tokenize", model, "-p", "x" + HOSTILE),
                 ("tokenize", model, "-p", "x", "--json", "-"),
                 ("measure", model, "--prompts", prompts), ("measure", model, "--ids", "0,1"),
                 ("measure", model, "--prompts", prompts, "--json", "-"), ("measure", model, "--ids", "0,1", "--csv", "-"),
                 ("measure", model, "--prompts", prompts, "--log-level", "debug"),
                 ("gains", model, "--prompts", prompts), ("gains", model, "--prompts", prompts, "--definition", "notebook-003"),
                 ("compare", model, model, "--ids", "0,1"), ("weights", model), ("weights", model, "--tensor", HOSTILE),
                 ("gains", self.folder / "wrong.json"), ("inspect", self.folder / HOSTILE / "none"),
                 ("run", suspicious, "-o", self.folder / "out"), ("run", suspicious, "--print"),
                 ("run", HOSTILE, "-o", self.folder / "out"), ("analyze", "head-density", self.folder / "wrong.json", "-o",
                                                              self.folder / "out"), (HOSTILE,), ("report", HOSTILE))
        for call in calls:
            with self.subTest(call[0], call=call):
                shown = self.clean(self.on_terminal(*call))
                self.assertTrue(shown)
                for character in FORBIDDEN:
                    self.assertNotIn(character, shown)
                piped = run(*call)
                for character in FORBIDDEN:
                    self.assertNotIn(character, piped.err)

    def test_a_line_of_an_error_is_ours(self):
        done = self.fails(3, "inspect", self.folder / "x\nstreamgauge: error: forged")
        self.assertEqual(done.err.count("\n"), 1, done.err)

    def test_the_models_name_is_bold_and_the_summary_is_plain(self):
        model = tiny_model(self.folder / "named", "llama-deep")
        self.assertIn("\x1b[1mnamed\x1b[0m", self.on_terminal("inspect", model))
        self.assertIn("A  \x1b[1mnamed\x1b[0m", self.on_terminal("compare", model, model, "--ids", IDS))
        self.assertIn("\x1b[1mnamed\x1b[0m", self.on_terminal("measure", model, "--ids", IDS))
        self.assertNotIn("\x1b", run("measure", model, "--ids", IDS).out)
        self.on_terminal("measure", model, "--ids", IDS, "-o", self.folder / "out")
        self.assertNotIn("\x1b", (self.folder / "out" / "summary.txt").read_text())

    def test_a_file_printed_into_a_pipe_is_the_file(self):
        file = self.folder / "e.toml"
        file.write_bytes(HOSTILE.encode())
        self.assertEqual(self.ok("run", file, "--print").raw, HOSTILE.encode())

    def test_a_message_is_no_longer_than_a_screen(self):
        for call in (("measure", GGUF, "--ids", "x" * 100_000), ("list", "x" * 100_000),
                     ("run", "x" * 100_000, "-o", self.folder / "out")):
            with self.subTest(call[0]):
                self.assertLess(len(run(*call).err), 6000)


class Signals(CliTest):
    def start(self, *arguments, prefix="", **options):
        command = " ".join(f"'{a}'" for a in (PROGRAM, *arguments))
        return subprocess.Popen(["sh", "-c", f"{prefix} exec {command}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                stdin=subprocess.PIPE, **options)

    def waiting(self, prefix=""):
        """A command that waits for its standard input, each with the call that it is."""
        model = tiny_model(self.folder / "m", "llama-deep")
        for call in (("tokenize", model, "-"), ("analyze", "head-density", "-", "-o", self.folder / "out"),
                     ("measure", model, "--prompts", "-"), ("gains", model, "--prompts", "-")):
            process = self.start(*call, prefix=prefix)
            time.sleep(0.3)
            self.assertIsNone(process.poll(), call)
            yield call, process

    def test_the_first_signal_ends_what_no_run_can_stop(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            for call, process in self.waiting():
                with self.subTest(call[0], signal=number):
                    process.send_signal(number)
                    _, err = process.communicate(timeout=20)
                    self.assertEqual(process.returncode, 130)
                    self.assertIn(b"interrupted", err)
            shutil.rmtree(self.folder / "m")

    def test_a_run_is_stopped_and_says_so(self):
        ids = ",".join(["1", "5", "9", "2"] * 2500)
        for call in (("measure", LLAMA, "--ids", ids, "--logits", "all", "--json", self.folder / "x"),
                     ("extract", LLAMA, "--ids", ids, "--sites", "resid_post", "-o", self.folder / "x")):
            process = self.start(*call)
            time.sleep(0.4)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 130, err)
            self.assertEqual(list(self.folder.iterdir()), [])

    def test_an_inherited_ignored_signal_stays_ignored(self):
        for number, name in ((signal.SIGINT, "INT"), (signal.SIGTERM, "TERM"), (signal.SIGHUP, "HUP")):
            for call, process in self.waiting(prefix=f"trap '' {name};"):
                with self.subTest(call[0], signal=name):
                    for _ in range(2):
                        process.send_signal(number)
                        time.sleep(0.15)
                    self.assertIsNone(process.poll())
                    process.kill()
                    process.communicate()
            shutil.rmtree(self.folder / "m")


class Exits(CliTest):
    def test_a_wrong_call_is_2(self):
        out = self.folder / "out"
        for call in (("measure", LLAMA, "--suite", "nosuch"), ("run", "nosuch", "-o", out),
                     ("analyze", "nosuch", "x.json", "-o", out), ("gains", GGUF, "--ids", IDS, "--definition", "nosuch"),
                     ("measure", GGUF, "--ids", IDS, "--sites", "nosuch"), ("nosuch",), ("list", "nosuch"),
                     ("weights", GGUF, "--ids", IDS, "--amplification", "nosuch"), ()):
            with self.subTest(call):
                done = run(*call)
                self.assertEqual(done.code, 2, done.err)

    def test_a_file_that_may_not_be_read_is_3(self):
        if os.geteuid() == 0:
            self.skipTest("root may read everything")
        file = self.folder / "f.json"
        file.write_text("[]")
        file.chmod(0)
        for call in (("gains", file), ("tokenize", file, "-p", "x"), ("measure", LLAMA, "--prompts", file),
                     ("analyze", "head-density", file, "-o", self.folder / "out"), ("inspect", file)):
            with self.subTest(call[0]):
                self.fails(3, *call)

    def test_memory_that_ran_out_is_4_and_hints_at_flags_that_are_there(self):
        big = self.folder / "big.txt"
        big.write_bytes(b"x" * (60 << 20))
        model = tiny_model(self.folder / "m", "llama-deep")
        for call in (("tokenize", model, big), ("measure", model, "--prompts", big)):
            done = shell(f"ulimit -v 150000; '{PROGRAM}' " + " ".join(f"'{a}'" for a in call))
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertEqual(b"--memory" in done.stderr, call[0] == "measure", done.stderr)


main()

#!/usr/bin/env python3
"""run: killed at random moments and resumed, twice at once, on a full disk, in a folder that cannot be written. The
outcome is that of an unbroken run, to the byte, but for the time at which it started."""
import ctypes
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

import support

MODELS = ["llama-deep", "llama-tied-llama3-rope", "mistral-window", "qwen2-tied", "qwen3-tied", "olmo2-multi-head",
          "gpt-neox-sequential", "gemma2-no-caps"]
KILLS = 20
PROMPTS = 6
EXPERIMENT = """
id = "small"
title = "Heads and gain"
hypothesis = "none"
seed = ""
definition = "notebook-003"
[prompts]
texts = ["The capital of France is", "To be, or not to be", "2 + 2 =", "import os", "Once upon a time", "A B C D"]
[measure]
weights = ["W_U", "W_E"]
logits = true
[[columns]]
name = "heads"
model = "n_heads"
[[columns]]
name = "gain"
gain = "own"
part = "all"
[[columns]]
name = "mean_gain"
gain = "own"
[[columns]]
name = "entropy"
logits = "entropy"
[[columns]]
name = "ratio"
weight = "wu_we_ratio"
[[values]]
name = "together"
title = "heads and gain"
spearman = ["heads", "mean_gain"]
"""
CAP_DAC_OVERRIDE, PR_CAPBSET_DROP = 1, 24


def drop_rights():
    """Root without the right to write where the mode says no; for everybody else nothing."""
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)


def file_size_limit(limit):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def rows(folder, table):
    store = sqlite3.connect(folder / "store.sqlite")
    count = store.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    store.close()
    return count


class RunResume(support.CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.home = support.pathlib.Path(support.tempfile.mkdtemp(prefix="streamgauge-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.home)
        cls.models = []
        for number, name in enumerate(MODELS, 1):
            cls.models += ["--model", f"m{number}={support.tiny_model(cls.home / name, name)}"]
        cls.experiment = cls.home / "small.toml"
        cls.experiment.write_text(EXPERIMENT, encoding="utf-8")
        cls.out = cls.home / "unbroken"
        began = time.monotonic()
        done = cls.finish(cls.start(cls.out))
        cls.seconds = time.monotonic() - began
        assert done.returncode == 0, done.stderr_text
        cls.expected = cls.results(cls.out)
        assert '"gain"' in cls.expected

    @classmethod
    def start(cls, folder, experiment=None, **options):
        command = [support.PROGRAM, "run", str(experiment or cls.experiment), *cls.models, "-o", str(folder),
                   "--threads", "1"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env={**os.environ, "NO_COLOR": "1"}, **options)

    @staticmethod
    def finish(process):
        _, said = process.communicate(timeout=120)
        process.stderr_text = said.decode("utf-8", "replace")
        return process

    @staticmethod
    def results(folder):
        """results.json without the time at which the run started, under whatever key it stands."""
        text = (folder / "results.json").read_text(encoding="utf-8")
        started = re.findall(r'"started": "([^"]+)"', text)
        assert len(started) == 1, started
        return text.replace(started[0], "")

    def finishes(self, folder, experiment=None, expected=None, prompts=PROMPTS, **options):
        done = self.finish(self.start(folder, experiment, **options))
        self.assertEqual(done.returncode, 0, done.stderr_text)
        self.assertEqual(self.results(folder), expected or self.expected)
        self.assertEqual(rows(folder, "sequences"), prompts * len(MODELS))
        return done

    def survives_kills(self, name, seconds, finish, experiment=None):
        """Kills at random moments of a run of `seconds`, a few on one folder, then `finish(folder)`."""
        moments = random.Random(20)
        kills = resumed = round_number = 0
        while kills < KILLS:
            folder = self.folder / f"{name}-{round_number}"
            round_number += 1
            self.assertLess(round_number, 10 * KILLS, "the runs end before they can be killed")
            for _ in range(moments.randint(1, 4)):
                process = self.start(folder, experiment)
                time.sleep(moments.uniform(0, seconds))
                process.send_signal(signal.SIGKILL)
                kills += self.finish(process).returncode == -signal.SIGKILL
                resumed += (folder / "store.sqlite").exists() and not (folder / "results.json").exists()
            finish(folder)
        self.assertGreater(resumed, 0, "no kill came between the first row and the results")

    def test_killed_at_random_moments_and_resumed(self):
        self.survives_kills("small", self.seconds, self.finishes)

    def test_a_built_in_experiment_killed_at_random_moments_and_resumed(self):
        whole = self.folder / "whole"
        began = time.monotonic()
        done = self.finish(self.start(whole, "head-density"))
        seconds = time.monotonic() - began
        self.assertEqual(done.returncode, 0, done.stderr_text)
        expected = self.results(whole)

        def finish(folder):
            self.finishes(folder, "head-density", expected, 25)
            # A killed process may leave the temporary file (of a hidden name) that it was writing.
            names = [sorted(p.name for p in f.iterdir() if p.name[0] != ".") for f in (folder, whole)]
            self.assertEqual(names[0], names[1])

        self.survives_kills("head-density", seconds, finish, "head-density")

    def test_a_rerun_measures_nothing(self):
        command = [support.PROGRAM, "run", str(self.experiment), *self.models, "--log-level", "info", "-o"]
        said = []
        for _ in range(2):
            done = subprocess.run([*command, str(self.folder / "again")], capture_output=True, timeout=120, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            said.append(done.stderr.decode())
        self.assertEqual(said[0].count("prompts to measure"), len(MODELS))
        self.assertNotIn("to measure", said[1])
        self.finishes(self.out)

    def test_rows_of_a_model_that_is_gone_are_not_lost(self):
        """Another run into the same folder with fewer models, then all of them: nothing is measured twice."""
        folder = self.folder / "fewer"
        some = subprocess.run([support.PROGRAM, "run", str(self.experiment), *self.models[:6], "-o", str(folder)],
                              capture_output=True, timeout=120, check=False)
        self.assertEqual(some.returncode, 0, some.stderr)
        self.assertEqual(rows(folder, "sequences"), 3 * PROMPTS)
        self.finishes(folder)

    def test_two_at_once(self):
        for number in range(3):
            folder = self.folder / f"shared-{number}"
            both = [self.start(folder), self.start(folder)]
            for process in both:
                self.assertEqual(self.finish(process).returncode, 0, process.stderr_text)
            self.finishes(folder)

    def test_a_folder_that_cannot_be_written(self):
        folder = self.folder / "closed"
        folder.mkdir()
        folder.chmod(0o555)
        try:
            done = self.finish(self.start(folder, preexec_fn=drop_rights))
            self.assertEqual(done.returncode, 4, done.stderr_text)
            self.assertIn("streamgauge: error: ", done.stderr_text)
            self.assertEqual(list(folder.iterdir()), [])
        finally:
            folder.chmod(0o755)
        self.finishes(folder)

    def test_a_full_disk_and_a_later_resume(self):
        size = (self.out / "store.sqlite").stat().st_size
        for share in (0, 0.05, 0.3, 0.7):
            with self.subTest(share=share):
                folder = self.folder / f"full-{share}"
                done = self.finish(self.start(folder, preexec_fn=file_size_limit(int(share * size))))
                self.assertEqual(done.returncode, 4, done.stderr_text)
                self.assertIn("streamgauge: error: ", done.stderr_text)
                self.finishes(folder)


if __name__ == "__main__":
    support.main()

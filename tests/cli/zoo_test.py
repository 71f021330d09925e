#!/usr/bin/env python3
"""--zoo and --checkpoints: where the zoo is found, what a report of it opens with, training runs as models."""
import json
import re
import shutil
import unittest

import support
from support import ROOT, run, tiny_model

EXPERIMENTS = sorted(p.stem for p in (ROOT / "experiments").glob("*.toml"))
TINY = ["llama-deep", "llama-tied-llama3-rope", "mistral-window", "qwen2-tied", "qwen3-tied", "olmo2-multi-head",
        "gpt-neox-sequential", "gemma2-no-caps"]
STEPS = [0, 10, 20, 50, 100, 200, 500, 1000]


def make_run(folder):
    """Eight unlike models as the checkpoints of a run that groks at step 200."""
    for step, golden in zip(STEPS, TINY):
        tiny_model(folder / f"step-{step:06}", golden)
    metrics = [{"step": s, "folder": f"step-{s:06}", "train_accuracy": min(1.0, s / 50), "test_accuracy": float(s >= 200)}
               for s in STEPS]
    (folder / "metrics.json").write_text(json.dumps({"run": "made up", "checkpoints": metrics}), encoding="utf-8")
    prompts = {"name": "sums", "categories": {"seen": ["1+2=", "12+30="], "held-out": ["5+5="]}}
    (folder / "prompts.json").write_text(json.dumps(prompts), encoding="utf-8")


class Zoo(support.CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.zoo = support.pathlib.Path(support.tempfile.mkdtemp(prefix="streamgauge-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.zoo)
        text = "\n".join((ROOT / "experiments" / f"{name}.toml").read_text() for name in EXPERIMENTS)
        for number, name in enumerate(sorted(set(re.findall(r'\bzoo = "([^"]*)"', text)))):
            tiny_model(cls.zoo / name, TINY[number % len(TINY)])
        make_run(cls.zoo / "grokking")

    def zoo_run(self, name, *arguments):
        return self.ok("run", name, "--zoo", "-o", self.folder / name, *arguments, STREAMGAUGE_ZOO=str(self.zoo))

    def results(self, name):
        return json.loads((self.folder / name / "results.json").read_text(encoding="utf-8"))

    def test_every_built_in_runs_and_opens_with_what_may_not_be_concluded(self):
        for name in EXPERIMENTS:
            with self.subTest(name=name):
                done = self.zoo_run(name)
                self.assertEqual(done.out.splitlines()[2], "Pocket models")
                ours = self.results(name)["streamgauge"]
                self.assertTrue(ours["pocket_models"])
                self.assertEqual([m["key"] for m in ours["models"] if m["error"]], [])
                folder = self.folder / name
                # The warning stands before everything but the title, in every form.
                report = (folder / "report.md").read_text(encoding="utf-8")
                self.assertLess(report.index("pocket zoo"), report.index("\n## "))
                page = (folder / "report.html").read_text(encoding="utf-8")
                self.assertLess(page.index("pocket zoo"), page.index("<h2"))
                # It is a fact of the run, so the report from the store has it too.
                self.ok("report", folder)
                self.assertEqual((folder / "report.md").read_text(encoding="utf-8"), report)

    def test_other_models_are_no_pocket_models(self):
        self.ok("run", "mistral-paradox", "--model", f"mistral-7b={self.zoo / 'mistral'}", "-o", self.folder / "own")
        self.assertFalse(self.results("own")["streamgauge"]["pocket_models"])

    def test_a_training_run_brings_its_steps_metrics_and_prompts(self):
        self.zoo_run("training-dynamics")
        document = self.results("training-dynamics")
        self.assertEqual([m["step"] for m in document["models"]], STEPS)
        self.assertEqual([m["test_accuracy"] for m in document["models"]], [float(s >= 200) for s in STEPS])
        self.assertEqual(document["accuracy_change_point"], 200)
        ours = document["streamgauge"]
        self.assertEqual(ours["prompts"]["suite"], "sums")
        self.assertEqual({u for u in ours["verdicts"][0]["multiverse"]["universes"]["words"]["prompts"]},
                         {"all", "seen", "held-out"})
        # The same folder by name is the same, but no pocket run.
        self.ok("run", "training-dynamics", "--checkpoints", self.zoo / "grokking", "-o", self.folder / "named")
        named = self.results("named")
        self.assertFalse(named["streamgauge"]["pocket_models"])
        self.assertEqual(named["models"], document["models"])
        # What the user sets wins over what the run brings.
        self.zoo_run("training-dynamics", "--set", 'prompts.texts=["7+7="]')
        self.assertEqual(len(self.results("training-dynamics")["streamgauge"]["prompts"]["texts"]), 1)

    def test_checkpoints_without_metrics(self):
        folder = self.folder / "trainer"
        for step, golden in zip((500, 1000, 1500), TINY):
            tiny_model(folder / f"checkpoint-{step}", golden)
        self.ok("run", "training-dynamics", "--checkpoints", f"{folder}/", "-o", self.folder / "out")
        document = self.results("out")
        self.assertEqual([m["step"] for m in document["models"]], [500, 1000, 1500])
        self.assertEqual(document["verdict"], "INCONCLUSIVE")

    def test_what_cannot_be(self):
        out = ("-o", self.folder / "out")
        self.fails(3, "run", "head-density", "--zoo", *out, says=["/nowhere", "STREAMGAUGE_ZOO"], STREAMGAUGE_ZOO="/nowhere")
        self.fails(2, "run", "long-context", "--checkpoints", self.zoo / "grokking", *out, says=["training-dynamics"])
        self.fails(3, "run", "training-dynamics", "--checkpoints", self.zoo, *out, says=["holds no checkpoint"])
        self.fails(3, "run", "training-dynamics", "--checkpoints", "/nowhere", *out, says=["/nowhere"])
        for more in (["--zoo"], ["--checkpoints", self.zoo / "grokking"]):
            self.fails(2, "run", "head-density", *more, "--model", f"a={self.zoo / 'mistral'}", *out)
        (self.folder / "metrics.json").write_text("[1", encoding="utf-8")
        tiny_model(self.folder / "step-1", TINY[0])
        self.fails(3, "run", "training-dynamics", "--checkpoints", self.folder, *out, says=["metrics.json", "not JSON"])

    def test_a_stand_in_that_is_gone_is_a_row(self):
        zoo = self.folder / "zoo"
        zoo.mkdir()
        (zoo / "mistral").symlink_to(self.zoo / "mistral")
        done = run("run", "mistral-paradox", "--zoo", "-o", self.folder / "out", STREAMGAUGE_ZOO=str(zoo))
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("no such file or folder", done.err)

    def test_listed(self):
        listed = self.ok("list", "models", STREAMGAUGE_ZOO=str(self.zoo), HF_HOME=str(self.folder)).out
        self.assertRegex(listed, r"neox-8 +pocket zoo  ")
        self.assertRegex(listed, r"grokking +pocket zoo, 8 checkpoints  ")


if __name__ == "__main__":
    support.main()

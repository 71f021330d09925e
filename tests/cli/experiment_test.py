"""run, analyze, report and list experiments, on tiny models with a tokenizer of single characters beside them."""
import json
import os
import shutil
import signal
import subprocess
import time
import unittest

import support
from support import GOLDEN, PROGRAM, run

TINY = ["gpt-neox-parallel", "gpt-neox-sequential", "llama-yarn", "llama-deep", "mistral-window", "olmo-tied", "qwen2-tied",
        "gemma2-both-caps"]


def without_times(folder):
    """results.json but for the time stamps, which stand in one key of ours and one of the study's."""
    text = (folder / "results.json").read_text(encoding="utf-8")
    document = json.loads(text)
    return text.replace(document["streamgauge"]["started"], "TIME")


class ExperimentTest(support.CliTest):
    def setUp(self):
        super().setUp()
        self.models = [support.tiny_model(self.folder / "models" / name, name) for name in TINY]

    def flags(self, count=8):
        return [f for i, m in enumerate(self.models[:count]) for f in ("--model", f"m{i + 1}={m}")]

    def test_eight_models_write_everything(self):
        out = self.folder / "out"
        done = self.ok("run", "head-density", *self.flags(), "-o", out)
        for file in ("results.json", "report.md", "report.html", "archive.zip", "store.sqlite"):
            self.assertTrue((out / file).is_file(), file)
        self.assertIn("H25", done.out)
        document = json.loads((out / "results.json").read_text(encoding="utf-8"))
        self.assertEqual([m["model"] for m in document["models"]], [f"m{i + 1}" for i in range(8)])
        self.assertEqual(len(document["models"][0]["residual_gain_all"]), 25)
        self.assertIn(document["verdict"], ("VALIDATED", "INCONCLUSIVE", "NOT_VALIDATED"))
        multiverse = document["streamgauge"]["verdicts"][0]["multiverse"]
        self.assertEqual(len(multiverse["universes"]["label"]), 6 * 3 * 4 * 6)
        # The report again, from the store alone.
        first = without_times(out)
        (out / "results.json").unlink()
        (out / "report.md").unlink()
        shutil.rmtree(self.folder / "models")
        self.ok("report", out)
        self.assertEqual(without_times(out), first)
        self.assertTrue((out / "report.md").is_file())

    def test_says_what_was_measured_and_not_where(self):
        out, again = self.folder / "out", self.folder / "again"
        done = self.ok("run", "long-context", "--model", f"llama2-7b={self.models[0]}", "--model", f"mine={self.models[1]}",
                       "-o", out)
        # A key of the study names a model that nobody opened: the first lines say which one was.
        self.assertIn("LLaMA 2: gpt-neox-parallel, gpt_neox, ", done.out)
        self.assertIn("mine, in the place of LLaMA 3.1: gpt-neox-sequential, gpt_neox, ", done.out)
        text = (out / "results.json").read_text(encoding="utf-8")
        measured = [row["measured"] for row in json.loads(text)["streamgauge"]["models"]]
        self.assertEqual([m["id"] for m in measured], TINY[:2])
        self.assertEqual([m["stands_for"] for m in measured], [None, "LLaMA 3.1"])
        self.assertEqual(len(measured[0]["fingerprint"]), 64)
        report = " ".join((out / "report.md").read_text(encoding="utf-8").split())
        self.assertIn(measured[0]["fingerprint"][:12], report)
        self.assertIn("LLaMA 2 is gpt-neox-parallel; mine is gpt-neox-sequential, in the place of LLaMA 3.1.", report)
        self.assertNotIn(str(self.folder), text)
        moved = [shutil.copytree(m, self.folder / "elsewhere" / m.name) for m in self.models[:2]]
        self.ok("run", "long-context", "--model", f"llama2-7b={moved[0]}", "--model", f"mine={moved[1]}", "-o", again)
        self.assertEqual(without_times(again), without_times(out))

    def test_analyze_reads_what_run_wrote(self):
        out, again = self.folder / "out", self.folder / "again"
        self.ok("run", "head-density", *self.flags(4), "-o", out)
        self.ok("analyze", "head-density", out / "results.json", "-o", again)
        ours = json.loads((out / "results.json").read_text(encoding="utf-8"))
        theirs = json.loads((again / "results.json").read_text(encoding="utf-8"))
        for key in ("models", "analysis", "verdict"):
            self.assertEqual(ours[key], theirs[key], key)
        rows = [d["streamgauge"]["models"] for d in (ours, theirs)]
        self.assertEqual(len(rows[0][0]["measured"]["fingerprint"]), 64)
        self.assertEqual([r["measured"] for r in rows[0]], [r["measured"] for r in rows[1]])
        # As the notebook would have it, without ours.
        del ours["streamgauge"]
        notebook = self.folder / "notebook.json"
        notebook.write_text(json.dumps(ours), encoding="utf-8")
        self.ok("analyze", "head-density", notebook, "-o", again)
        theirs = json.loads((again / "results.json").read_text(encoding="utf-8"))
        self.assertEqual(ours["analysis"], theirs["analysis"])
        self.assertEqual(ours["verdict"], theirs["verdict"])

    def test_interrupted_leaves_a_whole_store(self):
        out = self.folder / "out"
        command = [PROGRAM, "run", "head-density", *map(str, self.flags()), "-o", str(out)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            while not (out / "store.sqlite").exists() and process.poll() is None:
                time.sleep(0.005)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
        self.assertIn(process.returncode, (130, 0))
        self.ok("run", "head-density", *self.flags(), "-o", out)

    def test_a_missing_model_is_a_row(self):
        out = self.folder / "out"
        done = run("run", "head-density", *self.flags(3), "--model", f"gone={self.folder / 'none'}", "-o", out)
        self.assertEqual(done.code, 1, done.err)
        self.assertIn("gone", done.err)
        document = json.loads((out / "results.json").read_text(encoding="utf-8"))
        rows = {row["key"]: row["error"] for row in document["streamgauge"]["models"]}
        self.assertIsNone(rows["m1"])
        self.assertIn("none", rows["gone"])
        self.assertEqual(len(document["models"]), 3)

    def test_every_built_in_runs(self):
        names = [line.split()[0] for line in self.ok("list", "experiments").out.splitlines()[1:] if line.strip()]
        names = [n for n in names if (support.ROOT / "experiments" / f"{n}.toml").exists()]
        self.assertGreaterEqual(len(names), 8)
        for name in names:
            out = self.folder / name
            # Of four models without experts an experiment about experts rightly says nothing.
            self.ok("run", name, *(["--zoo"] if name == "expert-routing" else self.flags(4)), "-o", out)
            document = json.loads((out / "results.json").read_text(encoding="utf-8"))
            self.assertTrue(any(v["label"] for v in document["streamgauge"]["verdicts"]), name)

    def test_print_gives_the_file(self):
        done = self.ok("run", "long-context", "--print")
        self.assertEqual(done.out, (support.ROOT / "experiments" / "long-context.toml").read_text(encoding="utf-8"))

    def test_set_changes_the_file(self):
        out = self.folder / "out"
        self.ok("run", "long-context", *self.flags(2), "--set", "definition=last/last_block", "--set",
                "prompts.suite=notebook-003", "-o", out)
        document = json.loads((out / "results.json").read_text(encoding="utf-8"))
        self.assertEqual(document["streamgauge"]["definition"]["name"], "last/last_block")
        self.assertEqual(len(document["streamgauge"]["prompts"]["texts"]), 25)

    def test_wrong_calls(self):
        out = self.folder / "out"
        self.fails(2, "run", "no-such", "-o", out, says=["no-such", "head-density"])
        self.fails(2, "run", "head-density", says=["-o DIR"])
        self.fails(2, "run", "head-density", "--model", "x", "-o", out, says=["KEY=MODEL"])
        self.fails(2, "run", "head-density", "--set", "x", "-o", out, says=["key=value"])
        self.fails(3, "report", self.folder / "nowhere", says=["nowhere"])
        mine = self.folder / "mine.toml"
        mine.write_text("id = \"x\"\ntitle = 3\n", encoding="utf-8")
        self.fails(3, "run", mine, "-o", out, says=["mine.toml, line 2", "a text"])
        other = self.folder / "other.json"
        other.write_text("{\"a\": 1}", encoding="utf-8")
        self.fails(3, "analyze", "head-density", other, "-o", out, says=["other.json", "models"])

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_a_folder_that_cannot_be_written(self):
        locked = self.folder / "locked"
        locked.mkdir(mode=0o500)
        done = run("run", "head-density", *self.flags(1), "-o", locked)
        self.assertIn(done.code, (3, 4))


if __name__ == "__main__":
    support.main()

"""plan EXPERIMENT, work, merge, status: the outcome of one process, whatever the tasks, the workers and the kills."""
import hashlib
import json
import re
import shutil

from support import ROOT, CliTest, main, run

EXPERIMENT = "input-dependency"  # 25 prompts, two models of the zoo
ANY_MODELS = "mistral-paradox"


def digest(done):
    return re.search(r"digest of the rows ([0-9a-f]{64})", done.err).group(1)


class RunPlan(CliTest):
    def results(self, folder):
        text = (folder / "results.json").read_text()
        document = json.loads(text)
        document["streamgauge"].pop("started", None)
        return json.loads(json.dumps(document).replace(self.started(text), "STARTED"))

    @staticmethod
    def started(text):
        return json.loads(text)["streamgauge"]["started"]

    def whole(self, *more, experiment=EXPERIMENT):
        done = self.ok("run", experiment, *(more or ["--zoo"]), "-o", self.folder / "whole")
        return self.results(self.folder / "whole"), digest(done)

    def planned(self, name, *more, experiment=EXPERIMENT):
        folder = self.folder / name
        self.ok("plan", experiment, "-o", folder, *(more or ["--zoo", "--task-tokens", "40"]))
        return folder

    def test_any_cut_gives_the_outcome_of_one_process(self):
        whole, rows = self.whole()
        for tokens in ("1", "100000"):
            folder = self.planned("cut-" + tokens, "--zoo", "--task-tokens", tokens)
            self.ok("work", folder, "--shard", "0/2", "--threads", "1")
            self.fails(3, "merge", folder, says=["parts are missing"])
            self.fails(3, "merge", folder, "--verify", "10%", says=["parts are missing"])
            self.ok("work", folder)
            merged = self.ok("merge", folder, "--verify", "20%")
            self.assertIn("the same bits", merged.err)
            self.assertEqual(digest(merged), rows)
            self.assertEqual(self.results(folder), whole)
            for table in sorted((self.folder / "whole" / "tables").iterdir()):
                self.assertEqual((folder / "tables" / table.name).read_bytes(), table.read_bytes(), table.name)
            self.assertEqual(digest(self.ok("report", folder)), rows)

    def test_the_store_may_be_a_file_elsewhere(self):
        folder, store = self.planned("elsewhere"), self.folder / "results.db"
        self.fails(3, "merge", folder, "-o", store, says=["parts are missing"])
        self.assertFalse(store.exists())
        self.ok("work", folder)
        self.ok("merge", folder, "-o", store)
        self.assertEqual(store.read_bytes()[:15], b"SQLite format 3")
        self.assertFalse((folder / "store.sqlite").exists())
        kept = store.read_bytes()
        self.fails(2, "merge", folder, "-o", store, says=["a file stands there"])
        self.assertEqual(store.read_bytes(), kept)

    def test_a_part_that_was_replaced_leaves_nothing_behind(self):
        """One with another norm, and a sum that fits: the merge takes it, until the right one is back."""
        _, rows = self.whole()
        folder = self.planned("forged", "--zoo")
        self.ok("work", folder)
        part = max(folder.glob("parts/*/*"), key=lambda p: p.stat().st_size)
        right = part.read_bytes()
        wrong = bytearray(right[:-64])
        at = len(wrong) // 2
        wrong[at] ^= 1
        part.write_bytes(bytes(wrong) + hashlib.sha256(wrong).hexdigest().encode())
        self.assertNotEqual(digest(self.ok("merge", folder)), rows)
        part.write_bytes(right)
        self.assertEqual(digest(self.ok("merge", folder, "--verify", "100%")), rows)
        self.assertEqual([p.name for p in folder.glob("store.sqlite*")], ["store.sqlite"])

    def test_weights_are_tasks_too(self):
        experiment = self.folder / "weights.toml"
        text = (ROOT / "experiments" / "cross-architecture.toml").read_text()
        experiment.write_text(text)
        whole, rows = self.whole(experiment=experiment)
        folder = self.planned("weights", "--zoo", experiment=experiment)
        self.ok("work", folder)
        merged = self.ok("merge", folder)
        self.assertEqual(digest(merged), rows)
        self.assertEqual(self.results(folder), whole)

    def test_workers_are_killed(self):
        whole, rows = self.whole()
        folder = self.planned("killed", "--zoo", "--task-tokens", "1")
        self.work_and_be_killed(folder, seed=7, kills=6)
        self.ok("work", folder, "--lease", "1s")
        merged = self.ok("merge", folder)
        self.assertEqual(digest(merged), rows)
        self.assertEqual(self.results(folder), whole)
        self.assertIn(" done, 0 running, 0 stale, 0 to do, 0 failed", self.ok("status", folder).out)

    def test_a_model_that_changed_is_a_task_that_failed(self):
        models = []
        for name in ("mistral", "llama2"):
            shutil.copytree(ROOT / "zoo" / name, self.folder / name)
            models += ["--model", f"{name}={self.folder / name}"]
        folder = self.planned("changed", *models, experiment=ANY_MODELS)
        weights = self.folder / "llama2" / "model.safetensors"
        data = bytearray(weights.read_bytes())
        data[-1] ^= 1
        weights.write_bytes(data)
        self.assertEqual(run("work", folder).code, 1)
        said = self.ok("status", folder).out
        self.assertIn("llama2, prompts 1 to", said)
        self.assertIn("not the one that the plan was made for", said)
        self.fails(3, "merge", folder, says=["parts are missing", "llama2, prompts", "failed/"])
        merged = run("merge", folder, "--partial")
        self.assertEqual(merged.code, 1, merged.err)
        rows = {m["key"]: m for m in json.loads((folder / "results.json").read_text())["streamgauge"]["models"]}
        self.assertIsNone(rows["mistral"]["error"])
        self.assertIn("not the one that the plan was made for", rows["llama2"]["error"])

    def test_a_model_that_is_not_there_is_told_at_once(self):
        done = self.ok("plan", ANY_MODELS, "--model", f"a={ROOT / 'zoo' / 'mistral'}", "--model", "b=/nowhere/at-all",
                       "-o", self.folder / "some")
        self.assertIn("b: ", done.err)
        self.ok("work", self.folder / "some")
        self.assertEqual(run("merge", self.folder / "some").code, 1)
        self.fails(3, "plan", ANY_MODELS, "--model", "b=/nowhere/at-all", "-o", self.folder / "none", says=["no model"])

    def test_plans_stand(self):
        folder = self.planned("one")
        plan = (folder / "plan.json").read_bytes()
        self.planned("one")
        self.assertEqual((folder / "plan.json").read_bytes(), plan)
        self.fails(2, "plan", EXPERIMENT, "--zoo", "--task-tokens", "1", "-o", folder, says=["another plan"])
        tasks = json.loads(plan)["tasks"]
        script = self.planned("slurm", "--zoo", "--slurm") / "job.sbatch"
        self.assertIn("#SBATCH --array=0-", script.read_text())
        self.assertGreater(len(tasks), 2)

    def test_damage_is_named(self):
        folder = self.planned("damaged")
        record = folder / "run"
        data = record.read_bytes()
        record.write_bytes(data[:-100] + b"X" + data[-99:])
        self.fails(3, "work", folder, says=["run"])
        record.write_bytes(data)
        plan = (folder / "plan.json").read_text()
        (folder / "plan.json").write_text(plan.replace('"end":', '"end":1', 1))
        self.fails(3, "status", folder, says=["plan.json"])
        (folder / "plan.json").write_text(plan)
        self.ok("work", folder)
        part = next(folder.glob("parts/*/*"))
        data = part.read_bytes()
        part.write_bytes(data[:-1])
        self.fails(3, "merge", folder, says=["parts are missing"])
        self.assertIn("1 computed", self.ok("work", folder).out)
        self.assertEqual(part.read_bytes(), data)
        part.write_bytes(data[:-100] + bytes([data[-100] ^ 1]) + data[-99:])
        self.fails(3, "merge", folder, says=["no whole part"])

    def test_calls_that_are_wrong(self):
        self.fails(2, "plan", says=["nothing to plan"])
        self.fails(2, "plan", EXPERIMENT, "--zoo", says=["folder"])
        self.fails(2, "plan", "no-such-experiment", "-o", self.folder / "x")


if __name__ == "__main__":
    main()

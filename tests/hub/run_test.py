"""Models of an experiment from the Hub: fetched while another one is measured, removed when that is asked for."""
import json
import pathlib
import shutil

from hub_support import HubTest, main, model_files

import support  # of tests/cli


def repository(seed=0):
    """A golden model with a tokenizer; another seed has other weights."""
    files = model_files()
    files["tokenizer.json"] = json.dumps(support.byte_level_tokenizer()).encode()
    weights = bytearray(files["model.safetensors"])
    weights[-1 - 8 * seed] ^= 1 if seed else 0
    files["model.safetensors"] = bytes(weights)
    return files


class Run(HubTest):
    def setUp(self):
        super().setUp()
        self.results = self.folder / "results"

    def run_models(self, *flags, **models):
        given = [part for key, model in models.items() for part in ("--model", f"{key}={model}")]
        return self.run_program("run", "mistral-paradox", *given, "-o", self.results, "--log-level", "info", *flags)

    def document(self):
        return json.loads((self.results / "results.json").read_text())

    def content_asked(self):
        return [r for r in self.hub.requests if r[0] == "cdn" and r[1] == "GET"]

    def test_models_of_the_hub_are_fetched_for_it(self):
        self.hub.add("tiny/llama", repository())
        done = self.run_models(a="tiny/llama", x="no/such")
        self.assertIn("fetching tiny/llama@main", done.err)
        self.assertIn("no/such does not exist", done.err)
        self.assertTrue(list(self.cache.rglob("model.safetensors")))
        self.assertIn("tiny/llama", json.dumps(self.document()))

    def test_the_next_model_is_on_its_way_before_one_is_measured(self):
        for seed in range(3):
            self.hub.add(f"tiny/m{seed}", repository(seed))
        done = self.run_models(a="tiny/m0", b="tiny/m1", c="tiny/m2")
        steps = [line.removeprefix("streamgauge: ").split("@")[0].split(":")[0] for line in done.err.splitlines()]
        steps = [s for s in steps if s.startswith("fetching") or s in ("a", "b", "c")]
        self.assertEqual(steps, ["fetching tiny/m0", "fetching tiny/m1", "a", "fetching tiny/m2", "b", "c"], done.err)

    def test_delete_after_leaves_the_cache_as_it_was_and_asks_for_nothing_twice(self):
        kept = self.hub.add("tiny/kept", repository(1))
        self.works("pull", "tiny/kept")
        old = self.hub.add("tiny/both", repository(2))
        first = old.find("main")
        self.works("pull", "tiny/both")
        before = {str(p): p.read_bytes() for p in self.cache.rglob("*") if p.is_file()}
        second = old.commit("step2", {**repository(2), "config.json": model_files()["config.json"] + b" "})
        self.hub.add("tiny/gone", repository(3))
        models = {"a": "tiny/gone", "b": "tiny/both@step2", "c": "tiny/kept"}
        done = self.run_models("--delete-after", **models)
        self.assertIn("removed tiny/gone@main from the cache", done.err)
        self.assertIn("removed tiny/both@step2 from the cache", done.err)
        after = {str(p): p.read_bytes() for p in self.cache.rglob("*") if p.is_file()}
        self.assertEqual(set(after) ^ set(before), set())
        self.assertEqual(after, before)
        self.assertFalse(self.snapshot("tiny/both", second).exists())
        self.assertTrue((self.snapshot("tiny/both", first) / "model.safetensors").exists())
        self.assertFalse((self.cache / "models--tiny--gone").exists())
        self.check_content(kept, kept.find("main"))
        document, asked = self.document(), len(self.content_asked())
        again = self.run_models("--delete-after", **models)
        self.assertEqual(len(self.content_asked()), asked, again.err)
        self.assertEqual(self.document()["streamgauge"]["models"], document["streamgauge"]["models"])

    def test_a_model_that_breaks_off_is_one_row(self):
        self.hub.add("tiny/good", repository())
        self.hub.add("tiny/bad", repository(1))
        self.hub.fault("flip", "model.safetensors")
        self.run_models(a="tiny/bad", b="tiny/good")
        errors = {m["key"]: m["error"] for m in self.document()["streamgauge"]["models"]}
        self.assertIn("damaged", errors["a"])
        self.assertIsNone(errors["b"])

    def test_more_than_a_hundred_gigabytes_are_asked_about(self):
        repo = self.hub.add("huge/model", repository())
        content = repo.commits[repo.find("main")]["model.safetensors"]
        content.size = 101 * 10**9
        self.refuses(2, "run", "mistral-paradox", "--model", "a=huge/model", "-o", self.results, says=["--yes", "101"])
        self.assertFalse(pathlib.Path(self.results / "results.json").exists())
        self.assertEqual(self.content_asked(), [])

    def test_yes_goes_on_and_what_the_disk_has_no_space_for_is_skipped(self):
        repo = self.hub.add("huge/model", repository())
        repo.commits[repo.find("main")]["model.safetensors"].size = 10**17
        self.hub.add("tiny/good", repository(1))
        done = self.run_models("--yes", a="huge/model", b="tiny/good")
        errors = {m["key"]: m["error"] for m in self.document()["streamgauge"]["models"]}
        self.assertIn("too little space", errors["a"])
        self.assertIn("100000000000", errors["a"])
        self.assertIsNone(errors["b"], done.err)
        self.assertFalse(list(self.cache.rglob("*.incomplete")))

    def test_a_verdict_over_equal_checkpoints_says_so(self):
        for step, source in ((1, "neox-1"), (2, "neox-1"), (3, "neox-2")):
            shutil.copytree(support.ROOT / "zoo" / source, self.folder / "run" / f"step-{step:06}")
        done = self.run_program("run", "training-dynamics", "--checkpoints", self.folder / "run", "-o", self.results)
        self.assertEqual(done.code, 0, done.err)
        for verdict in self.document()["streamgauge"]["verdicts"]:
            self.assertRegex(verdict["sentence"], r"step\S*1 and step\S*2 hold the same bytes")


main()

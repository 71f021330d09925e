#!/usr/bin/env python3
"""The pocket zoo itself: every built-in experiment runs on it, and its gains are the stored ones to the bit, on every
instruction set with fused multiply-add. `--write` stores them anew, which a change of engine.numerics alone calls for."""
import json
import sys
import time
import unittest

import support
from support import PROGRAM, ROOT, run

ZOO = ROOT / "zoo"
STORED = ROOT / "tests" / "data" / "zoo" / "gains.json"
EXPERIMENTS = sorted(p.stem for p in (ROOT / "experiments").glob("*.toml"))
FILES = ["results.json", "report.md", "report.html", "archive.zip", "store.sqlite"]
POOLING = "mean_of_gains"


def prompts_of(model):
    """A training run's own prompts, else the notebooks' suite."""
    prompts = model.parent / "prompts.json"
    if not prompts.exists():
        return ["--suite", "notebook-003"]
    categories = json.loads(prompts.read_text(encoding="utf-8"))["categories"]
    return [word for texts in categories.values() for text in texts[:4] for word in ("-p", text)]


def zoo_models():
    return sorted(p.parent for p in [*ZOO.glob("*/config.json"), *ZOO.glob("*/*/config.json")])


def gains(model, *flags):
    done = run("gains", model, *prompts_of(model), "--definition", "all", "--json", "-", *flags)
    assert done.code == 0, done.err
    document = json.loads(done.out)
    return {d["id"]: d["gain"] for d in document["definitions"] if d["id"].endswith("/" + POOLING)}


def name_of(model):
    return model.relative_to(ZOO).as_posix()


def write():
    models = {name_of(m): gains(m) for m in zoo_models()}
    ids = list(next(iter(models.values())))
    lines = [f'  "{name}": {json.dumps([table[i] for i in ids])}' for name, table in models.items()]
    STORED.write_text('{"definitions": ' + json.dumps(ids) + ',\n"models": {\n' + ",\n".join(lines) + "\n}}\n", encoding="utf-8")


class ZooModels(support.CliTest):
    def test_every_built_in_runs_on_it(self):
        began = time.monotonic()
        for name in EXPERIMENTS:
            with self.subTest(name=name):
                out = self.folder / name
                done = self.ok("run", name, "--zoo", "-o", out)
                self.assertEqual(done.out.splitlines()[2], "Pocket models")
                ours = json.loads((out / "results.json").read_text(encoding="utf-8"))["streamgauge"]
                self.assertTrue(ours["pocket_models"])
                self.assertEqual([m["key"] for m in ours["models"] if m["error"]], [])
                self.assertEqual([v["sentence"] for v in ours["verdicts"] if not v["label"]], [])
                for file in FILES:
                    self.assertGreater((out / file).stat().st_size, 1000, file)
                self.assertLess((out / "report.md").read_text(encoding="utf-8").index("pocket zoo"), 600)
        print(f"{len(EXPERIMENTS)} experiments on the pocket zoo: {time.monotonic() - began:.1f} s", file=sys.stderr)

    def test_its_gains_are_the_stored_ones_to_the_bit(self):
        stored = json.loads(STORED.read_text(encoding="utf-8"))
        models = zoo_models()
        self.assertEqual([name_of(m) for m in models], list(stored["models"]))
        for model in models:
            table = gains(model)
            self.assertEqual(list(table), stored["definitions"])
            self.assertEqual(list(table.values()), stored["models"][name_of(model)], name_of(model))

    def test_on_another_instruction_set_and_number_of_threads(self):
        stored = json.loads(STORED.read_text(encoding="utf-8"))
        if run("inspect", ZOO / "neox-1", "--isa", "AVX2").code != 0:
            self.skipTest("this processor has no AVX2")
        for name in ("neox-4", "llama31", "gemma2", "apertus"):
            table = gains(ZOO / name, "--isa", "AVX2", "--threads", "3")
            self.assertEqual(list(table.values()), stored["models"][name], name)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"] and PROGRAM:
        sys.exit(write())
    support.main()

"""--precision: results that carry the word, rows of a store that stay apart, the axis of the multiverse."""
import json
import struct

from support import GOLDEN, IDS, LLAMA, CliTest, main, tiny_model

GEMMA = GOLDEN / "gemma3-pattern-of-six"
EXPERIMENT = """id = "own"
title = "Its own prompts"
definition = "last/last_block/mean_of_gains"
[prompts]
texts = ["abc", "bcd"]
[[models]]
key = "m"
[[columns]]
name = "gain"
gain = "own"
[[values]]
name = "g"
expr = "m.gain"
[[verdicts]]
name = "V"
quantity = "g"
[[verdicts.rules]]
when = "g > 1"
label = "UP"
[[verdicts.rules]]
label = "DOWN"
"""


def holds_exactly(number, precision):
    """Whether a float32 is a number of the type."""
    if precision == "float16":
        return struct.unpack("<e", struct.pack("<e", number))[0] == number
    return struct.unpack("<I", struct.pack("<f", number))[0] & 0xFFFF == 0


class Precision(CliTest):
    def norms(self, model, *arguments):
        return self.document("measurement-1", "measure", model, "--ids", IDS, *arguments)

    def test_results_carry_the_word_and_float32_has_none(self):
        plain = self.norms(LLAMA)
        self.assertEqual(self.norms(LLAMA, "--precision", "float32")["sequences"], plain["sequences"])
        self.assertNotIn("precision", plain["engine"])
        seen = [plain["sequences"][0]["norms"]]
        for precision in ("bfloat16", "float16"):
            half = self.norms(LLAMA, "--precision", precision)
            self.assertEqual(half["engine"]["precision"], precision)
            self.assertTrue(any(precision in w for w in half["warnings"]), half["warnings"])
            self.assertNotIn(half["sequences"][0]["norms"], seen)
            seen.append(half["sequences"][0]["norms"])
            file = self.folder / "half.json"
            file.write_text(json.dumps(half))
            for source in ((file,), (LLAMA, "--ids", IDS, "--precision", precision)):
                gains = self.document("gains-1", "gains", *source)
                self.assertEqual(gains["engine"]["precision"], precision)
            same = self.document("comparison-1", "compare", LLAMA, LLAMA, "--ids", IDS, "--precision", precision)
            self.assertEqual(same["engine"]["precision"], precision)
            self.assertEqual(same["sequences"][0]["logits"][0]["kl"], 0)

    def test_the_streams_numbers_are_numbers_of_the_type(self):
        for precision in ("bfloat16", "float16"):
            file = self.folder / f"{precision}.safetensors"
            self.ok("extract", GEMMA, "--ids", IDS, "--precision", precision, "--sites", "embed,attn_out,mlp_out,resid_post,ln_final",
                    "-o", file)
            data = file.read_bytes()
            size = struct.unpack("<Q", data[:8])[0]
            head = json.loads(data[8:8 + size])
            self.assertEqual(head["__metadata__"]["engine_precision"], precision)
            looked_at = 0
            for name, tensor in head.items():
                if name == "__metadata__" or tensor["dtype"] != "F32":
                    continue
                begin, end = tensor["data_offsets"]
                raw = data[8 + size + begin:8 + size + end]
                for number in struct.unpack(f"<{len(raw) // 4}f", raw):
                    self.assertTrue(holds_exactly(number, precision), (name, number))
                    looked_at += 1
            self.assertGreater(looked_at, 1000)

    def test_threads_and_packing_do_not_show(self):
        one = self.norms(GEMMA, "--precision", "bfloat16", "--threads", "1")
        two = self.document("measurement-1", "measure", GEMMA, "--ids", "4,8", "--ids", IDS, "--precision", "bfloat16",
                            "--threads", "3")
        self.assertEqual(two["sequences"][1]["norms"], one["sequences"][0]["norms"])

    def test_a_scale_of_another_type_is_refused(self):
        self.fails(2, "measure", GEMMA, "--ids", IDS, "--precision", "bfloat16", "--embed-scale", "float32", says=["scale", "bfloat16"])
        self.fails(2, "measure", GEMMA, "--ids", IDS, "--precision", "half", says=["--precision"])


class Runs(CliTest):
    def setUp(self):
        super().setUp()
        self.model = tiny_model(self.folder / "tiny", "llama-deep")
        self.file = self.folder / "own.toml"
        self.file.write_text(EXPERIMENT)

    def results(self, *arguments, out="out"):
        folder = self.folder / out
        self.ok("run", self.file, *arguments, "--model", f"m={self.model}", "-o", folder)
        return json.loads((folder / "results.json").read_text())["streamgauge"]

    def universes(self, ours):
        all_ = ours["verdicts"][0]["multiverse"]["universes"]
        words = all_["words"].get("precision")
        types = [words[p] for p in all_["precision"]] if words else [None] * len(all_["quantity"])
        return list(zip(types, all_["quantity"]))

    def test_the_axis_holds_what_each_type_gives_alone_in_one_store(self):
        varied = self.universes(self.results("--axes", "precision"))
        self.assertEqual({p for p, _ in varied}, {"float32", "bfloat16", "float16"})
        for precision in ("float32", "bfloat16", "float16"):
            # The same store: rows of another type are not taken for this one's.
            alone = self.results("--precision", precision)
            self.assertEqual(alone["engine"].get("precision"), None if precision == "float32" else precision)
            fresh = self.results("--precision", precision, out=precision)
            self.assertEqual(self.universes(alone), self.universes(fresh))
            self.assertEqual([q for p, q in varied if p == precision], [q for _, q in self.universes(alone)])
        self.assertEqual(len({tuple(q for p, q in varied if p == one) for one in ("float32", "bfloat16", "float16")}), 3)

    def test_a_report_is_made_again_from_the_store(self):
        self.results("--axes", "precision")
        before = (self.folder / "out" / "results.json").read_text()
        self.ok("report", self.folder / "out")
        self.assertEqual((self.folder / "out" / "results.json").read_text(), before)

    def test_the_axis_is_shared_out_too(self):
        whole = self.results("--axes", "precision")
        rows = self.ok("report", self.folder / "out").err
        for tokens in ("1", "1000"):
            plan = self.folder / f"cut-{tokens}"
            self.ok("plan", self.file, "--axes", "precision", "--model", f"m={self.model}", "--task-tokens", tokens, "-o", plan)
            types = [task.get("precision", "float32") for task in json.loads((plan / "plan.json").read_text())["tasks"]]
            self.assertEqual(sorted(set(types)), ["bfloat16", "float16", "float32"])
            self.ok("work", plan, "--shard", "0/2")
            self.ok("work", plan)
            merged = self.ok("merge", plan, "--verify", "100%")
            self.assertEqual(self.universes(json.loads((plan / "results.json").read_text())["streamgauge"]), self.universes(whole))
            self.assertEqual(merged.err.split("digest")[1], rows.split("digest")[1])

    def test_a_file_may_say_it_and_a_plan_shares_out_one_type(self):
        whole = self.results("--precision", "bfloat16")
        self.file.write_text(EXPERIMENT.replace('id = "own"', 'id = "own"\nprecision = "bfloat16"'))
        self.assertEqual(self.universes(self.results(out="file")), self.universes(whole))
        self.file.write_text(EXPERIMENT)
        plan = self.folder / "plan"
        self.ok("plan", self.file, "--precision", "bfloat16", "--model", f"m={self.model}", "-o", plan)
        self.ok("work", plan)
        self.ok("merge", plan)
        merged = json.loads((plan / "results.json").read_text())["streamgauge"]
        self.assertEqual(self.universes(merged), self.universes(whole))
        self.file.write_text(EXPERIMENT.replace('id = "own"', 'id = "own"\nprecision = "half"'))
        self.fails(3, "run", self.file, "--model", f"m={self.model}", "-o", self.folder / "x", says=["precision", "half"])


if __name__ == "__main__":
    main()

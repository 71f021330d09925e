"""measure --heads: every head's part of attn_out, and where it looks, against transformers' eager attention."""
import csv
import json
import math
import unittest

from support import GGUF, GOLDEN, IDS, LLAMA, ROOT, CliTest, main, with_a_massive_token, without_timings

HEADS = ROOT / "tests" / "data" / "heads"
SUMS = 1e-6   # of the norm of attn_out: float32's rounding of d_model terms
# A probability is the exponential of a score that float32 rounds; these tiny models' scores are below 40, and the
# products behind them have some 50 terms: 40 * 50 * 2^-24.
CLOSE = 1.2e-4
# A state space has its part in attn_out as well, or all of it.
MIXED = ("falcon-h1-plain", "zamba2-one-block", "zamba2-two-blocks")


class HeadsTest(CliTest):
    def heads(self, model, *prompts):
        document = self.document("measurement-1", "measure", model, *prompts, "--heads")
        return document, [s["heads"] for s in document["sequences"]]

    def test_probabilities_are_those_of_transformers(self):
        files = sorted(HEADS.glob("*.json"))
        self.assertGreaterEqual(len(files), 10)
        for file in files:
            golden = json.loads(file.read_text())
            document, (heads,) = self.heads(GOLDEN / file.stem, "--ids", ",".join(map(str, golden["ids"])))
            error = document["checks"].get("heads_sum_max_relative_error")
            if file.stem in MIXED:
                self.assertIsNone(error, file.stem)
            else:
                self.assertLess(error, SUMS, file.stem)
            self.assertEqual(len(heads["layers"]), len(golden["entropy"]), file.stem)
            for ours, theirs in (("first_token_mass", "first_token_mass"), ("entropy", "entropy")):
                for layer, (a, b) in enumerate(zip(heads[ours], golden[theirs])):
                    self.assertEqual(len(a), len(b), file.stem)
                    for x, y in zip((x for row in a for x in row), (y for row in b for y in row)):
                        self.assertTrue(abs(x - y) <= CLOSE, (file.stem, ours, layer, x, y))

    def test_the_measurement_is_the_same_bits(self):
        plain = self.document("measurement-1", "measure", LLAMA, "--ids", IDS, "--ids", "3,4")
        document, _ = self.heads(LLAMA, "--ids", IDS, "--ids", "3,4")
        for sequence in document["sequences"]:
            del sequence["heads"]
        del document["checks"]["heads_sum_max_relative_error"]
        self.assertEqual(without_timings(document), without_timings(plain))

    def test_the_first_token_looks_at_itself(self):
        _, (heads, alone) = self.heads(LLAMA, "--ids", IDS, "--ids", "3")
        for layer in heads["first_token_mass"] + alone["first_token_mass"]:
            self.assertEqual({head[0] for head in layer}, {1.0})
        for layer in heads["entropy"]:
            for head in layer:
                self.assertEqual(head[0], 0.0)
                for t, entropy in enumerate(head):
                    self.assertTrue(0 <= entropy <= math.log(t + 1) + 1e-6)

    def test_contributions_bound_what_attention_adds(self):
        document, (heads,) = self.heads(LLAMA, "--ids", IDS)
        norms = document["sequences"][0]["norms"]["attn_out"]
        for layer, contribution in enumerate(heads["contribution"]):
            self.assertEqual(len(contribution), document["model"]["n_heads"])
            for t, norm in enumerate(norms[layer]):
                parts = [head[t] for head in contribution]
                self.assertTrue(max(parts) > 0)
                self.assertTrue(norm <= sum(parts) * (1 + SUMS), "the triangle inequality")

    def test_packing_threads_and_formats_do_not_show(self):
        prompts = ("--ids", IDS, "--ids", "3,4,9,8,1,1", "--ids", "2")
        wanted = self.heads(LLAMA, *prompts)[1]
        for more in (("--threads", "3"), ("--memory", "4KB")):
            document = self.document("measurement-1", "measure", LLAMA, *prompts, "--heads", *more)
            self.assertEqual([s["heads"] for s in document["sequences"]], wanted, more)
        self.assertEqual(self.heads(GGUF, *prompts)[1], wanted)

    def test_massive_tokens(self):
        document, (heads,) = self.heads(with_a_massive_token(self.folder / "massive", 9), "--ids", "1,5,9,2,7", "--massive", "10")
        massive = {(m["layer"], m["token"]) for m in document["sequences"][0]["massive_values"]["values"]}
        self.assertIn((0, 2), massive)
        for layer, by_head in zip(heads["layers"], heads["massive_token_mass"]):
            marked = {t for l, t in massive if l == layer - 1}
            for head in by_head:
                for t, mass in enumerate(head):
                    self.assertEqual(mass > 0, any(k <= t for k in marked), (layer, t))

    def test_layers_without_attention_have_none(self):
        document, (heads,) = self.heads(GOLDEN / "jamba-dense", "--ids", "1,5,9")
        self.assertLess(len(heads["layers"]), document["model"]["n_layers"])
        self.assertEqual(len(heads["layers"]), len(heads["contribution"]))

    def test_table_and_text(self):
        folder = self.folder / "out"
        self.ok("measure", LLAMA, "--ids", IDS, "--heads", "-o", folder)
        document = json.loads((folder / "measurement.json").read_text())
        with open(folder / "heads.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        facts, heads = document["model"], document["sequences"][0]["heads"]
        self.assertEqual(len(rows), 5 * facts["n_layers"] * facts["n_heads"])
        row = rows[facts["n_heads"] + 1]  # of the first token, layer 1, head 1
        self.assertEqual([row["position"], row["layer"], row["head"]], ["0", "1", "1"])
        self.assertEqual(float(row["contribution"]), heads["contribution"][1][1][0])
        text = self.ok("measure", LLAMA, "--ids", IDS, "--heads").out
        self.assertIn("looks at token 0", text)
        self.assertNotIn("looks at token 0", self.ok("measure", LLAMA, "--ids", IDS).out)


if __name__ == "__main__":
    main()

"""extract, compare, the logit lens, massive values, and models in the Hub's cache."""
import json
import math
import os
import resource
import shutil
import struct
import subprocess

from support import GGUF, GOLDEN, IDS, LLAMA, PARALLEL, PROGRAM, CliTest, main

TIED = GOLDEN / "llama-tied-llama3-rope"
COMMIT = "12fd25f77366fa6b3b4b768ec3050bf629380bac"


def read_safetensors(path):
    """(tensors, metadata) of a file, each tensor as (shape, flat values), by this test's own reading of the format."""
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8:8 + length])
    metadata = header.pop("__metadata__", {})
    tensors, end = {}, 0
    for name, info in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, stop = info["data_offsets"]
        assert begin == end, "holes are forbidden"
        end = stop
        code = {"F32": "f", "I64": "q"}[info["dtype"]]
        count = math.prod(info["shape"])
        values = struct.unpack(f"<{count}{code}", raw[8 + length + begin:8 + length + stop])
        tensors[name] = (info["shape"], values)
    assert 8 + length + end == len(raw)
    return tensors, metadata


def norm(values):
    return math.sqrt(math.fsum(v * v for v in values))


class Extract(CliTest):
    def extract(self, *arguments):
        file = self.folder / "acts.safetensors"
        self.ok("extract", *arguments, "-o", file)
        return read_safetensors(file)

    def test_norms_of_the_rows_are_the_measured_norms(self):
        sites = "embed,resid_pre,attn_out,mlp_out,resid_post,ln_final"
        for model in (LLAMA, PARALLEL):
            tensors, metadata = self.extract(model, "--ids", IDS, "--ids", "8,3", "--sites", sites)
            measured = self.document("measurement-1", "measure", model, "--ids", IDS, "--ids", "8,3")
            layers, width = measured["model"]["n_layers"], measured["model"]["d_model"]
            self.assertEqual(len(tensors), 4 * layers + 2 + 3)
            self.assertEqual(tensors["token_ids"][1], (1, 5, 9, 2, 7, 8, 3))
            self.assertEqual(tensors["sequence_index"][1], (0, 0, 0, 0, 0, 1, 1))
            self.assertEqual(tensors["position"][1], (0, 1, 2, 3, 4, 0, 1))
            self.assertEqual(metadata["model"], measured["model"]["id"])
            self.assertEqual(metadata["fingerprint"], measured["model"]["fingerprint"])
            self.assertEqual(metadata["sites"], sites)
            for site in ("resid_pre", "attn_out", "mlp_out", "resid_post"):
                for layer in range(layers):
                    shape, values = tensors[f"blocks.{layer}.hook_{site}"]
                    self.assertEqual(shape, [7, width])
                    norms = measured["sequences"][0]["norms"][site][layer] + measured["sequences"][1]["norms"][site][layer]
                    for row, expected in enumerate(norms):
                        # fsum rounds once, the engine sums in double: a few units in the last place
                        self.assertAlmostEqual(norm(values[row * width:(row + 1) * width]) / expected, 1, delta=1e-14)
            self.assertEqual(tensors["hook_embed"], tensors["blocks.0.hook_resid_pre"])

    def test_layers_and_positions(self):
        tensors, metadata = self.extract(LLAMA, "--ids", IDS, "--sites", "resid_post", "--layers", "0-6+3,1",
                                         "--positions", "last")
        self.assertEqual([n for n in tensors if n.startswith("blocks")],
                         [f"blocks.{layer}.hook_resid_post" for layer in (0, 1, 3, 6)])
        self.assertEqual(metadata["layers"], "0,1,3,6")
        self.assertEqual(tensors["position"][1], (4,))
        tensors, _ = self.extract(LLAMA, "--ids", IDS, "--sites", "resid_post", "--positions", "0,3-4")
        self.assertEqual(tensors["token_ids"][1], (1, 2, 7))
        by_name, _ = self.extract(LLAMA, "--ids", IDS, "--sites", "blocks.2.hook_resid_post,resid_post.-1",
                                  "--positions", "-2..-1")
        listed, _ = self.extract(LLAMA, "--ids", IDS, "--sites", "resid_post", "--layers", "2,-1", "--positions", "3,4")
        self.assertEqual(by_name, listed)
        self.assertEqual([n for n in by_name if n.startswith("blocks")],
                         ["blocks.2.hook_resid_post", "blocks.6.hook_resid_post"])

    def test_the_safetensors_package_reads_it(self):
        try:
            from safetensors import safe_open
        except ImportError:
            self.skipTest("the safetensors package is not installed")
        own, metadata = self.extract(LLAMA, "--ids", IDS, "--sites", "resid_post,ln_final")
        with safe_open(str(self.folder / "acts.safetensors"), framework="numpy") as file:
            self.assertEqual(file.metadata(), metadata)
            self.assertEqual(set(file.keys()), set(own))
            for name, (shape, values) in own.items():
                tensor = file.get_tensor(name)
                self.assertEqual((list(tensor.shape), tuple(tensor.flatten().tolist())), (shape, values))

    def test_budget_and_threads_change_no_byte(self):
        prompts = ["--ids", IDS, "--ids", "8,3", "--ids", "4,4,4,4,4,4,4"]
        files = [self.folder / name for name in "abc"]
        for file, flags in zip(files, (["--threads", "1"], ["--threads", "3"], ["--memory", "1K"])):
            self.ok("extract", LLAMA, *prompts, "--sites", "attn_out,resid_mid", "-o", file, *flags)
        self.assertEqual(files[0].read_bytes(), files[1].read_bytes())
        self.assertEqual(files[0].read_bytes(), files[2].read_bytes())

    def test_wrong_selections_are_usage_errors(self):
        file = self.folder / "acts"
        for flags, word in (([], "--sites"),
                            (["--sites", "resid"], "unknown site"),
                            (["--sites", "resid_post", "--layers", "7"], "there is no layer 7"),
                            (["--sites", "resid_post.7"], "there is no layer 7"),
                            (["--sites", "resid_post", "--layers", "3-1"], "--layers"),
                            (["--sites", "resid_post", "--layers", "x"], "--layers"),
                            (["--sites", "resid_post", "--positions", "5"], "there is no position 5")):
            self.fails(2, "extract", LLAMA, "--ids", IDS, "-o", file, *flags, says=[word])
        self.fails(2, "extract", PARALLEL, "--ids", IDS, "-o", file, "--sites", "resid_mid", says=["parallel"])
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_no_room_is_exit_4_and_leaves_nothing(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))

        done = subprocess.run([PROGRAM, "extract", LLAMA, "--ids", IDS, "--sites", "resid_post", "-o", self.folder / "acts"],
                              capture_output=True, check=False, timeout=60, preexec_fn=limit)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_plan_says_what_is_written(self):
        self.assertIn("writes", self.ok("extract", LLAMA, "--ids", IDS, "--sites", "embed", "-o", "x", "--plan").out)


class Compare(CliTest):
    def test_a_model_with_itself(self):
        document = self.document("comparison-1", "compare", LLAMA, LLAMA, "--ids", IDS, "--logits", "all")
        for row in document["summary"]:
            self.assertEqual((row["norm_difference_max"], row["distance_max"]), (0, 0))
            self.assertAlmostEqual(row["cosine_min"], 1, delta=1e-15)
        self.assertEqual([o["kl"] for o in document["sequences"][0]["logits"]], [0] * 5)

    def test_formats_of_one_model_differ_by_nothing_and_bf16_by_its_rounding(self):
        same = self.document("comparison-1", "compare", LLAMA, GGUF, "--ids", IDS)
        self.assertLess(max(row["distance_max"] for row in same["summary"]), 1e-5)
        rounded = self.document("comparison-1", "compare", TIED, TIED / "bf16", "--ids", IDS)
        distances = [row["distance_max"] for row in rounded["summary"] if row["site"] == "resid_post"]
        self.assertTrue(all(1e-5 < d < 6e-2 for d in distances), distances)
        kl = rounded["sequences"][0]["logits"][0]["kl"]
        self.assertTrue(0 < kl < 1e-2, kl)

    def test_the_table_names_both_and_every_site(self):
        out = self.ok("compare", TIED, TIED / "bf16", "--ids", IDS).out
        for word in ("A  llama-tied-llama3-rope", "B  bf16", "resid_post[0]", "ln_final", "KL(A||B)"):
            self.assertIn(word, out)

    def test_several_models_end_with_three_sentences_each(self):
        out = self.ok("compare", TIED, TIED, TIED / "bf16", "--ids", IDS).out
        same, rounded = out.split("\nA  ")[0], out.split("\nA  ")[1]
        self.assertIn("They part nowhere", same)
        self.assertIn("They part first at embed", rounded)
        for part in (same, rounded):
            lines = part.strip().splitlines()[-3:]
            self.assertRegex(lines[0], "^They part ")
            self.assertRegex(lines[1], "^The most probable next token ")
            self.assertRegex(lines[2], r"^KL\(A\|\|B\) is .* nats\.$")
        document = self.document("comparisons-1", "compare", TIED, TIED, TIED / "bf16", "--ids", IDS)
        self.assertEqual([one["b"]["id"] for one in document["comparisons"]], [TIED.name, "bf16"])
        alone = self.document("comparison-1", "compare", TIED, TIED / "bf16", "--ids", IDS)
        self.assertEqual(alone["summary"], document["comparisons"][1]["summary"])
        self.assertEqual(alone["sentences"], document["comparisons"][1]["sentences"])

    def test_sites_and_layers_choose_what_is_written(self):
        whole = self.document("comparison-1", "compare", LLAMA, GGUF, "--ids", IDS)
        chosen = self.document("comparison-1", "compare", LLAMA, GGUF, "--ids", IDS, "--sites",
                               "resid_post,ln_final", "--layers", "-2..-1")
        self.assertEqual([(r["site"], r["layer"]) for r in chosen["summary"]],
                         [("resid_post", 5), ("resid_post", 6), ("ln_final", None)])
        sites = chosen["sequences"][0]["sites"]
        self.assertEqual(sites["resid_post"]["layers"], [5, 6])
        self.assertEqual(sites["resid_post"]["norm_a"], whole["sequences"][0]["sites"]["resid_post"]["norm_a"][5:])
        self.assertEqual(chosen["sentences"], whole["sentences"], "they are of every site")
        folder = self.folder / "out"
        self.ok("compare", LLAMA, GGUF, "--ids", IDS, "--sites", "blocks.3.hook_mlp_out", "-o", folder,
                "--csv", self.folder / "c.csv")
        self.assertEqual(sorted(p.name for p in folder.iterdir()),
                         ["comparison.csv", "comparison.json", "outputs.csv", "summary.txt"])
        rows = (folder / "comparison.csv").read_text().splitlines()
        self.assertEqual((self.folder / "c.csv").read_text().splitlines(), rows)
        self.assertEqual(len(rows), 1 + 5)
        self.assertEqual(len((folder / "outputs.csv").read_text().splitlines()), 2)
        self.fails(2, "compare", LLAMA, GGUF, "--ids", IDS, "--layers", "7", says=["there is no layer 7"])
        self.fails(2, "compare", LLAMA, GGUF, "--ids", IDS, "--sites", "resid", says=["unknown site"])

    def test_other_shapes_are_refused(self):
        self.fails(3, "compare", LLAMA, PARALLEL, "--ids", IDS, says=["the models differ in"])
        self.fails(3, "compare", LLAMA, self.folder / "absent", "--ids", IDS)


class Layers(CliTest):
    def test_lens(self):
        document = self.document("measurement-1", "measure", LLAMA, "--ids", IDS, "--lens", "all", "--logits", "all")
        sequence = document["sequences"][0]
        self.assertEqual([(row["layer"], row["position"]) for row in sequence["lens"]],
                         [(layer, t) for layer in range(7) for t in range(5)])
        for last, logits in zip(sequence["lens"][-5:], sequence["logits"]):
            self.assertEqual((last["entropy"], last["top"]), (logits["entropy"], logits["top"]))
        self.assertIn("Logit lens", self.ok("measure", LLAMA, "--ids", IDS, "--lens", "last").out)
        self.assertNotIn("lens", self.document("measurement-1", "measure", LLAMA, "--ids", IDS)["sequences"][0])

    def test_first_token_share_and_massive_values(self):
        sequence = self.document("measurement-1", "measure", LLAMA, "--ids", IDS, "--massive", "5")["sequences"][0]
        for layer, norms in enumerate(sequence["norms"]["resid_post"]):
            share = sequence["first_token_share"]
            self.assertAlmostEqual(share["of_mean"][layer], norms[0] / math.fsum(norms), delta=1e-14)
            self.assertAlmostEqual(share["of_frobenius"][layer], norms[0] / norm(norms), delta=1e-14)
        self.assertEqual(sequence["massive_values"]["multiple_of_median"], 5)
        for value in sequence["massive_values"]["values"]:
            self.assertGreater(value["ratio"], 5)
        self.assertIn("5.000 times their layer's median", self.ok("measure", LLAMA, "--ids", IDS, "--massive", "5").out)
        self.fails(2, "measure", LLAMA, "--ids", IDS, "--massive", "0")


class HubCache(CliTest):
    def setUp(self):
        super().setUp()
        model = self.folder / "hub" / "models--tiny--llama"
        (model / "blobs").mkdir(parents=True)
        (model / "refs").mkdir()
        (model / "refs" / "main").write_text(COMMIT)
        snapshot = model / "snapshots" / COMMIT
        snapshot.mkdir(parents=True)
        for name, blob in (("config.json", "a" * 40), ("model.safetensors", "b" * 64)):
            shutil.copy(TIED / "bf16" / name, model / "blobs" / blob)
            (snapshot / name).symlink_to(os.path.join("..", "..", "blobs", blob))
        self.model = model

    def test_ids_and_revisions_resolve(self):
        for name in ("tiny/llama", "tiny/llama@main", "tiny/llama@" + COMMIT):
            document = self.document("measurement-1", "measure", name, "--ids", IDS, HF_HOME=str(self.folder))
            self.assertEqual(document["model"]["id"], "tiny/llama")
        self.assertIn("tiny/llama", self.ok("list", "models", HF_HUB_CACHE=str(self.folder / "hub")).out)

    def test_failures_are_exit_3_with_their_reason(self):
        for name, word in (("tiny/other", "no such model"), ("tiny/llama@dev", "no revision"),
                           ("tiny/llama@12fd25f", "short commit")):
            self.fails(3, "inspect", name, says=[word], HF_HOME=str(self.folder))
        (self.model / "blobs" / ("b" * 64)).unlink()
        self.fails(3, "inspect", "tiny/llama", says=["broken", "model.safetensors"], HF_HOME=str(self.folder))


if __name__ == "__main__":
    main()

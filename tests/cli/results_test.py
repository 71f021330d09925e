"""Results: documents that hold their schema, equal bits, files that are whole or not there."""
import csv
import io
import json
import math
import os
import pathlib
import signal
import subprocess
import time

from support import GGUF, GOLDEN, IDS, LLAMA, PARALLEL, PROGRAM, CliTest, main, run, without_timings

PROMPTS = ["3", "1,5,9,2,7", "8,8,8,8,8,8,8,8,8", "4,1", "90,11,12,13,14,15,16,17,18,19,20,21"]


def all_ids():
    return [word for ids in PROMPTS for word in ("--ids", ids)]


class Documents(CliTest):
    def test_measurements_hold_their_schema(self):
        for model in (LLAMA, GGUF, PARALLEL, GOLDEN / "gemma3-multimodal"):
            for logits in ("last", "all", "none"):
                document = self.document("measurement-1", "measure", model, *all_ids(), "--logits", logits)
                for ids, sequence in zip(PROMPTS, document["sequences"]):
                    self.assertEqual(sequence["ids"], [int(i) for i in ids.split(",")])
                    self.assertEqual(len(sequence["logits"]), {"last": 1, "all": len(sequence["ids"]), "none": 0}[logits])
                self.assertEqual("resid_mid" in document["sequences"][0]["norms"], not document["model"]["parallel_residual"])
                self.assertLess(document["checks"]["identity_max_relative_error"], 1e-5)

    def test_norms_are_those_of_the_reference(self):
        golden = json.loads((LLAMA / "golden.json").read_text())
        ids = [w for s in golden["sequences"] for w in ("--ids", ",".join(map(str, s["ids"])))]
        document = self.document("measurement-1", "measure", LLAMA, *ids)
        for got, want in zip(document["sequences"], golden["sequences"]):
            for layer, row in enumerate(want["norms"]["resid_post"]):
                for token, norm in enumerate(row):
                    self.assertTrue(abs(got["norms"]["resid_post"][layer][token] - norm) <= 5e-6 * norm)

    def test_inspect_and_gains_hold_their_schemas(self):
        for model in (LLAMA, GGUF, PARALLEL):
            self.document("inspect-1", "inspect", model)
            one = self.document("gains-1", "gains", model, "--ids", "1")
            absent = [d for d in one["definitions"] if d["gain"] is None]
            self.assertTrue(absent and all(d["reduction"] == "mean_skip_first" for d in absent))
            self.document("gains-1", "gains", model, *all_ids(), "--definition", "notebook-004")

    def test_gains_of_a_file_are_those_of_the_model(self):
        self.ok("measure", GGUF, *all_ids(), "--json", self.folder / "m.json")
        from_file = self.document("gains-1", "gains", self.folder / "m.json")
        from_model = self.document("gains-1", "gains", GGUF, *all_ids())
        self.assertEqual(from_file["definitions"], from_model["definitions"])
        self.assertEqual(from_file["ladder"], from_model["ladder"])

    def test_gains_are_the_ratios_of_the_norms(self):
        norms = self.document("measurement-1", "measure", GGUF, "--ids", IDS)["sequences"][0]["norms"]
        post = norms["resid_post"]
        by_id = {d["id"]: d["gain"] for d in self.document("gains-1", "gains", GGUF, "--ids", IDS)["definitions"]}
        self.assertEqual(by_id["last/penultimate_block/mean_of_gains"], post[-2][-1] / post[-3][-1])
        self.assertEqual(by_id["last/last_block/mean_of_gains"], post[-1][-1] / post[-2][-1])
        self.assertAlmostEqual(by_id["mean/end_to_end_and_norm/mean_of_gains"],
                               math.fsum(norms["ln_final"]) / math.fsum(norms["embed"]), delta=1e-12)

    def test_sites_filter_what_is_written(self):
        sequence = self.document("measurement-1", "measure", GGUF, "--ids", IDS, "--sites", "embed,resid_post")["sequences"][0]
        self.assertEqual(list(sequence["norms"]), ["embed", "resid_post"])
        self.assertEqual(sequence["dots"], {})

    def test_csv_has_the_same_numbers(self):
        document = self.document("measurement-1", "measure", GGUF, *all_ids())
        rows = list(csv.DictReader(io.StringIO(self.ok("measure", GGUF, *all_ids(), "--csv", "-").out, newline="")))
        wanted = 0
        for sequence in document["sequences"]:
            for values in sequence["norms"].values():
                wanted += sum(len(r) for r in values) if isinstance(values[0], list) else len(values)
        self.assertEqual(len(rows), wanted)
        for row in rows:
            values = document["sequences"][int(row["sequence"])]["norms"][row["site"]]
            if row["layer"]:
                values = values[int(row["layer"])]
            self.assertEqual(float(row["norm"]), values[int(row["position"])])

    def test_tables_for_people(self):
        one, many = self.ok("measure", GGUF, "--ids", IDS).out, self.ok("measure", GGUF, *all_ids()).out
        for text in (one, many, self.ok("gains", GGUF, *all_ids()).out):
            self.assertNotIn("nan", text)
            self.assertFalse([line for line in text.splitlines() if line != line.rstrip()])
        self.assertIn("resid_post", one)
        self.assertIn("notebook-003", many)
        self.assertEqual(len(self.ok("gains", GGUF, "--ids", IDS, "--definition", "all").out.splitlines()), 3 + 1 + 168)

    def test_the_peak_is_the_programs_own_and_not_that_of_who_started_it(self):
        large = bytearray(600 << 20)
        peak = self.document("measurement-1", "measure", GGUF, "--ids", IDS)["timings"]["peak_bytes"]
        self.assertGreater(peak, 1 << 20)
        self.assertLess(peak, len(large) // 2)

    def test_a_plan_measures_nothing(self):
        done = self.ok("measure", GGUF, "--ids", IDS, "--plan", "--json", self.folder / "r.json")
        self.assertIn("peak memory", done.out)
        self.assertFalse((self.folder / "r.json").exists())


    def test_a_trace_shows_every_branch_and_every_layer_read(self):
        out = self.folder / "trace.json"
        plain = self.document("measurement-1", "measure", GGUF, "--ids", IDS)
        traced = self.document("measurement-1", "measure", GGUF, "--ids", IDS, "--trace", out)
        self.assertEqual(without_timings(traced), without_timings(plain))
        spans = [e for e in json.loads(out.read_text())["traceEvents"] if e["ph"] == "X"]
        computed = [e["name"] for e in spans if e["cat"] == "compute"]
        layers = plain["model"]["n_layers"]
        self.assertEqual(computed, ["embed"] + [f"{site}[{l}]" for l in range(layers) for site in ("attn_out", "mlp_out")]
                         + ["logits"])
        read = {e["name"] for e in spans if e["cat"] == "read"}
        self.assertLessEqual(read, {f"layer {l}" for l in range(layers)} | {"unembedding"})
        self.assertTrue(all(e["dur"] >= 0 and e["ts"] >= 0 for e in spans))


class EqualBits(CliTest):
    def test_threads(self):
        for model in (GGUF, PARALLEL):
            base = without_timings(self.document("measurement-1", "measure", model, *all_ids(), "--logits", "all", "--threads", "1"))
            for threads in ("2", "7"):
                other = self.document("measurement-1", "measure", model, *all_ids(), "--logits", "all", "--threads", threads)
                self.assertEqual(json.dumps(without_timings(other)), json.dumps(base))

    def test_one_prompt_alone_and_among_others(self):
        together = self.document("measurement-1", "measure", GGUF, *all_ids())["sequences"]
        for number, ids in enumerate(PROMPTS):
            alone = self.document("measurement-1", "measure", GGUF, "--ids", ids)["sequences"][0]
            self.assertEqual(json.dumps(alone), json.dumps(together[number]))

    def test_instruction_sets_with_fused_multiply_add(self):
        line = next(line for line in self.ok("doctor").out.splitlines() if line.startswith("instruction sets"))
        sets = [name for name in line.split(";")[0].split(None, 2)[2].split(", ") if name == "AVX2" or name.startswith("AVX3")]
        if len(sets) < 2:
            self.skipTest("fewer than two such sets here")
        documents = [self.document("measurement-1", "measure", GGUF, *all_ids(), "--isa", name) for name in sets]
        self.assertEqual([d["engine"].pop("isa") for d in documents], sets)
        for document in documents[1:]:
            self.assertEqual(without_timings(document), without_timings(documents[0]))

    def test_a_small_memory_budget(self):
        base = self.document("measurement-1", "measure", GGUF, *all_ids())
        small = self.document("measurement-1", "measure", GGUF, *all_ids(), "--memory", "1")
        self.assertEqual(without_timings(small), without_timings(base))


class Files(CliTest):
    def test_a_folder_of_results(self):
        self.ok("measure", GGUF, "--ids", IDS, "-o", self.folder / "a" / "b")
        self.assertEqual(sorted(p.name for p in (self.folder / "a" / "b").iterdir()),
                         ["decomposition.csv", "lens.csv", "logits.csv", "massive.csv", "measurement.csv",
                          "measurement.json", "prompts.csv", "summary.txt"])

    def test_a_folder_of_a_model_with_experts_has_their_routing(self):
        self.ok("measure", GOLDEN / "qwen3-moe-dense-layers", "--ids", "1,5,9", "-o", self.folder / "r")
        with open(self.folder / "r" / "routing.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        document = json.loads((self.folder / "r" / "measurement.json").read_text(encoding="utf-8"))
        routing = document["sequences"][0]["routing"]
        self.assertEqual(len(rows), sum(len(chosen) for layer in routing for chosen in layer["experts"]))
        for row in rows:
            layer = next(one for one in routing if one["layer"] == int(row["layer"]))
            token, rank = int(row["position"]), int(row["rank"])
            self.assertEqual(int(row["expert"]), layer["experts"][token][rank])
            self.assertEqual(float(row["weight"]), layer["weights"][token][rank])
            self.assertEqual(float(row["contribution"]), layer["contribution"][token][rank])
            self.assertEqual(float(row["margin"]), layer["margin"][token])
            self.assertEqual(row["shared"], "")
        for load in document["expert_load"]:
            self.assertEqual(sum(load["tokens"]), 3 * len(routing[0]["experts"][0]))
        self.assertIn("Routing over all tokens", (self.folder / "r" / "summary.txt").read_text(encoding="utf-8"))
        self.document("measurement-1", "measure", GOLDEN / "qwen3-moe-dense-layers", "--ids", "1,5,9")

    def test_an_old_file_is_replaced_whole_and_nothing_else_is_left(self):
        out = self.folder / "r.json"
        out.write_text("old")
        self.ok("measure", GGUF, "--ids", IDS, "--json", out)
        self.assertEqual(json.loads(out.read_text())["schema"], "streamgauge.measurement/1")
        self.assertEqual([p.name for p in self.folder.iterdir()], ["r.json"])

    def test_an_error_leaves_an_old_file_alone(self):
        out = self.folder / "r.json"
        out.write_text("old")
        self.fails(3, "measure", GGUF, "--ids", "99999", "--json", out)
        self.assertEqual(out.read_text(), "old")
        self.fails(3, "measure", GGUF, "--ids", IDS, "--json", self.folder / "none" / "r.json", says=["none"])
        self.assertEqual([p.name for p in self.folder.iterdir()], ["r.json"])

    def test_devices(self):
        self.ok("measure", GGUF, "--ids", IDS, "--json", "/dev/null")
        self.assertTrue(pathlib.Path("/dev/null").is_char_device())
        if pathlib.Path("/dev/full").is_char_device():
            self.fails(4, "measure", GGUF, "--ids", IDS, "--json", "/dev/full", says=["/dev/full"])
            with open("/dev/full", "wb") as full:
                done = subprocess.run([PROGRAM, "list", "suites"], stdout=full, stderr=subprocess.PIPE, check=False)
            self.assertEqual(done.returncode, 4)

    def test_a_reader_that_leaves_is_no_message(self):
        with subprocess.Popen([PROGRAM, "gains", GGUF, "--ids", IDS, "--definition", "all"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            process.stdout.close()
            self.assertEqual(process.stderr.read(), b"")

    def test_quiet_is_quiet(self):
        self.assertEqual(self.ok("measure", GGUF, "--ids", IDS, "--quiet").err, "")

    def test_standard_error_is_no_terminal_so_nothing_is_drawn(self):
        self.assertNotIn("%", self.ok("measure", GGUF, "--ids", IDS).err)
        self.assertNotIn("\x1b", self.ok("measure", GGUF, "--ids", IDS).out)

    def test_interrupted_is_130_and_leaves_nothing(self):
        out = self.folder / "r.json"
        ids = [w for _ in range(400) for w in ("--ids", ",".join(["1"] * 200))]
        with subprocess.Popen([PROGRAM, "measure", GGUF, *ids, "--logits", "all", "--memory", "1", "--json", out, "--threads", "1"],
                              stderr=subprocess.PIPE) as process:
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            message = process.stderr.read()
            self.assertEqual(process.wait(60), 130, message)
        self.assertEqual(os.listdir(self.folder), [])


class Models(CliTest):
    def test_hub_cache(self):
        """A model by its Hub id: refs/main names the snapshot."""
        commit = "0123456789abcdef0123456789abcdef01234567"
        base = self.folder / "hub" / "models--org--tiny"
        (base / "refs").mkdir(parents=True)
        (base / "refs" / "main").write_text(commit)
        (base / "snapshots").mkdir()
        (base / "snapshots" / commit).symlink_to(LLAMA)
        document = self.document("measurement-1", "measure", "org/tiny", "--ids", IDS, HF_HOME=str(self.folder))
        self.assertEqual(document["model"]["n_layers"], 7)
        self.ok("inspect", f"org/tiny@{commit}", HF_HOME=str(self.folder))
        self.assertIn("org/tiny", self.ok("list", "models", HF_HOME=str(self.folder)).out)
        self.fails(3, "inspect", "org/tiny@other", says=["other"], HF_HOME=str(self.folder))
        self.assertEqual(run("inspect", "org/../x", HF_HOME=str(self.folder)).code, 3)


main()

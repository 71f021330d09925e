"""corpus, plan, work, merge, status: one result whatever the parts, the workers and the kills."""
import csv
import json
import math
import re
import shutil
import struct
import subprocess
import time

from support import LLAMA, PROGRAM, ROOT, CliTest, main, run, validate_json

MODEL = ROOT / "zoo" / "llama2"
TEXT = ROOT / "zoo" / "heldout.txt"


def with_embedding_times(factor, folder):
    """The model of LLAMA with an embedding of another scale."""
    folder.mkdir()
    shutil.copy(LLAMA / "config.json", folder)
    data = bytearray((LLAMA / "model.safetensors").read_bytes())
    length = struct.unpack("<Q", data[:8])[0]
    tensor = json.loads(data[8:8 + length])["model.embed_tokens.weight"]
    begin, end = (8 + length + offset for offset in tensor["data_offsets"])
    count = (end - begin) // 4
    assert tensor["dtype"] == "F32", tensor
    data[begin:end] = struct.pack(f"<{count}f", *(factor * x for x in struct.unpack(f"<{count}f", data[begin:end])))
    (folder / "model.safetensors").write_bytes(data)
    return folder


class Corpus(CliTest):
    def setUp(self):
        super().setUp()
        self.text = self.folder / "text.txt"
        self.text.write_bytes(TEXT.read_bytes()[:20000])

    def result(self, folder):
        return json.loads((folder / "corpus.json").read_text())

    def whole(self, *more, name="whole", context=64):
        self.ok("corpus", MODEL, self.text, "--context", context, "-o", self.folder / name, *more)
        return self.result(self.folder / name)

    def planned(self, name, *more):
        folder = self.folder / name
        self.ok("plan", "corpus", MODEL, self.text, *(() if "--context" in more else ("--context", "64")), "-o", folder, *more)
        return folder

    def test_documents_are_what_measure_measures(self):
        """One document: every mean is that of measure's own rows."""
        document = " ".join(self.text.read_text().split())[:300]
        self.text.write_text(document)
        corpus = self.whole(context=512)
        measured = self.document("measurement-1", "measure", MODEL, "-p", document, "--logits", "all")
        row, = measured["sequences"]
        self.assertEqual(corpus["corpus"]["tokens"], len(row["ids"]))
        for site in ("resid_post", "attn_out", "mlp_out", "resid_mid"):
            for layer, norms in enumerate(row["norms"][site]):
                found = corpus["quantities"][site]["layers"][layer]
                self.assertAlmostEqual(found["all"]["mean"], math.fsum(norms) / len(norms), delta=1e-14 * max(norms))
                self.assertEqual(found["first_token"]["max"], norms[0])
                self.assertEqual(found["without_first"]["max"], max(norms[1:]))
        entropies = [position["entropy"] for position in row["logits"]]
        self.assertAlmostEqual(corpus["quantities"]["entropy"]["value"]["all"]["mean"], math.fsum(entropies) / len(entropies), 12)

    def test_a_corpus_in_a_narrower_type_is_what_measure_measures_in_it(self):
        document = " ".join(self.text.read_text().split())[:300]
        self.text.write_text(document)
        seen = [self.whole(context=512)["digest"]]
        for precision in ("bfloat16", "float16"):
            corpus = self.whole("--precision", precision, name=precision, context=512)
            self.assertEqual(validate_json.errors("corpus-1", corpus), [])
            self.assertEqual(corpus["engine"]["precision"], precision)
            self.assertIn(precision, (self.folder / precision / "summary.txt").read_text())
            measured = self.document("measurement-1", "measure", MODEL, "-p", document, "--precision", precision)
            for layer, norms in enumerate(measured["sequences"][0]["norms"]["resid_post"]):
                found = corpus["quantities"]["resid_post"]["layers"][layer]
                self.assertAlmostEqual(found["all"]["mean"], math.fsum(norms) / len(norms), delta=1e-14 * max(norms))
            shared = self.planned("shared-" + precision, "--precision", precision, "--context", "512")
            self.ok("work", shared)
            self.ok("merge", shared, "--verify", "100%")
            self.assertEqual(self.result(shared)["digest"], corpus["digest"])
            self.assertNotIn(corpus["digest"], seen)
            seen.append(corpus["digest"])
        self.assertIn("as if in float16", self.ok("compare", self.folder / "bfloat16", self.folder / "float16").out)

    def test_corpus_json_is_as_its_schema_says(self):
        for name, flags in (("plain", []), ("bare", ["--no-logits", "--no-bos"]), ("some", ["--every", "3", "--keep-every", "5"])):
            document = self.whole(*flags, name=name)
            self.assertEqual(validate_json.errors("corpus-1", document), [], name)
        document["quantities"]["resid_post"]["layers"][0]["all"]["count"] = -1
        self.assertNotEqual(validate_json.errors("corpus-1", document), [])

    def test_every_form_of_the_same_documents_is_the_same_corpus(self):
        """Text by empty lines, by lines, as JSON lines and as tables; ids as JSON lines, .npy and .bin."""
        texts = [line.strip() for line in self.text.read_text().split("\n") if line.strip()][:40]
        ids = self.document("tokens-1", "tokenize", MODEL, "-p", " ".join(texts))["sequences"][0]["ids"]
        ids = ids[1:1 + len(ids) // 16 * 16 - 16]
        rows = [ids[i:i + 16] for i in range(0, len(ids), 16)]
        header = "{'descr': '<u2', 'fortran_order': False, 'shape': (%d, 16), }" % len(rows)
        header += " " * (118 - len(header)) + "\n"
        packed = struct.pack(f"<{len(ids)}H", *ids)

        def quoted(text):
            return '"' + text.replace('"', '""') + '"'
        forms = {"blocks.txt": "\n\n".join(texts), "lines.txt": "\n".join(texts),
                 "a.jsonl": "\n".join(json.dumps({"text": text}) for text in texts),
                 "a.csv": "n,text\r\n" + "".join(f"{n},{quoted(text)}\r\n" for n, text in enumerate(texts)),
                 "a.tsv": "text\tn\n" + "".join(f"{quoted(text)}\t{n}\n" for n, text in enumerate(texts)),
                 "ids.jsonl": "\n".join(json.dumps({"ids": row}) for row in rows), "ids.bin": packed,
                 "ids.npy": b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + packed}
        digests = {}
        for name, content in forms.items():
            file = self.folder / name
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
            flags = ["--documents", "lines"] if name == "lines.txt" else []
            self.ok("corpus", MODEL, file, "--context", "16", "--no-bos", *flags, "--task", "300", "-o", self.folder / ("of-" + name))
            digests.setdefault(name.startswith("ids"), set()).add(self.result(self.folder / ("of-" + name))["digest"])
        self.assertEqual({kind: len(found) for kind, found in digests.items()}, {True: 1, False: 1})

    def test_a_sample_is_of_the_same_documents_wherever_they_stand(self):
        texts = [line for line in self.text.read_text().split("\n") if line.strip()]
        kept = set()
        for turn, order in enumerate((texts, texts[::-1])):
            self.text.write_text("\n".join(order))
            corpus = self.whole("--every", "4", "--documents", "lines", name=f"turn-{turn}")["corpus"]
            kept.add((corpus["documents"], corpus["tokens"]))
        self.assertEqual(len(kept), 1)
        self.assertLess(kept.pop()[0], len(texts) / 2)

    def test_corpora_side_by_side(self):
        self.whole(name="one")
        self.text.write_bytes(TEXT.read_bytes()[20000:35000])
        self.whole(name="two")
        self.ok("corpus", ROOT / "zoo" / "mistral", self.text, "--context", "64", "-o", self.folder / "three")
        said = self.ok("compare", *(self.folder / name for name in ("one", "two", "three"))).out
        for words in ("Mean norm of resid_post", "two / one", "three / one", "perplexity"):
            self.assertIn(words, said)
        out = self.folder / "beside"
        self.ok("compare", self.folder / "one", self.folder / "two", "-o", out)
        page = (out / "report.html").read_text()
        self.assertIn("one beside two", page)
        self.assertGreaterEqual(page.count("<svg"), 3)
        rows = [row.split(",") for row in (out / "corpora.csv").read_text().split("\n")[1:] if row]
        means = {row[0]: float(row[5]) for row in rows if row[1:4] == ["resid_post", "2", "all"]}
        for name in ("one", "two"):
            layer = self.result(self.folder / name)["quantities"]["resid_post"]["layers"][2]
            self.assertEqual(means[name], layer["all"]["mean"])
        pair = ("compare", self.folder / "one", self.folder / "two")
        self.assertEqual(self.ok(*pair, "--csv", "-").out, (out / "corpora.csv").read_text())
        for flag in (["--json", "-"], ["--explore", out / "x.html"], ["--plan"], ["-p", "hi"], ["--sites", "embed"]):
            self.fails(2, *pair, *flag, says=["corpora"])
        (self.folder / "two" / "corpus.json").write_text("{}")
        self.fails(3, "compare", self.folder / "one", self.folder / "two", says=["schema"])

    def test_what_a_plan_would_cost(self):
        folder = self.folder / "cost"
        said = self.ok("plan", "corpus", MODEL, self.text, "--context", "64", "--task", "1000", "-o", folder).out
        about = int(re.search(r"about ([\d,]+) tokens", said).group(1).replace(",", ""))
        tokens = self.whole()["corpus"]["tokens"]
        self.assertAlmostEqual(about / tokens, 1, delta=0.02)
        self.assertRegex(said, r"tokens a second here .* threads")

    def test_loss_is_that_of_the_next_token(self):
        """Where the next token is among the ten most probable, measure says its probability."""
        document = " ".join(self.text.read_text().split())[:300]
        self.text.write_text(document)
        losses = self.whole(context=512)["positions"]["loss"][0]
        row, = self.document("measurement-1", "measure", MODEL, "-p", document, "--logits", "all")["sequences"]
        checked = 0
        for here in losses:
            position = here["from"]
            if here["from"] != here["to"]:
                continue
            for top in row["logits"][position]["top"]:
                if top["id"] == row["ids"][position + 1]:
                    self.assertAlmostEqual(here["mean"], -math.log(top["prob"]), 9)
                    checked += 1
        self.assertGreater(checked, 5)

    def test_any_cut_gives_the_same_bytes(self):
        whole = self.whole()
        for task, threads in (("1", "2"), ("3000", "1")):
            folder = self.planned("cut-" + task, "--task", task)
            self.ok("work", folder, "--threads", threads, "--shard", "1/3")
            self.fails(3, "merge", folder, says=["parts are missing"])
            self.ok("work", folder)
            self.ok("merge", folder, "--verify", "20%")
            self.assertEqual(self.result(folder)["digest"], whole["digest"])
            for table in ("quantities.csv", "positions.csv", "channels.csv", "vocabulary.csv", "extremes.csv"):
                self.assertEqual((folder / table).read_bytes(), (self.folder / "whole" / table).read_bytes(), table)

    def test_parts_are_merged_as_a_tree(self):
        whole = self.whole()
        folder = self.planned("tree", "--task", "1")
        self.fails(3, "merge", folder, "--shard", "0/3", says=["parts are missing"])
        self.ok("work", folder)
        for shard in range(3):
            self.ok("merge", folder, "--shard", f"{shard}/3")
        self.assertIn("the same bits", self.ok("merge", folder, "--verify", "50%").err)
        shutil.rmtree(folder / "parts")
        self.fails(3, "merge", folder, "--verify", "50%", says=["parts are missing"])
        self.ok("merge", folder)
        self.assertEqual(self.result(folder)["digest"], whole["digest"])
        self.assertEqual((folder / "quantities.csv").read_bytes(), (self.folder / "whole" / "quantities.csv").read_bytes())
        self.fails(2, "merge", folder, "--shard", "3/3", says=["--shard"])

    def test_workers_are_killed(self):
        whole = self.whole()
        folder = self.planned("killed", "--task", "1")
        self.work_and_be_killed(folder, seed=5, kills=8)
        time.sleep(1.2)  # a claim of one that was killed is stale by now
        self.ok("work", folder, "--lease", "1s")
        self.ok("merge", folder)
        self.assertEqual(self.result(folder)["digest"], whole["digest"])
        self.assertIn(" done, 0 running, 0 stale, 0 to do, 0 failed", self.ok("status", folder).out)

    def test_a_corpus_goes_on_where_it_was_killed(self):
        whole = self.whole()
        folder = self.folder / "again"
        call = ["corpus", str(MODEL), str(self.text), "--context", "64", "--task", "500", "-o", str(folder)]
        process = subprocess.Popen([PROGRAM, *call], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not list(folder.glob("parts/*/*")) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.kill()
        process.wait()
        for claim in (folder / "claims").iterdir():
            claim.unlink()
        kept = {part: part.stat().st_mtime_ns for part in folder.glob("parts/*/*")}
        self.ok(*call)
        self.assertEqual(self.result(folder)["digest"], whole["digest"])
        for part, written in kept.items():
            self.assertEqual(part.stat().st_mtime_ns, written)

    def test_a_task_that_fails_is_named_and_stops_nobody(self):
        lines = [json.dumps({"text": "one two three"}), json.dumps({"ids": [10 ** 6]}), json.dumps({"text": "four five"})]
        self.text = self.folder / "lines.jsonl"
        self.text.write_text("\n".join(lines))
        folder = self.planned("failing", "--task", "1")
        self.assertEqual(run("work", folder).code, 1)
        self.assertIn("1 failed", self.ok("status", folder).out)
        self.assertIn("outside the vocabulary", self.ok("status", folder).out)
        self.fails(3, "merge", folder, says=["1 of 3 parts are missing", "lines.jsonl, bytes", "outside the vocabulary"])
        self.assertEqual(run("merge", folder, "--partial").code, 1)
        self.assertEqual(self.result(folder)["corpus"]["missing_parts"], 1)

    def test_what_changed_is_not_taken(self):
        folder = self.planned("changed")
        with open(self.text, "a") as file:
            file.write("one word more")
        self.assertEqual(run("work", folder).code, 0)  # the end of the file lies behind the task
        self.text.write_text("X" + self.text.read_text()[1:])
        shutil.rmtree(folder / "parts")
        self.assertEqual(run("work", folder).code, 1)
        self.assertIn("not what it was when the plan was made", self.ok("status", folder).out)
        self.fails(2, "plan", "corpus", MODEL, self.text, "--context", "64", "-o", folder, says=["another plan"])

    def test_rows_that_are_kept(self):
        kept = self.whole("--keep-every", "7", name="kept")
        rows = (self.folder / "kept" / "rows.csv").read_text().split("\n")
        self.assertEqual(rows[0], "document,position,id,token,layer,resid_post")
        positions = {int(row.split(",")[1]) for row in rows[1:] if row and row.split(",")[0].isdigit()}
        self.assertTrue(positions)
        self.assertTrue(all(position % 7 == 0 for position in positions))
        self.assertGreater(kept["corpus"]["tokens"], len(positions))

    def test_a_token_has_its_place_whatever_the_windows(self):
        """Of ids without a BOS, and of text with one in every window: every third token of each document."""
        kept = {}
        for context in (16, 48):
            self.whole("--keep-every", "3", name=f"kept-{context}", context=context)
            with open(self.folder / f"kept-{context}" / "rows.csv", encoding="utf-8", newline="") as file:
                kept[context] = {(row["document"], row["position"], row["id"]) for row in csv.DictReader(file)}
        self.assertGreater(len(kept[16]), 100)
        self.assertEqual(kept[16], kept[48])

    def test_large_channels_are_kept_and_too_large_ones_are_left_empty(self):
        """An embedding times 1e9 has squares far beyond those of any model; times 2e18 they are beyond what is kept."""
        ids = self.folder / "ids.jsonl"
        ids.write_text(json.dumps({"ids": list(range(1, 20))}) + "\n")
        for factor in (1e-9, 1e9, 2e18):
            out = self.folder / f"of-{factor}"
            self.ok("corpus", with_embedding_times(factor, self.folder / f"by-{factor}"), ids, "--no-logits", "-o", out)
            with open(out / "channels.csv", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            self.assertEqual(any(row["windows_outside"] != "0" for row in rows), factor == 2e18)
            for row in rows:
                self.assertEqual(row["rms"] == "", row["windows_outside"] != "0", row)
                if row["rms"]:
                    self.assertLessEqual(abs(float(row["mean"])), float(row["rms"]) * (1 + 1e-9), row)
                    self.assertLessEqual(float(row["rms"]), float(row["largest"]) * (1 + 1e-9), row)
                    self.assertGreater(float(row["rms"]), 0, row)

    def test_a_page_with_figures(self):
        self.whole()
        page = (self.folder / "whole" / "report.html").read_text()
        for words in ("How the norm grows", "Tokens of extreme norm", "Vocabulary by mean norm", "<svg"):
            self.assertIn(words, page)
        figures = {figure.name for figure in (self.folder / "whole" / "figures").iterdir()}
        self.assertEqual(figures, {"norm-by-layer.svg", "gain-by-layer.svg", "norm-by-position.svg", "entropy-by-norm.svg"})

    def test_scales(self):
        corpus = self.whole()
        scales = json.loads((self.folder / "whole" / "scales.json").read_text())
        for layer, row in enumerate(scales["sites"]["resid_post"]):
            self.assertEqual(row["mean_norm"], corpus["quantities"]["resid_post"]["layers"][layer]["all"]["mean"])
            self.assertAlmostEqual(row["scale"] * row["mean_norm"], math.sqrt(scales["d_model"]), 9)

    def test_tokens_and_samples_make_it_smaller(self):
        whole = self.whole()["corpus"]
        some = self.whole("--tokens", "500", name="some")["corpus"]
        self.assertGreaterEqual(some["tokens"], 500)
        self.assertLess(some["tokens"], whole["tokens"])
        sample = self.whole("--every", "3", "--no-bos", "--no-logits", name="sample")
        self.assertLess(sample["corpus"]["documents"], whole["documents"])
        self.assertNotIn("entropy", sample["quantities"])

    def test_the_script_for_slurm(self):
        folder = self.planned("slurm", "--slurm", "--task", "2000")
        script = folder / "job.sbatch"
        self.assertEqual(subprocess.run(["bash", "-n", script], check=False).returncode, 0)
        tasks = len(json.loads((folder / "plan.json").read_text())["tasks"])
        self.assertIn(f"--array=0-{tasks - 1}\n", script.read_text())
        subprocess.run(["bash", script], check=True, env={"PATH": "/usr/bin:/bin", "STREAMGAUGE": PROGRAM})
        self.ok("merge", folder)

    def test_calls_that_are_wrong(self):
        out = self.folder / "x"
        self.fails(2, "corpus", MODEL, self.text, "-o", out, "--tokens", "many", says=["--tokens"])
        self.fails(2, "corpus", MODEL, self.text, self.text, "-o", out, says=["named twice"])
        self.fails(3, "corpus", MODEL, self.folder / "none.txt", "-o", out, says=["none.txt"])
        empty = self.folder / "empty.txt"
        empty.write_text("\n \n")
        self.fails(3, "corpus", MODEL, empty, "-o", out, says=["no document"])
        self.fails(3, "work", self.folder, says=["plan.json"])
        folder = self.planned("shards")
        self.fails(2, "work", folder, "--shard", "3/3", says=["--shard"])
        self.fails(2, "work", folder, "--lease", "soon", says=["--lease"])
        self.fails(2, "merge", folder, "--verify", "200%", says=["--verify"])
        self.fails(2, "run", "head-density", "--zoo", "-o", folder, says=["a corpus stands in this folder"])
        self.fails(3, "corpus", MODEL, "/dev/null", "-o", out, says=["pipe or a device"])


if __name__ == "__main__":
    main()

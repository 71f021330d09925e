"""Tables for other programs: what measure and run write, read by Python's csv, by pandas and by DuckDB."""
import csv
import json
import re
import math
import sqlite3

from support import IDS, LLAMA, ROOT, CliTest, byte_level_tokenizer, main, tiny_model

TABLES = ("measurement", "prompts", "logits", "lens", "massive", "decomposition")


def read(file):
    with open(file, newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def odd_model(folder):
    """A tiny model with tokens that other programs take for something else."""
    model = tiny_model(folder, "llama-deep")
    tokenizer = byte_level_tokenizer()
    vocabulary = tokenizer["model"]["vocab"]
    for place, token in enumerate(("null", "NA", "'null", "nan")):
        tokenizer["added_tokens"].append({"id": 100 + place, "content": token, "single_word": False, "lstrip": False,
                                          "rstrip": False, "normalized": False, "special": False})
    assert max(vocabulary.values()) < 100
    (model / "tokenizer.json").unlink()
    (model / "tokenizer.json").write_text(json.dumps(tokenizer))
    return model


class Measured(CliTest):
    def test_every_table_has_what_the_document_has(self):
        out = self.folder / "out"
        self.ok("measure", LLAMA, "--ids", IDS, "--ids", "3,4", "--logits", "all", "--lens", "last", "--massive", "5",
                "-o", out)
        document = json.loads((out / "measurement.json").read_text())
        tables = {name: read(out / f"{name}.csv") for name in TABLES}
        first = document["sequences"][0]
        self.assertEqual([row["tokens"] for row in tables["prompts"]], ["5", "2"])
        self.assertEqual(len(tables["logits"]), 7)
        for row, wanted in zip(tables["logits"], first["logits"]):
            for key in ("mean", "std", "entropy", "range", "effective_vocab", "top10_prob_mass"):
                self.assertEqual(float(row[key]), wanted[key])
            for rank, top in enumerate(wanted["top"], 1):
                self.assertEqual((int(row[f"top{rank}_id"]), float(row[f"top{rank}_prob"])), (top["id"], top["prob"]))
        self.assertEqual([(int(row["layer"]), float(row["entropy"])) for row in tables["lens"][:7]],
                         [(row["layer"], row["entropy"]) for row in first["lens"]])
        largest = [row for row in tables["massive"] if row["list"] == "largest" and row["sequence"] == "0"]
        self.assertEqual([float(row["value"]) for row in largest], [row["value"] for row in first["massive"]])
        for row in tables["decomposition"]:
            norms = document["sequences"][int(row["sequence"])]["norms"]
            layer, position = int(row["layer"]), int(row["position"])
            growth = (norms["resid_post"][layer][position] / norms["resid_pre"][layer][position]) ** 2
            # The stream is float32, its squares are summed in double: 2^-24 for each of the two sums, times the squares.
            self.assertTrue(math.isclose(1 + float(row["attention"]) + float(row["mlp"]), growth, rel_tol=1e-5))

    def test_sites_leave_the_decomposition_whole(self):
        self.ok("measure", LLAMA, "--ids", IDS, "--sites", "embed", "-o", self.folder / "out")
        self.assertEqual(len(read(self.folder / "out" / "decomposition.csv")), 5 * 7)
        self.assertEqual({row["site"] for row in read(self.folder / "out" / "measurement.csv")}, {"embed"})

    def test_tokens_that_look_like_missing_values_survive(self):
        model = odd_model(self.folder / "model")
        self.ok("measure", model, "-p", "null=NA'nullnan", "-o", self.folder / "out")
        tokens = [row["token"] for row in read(self.folder / "out" / "measurement.csv") if row["site"] == "embed"]
        self.assertEqual(tokens, ["'null", "'=", "'NA", "''null", "'nan"])
        try:
            import pandas
        except ImportError:
            self.skipTest("pandas is not installed")
        frame = pandas.read_csv(self.folder / "out" / "measurement.csv")
        embed = frame[frame.site == "embed"].token
        self.assertFalse(embed.isna().any())
        self.assertEqual(list(embed.str.removeprefix("'")), ["null", "=", "NA", "'null", "nan"])

    def test_the_columns_are_documented(self):
        listed = self.ok("list", "tables").out
        self.assertIn(listed, (ROOT / "docs" / "tables.md").read_text())
        self.ok("measure", LLAMA, "--ids", IDS, "-o", self.folder / "out")
        for name in TABLES:
            head = (self.folder / "out" / f"{name}.csv").read_text().splitlines()[0].split(",")
            for column in head:
                if not re.fullmatch(r"top\d+_(id|token|prob)", column) or column.startswith("top1_"):
                    self.assertRegex(listed, rf"(?m)^.* {column} ", f"{name}.csv")


class Run(CliTest):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "r"
        self.ok("run", "head-density", "--zoo", "-o", self.out)

    def test_tables_of_a_run(self):
        results = json.loads((self.out / "results.json").read_text())["streamgauge"]
        prompts = read(self.out / "prompts.csv")
        keys = [model["key"] for model in results["models"]]
        texts = [prompt["text"] for prompt in results["prompts"]["texts"]]
        self.assertEqual([(row["model"], row["text"]) for row in prompts], [(key, text) for key in keys for text in texts])
        self.assertTrue(all(int(row["tokens"]) > 0 and row["category"] for row in prompts))
        models = read(self.out / "tables" / "models.csv")
        for row, wanted in zip(models, results["models"]):
            for name, value in wanted["columns"].items():
                if isinstance(value, float):
                    self.assertEqual(float(row[name]), value)
                if isinstance(value, list):
                    self.assertEqual(json.loads(row[name]), value)
        values = {row["key"]: row["Value"] for row in read(self.out / "tables" / "values.csv")}
        for value in results["values"]:
            if isinstance(value["value"], float) and value["name"] in values:
                self.assertEqual(float(values[value["name"]]), value["value"])
        page = (self.out / "report.html").read_text()
        for file in (self.out / "tables").iterdir():
            self.assertTrue(read(file), file)
            if file.stem not in ("models", "multiverse"):
                self.assertIn(f'href="tables/{file.name}"', page)
        self.assertEqual(len(read(self.out / "tables" / "multiverse.csv")),
                         sum(len(v["multiverse"]["universes"]["label"]) for v in results["verdicts"] if v["multiverse"]))

    def test_the_store_has_views(self):
        results = json.loads((self.out / "results.json").read_text())["streamgauge"]
        store = sqlite3.connect(f"file:{self.out}/store.sqlite?mode=ro", uri=True)
        self.addCleanup(store.close)
        self.assertEqual(store.execute("PRAGMA user_version").fetchone(), (2,))
        key, text = results["models"][0]["key"], results["prompts"]["texts"][0]["text"]
        rows = store.execute("SELECT site, layer, position, norm FROM v_norms WHERE model = ? AND prompt = ?", (key, text))
        norms = {(site, layer, position): norm for site, layer, position, norm in rows}
        reference = self.document("measurement-1", "measure", self.model_of(key), "-p", text)["sequences"][0]
        for site, values in reference["norms"].items():
            for layer, row in enumerate(values if isinstance(values[0], list) else [values]):
                for position, norm in enumerate(row):
                    self.assertEqual(norms[site, layer, position], norm)
        entropy, = store.execute("SELECT entropy FROM v_logits WHERE model = ? AND prompt = ?", (key, text)).fetchone()
        self.assertEqual(entropy, reference["logits"][0]["entropy"])
        for layer, reduction, gain in store.execute(
                "SELECT layer, reduction, gain FROM v_gains WHERE model = ? AND prompt = ?", (key, text)):
            post, pre = (reference["norms"][site][layer] for site in ("resid_post", "resid_pre"))
            wanted = {"last": post[-1] / pre[-1], "mean": sum(post) / sum(pre), "max": max(post) / max(pre),
                      "frobenius": math.hypot(*post) / math.hypot(*pre)}[reduction]
            self.assertTrue(math.isclose(gain, wanted, rel_tol=1e-14), (layer, reduction))

    def model_of(self, key):
        label = {row["model"]: row["label"] for row in read(self.out / "prompts.csv")}[key]
        return ROOT / "zoo" / label

    def test_the_snippets_of_the_documentation(self):
        page = (ROOT / "docs" / "store.md").read_text()
        for package in ("pandas", "duckdb"):
            snippet = next(block for block in page.split("```py\n")[1:] if f"import {package}" in block.split("```")[0])
            with self.subTest(package):
                try:
                    __import__(package)
                except ImportError:
                    self.skipTest(f"{package} is not installed")
                exec(snippet.split("```")[0].replace("DIR/", f"{self.out}/"), {})  # pylint: disable=exec-used


main()

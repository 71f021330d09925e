"""A report speaks of what was measured: stand-ins, missing models, counts of distinct results, files of other programs."""
import html
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree

import support
from support import IDS, LLAMA, CliTest, main

PAIR = {"twin_summary": {"Pair-A": {"base": {"mean_gain": 1.2, "std_gain": 0.1, "n_samples": 2},
                                    "instruct": {"mean_gain": 0.9, "std_gain": 0.05, "n_samples": 2}}}}


def measurement(model, gain, entropy):
    return {"Family": "Pair-A", "Model": model, "Variant": model.split("-")[-1].lower(), "Category": "Factual", "Prompt": "One",
            "Entropy": entropy, "Last_Gain": gain, "Total_Amp": 100.0, "Top_Token": "a", "Top_Prob": 0.1}


def validated(last_gain, norm, energy):
    return {"family": "x", "norm_type": norm, "mlp_type": "GELU", "n_layers": 2, "initial_gain": energy[0],
            "last_gain": last_gain, "cumulative_energy": energy}


class StandIns(CliTest):
    def setUp(self):
        super().setUp()
        self.models = [support.tiny_model(self.folder / "models" / name, name)
                       for name in ("llama-deep", "llama-tied-llama3-rope")]
        self.out = self.folder / "out"

    def run_with(self, experiment, *keys):
        flags = [f for key, model in zip(keys, self.models) for f in ("--model", f"{key}={model}")]
        done = self.ok("run", experiment, *flags, "-o", self.out)
        return done, json.loads((self.out / "results.json").read_text())

    def test_facts_are_of_what_was_opened(self):
        _, document = self.run_with("long-context", "mine", "other")
        for row, model in zip(document["streamgauge"]["models"], self.models):
            config = json.loads((model / "config.json").read_text())
            self.assertEqual(row["columns"]["context_length"], config["max_position_embeddings"])
            self.assertIsNone(row["columns"]["prediction"])
            self.assertIn("another model", row["absent"]["prediction"])

    def test_sentences_and_titles_name_what_was_measured(self):
        for keys, names in ((("mine", "other"), ("mine", "other")),
                            (("llama2-7b", "llama3.1-8b"), ("llama-deep", "llama-tied-llama3-rope"))):
            done, document = self.run_with("long-context", *keys)
            sentence = document["streamgauge"]["verdicts"][0]["sentence"]
            for name, role in zip(names, ("LLaMA 2", "LLaMA 3.1")):
                self.assertIn(f"{name} (in the place of {role})", sentence)
            titles = [value["title"] for value in document["streamgauge"]["values"]]
            self.assertIn(f"RoPE theta ratio, {names[1]} / {names[0]}", titles)
            self.assertNotRegex(" ".join(done.out.split()), r"LLaMA [23.1]+ (expands|contracts)")

    def test_what_cannot_differ_is_counted_once(self):
        _, document = self.run_with("long-context", "mine", "other")
        universes = document["streamgauge"]["verdicts"][0]["multiverse"]["universes"]
        self.assertEqual(len(universes["label"]), 6 * 3, "one prompt: every pooling is the same")

    def test_the_terminal_and_the_report_print_what_the_notebooks_print(self):
        for experiment, words in (("llama-anomaly", ("|W_U|_F", "Mean row norm", "std", "sigma_max / sqrt(vocab)", "Shape of W_U", "Behaviour")),
                                  ("long-context", ("RoPE scaling", "Max positions", "Shape of W_U", "Layers", "Prediction")),
                                  ("mistral-paradox", ("Logit mean", "Logit std", "Expansion at", "Final norm", "Contracting", "Shape",
                                                       "Embedding matrix W_E", "Mean row norm", "std")),
                                  ("head-density", ("Layers", "Heads", "d_model", "d_head", "std (with LN)", "Models that dampen",
                                                    "Models that expand", "Models with rho >= 0.2")),
                                  ("cross-architecture", ("Embedding norm", "Initial gain", "Largest gain", "Largest norm", "Net effect"))):
            done, document = self.run_with(experiment, "mine", "other")
            report = (self.out / "report.md").read_text().replace("\\", "")
            for word in words:
                self.assertIn(word, done.out)
                self.assertIn(word, report)
            self.assertNotRegex(done.out, r"\.\.\.$|\.\.\.  ", "what goes into a pipe is whole")
            if "Shape" in " ".join(words):
                self.assertRegex(done.out, r"\d+ x 24\b")
            for row in document["streamgauge"]["models"]:
                for layer, _ in row["columns"].get("expansion_layers") or []:
                    self.assertRegex(done.out, rf"\b{layer}\b")
            (self.out / "store.sqlite").unlink()

    def test_stand_ins_of_the_zoo_say_in_whose_place_they_are(self):
        done = self.ok("run", "llama-anomaly", "--zoo", "-o", self.out)
        self.assertIn("llama31 (in the place of LLaMA 3.1)", " ".join(done.out.split()))
        models = json.loads((self.out / "results.json").read_text())["streamgauge"]["models"]
        self.assertEqual([m["measured"]["stands_for"] for m in models], ["LLaMA 3.1", "Mistral", "Gemma 2"])

    def test_a_verdict_that_pools_nothing_does_not_count_the_poolings(self):
        _, document = self.run_with("input-dependency", "mine", "other")
        words = {v["name"]: v["multiverse"]["universes"]["words"] for v in document["streamgauge"]["verdicts"] if v["multiverse"]}
        self.assertEqual(words["H18"]["pooling"], ["mean_of_gains"], "a correlation over prompts")
        self.assertGreater(len(words["H18"]["prompts"]), 1)
        (self.out / "store.sqlite").unlink()
        _, document = self.run_with("head-density", "mine", "other")
        universes = document["streamgauge"]["verdicts"][0]["multiverse"]["universes"]
        self.assertEqual(len(universes["words"]["pooling"]), 4, "a gain pooled over prompts")

    def test_a_reason_that_all_models_share_is_told_once(self):
        done, _ = self.run_with("llama-anomaly", "mine", "other")
        whole = " ".join(done.out.split())
        self.assertNotIn("mine, RoPE scaling; other, RoPE scaling", whole)

    def test_unscaled_angles_are_null_and_counts_are_integers(self):
        _, document = self.run_with("long-context", "mine", "other")
        scaling = [model["rope"]["rope_scaling"] for model in document["models"].values()]
        self.assertEqual(scaling, [None, "llama3"])
        for model in document["models"].values():
            for value in (model["w_u"]["vocab_size"], model["rope"]["max_position"], *model["w_u"]["shape"]):
                self.assertIsInstance(value, int)

    def test_one_of_a_thing_is_called_one(self):
        wrong = re.compile(r"\b(?:Only )?1 (?:models|prompts|tokens|layers|combinations|blocks|others)\b|± 0\.0+\b|(?:one|none) of (?:none|1)\b")
        for experiment in ("llama-anomaly", "long-context", "head-density", "cross-architecture", "input-dependency", "instruct-brake",
                           "mistral-paradox", "training-dynamics"):
            done, _ = self.run_with(experiment, "mine")
            # What the study's own file says stands in the report too.
            report = (self.out / "report.md").read_text().split("**The experiment, as it was run**")[0]
            for text in (done.out, done.err, report):
                self.assertNotRegex(" ".join(text.split()), wrong, experiment)
            (self.out / "store.sqlite").unlink()
        for command in ("measure", "gains", "inspect", "compare"):
            arguments = [LLAMA, LLAMA] if command == "compare" else [LLAMA]
            ids = [] if command == "inspect" else ["--ids", "5"]
            self.assertNotRegex(self.ok(command, *arguments, *ids).out, wrong, command)

    def test_models_that_are_not_here_are_one_message(self):
        nowhere = {"HF_HOME": str(self.folder / "nowhere"), "HF_HUB_OFFLINE": "1"}
        done = support.run("run", "long-context", "-o", self.out, **nowhere)
        self.assertEqual(done.code, 1)
        errors = [line for line in done.err.splitlines() if "error" in line]
        self.assertEqual(len(errors), 1, done.err)
        for word in ("2 of 2 models are not on this machine", "LLaMA 2, LLaMA 3.1",
                     "streamgauge pull meta-llama/Llama-2-7b-hf", "streamgauge pull meta-llama/Llama-3.1-8B"):
            self.assertIn(word, errors[0])
        self.assertIn("begin with report.html", done.err)
        report = (self.out / "report.md").read_text()
        self.assertNotIn("No single choice", report)
        self.assertIn("no verdict", report)
        self.assertNotIn("Comparison", done.out, "tables of dashes")

    def test_a_verdict_without_conditions_needs_a_measured_model_too(self):
        support.run("run", "llama-anomaly", "-o", self.out, HF_HOME=str(self.folder / "nowhere"), HF_HUB_OFFLINE="1")
        verdicts = json.loads((self.out / "results.json").read_text())["streamgauge"]["verdicts"]
        self.assertEqual([v["label"] for v in verdicts], [None] * 3)


class OtherPrograms(CliTest):
    def analyzed(self, experiment, document):
        file = self.folder / "given.json"
        file.write_text(json.dumps(document))
        self.ok("analyze", experiment, file, "-o", self.folder / "out")
        return json.loads((self.folder / "out" / "results.json").read_text())["streamgauge"]

    def test_the_validation_of_four_models(self):
        document = {"results": {"a": validated(0.25, "LayerNorm", [50.0, 16.875]), "b": validated(2.5, "RMSNorm", [40.0, 110.0])},
                    "cumulative_energy": {"a": {"final_cumulative": 16.875}, "b": {"final_cumulative": 110.0}}}
        for summary in (True, False):
            if not summary:
                del document["cumulative_energy"]
            ours = self.analyzed("cross-architecture", document)
            columns = [model["columns"] for model in ours["models"]]
            self.assertEqual([c["cumulative_energy"] for c in columns], [16.875, 110.0])
            self.assertEqual([c["last_gain"] for c in columns], [0.25, 2.5])
            self.assertEqual([c["norm"] for c in columns], ["LayerNorm", "RMSNorm"])
            self.assertEqual([c["type"] for c in columns], ["B", "A"])
            self.assertEqual([v["label"] for v in ours["verdicts"]], ["HOLDS", "ALL AMPLIFY"])

    def test_a_base_model_and_its_instruct_twin(self):
        by_prompt = dict(PAIR, all_results=[measurement("Pair-A-Base", 1.3, 4.0), measurement("Pair-A-Base", 1.1, 3.0),
                                            measurement("Pair-A-Instruct", 0.95, 3.5), measurement("Pair-A-Instruct", 0.85, 2.5)])
        for document, keys in ((by_prompt, ["Pair-A-Base", "Pair-A-Instruct"]), (PAIR, ["Pair-A-base", "Pair-A-instruct"])):
            ours = self.analyzed("instruct-brake", document)
            self.assertEqual([model["key"] for model in ours["models"]], keys)
            gains = [model["columns"]["last_gain"] for model in ours["models"]]
            self.assertAlmostEqual(gains[0], 1.2, delta=1e-15)
            self.assertAlmostEqual(gains[1], 0.9, delta=1e-15)
            self.assertEqual([model["columns"]["rlhf"] for model in ours["models"]], ["NO", "YES"])
            self.assertEqual(ours["verdicts"][0]["label"], "CONFIRMED")
            self.assertNotIn("twin_summary", json.loads((self.folder / "out" / "results.json").read_text()))


class Pictures(CliTest):
    def test_a_plot_without_an_experiment(self):
        for command in ("measure", "gains"):
            file = self.folder / f"{command}.svg"
            self.ok(command, LLAMA, "--ids", IDS, "--ids", "3,4", "--plot", file)
            text = file.read_text()
            xml.etree.ElementTree.fromstring(text)
            for word in ("Gain of every block", "last token", "llama-deep"):
                self.assertIn(word, text)
        self.ok("measure", LLAMA, "--ids", IDS, "--json", self.folder / "m.json")
        self.ok("gains", self.folder / "m.json", "--plot", self.folder / "again.svg")
        self.fails(2, "measure", LLAMA, "--ids", IDS, "--plot", "x.gif", says=["FILE.svg or FILE.png"])
        png = support.run("gains", LLAMA, "--ids", IDS, "--plot", self.folder / "p.png")
        if png.code != 0:
            self.assertIn("rsvg-convert", png.err)
            self.skipTest("rsvg-convert is not installed")
        self.assertTrue((self.folder / "p.png").read_bytes().startswith(b"\x89PNG"))

    def told_in_a_browser(self, page):
        """What the page shows while the pointer is over one mark of a figure after the other; the titles without a browser."""
        browser = shutil.which("chromium")
        titles = re.findall(r"<title>([^<]*)</title></path>", page)
        if browser is None:
            print("skipped: chromium is not installed")
            return titles
        probe = self.folder / "probe.html"
        probe.write_text(page.replace("</body>", """<script>var told = [];
document.querySelectorAll("[data-t]").forEach(function (m) {
  m.dispatchEvent(new PointerEvent("pointermove", {bubbles: true, clientX: 9, clientY: 9}));
  told.push(document.querySelector(".tip").textContent)});
document.body.innerHTML = ""; told.forEach(function (t) {
  var p = document.createElement("p"); p.textContent = t; document.body.appendChild(p)});</script></body>"""))
        done = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={self.folder / 'profile'}",
                               "--dump-dom", f"file://{probe}"], capture_output=True, text=True, timeout=120)
        return [html.unescape(told) for told in re.findall(r"<p>([^<]*)</p>", done.stdout)]

    def test_the_page_has_contents_anchors_and_what_is_under_the_pointer(self):
        text = self.ok("run", "--print", "head-density").out
        file = self.folder / "own.toml"
        file.write_text(text + '\n[[figures]]\nname = "dots"\n[[figures.panels]]\nkind = "scatter"\nover = "prompts"\n'
                        'color_by = "model"\nx = "tokens"\ny = "entropy"\n')
        prompts = 'entropy = {logits = "entropy"}\ntokens = {prompt = "tokens"}\n'
        text = file.read_text()
        if "[prompt_columns]" not in text:
            file.write_text(text.replace("[columns]", "[prompt_columns]\n" + prompts + "\n[columns]", 1))
        self.ok("run", file, "--zoo", "-o", self.folder / "out")
        page = (self.folder / "out" / "report.html").read_text()
        anchors = set(re.findall(r'id="(s\d+)"', page))
        links = re.findall(r'<a href="#(s\d+)">', page)
        self.assertGreaterEqual(len(links), 3)
        self.assertLessEqual(set(links), anchors)
        titles = re.findall(r"<title>([^<]*)</title></path>", page)
        self.assertTrue(any("penultimate block" in t and re.search(r": [\d.]+, [A-Z]", t) for t in titles), "strokes")
        self.assertTrue(any(t.startswith("last block, all; ") for t in titles), "cells")
        self.assertTrue(any(re.match(r"neox-1, .+: \d+", t) for t in titles), "dots are prompts of models")
        self.assertEqual(self.told_in_a_browser(page), [html.unescape(title) for title in titles])
        dots = (self.folder / "out" / "figures" / "dots.svg").read_text()
        for model in ("neox-1", "neox-8"):
            self.assertIn(f">{model}</text>", dots)


main()

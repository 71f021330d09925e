"""The explorer in a real browser: what measure --explore writes is opened from its file and asked what it shows."""
import csv
import hashlib
import json
import math
import re
import struct
import unittest
import zipfile

from browser import open_browser
from support import GGUF, IDS, LLAMA, PARALLEL, CliTest, main, tiny_model

BROWSER = None
LARGEST_PAGE = 500_000  # bytes beside the numbers
FEW_ULPS = 4e-15        # of exp and log, which each library rounds in its own way
READABLE = 4.5          # WCAG 2.1, 1.4.3: contrast of text


def number(x):
    return {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}[x] if isinstance(x, str) else math.nan if x is None else x


def flat(table):
    return [number(x) for row in table for x in (row if isinstance(row, list) else [row])]


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


class ExplorerTest(CliTest):
    def page(self, *arguments, name="page.html"):
        """The page of a call, opened, and the measurement that the same call wrote."""
        file, document = self.folder / name, self.folder / (name + ".json")
        self.ok(*arguments, "--explore", file, "--json", document)
        BROWSER.open(file)
        self.file = file
        return json.loads(document.read_text())

    def three(self, model=LLAMA, *more):
        return self.page("measure", model, "--ids", IDS, "--ids", "3", "--ids", "7,7,8,9", "--logits", "all", "--lens",
                         "all", *more)

    def view(self, **state):
        # Numbers that JSON lacks come as texts.
        BROWSER.run(f"streamgauge.update({json.dumps(state)})")
        shown = json.loads(BROWSER.run("JSON.stringify({...streamgauge.view(), values: Array.from(streamgauge.view().values, String)})"))
        shown["values"] = [float(x.replace("Infinity", "inf")) for x in shown["values"]]
        return shown

    def expected_arrays(self, documents):
        """Every array of the page, by its number, from the measurements themselves."""
        head = BROWSER.run("streamgauge.head")
        arrays = {}
        for model, document in zip(head["models"], documents):
            for sequence, measured in zip(model["sequences"], document["sequences"]):
                for kind in ("norms", "dots"):
                    for name, at in sequence[kind].items():
                        arrays[at] = flat(measured[kind][name])
                if sequence["heads"]:
                    for name in ("contribution", "first_token_mass", "massive_token_mass", "entropy"):
                        arrays[sequence["heads"][name]] = [x for layer in measured["heads"][name] for x in flat(layer)]
                if sequence["lens"]:
                    arrays[sequence["lens"]["entropy"]] = [number(row["entropy"]) for row in measured["lens"]]
        self.assertEqual(sorted(arrays), list(range(head["arrays"])))
        return [arrays[i] for i in range(head["arrays"])]

    def test_decoded_arrays_are_the_measurement(self):
        document = self.three(LLAMA, "--heads")
        arrays = self.expected_arrays([document])
        packed = b"".join(struct.pack(f"<{len(a)}d", *a) for a in arrays)
        self.assertEqual(BROWSER.run("streamgauge.digest()"), hashlib.sha256(packed).hexdigest())

    def test_a_stored_measurement_has_the_same_page(self):
        for flags in ((), ("--heads",)):
            self.three(LLAMA, *flags)
            again = self.folder / "again.html"
            self.ok("gains", self.folder / "page.html.json", "--explore", again)
            self.assertEqual(again.read_text(), self.file.read_text(), flags)

    def test_opens_from_a_file_without_any_request(self):
        self.three()
        for change in ({"quantity": "cosine", "site": "mlp_out"}, {"prompt": 2}, {"model": 0, "skip": True}):
            BROWSER.run(f"streamgauge.update({json.dumps(change)})")
        BROWSER.settle()
        self.assertEqual(BROWSER.requests, [self.file.resolve().as_uri()])
        self.assertEqual(BROWSER.complaints, [])
        text = self.file.read_text()
        self.assertIn("default-src 'none'", text)
        without_numbers = re.sub(r'(<script type="text/plain"[^>]*>)[^<]*', r"\1", text)
        self.assertLess(len(without_numbers.encode()), LARGEST_PAGE)

    def test_formulas_are_the_programs_on_every_definition(self):
        for model in (LLAMA, PARALLEL):
            document = self.three(model, *(() if model == LLAMA else ("--massive", "50")))
            gains = json.loads(self.ok("gains", self.folder / "page.html.json", "--definition", "all", "--json", "-").out)
            shown = BROWSER.run("streamgauge.definitions(0)")
            rows = gains["definitions"]
            self.assertEqual(len(rows), len(shown))
            for row in rows:
                name = f"{row['reduction']}/{row['span']}/{row['pooling']}"
                ours, value = row["gain"], shown[name]["value"]
                if row["pooling"] == "geometric_mean" and ours is not None:
                    self.assertTrue(abs(value - ours) <= FEW_ULPS * ours, name)
                else:
                    self.assertEqual(value, ours, name)
                if ours is None:
                    self.assertEqual(shown[name]["reason"], row["reason"], name)
                else:
                    self.assertEqual(shown[name]["used"], row["used"], name)
            self.assertEqual(len(document["sequences"]), 3)

    def test_quantities_are_the_tables_of_the_measurement(self):
        for model in (LLAMA, PARALLEL):
            tables = self.folder / model.name
            document = self.three(model, "-o", tables)
            measured = document["sequences"][0]
            layers, tokens = document["model"]["n_layers"], len(measured["ids"])
            norms = measured["norms"]
            shown = self.view(prompt=0, quantity="norm", site="resid_post")
            self.assertEqual(shown["values"], norms["embed"] + flat(norms["resid_post"]) + norms["ln_final"])
            self.assertEqual(self.view(site="resid_pre")["values"], flat(norms["resid_pre"]))
            gains = self.view(quantity="gain", site="resid_post")
            self.assertEqual(gains["values"], [a / b for a, b in zip(flat(norms["resid_post"]), flat(norms["resid_pre"]))])
            entropy = self.view(quantity="entropy")
            self.assertEqual(entropy["values"], [row["entropy"] for row in measured["lens"]])
            with open(tables / "decomposition.csv", newline="") as file:
                rows = [row for row in csv.DictReader(file) if row["sequence"] == "0"]
            for site, word in (("attn_out", "attention"), ("mlp_out", "mlp")):
                for quantity, column in (("cosine", "cos_" + word), ("growth", word)):
                    by_cell = {(int(r["layer"]), int(r["position"])): float(r[column]) for r in rows}
                    wanted = [by_cell[layer, t] for layer in range(layers) for t in range(tokens)]
                    self.assertEqual(self.view(quantity=quantity, site=site)["values"], wanted, (model.name, quantity, site))

    def test_heads(self):
        document = self.page("measure", LLAMA, "--ids", IDS, "--ids", "3,4", "--heads")
        heads = document["sequences"][0]["heads"]
        self.assertEqual(self.view(quantity="head_first", head="1")["values"], [x for layer in heads["first_token_mass"] for x in layer[1]])
        self.assertEqual(self.view(quantity="head_norm", head="all")["values"], [x for layer in heads["contribution"] for head in layer for x in head])
        mean = [sum(head[t] for head in layer) / len(layer) for layer in heads["entropy"] for t in range(5)]
        for a, b in zip(self.view(quantity="head_entropy", head="mean")["values"], mean):
            self.assertTrue(abs(a - b) <= FEW_ULPS * max(1, abs(b)))

    def test_undefined_cells_say_why(self):
        self.page("measure", LLAMA, "--ids", IDS, "--lens", "last")
        shown = self.view(quantity="norm", site="resid_post", skip=True)
        self.assertEqual(shown["reasons"][0], "left out: “without token 0” is on")
        self.assertEqual(shown["reasons"][1], "")
        shown = self.view(quantity="entropy", skip=False)
        self.assertIn("--lens all", shown["reasons"][0])
        self.assertEqual(shown["reasons"][4], "")
        document = json.loads((self.folder / "page.html.json").read_text())
        document["sequences"][0]["norms"]["attn_out"][1][2] = "inf"
        document["sequences"][0]["norms"]["attn_out"][2][2] = "nan"
        broken = self.folder / "broken.json"
        broken.write_text(json.dumps(document))
        self.page("gains", broken, name="broken.html")
        reasons = self.view(quantity="norm", site="attn_out")["reasons"]
        self.assertEqual([reasons[1 * 5 + 2], reasons[2 * 5 + 2]], ["the norm is infinite", "the norm is NaN"])
        self.assertEqual(self.view(quantity="gain", site="attn_out")["reasons"][7], "attn_out is infinite")

    def test_values_that_differ_in_their_last_digit_are_drawn(self):
        self.ok("compare", LLAMA, LLAMA, "--ids", IDS, "--explore", self.folder / "same.html")
        BROWSER.open(self.folder / "same.html")
        for quantity in ("angle", "distance", "norm"):
            self.view(quantity=quantity, site="resid_post", model=1)
        document = self.three()
        for table in document["sequences"][0]["norms"].values():
            for row in table if isinstance(table[0], list) else [table]:
                row[:] = [1.0 + 2.0**-52 * (i % 2) for i in range(len(row))]
        close = self.folder / "close.json"
        close.write_text(json.dumps(document))
        self.page("gains", close, name="close.html")
        for change in ({"log": False}, {"log": True}, {"quantity": "gain"}, {"log": False}):
            self.view(**change)
        self.assertEqual(BROWSER.complaints, [])

    def test_many_warnings_leave_the_raster_in_sight(self):
        document = self.three()
        for count, in_sight, folded in ((5, 5, 0), (40, 4, 36)):
            document["warnings"] = [f"warning {i}" for i in range(count)]
            file = self.folder / f"warned-{count}.json"
            file.write_text(json.dumps(document))
            self.page("gains", file, name=f"warned-{count}.html")
            warnings = "document.querySelectorAll('#warnings > .warn').length"
            self.assertEqual(BROWSER.run(warnings), in_sight)
            self.assertEqual(BROWSER.run("document.querySelectorAll('#warnings details .warn').length"), folded)
        BROWSER.run("document.querySelector('#warnings details').open = true; streamgauge.update({layer: '1', token: 1})")
        self.assertTrue(BROWSER.run("document.querySelector('#warnings details').open"))

    def test_texts_are_texts(self):
        model = tiny_model(self.folder / "model", "llama-deep")
        evil = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
        self.page("measure", model, "-p", evil, "-p", "a b\n\tc")
        self.assertEqual(BROWSER.requests, [self.file.resolve().as_uri()])
        self.assertEqual(BROWSER.run("document.images.length"), 0)
        self.assertEqual(BROWSER.run("streamgauge.head.prompts[0].text"), evil)
        BROWSER.run("streamgauge.update({prompt: 1, layer: 'embed', token: 1})")
        self.assertIn("␣", BROWSER.run("document.getElementById('cell').textContent"))

    def test_two_measurements(self):
        b = self.folder / "b.json"
        self.ok("measure", GGUF, "--ids", IDS, "--json", b)
        document = json.loads(b.read_text())
        document["sequences"][0]["norms"]["mlp_out"][3][2] *= 1.5
        b.write_text(json.dumps(document))
        a = self.page("measure", LLAMA, "--ids", IDS, "--beside", b)
        apart = BROWSER.run("streamgauge.apart()")
        self.assertEqual([apart["site"], apart["layer"], apart["token"]], ["mlp_out", 3, 2])
        wanted = [x / y for x, y in zip(flat(a["sequences"][0]["norms"]["mlp_out"]),
                                        flat(document["sequences"][0]["norms"]["mlp_out"]))]
        self.assertEqual(self.view(site="mlp_out", model=1, versus="ratio")["values"], wanted)
        self.fails(2, "measure", LLAMA, "--ids", "1,2", "--explore", self.folder / "x.html", "--beside", b,
                   says=("the token ids of prompt 1", "Measure both models on the same prompts"))
        self.assertFalse((self.folder / "x.html").exists())
        self.fails(2, "measure", LLAMA, "--ids", IDS, "--beside", b, says=("--explore",))

    def test_many_measurements_have_a_slider(self):
        b = self.folder / "b.json"
        self.ok("measure", GGUF, "--ids", IDS, "--json", b)
        self.page("measure", LLAMA, "--ids", IDS, "--beside", b, "--beside", b)
        self.assertEqual(BROWSER.run("document.getElementById('slider').max"), "2")

    def test_a_comparison_has_distances(self):
        states = self.folder / "states.npz"  # the model's own, a shade larger
        self.ok("extract", LLAMA, "--ids", IDS, "--sites", "embed,attn_out,resid_mid,mlp_out,resid_post,ln_final", "-o", states)
        with zipfile.ZipFile(states) as archive, zipfile.ZipFile(self.folder / "other.npz", "w") as out:
            for number, name in enumerate(sorted(archive.namelist())):
                data = archive.read(name)
                head = 10 + struct.unpack("<H", data[8:10])[0]
                if name.startswith(("blocks", "hook", "ln")):
                    numbers = struct.unpack(f"<{(len(data) - head) // 4}f", data[head:])
                    data = data[:head] + struct.pack(f"<{len(numbers)}f", *(x * (1 + 1e-3 * number) for x in numbers))
                out.writestr(name, data)
        document = self.page("compare", LLAMA, self.folder / "other.npz", "--ids", IDS)
        wanted = document["sequences"][0]["sites"]["attn_out"]
        self.assertEqual(self.view(quantity="distance", site="attn_out", model=1)["values"], flat(wanted["distance"]))
        self.assertEqual(self.view(quantity="angle", site="attn_out", model=1)["values"], flat(wanted["cosine"]))
        self.assertTrue(max(flat(wanted["distance"])) > 0)
        least = max(flat(wanted["distance"])) / 2
        BROWSER.run(f"streamgauge.update({{apart: {least}}})")
        apart, tokens = BROWSER.run("streamgauge.apart()"), 5
        order = [("embed", 0)] + [(site, layer) for layer in range(7) for site in ("attn_out", "resid_mid", "mlp_out", "resid_post")]
        sites = document["sequences"][0]["sites"]
        first = next((site, layer) for site, layer in order + [("ln_final", 0)]
                     if max(flat(sites[site]["distance"])[layer * tokens:(layer + 1) * tokens]) > least)
        self.assertEqual((apart["site"], apart["layer"]), first)

    def test_keyboard_walk_and_address(self):
        self.three()
        BROWSER.run("document.getElementById('above').focus()")
        self.assertEqual(BROWSER.run("document.activeElement.id"), "above")
        BROWSER.key("ArrowLeft")  # the first press goes to the last cell
        BROWSER.key("ArrowLeft")
        BROWSER.key("ArrowUp")
        state = BROWSER.run("streamgauge.state()")
        self.assertEqual([state["layer"], state["token"]], ["6", 3])
        said = BROWSER.run("document.getElementById('said').textContent")
        self.assertIn("blocks.6.hook_resid_post, token 3", said)
        BROWSER.key("p", "p")
        BROWSER.key("Home")
        BROWSER.key("q", "q")
        BROWSER.key("0", "0")
        state = BROWSER.run("streamgauge.state()")
        self.assertEqual([state["pins"], state["token"], state["quantity"], state["skip"]], [[["6", 3]], 0, "gain", True])
        BROWSER.key("n", "n")
        self.assertEqual(BROWSER.run("streamgauge.state().prompt"), 1)
        BROWSER.key("N", "N")
        BROWSER.run("streamgauge.update({site: 'mlp_out', pins: [['2', 1]], layer: '4', token: 2})")
        address = BROWSER.run("location.hash")
        kept = BROWSER.run("streamgauge.state()")
        BROWSER.open(self.file, address)
        self.assertEqual(BROWSER.run("streamgauge.state()"), kept)
        reachable = BROWSER.run("Array.from(document.querySelectorAll('button,select,input,summary,canvas[tabindex]'))"
                                ".filter(e => !e.closest('[hidden]') && e.tabIndex < 0).length")
        self.assertEqual(reachable, 0)

    def test_pointer(self):
        self.three()
        box = BROWSER.run("(({left, top}) => ({left, top}))(document.getElementById('above').getBoundingClientRect())")
        BROWSER.mouse("mouseMoved", box["left"] + 100, box["top"] + 60)
        BROWSER.settle()
        self.assertIn("hook_", BROWSER.run("document.getElementById('cell').textContent"))
        for kind in ("mousePressed", "mouseReleased"):
            BROWSER.mouse(kind, box["left"] + 100, box["top"] + 60, button="left", clickCount=1)
        BROWSER.settle()
        self.assertGreaterEqual(BROWSER.run("streamgauge.state().token"), 0)
        hovers = BROWSER.run("streamgauge.times.hover")
        print(f"first view after {BROWSER.run('streamgauge.times.first'):.0f} ms, drawn in "
              f"{BROWSER.run('streamgauge.times.draw'):.0f} ms, hover {max(hovers):.1f} ms")

    def test_lists_lead_to_their_cells(self):
        model = tiny_model(self.folder / "model", "llama-deep")
        document = self.page("measure", model, "-p", "some words", "-p", "other words here", "-p", "nothing")
        values = [{"layer": layer, "token": 1, "channel": 3, "value": 500.0 + layer, "median": 0.25, "ratio": 2000.0 + 4 * layer}
                  for layer in (2, 3, 4)]
        document["sequences"][1]["massive_values"] = {"multiple_of_median": 1000.0, "values": values}
        file = self.folder / "massive.json"
        file.write_text(json.dumps(document))
        self.page("gains", file, name="massive.html")
        items = BROWSER.run("Array.from(document.querySelectorAll('#massive button'), b => b.textContent)")
        self.assertEqual(len(items), 1)  # one channel of one token
        self.assertIn("layers 2 to 4, channel 3, 2,016× the median", items[0])
        BROWSER.run("document.querySelector('#massive button').click()")
        state = BROWSER.run("streamgauge.state()")
        self.assertEqual([state["prompt"], state["token"], state["layer"]], [1, 1, "4"])
        self.assertIn("blocks.4.hook_resid_post", BROWSER.run("document.getElementById('cell').textContent"))
        listed = "Array.from(document.querySelectorAll('#prompt-list .text'), t => t.textContent)"
        BROWSER.run("streamgauge.update({search: 'words'})")
        BROWSER.settle()
        self.assertEqual(BROWSER.run(listed), ["some words", "other words here"])
        BROWSER.run("streamgauge.update({search: '', sort: 'length'})")
        BROWSER.settle()
        self.assertEqual(BROWSER.run(listed), ["other words here", "some words", "nothing"])

    def test_every_report_links_a_page_per_model(self):
        model = tiny_model(self.folder / "model", "llama-deep")
        out = self.folder / "out"
        self.ok("run", "head-density", "--model", f"one={model}", "--model", f"two/x={model}", "-o", out)
        self.assertEqual(sorted(p.name for p in (out / "explore").iterdir()), ["one.html", "two-x.html"])
        self.assertIn('<a href="explore/two-x.html">', (out / "report.html").read_text())
        self.assertIn("](explore/one.html)", (out / "report.md").read_text())
        with zipfile.ZipFile(out / "archive.zip") as archive:
            self.assertIn("explore/one.html", archive.namelist())
        BROWSER.open(out / "explore" / "one.html")
        self.assertEqual(BROWSER.complaints, [])
        study = json.loads((out / "results.json").read_text())
        gains = study["models"][0]["residual_gain_all"]
        self.assertEqual(BROWSER.run("streamgauge.head.prompts.length"), len(gains))
        mean = BROWSER.run("streamgauge.definitions(0)['last/penultimate_block/mean_of_gains'].value")
        self.assertTrue(abs(mean - sum(gains) / len(gains)) <= FEW_ULPS * mean)

    def test_exports(self):
        document = self.three()
        rows = list(csv.DictReader(BROWSER.run("streamgauge.csv()").splitlines()))
        norms = document["sequences"][0]["norms"]
        self.assertEqual([float(row["value"]) for row in rows], norms["embed"] + flat(norms["resid_post"]) + norms["ln_final"])
        exported = json.loads(BROWSER.run("streamgauge.json()"))
        self.assertEqual(exported["rows"][1]["values"], norms["resid_post"][0])
        self.assertEqual(len(exported["definitions"]), 6 * 7 * 4)

    def test_contrast_and_narrow_screens(self):
        self.three()
        for dark in (False, True):
            BROWSER.dark(dark)
            colours = BROWSER.run("Object.fromEntries(['ink','quiet','paper','soft','accent','expands','contracts'].map("
                                  "n => [n, getComputedStyle(document.documentElement).getPropertyValue('--' + n).trim()]))")
            full = {n: c if len(c) == 7 else "#" + "".join(d * 2 for d in c[1:]) for n, c in colours.items()}
            for text in ("ink", "quiet", "accent", "expands", "contracts"):
                for ground in ("paper", "soft"):
                    self.assertGreaterEqual(contrast(full[text], full[ground]), READABLE, (dark, text, ground))
        BROWSER.dark(False)
        for width in (390, 1400):
            BROWSER.size(width, 900)
            BROWSER.settle()
            self.assertLessEqual(BROWSER.run("document.documentElement.scrollWidth"), width)
        self.assertEqual(BROWSER.run("document.querySelectorAll('label, [aria-label]').length > 10"), True)

    def test_table_for_screen_readers(self):
        document = self.three()
        BROWSER.run("document.getElementById('table').open = true")
        BROWSER.settle()
        cells = BROWSER.run("Array.from(document.querySelectorAll('#table tbody tr:nth-child(2) td'), c => Number(c.title))")
        self.assertEqual(cells, document["sequences"][0]["norms"]["resid_post"][0])


if __name__ == "__main__":
    BROWSER = open_browser()
    try:
        main()
    finally:
        BROWSER.close()

"""What the explorer keeps of what is looked at: layers and tokens in every view, and addresses, whatever they say."""
import json

from browser import open_browser
from support import GGUF, IDS, LLAMA, CliTest, main

BROWSER = None
STATE = "JSON.stringify(streamgauge.state())"
CELL = "document.getElementById('cell').innerText"
PINS = "document.getElementById('pins').innerText"
# Names that every JavaScript object has, numbers that are no whole ones or beyond the measurement, and what no key knows.
NAMES = ("constructor", "toString", "__proto__", "hasOwnProperty", "nothing", "%", "%E0%A4%A")
NUMBERS = ("1.5", "-1", "-0", "999", "1e99", "0x1", "01", "+1", "Infinity", "NaN", "1e-400", "nothing", "constructor", "%00")


class ExplorerAddressTest(CliTest):
    def page(self, *arguments):
        self.file = self.folder / "page.html"
        self.ok("measure", LLAMA, "--ids", IDS, "--ids", "3,4,8", "--heads", "--lens", "all", *arguments, "--explore", self.file)

    def opened(self, address):
        """The state that the page takes from an address as it opens."""
        BROWSER.open(self.file, "#" + address)
        self.assertEqual(BROWSER.complaints, [], address)
        self.assertNotEqual(BROWSER.run("document.getElementById('facts').textContent"), "", address)
        return json.loads(BROWSER.run(STATE))

    def turned(self, address):
        """The state that the open page takes from another address; it has nothing to complain of."""
        seen = BROWSER.run("new Promise(done => { addEventListener('hashchange', () => setTimeout(() => done(" + STATE + ")), {once: true});"
                           f"location.hash = {json.dumps(address)}; }})")
        self.assertEqual(BROWSER.complaints, [], address)
        self.assertGreater(BROWSER.run("streamgauge.view().values.length"), 0, address)
        return json.loads(seen)

    def test_what_no_measurement_has_stays(self):
        self.page()
        words = ("quantity", "site", "versus", "head", "reduction", "span", "pooling", "scope", "sort", "layer")
        numbers = ("prompt", "model", "token", "from", "to", "apart")
        first = self.opened("")
        self.assertEqual(self.opened("row=1.5&token=-1&" + "&".join(f"{key}=constructor" for key in words + numbers[:2])), first)
        thresholds = ("1.5", "999", "1e99", "0x1", "01", "+1")  # any number above 0
        for text in NAMES + NUMBERS:
            keys = words + numbers if text not in thresholds else words + numbers[:-1]
            self.assertEqual(self.turned("row=1.5&" + "&".join(f"{key}={text}" for key in keys)), first, text)
            self.assertEqual(self.turned(f"quantity=head_norm&layer=1&token=0&head={text}")["head"], "mean", text)
        self.assertEqual(self.turned("log=2&skip=2&robust=constructor"), first)
        self.assertEqual(self.turned("pins=1.5.0-4.3-x.y-999.0-1.999-1-.-constructor.0-embed.-1-embed.0-1.0.0.0-1.0x1-ln_final.2-")["pins"],
                         [["4", 3], ["embed", 0], ["ln_final", 2]])
        BROWSER.settle()
        self.assertEqual(BROWSER.complaints, [])

    def test_a_cell_and_pins_mean_the_same_in_every_view(self):
        self.page()
        self.opened("")
        BROWSER.run("streamgauge.update({layer: '2', token: 4, pins: [['2', 4], ['embed', 1]]})")
        for quantity, site in (("norm", "resid_post"), ("gain", "resid_post"), ("cosine", "mlp_out"), ("growth", "attn_out"),
                               ("entropy", "resid_post"), ("norm", "resid_pre"), ("norm", "resid_post")):
            BROWSER.run(f"streamgauge.update({{quantity: '{quantity}', site: '{site}'}})")
            BROWSER.settle()
            self.assertIn(f"blocks.2.hook_{site}", BROWSER.run(CELL), quantity)
            pins = BROWSER.run(PINS)
            self.assertIn(f"blocks.2.hook_{site}, token 4", pins, quantity)
            self.assertEqual("layer embed, token 1: not in this view" in pins, (quantity, site) != ("norm", "resid_post"), quantity)
            self.assertEqual("hook_embed, token 1" in pins, (quantity, site) == ("norm", "resid_post"), quantity)
        seen = self.opened(BROWSER.run("location.hash")[1:])
        self.assertEqual([seen["layer"], seen["token"], seen["pins"]], ["2", 4, [["2", 4], ["embed", 1]]])
        BROWSER.run("streamgauge.update({quantity: 'head_norm', head: 'all', layer: '2.1'})")
        BROWSER.settle()
        self.assertIn("blocks.2.attn head 1", BROWSER.run(CELL))
        self.assertEqual(self.opened(BROWSER.run("location.hash")[1:])["layer"], "2.1")
        BROWSER.run("streamgauge.update({quantity: 'norm', site: 'mlp_out'})")
        BROWSER.settle()
        self.assertIn("blocks.2.hook_mlp_out", BROWSER.run(CELL))
        self.assertEqual(BROWSER.complaints, [])

    def test_the_pointer_stays_at_its_cell(self):
        self.page()
        self.opened("")
        box = BROWSER.run("(({left, bottom}) => ({left, bottom}))(document.getElementById('above').getBoundingClientRect())")
        BROWSER.mouse("mouseMoved", box["left"] + 100, box["bottom"] - 8)  # ln_final, which gains lack
        BROWSER.settle()
        self.assertIn("ln_final", BROWSER.run(CELL))
        BROWSER.key("q", "q")
        BROWSER.settle()
        self.assertEqual(BROWSER.run("streamgauge.state().quantity"), "gain")
        self.assertEqual(BROWSER.complaints, [])
        BROWSER.mouse("mouseMoved", 2, 2)

    def test_an_address_keeps_the_end_of_a_prompt(self):
        self.page()
        self.opened("")
        BROWSER.run("streamgauge.update({from: 2, to: 5})")
        seen = self.opened(BROWSER.run("location.hash")[1:])
        self.assertEqual([seen["from"], seen["to"]], [2, 5])

    def test_the_address_follows_a_mouse_that_does_not_rest(self):
        self.page()
        self.opened("")
        for i in range(400):  # Chromium takes 200 addresses in 10 seconds and complains of more
            BROWSER.run(f"streamgauge.update({{layer: '{i % 3}', token: {i % 4}}})")
        BROWSER.settle()
        self.assertEqual(BROWSER.complaints, [])
        seen = self.opened(BROWSER.run("location.hash")[1:])
        self.assertEqual([seen["layer"], seen["token"]], ["0", 3])

    def test_two_models_are_compared_row_by_row(self):
        b = self.folder / "b.json"
        self.ok("measure", GGUF, "--ids", IDS, "--ids", "3,4,8", "--sites", "attn_out,mlp_out,resid_pre,resid_post,ln_final", "--json", b)
        document = json.loads(b.read_text())
        document["sequences"][0]["norms"].pop("embed", None)
        b.write_text(json.dumps(document))
        self.page("--beside", b)
        self.opened("model=1&versus=ratio")
        values = json.loads(BROWSER.run("JSON.stringify(Array.from(streamgauge.view().values))"))
        reasons = BROWSER.run("streamgauge.view().reasons")
        self.assertEqual(values[:5], [None] * 5)
        self.assertEqual(reasons[0], "B has no such row")
        self.assertTrue(all(0.5 < x < 2 for x in values[5:]), values)


if __name__ == "__main__":
    BROWSER = open_browser()
    try:
        main()
    finally:
        BROWSER.close()

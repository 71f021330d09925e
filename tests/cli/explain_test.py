"""gains --explain: the fewest choices that turn a verdict, the tokens and the channel behind it, and who writes it."""
import itertools

from prompts_test import with_bos
from support import IDS, LLAMA, CliTest, main, with_a_massive_token

REDUCTIONS = ("last", "mean", "mean_skip_first", "frobenius", "median", "max")
LAST_LAYERS = ("last_block", "penultimate_block", "last_block_and_norm")


def side(gain):
    return "expands" if gain > 1 else "contracts" if gain < 1 else "neither"


class Explain(CliTest):
    def why(self, model, *arguments):
        document = self.document("gains-1", "gains", model, *arguments, "--explain")
        return document, document["explain"]

    def test_turning_choices_are_those_of_the_table(self):
        for definition in ("last/last_block/mean_of_gains", "mean/penultimate_block/mean_of_gains", "frobenius/last_block_and_norm/mean_of_gains"):
            document, why = self.why(LLAMA, "--ids", IDS, "--definition", definition)
            every, _ = self.why(LLAMA, "--ids", IDS)
            gains = {tuple(d["id"].split("/")): d["gain"] for d in every["definitions"]}
            reduction, span, pooling = definition.split("/")
            self.assertEqual(why["gain"], gains[reduction, span, pooling])
            self.assertEqual(why["verdict"], side(why["gain"]))
            table = {(r, s): gains[r, s, pooling] for r in REDUCTIONS for s in LAST_LAYERS}
            self.assertEqual(why["evaluated"], sum(g is not None for g in table.values()))
            self.assertEqual(why["agreeing"], sum(g is not None and side(g) == why["verdict"] for g in table.values()))
            turned = {k: g for k, g in table.items() if g is not None and side(g) != why["verdict"]}
            fewest = min((sum(a != b for a, b in zip(k, (reduction, span))) for k in turned), default=0)
            wanted = {k for k in turned if sum(a != b for a, b in zip(k, (reduction, span))) == fewest}
            self.assertEqual(why["changes"], fewest)
            found = set()
            for turning in why["turning"]:
                words = {"reduction": reduction, "span": span}
                for choice in turning["choices"]:
                    self.assertEqual(choice["from"], words[choice["choice"]])
                    words[choice["choice"]] = choice["to"]
                found.add((words["reduction"], words["span"]))
                self.assertEqual(turning["gain"], gains[words["reduction"], words["span"], pooling])
            self.assertEqual(found, wanted)
            self.assertEqual(len(document["definitions"]), 1)

    def test_the_token_and_its_channel_and_who_writes_it(self):
        model = with_a_massive_token(self.folder / "massive", 9)
        cases = itertools.product(("mean", "frobenius", "max", "last"), ("0", "1", "2", "3", "4", "5", "6"))
        seen = 0
        for reduction, layer in cases:
            _, why = self.why(model, "--ids", "9,5,1,2,7", "--definition", f"{reduction}/last_block", "--layers", layer)
            self.assertEqual((why["blocks"], why["numerator"], why["denominator"]), ([int(layer)] * 2, f"resid_post[{layer}]", f"resid_pre[{layer}]"))
            if why["reduction"] is None or not why["tokens"]:
                continue
            seen += 1
            self.assertEqual(side(why["gain_without_tokens"]), why["verdict"])
            self.assertNotEqual(side(why["gain_with_tokens"]), why["verdict"])
            for channel, w in itertools.product(why["channels"], why["writers"]):
                self.assertTrue(0 < channel["share"] <= 1 + 1e-6)
                self.assertTrue(w["sum_max_relative_error"] <= 1e-6)
            if why["channels"]:
                first = why["channels"][0]
                self.assertTrue(all((w["channel"], w["token"]) == (first["channel"], first["token"]) for w in why["writers"]))
                self.assertIn(int(layer), [w["layer"] for w in why["writers"]])
        self.assertGreater(seen, 0, "no verdict was carried by few tokens")

    def test_axes_are_measured(self):
        model = self.folder / "bos"
        with_bos(model)
        _, why = self.why(model, "-p", "abcdef", "--axes", "bos")
        one, _ = self.why(model, "-p", "abcdef")
        self.assertEqual(why["choices"], 2 * len(REDUCTIONS) * len(LAST_LAYERS))
        alone, none = self.why(model, "-p", "abcdef", "--special", "none")
        if none["verdict"] != why["verdict"]:
            self.assertIn([{"choice": "special", "from": "auto", "to": "none"}], [t["choices"] for t in why["turning"]])
        self.assertEqual(why["gain"], next(d["gain"] for d in one["definitions"] if d["id"] == why["definition"]))

    def test_a_stored_measurement_is_explained_without_its_model(self):
        file = self.folder / "m.json"
        self.ok("measure", LLAMA, "--ids", IDS, "--json", file)
        _, stored = self.why(file)
        _, whole = self.why(LLAMA, "--ids", IDS)
        self.assertEqual({**stored, "writers": [], "writers_sequence": None}, {**whole, "writers": [], "writers_sequence": None})
        self.fails(2, "gains", file, "--explain", "--axes", "bos", says=["--axes", "model"])

    def test_text_and_wrong_calls(self):
        text = " ".join(self.ok("gains", LLAMA, "--ids", IDS, "--explain").out.split())
        self.assertRegex(text, r"The verdict holds in \d+ of \d+ choices")
        self.fails(2, "gains", LLAMA, "--ids", IDS, "--layers", "2", says=["--explain"])
        self.fails(2, "gains", LLAMA, "--ids", IDS, "--explain", "--layers", "7", says=["block 7"])
        self.fails(2, "gains", LLAMA, "--ids", IDS, "--explain", "--layers", "x", says=["3..7"])


if __name__ == "__main__":
    main()

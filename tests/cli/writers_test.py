"""measure --writers: a channel's branches taken apart into heads, experts and rows of W_down, which add up."""
import json
import struct

from support import GOLDEN, IDS, LLAMA, CliTest, main, without_timings

SUMS = 1e-6  # of the norm of what the branch adds: float32's rounding of d_model terms
# Norms behind branches, biases, plain MLPs, weights stored by input, parallel blocks, latents, sinks, experts with and
# without a shared one, an MLP beside experts, other mixers alone and beside attention.
FAMILIES = ["llama-deep", "gpt2-tied", "gpt-neox-parallel", "opt-pre-norm", "opt-post-norm-projected", "bloom-three-heads", "falcon-7b-style", "gemma2-both-caps",
            "gemma3-pattern-of-six", "olmo2-grouped", "phi-half-rotary", "deepseek-v2-lite", "gpt-oss-plain-rope",
            "mixtral-two-of-five", "qwen2-moe-windows", "jamba-dense"]
MORE = ("gemma4", "falcon-h1", "llama4", "glm4", "flex", "granite", "nemotron", "mamba")


class WritersTest(CliTest):
    def writers(self, model, *arguments):
        document = self.document("measurement-1", "measure", model, "--logits", "none", *arguments)
        return document, [s["writers"] for s in document["sequences"]]

    def check_sums(self, model, name):
        facts = json.loads(self.ok("inspect", model, "--json", "-").out)["model"]
        layers, width = facts["n_layers"], facts["d_model"]
        places = [f"{layer}:{channel}:{token}" for layer in range(layers) for channel, token in ((0, 0), (width - 1, -1), (3, 2))]
        document, (writers,) = self.writers(model, "--ids", IDS, *(f for p in places for f in ("--writers", p)))
        self.assertEqual(len(writers), len(places))
        norms = document["sequences"][0]["norms"]
        for w in writers:
            where = (name, w["layer"], w["channel"], w["token"])
            attention, mlp = w["attn_out"], w["mlp_out"]
            parts = sum(attention["heads"] or []) + attention["bias"] + (attention["other"] or 0)
            self.assertTrue(abs(parts - attention["value"]) <= SUMS * norms["attn_out"][w["layer"]][w["token"]] + 1e-30, where)
            if "mlp_out" in norms and norms["mlp_out"][w["layer"]][w["token"]] > 0:
                for network in mlp["networks"]:
                    self.assertAlmostEqual(sum(network["neurons"]) + network["bias"], network["value"], delta=1e-9 * (1 + abs(network["value"])))
                parts = sum(n["value"] for n in mlp["networks"]) + mlp["bias"]
                self.assertTrue(abs(parts - mlp["value"]) <= SUMS * norms["mlp_out"][w["layer"]][w["token"]], (where, parts, mlp["value"]))
            self.assertTrue(w["sum_max_relative_error"] <= SUMS, where)
        self.assertTrue(document["checks"]["writers_sum_max_relative_error"] <= SUMS, name)
        return writers

    def test_parts_add_up(self):
        for name in FAMILIES:
            self.check_sums(GOLDEN / name, name)

    def test_parts_add_up_in_families_with_more_than_two_branches(self):
        more = [f for f in sorted(GOLDEN.iterdir()) if f.name.startswith(MORE) and (f / "model.safetensors").is_file()]
        self.assertGreaterEqual(len(more), 5)
        for folder in more:
            self.check_sums(folder, folder.name)

    def test_experts_are_those_of_the_router(self):
        document, (writers,) = self.writers(GOLDEN / "qwen2-moe-windows", "--ids", IDS, *(f for t in range(5) for f in ("--writers", f"1:2:{t}")))
        routing = next(r for r in document["sequences"][0]["routing"] if r["layer"] == 1)
        for w in writers:
            networks = w["mlp_out"]["networks"]
            self.assertEqual([n["expert"] for n in networks if n["network"] == "expert"], sorted(routing["experts"][w["token"]]))
            self.assertEqual([n["network"] for n in networks].count("shared"), 1)

    def without(self, tensor, column, count=1):
        """The model with some inputs of one matrix read as 0."""
        data = bytearray((LLAMA / "model.safetensors").read_bytes())
        length = struct.unpack("<Q", data[:8])[0]
        entry = json.loads(data[8:8 + length])[tensor]
        rows, columns = entry["shape"]
        for r in range(rows):
            at = 8 + length + entry["data_offsets"][0] + 4 * (columns * r + column)
            data[at:at + 4 * count] = bytes(4 * count)
        folder = self.folder / f"{tensor}-{column}"
        folder.mkdir()
        (folder / "model.safetensors").write_bytes(data)
        (folder / "config.json").write_bytes((LLAMA / "config.json").read_bytes())
        return folder

    def test_what_a_neuron_and_a_head_write_is_missing_without_them(self):
        place = ("--ids", IDS, "--writers", "2:5:3")
        _, ((whole,),) = self.writers(LLAMA, *place)
        scale = max(abs(x) for x in whole["mlp_out"]["networks"][0]["neurons"])
        for neuron in (0, 17, 39):
            _, ((cut,),) = self.writers(self.without("model.layers.2.mlp.down_proj.weight", neuron), *place)
            self.assertAlmostEqual(whole["mlp_out"]["value"] - cut["mlp_out"]["value"], whole["mlp_out"]["networks"][0]["neurons"][neuron], delta=1e-5 * scale)
        scale = max(abs(x) for x in whole["attn_out"]["heads"])
        for head in range(3):
            _, ((cut,),) = self.writers(self.without("model.layers.2.self_attn.o_proj.weight", 8 * head, 8), *place)
            self.assertAlmostEqual(whole["attn_out"]["value"] - cut["attn_out"]["value"], whole["attn_out"]["heads"][head], delta=1e-5 * scale)

    def test_a_token_is_found_where_the_channel_is_largest(self):
        prompts = ("--ids", IDS, "--ids", "9,2,1")
        _, found = self.writers(LLAMA, *prompts, "--writers", "4:7")
        for s, (one,) in enumerate(found):
            length = (5, 3)[s]
            alone = [self.writers(LLAMA, *prompts, "--writers", f"4:7:{t}")[1][s][0] for t in range(3)] if length == 3 else \
                    [self.writers(LLAMA, "--ids", IDS, "--writers", f"4:7:{t}")[1][0][0] for t in range(5)]
            best = max(range(length), key=lambda t: abs(alone[t]["resid_post"]))
            self.assertEqual(one, alone[best])

    def test_the_measurement_is_the_same_bits_with_heads_too(self):
        plain = self.document("measurement-1", "measure", LLAMA, "--ids", IDS, "--heads")
        both = self.document("measurement-1", "measure", LLAMA, "--ids", IDS, "--heads", "--writers", "-1:0:-1", "--threads", "2")
        writers = both["sequences"][0].pop("writers")
        self.assertEqual((writers[0]["layer"], writers[0]["token"]), (6, 4))
        del both["checks"]["writers_sum_max_relative_error"]
        self.assertEqual(without_timings(both), without_timings(plain))

    def test_text_and_wrong_calls(self):
        out = self.ok("measure", LLAMA, "--ids", IDS, "--writers", "2:5:3").out
        for word in ("Channel 5 in block 2 at token 3", "attn_out", "row ", "of W_down", "head "):
            self.assertIn(word, out)
        for text, says in (("2", "LAYER:CHANNEL"), ("7:0", "layer"), ("0:24", "channel"), ("0:0:5", "token"), ("a:0", "LAYER"), ("0:-1", "no channel -1"), ("0:0:0:0", "LAYER")):
            self.fails(2, "measure", LLAMA, "--ids", IDS, "--writers", text, says=[says])


if __name__ == "__main__":
    main()

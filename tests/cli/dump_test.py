"""compare with hidden states that another program stored: safetensors, .npy and .npz."""
import io
import json
import struct
import unittest
import zipfile

from support import IDS, LLAMA, CliTest, main

LAYERS, WIDTH = 7, 24
TOKENS = [5, 3]  # of the two prompts
PROMPTS = ("--ids", IDS, "--ids", "3,4,9")
ROWS = sum(TOKENS)


def npy(shape, numbers, code="f", kind="<f4"):
    """As numpy.save writes it, version 1.0."""
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': ({', '.join(map(str, shape))},), }}"
    text += " " * (-(len(text) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + struct.pack(f"<{len(numbers)}{code}", *numbers)


def floats_of(data):
    """The numbers of a .npy file of float32."""
    length = struct.unpack("<H", data[8:10])[0]
    raw = data[10 + length:]
    return list(struct.unpack(f"<{len(raw) // 4}f", raw))


def safetensors(tensors):
    """{name: (type, shape, bytes)}"""
    head, body = {}, b""
    for name, (kind, shape, raw) in tensors.items():
        head[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + body


class DumpTest(CliTest):
    def setUp(self):
        super().setUp()
        file = self.folder / "own.npz"
        self.ok("extract", LLAMA, *PROMPTS, "--sites", "embed,attn_out,resid_post,ln_final", "-o", file)
        with zipfile.ZipFile(file) as archive:
            self.own = {name.removesuffix(".npy"): archive.read(name) for name in archive.namelist()}
        self.sites = {name: floats_of(data) for name, data in self.own.items() if name not in ("token_ids", "sequence_index", "position")}

    def states(self):
        """transformers' hidden_states: one list per entry."""
        return [self.sites["hook_embed"], *(self.sites[f"blocks.{i}.hook_resid_post"] for i in range(LAYERS - 1)),
                self.sites["ln_final.hook_out"]]

    def write(self, name, data):
        file = self.folder / name
        file.write_bytes(data)
        return file

    def compare(self, file, *more):
        return self.document("comparison-1", "compare", LLAMA, file, *PROMPTS, *more)

    def same_everywhere(self, document, places):
        rows = {(row["site"], row["layer"]): row for row in document["summary"]}
        self.assertEqual(len(rows), places)
        self.assertEqual({row["distance_max"] for row in rows.values()}, {0.0})
        self.assertIsNone(document["first_divergence"]["site"])
        self.assertIn("They part nowhere", document["sentences"][0])

    def test_what_extract_wrote_is_the_same_everywhere(self):
        self.same_everywhere(self.compare(self.folder / "own.npz"), 2 + 2 * LAYERS)
        file = self.folder / "own.safetensors"
        self.ok("extract", LLAMA, *PROMPTS, "--sites", "resid_post", "-o", file)
        self.same_everywhere(self.compare(file), LAYERS)

    def test_hidden_states_in_one_array(self):
        states = self.states()
        flat = [x for state in states for x in state]
        self.same_everywhere(self.compare(self.write("h.npy", npy((LAYERS + 1, 1, ROWS, WIDTH), flat))), LAYERS + 1)
        self.same_everywhere(self.compare(self.write("h64.npy", npy((LAYERS + 1, ROWS, WIDTH), flat, "d", "<f8"))), LAYERS + 1)

    def test_first_divergence_is_where_it_was_put(self):
        states = self.states()
        states[3] = [x * 1.01 for x in states[3]]  # resid_post[2]
        states[5] = [x * 1.5 for x in states[5]]
        file = self.write("h.npy", npy((LAYERS + 1, ROWS, WIDTH), [x for s in states for x in s]))
        found = self.compare(file, "--apart", "0.001")["first_divergence"]
        self.assertEqual([found["site"], found["layer"], found["name"], found["threshold"]],
                         ["resid_post", 2, "blocks.2.hook_resid_post", 0.001])
        self.assertAlmostEqual(found["distance_mean"], 0.01, places=6)
        document = self.compare(file)
        self.assertEqual([document["first_divergence"]["layer"], document["first_divergence"]["threshold"]], [4, 0.1])
        text = self.ok("compare", LLAMA, file, *PROMPTS, "--apart", "0.001").out
        self.assertIn("They part first at resid_post[2]", text)
        self.assertIn("stored hidden states", text)
        page = self.folder / "page.html"
        self.ok("compare", LLAMA, file, *PROMPTS, "--explore", page)
        self.assertIn('"distance"', page.read_text())

    def test_half_precision_and_names_by_a_map(self):
        tensors = {}
        for layer in range(LAYERS):
            numbers = self.sites[f"blocks.{layer}.hook_resid_post"]
            tensors[f"layers.{layer}.output"] = ("F16", [1, ROWS, WIDTH], struct.pack(f"<{len(numbers)}e", *numbers))
        tensors["logits"] = ("F32", [1], struct.pack("<f", 1))
        document = self.compare(self.write("half.safetensors", safetensors(tensors)), "--map", "layers.{}.output=resid_post")
        self.assertEqual(len(document["summary"]), LAYERS)
        for row in document["summary"]:
            self.assertTrue(0 < row["distance_max"] < 2 ** -10, row)
        stacked = [x for layer in range(LAYERS) for x in self.sites[f"blocks.{layer}.hook_attn_out"]]
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as out:
            out.writestr("acts.npy", npy((LAYERS, ROWS, WIDTH), stacked))
        file = self.write("acts.npz", archive.getvalue())
        self.same_everywhere(self.compare(file, "--map", "acts=attn_out"), LAYERS)
        layer = self.write("third.npy", npy((ROWS, WIDTH), self.sites["blocks.3.hook_attn_out"]))
        for name in ("third", ""):
            self.same_everywhere(self.compare(layer, "--map", f"{name}=attn_out.3"), 1)
        self.fails(3, "compare", LLAMA, layer, *PROMPTS, "--map", "fourth=attn_out.3", says=(f"the array [{ROWS}, {WIDTH}]",))

    def test_what_does_not_fit_is_refused(self):
        flat = [x for state in self.states() for x in state]
        good = npy((LAYERS + 1, ROWS, WIDTH), flat)
        short = self.write("short.npy", npy((LAYERS, ROWS, WIDTH), flat[:LAYERS * ROWS * WIDTH]))
        self.fails(3, "compare", LLAMA, short, *PROMPTS, says=(f"[8, {ROWS}, {WIDTH}]", f"[7, {ROWS}, {WIDTH}]", "--map"))
        self.fails(3, "compare", LLAMA, self.write("h.npy", good), "--ids", IDS, says=("[8, 5, 24]",))
        by_token = self.write("turned.npy", npy((TOKENS[0], LAYERS + 1, WIDTH), [0.5] * (TOKENS[0] * (LAYERS + 1) * WIDTH)))
        self.fails(3, "compare", LLAMA, by_token, "--ids", IDS, says=("[8, 5, 24]", "[5, 8, 24]"))
        self.fails(3, "compare", LLAMA, self.write("cut.npy", good[:-1]), *PROMPTS, says=("ends early",))
        self.fails(3, "compare", LLAMA, self.write("big.npy", good.replace(b"<f4", b">f4")), *PROMPTS, says=(">f4",))
        self.fails(3, "compare", LLAMA, self.write("none.npy", b"no array"), *PROMPTS, says=("not an array of numpy",))
        squeezed = io.BytesIO()
        with zipfile.ZipFile(squeezed, "w", zipfile.ZIP_DEFLATED) as out:
            out.writestr("hidden_states.npy", good)
        self.fails(3, "compare", LLAMA, self.write("z.npz", squeezed.getvalue()), *PROMPTS, says=("numpy.savez",))
        ids = [*map(int, IDS.split(",")), 3, 4, 8]
        states = ("F32", [LAYERS + 1, ROWS, WIDTH], struct.pack(f"<{len(flat)}f", *flat))
        other = safetensors({"hidden_states": states, "input_ids": ("I64", [ROWS], struct.pack(f"<{ROWS}q", *ids))})
        self.fails(3, "compare", LLAMA, self.write("ids.safetensors", other), *PROMPTS, says=("other tokens", "id 9 at token 7", "id 8"))
        self.fails(3, "compare", LLAMA, self.write("x.safetensors", safetensors({"a": ("F32", [1], b"\0" * 4)})), *PROMPTS,
                   says=("no array of the dump is a site", "a [1]"))
        self.fails(2, "compare", LLAMA, self.folder / "h.npy", *PROMPTS, "--map", "x", says=("NAME=SITE",))
        self.fails(2, "compare", LLAMA, self.folder / "h.npy", *PROMPTS, "--map", "x=resid_past", says=("resid_post",))
        self.fails(2, "compare", LLAMA, LLAMA, *PROMPTS, "--map", "x=hf", says=("--map",))
        self.fails(2, "compare", LLAMA, self.folder / "h.npy", LLAMA, *PROMPTS, says=("compared alone",))


if __name__ == "__main__":
    main()

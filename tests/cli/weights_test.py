"""weights: exact against plain Python sums, the same from both formats, roles of fused tensors, refusals, equal bits."""
import csv
import io
import json
import math
import shutil
import struct

from support import GGUF, GOLDEN, LLAMA, CliTest, main, run, without_timings

BOTH_FORMATS = sorted(p.parent for p in GOLDEN.glob("*/model.gguf") if (p.parent / "model.safetensors").exists())


def stored(folder):
    """Float32 tensors of a safetensors file as (shape, numbers), and where their bytes start."""
    data = (folder / "model.safetensors").read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    tensors = {}
    for name, info in json.loads(data[8:8 + length]).items():
        if name == "__metadata__" or info["dtype"] != "F32":
            continue
        begin, end = info["data_offsets"]
        raw = data[8 + length + begin:8 + length + end]
        tensors[name] = (info["shape"], struct.unpack(f"<{len(raw) // 4}f", raw), 8 + length + begin)
    return tensors


# Of these one format has the parts and the other the whole: a gate beside its expert, latent keys and values by head.
OTHERWISE_CUT = ("W_KVB", "W_gate_in of experts", "W_gate of experts", "W_in of experts",
                 "W_gate_in of the shared expert", "W_gate of the shared expert", "W_in of the shared expert")


def by_role(document):
    return {(m["role"], m["layer"]): m for m in document["matrices"]
            if m["rows"] == "all" and m["role"] not in OTHERWISE_CUT}


class Statistics(CliTest):
    def test_are_the_sums_of_the_stored_numbers(self):
        tensors = stored(LLAMA)
        for m in self.document("weights-1", "weights", LLAMA, "--all")["matrices"]:
            shape, values, _ = tensors[m["tensor"]]
            self.assertEqual(m["shape"], shape)
            rows = [math.sqrt(math.fsum(x * x for x in values[r:r + shape[1]])) for r in range(0, len(values), shape[1])]
            size = [abs(x) for x in values]
            mean = math.fsum(size) / len(size)
            want = {"frobenius_norm": math.sqrt(math.fsum(x * x for x in values)),
                    "mean_row_norm": math.fsum(rows) / len(rows), "max_row_norm": max(rows), "min_row_norm": min(rows),
                    "mean_abs": mean,
                    "std_abs": math.sqrt(math.fsum((x - mean) ** 2 for x in size) / (len(size) - 1))}
            for key, value in want.items():
                self.assertTrue(abs(m[key] - value) <= 1e-13 * value, f"{m['tensor']} {key}: {m[key]}, {value}")
            self.assertTrue(max(rows) <= m["spectral_norm"] + m["spectral_norm_error"])
            self.assertTrue(m["spectral_norm_residual"] <= 1e-6 * m["spectral_norm"])
            self.assertTrue(m["spectral_norm"] <= m["spectral_norm_at_most"])

    def test_are_those_of_the_other_format(self):
        """GGUF permutes rows of some queries and keys and splits some fused tensors; no statistic may notice."""
        self.assertGreater(len(BOTH_FORMATS), 20)
        for folder in BOTH_FORMATS:
            a = by_role(self.document("weights-1", "weights", folder, "--all"))
            b = by_role(self.document("weights-1", "weights", folder / "model.gguf", "--all"))
            if set(a) != set(b):  # converters cut the fused inputs of a mixer apart
                a, b = ({role: m for role, m in of.items() if not role[0].startswith("W_mix")} for of in (a, b))
            self.assertEqual(set(a), set(b), folder)
            for role in a:
                if a[role]["dtype"] != b[role]["dtype"]:
                    continue
                self.assertEqual(a[role]["shape"], b[role]["shape"], (folder, role))
                if folder.name.startswith("falcon-h1"):
                    continue  # converters multiply its constants into the matrices
                for key in ("frobenius_norm", "spectral_norm", "mean_row_norm", "std_row_norm", "std_abs"):
                    x, y = a[role][key], b[role][key]
                    self.assertTrue(abs(x - y) <= 1e-9 * abs(x), f"{folder} {role} {key}: {x}, {y}")

    def test_full_spectrum_agrees_with_the_norms(self):
        for m in self.document("weights-1", "weights", GGUF, "--all", "--spectrum", "full")["matrices"]:
            s = m["spectrum"]["singular_values"]
            self.assertEqual(len(s), min(m["shape"]))
            self.assertEqual(s, sorted(s, reverse=True))
            self.assertTrue(abs(s[0] - m["spectral_norm"]) <= m["spectral_norm_error"])
            self.assertTrue(abs(math.sqrt(math.fsum(x * x for x in s)) - m["frobenius_norm"]) <= 1e-12 * m["frobenius_norm"])
            self.assertTrue(1 <= m["spectrum"]["participation_ratio"] <= len(s))

    def test_are_the_same_bits_for_every_thread_count(self):
        one = without_timings(self.document("weights-1", "weights", GGUF, "--all", "--spectrum", "full", "--threads", "1"))
        for threads in ("2", "3", "7", "16"):
            many = self.document("weights-1", "weights", GGUF, "--all", "--spectrum", "full", "--threads", threads)
            self.assertEqual(one, without_timings(many))

    def test_tied_heads_are_the_embedding(self):
        tied = self.document("weights-1", "weights", GOLDEN / "gpt2-tied")
        self.assertTrue(tied["tied_embeddings"] and tied["tied_allclose"])
        self.assertEqual(tied["wu_we_ratio"], 1.0)
        untied = self.document("weights-1", "weights", GOLDEN / "starcoder2-untied")
        self.assertFalse(untied["tied_embeddings"] or untied["tied_allclose"])
        found = by_role(untied)
        self.assertEqual(untied["wu_we_ratio"],
                         found["W_U", None]["frobenius_norm"] / found["W_E", None]["frobenius_norm"])


class PowerLaw(CliTest):
    """Against what the weightwatcher package reported for the same matrices (oracle/make_power_law_goldens.py)."""

    def test_is_weightwatchers(self):
        golden = json.loads((GOLDEN / "power_law.json").read_text())["cases"]
        for case, tensors in golden.items():
            document = self.document("weights-1", "weights", GOLDEN / case, "--all", "--spectrum", "full")
            laws = {m["tensor"]: m["spectrum"]["power_law"] for m in document["matrices"]}
            self.assertGreater(len(tensors), 10)
            for tensor, want in tensors.items():
                for key, value in want.items():  # its singular values are float32
                    self.assertTrue(abs(laws[tensor][key] - value) <= 2e-5 * value, (case, tensor, laws[tensor], want))

    def test_is_undefined_for_few_eigenvalues(self):
        for m in self.document("weights-1", "weights", LLAMA, "--all", "--spectrum", "full")["matrices"]:
            if min(m["shape"]) < 20:
                self.assertIsNone(m["spectrum"]["power_law"], m["tensor"])


class FusedTensors(CliTest):
    """Roles of fused tensors are the rows that the other format, or plain slicing, gives."""

    def roles_of(self, folder):
        return by_role(self.document("weights-1", "weights", GOLDEN / folder, "--all"))

    def norms(self, values, shape, rows):
        return math.sqrt(math.fsum(values[r * shape[1] + c] ** 2 for r in rows for c in range(shape[1])))

    def check(self, folder, tensor, rows_of):
        """rows_of(config, number of rows) gives the stored rows of W_Q, W_K and W_V."""
        shape, values, _ = stored(GOLDEN / folder)[tensor]
        config = json.loads((GOLDEN / folder / "config.json").read_text())
        found = self.roles_of(folder)
        for role, rows in zip(("W_Q", "W_K", "W_V"), rows_of(config, shape[0])):
            want, got = self.norms(values, shape, rows), found[role, 0]
            self.assertEqual(got["shape"], [len(rows), shape[1]], (folder, role))
            self.assertTrue(abs(got["frobenius_norm"] - want) <= 1e-13 * want, (folder, role))

    def test_interleaved_by_head(self):
        def per_head(config, count):
            heads = config.get("num_attention_heads", config.get("n_head"))
            d = count // heads // 3
            return [[h * 3 * d + part * d + i for h in range(heads) for i in range(d)] for part in range(3)]
        self.check("gpt-neox-parallel", "gpt_neox.layers.0.attention.query_key_value.weight", per_head)
        self.check("bloom-four-heads", "h.0.self_attention.query_key_value.weight", per_head)

    def test_one_after_another(self):
        def blocks(config, count):
            d = config["hidden_size"] // config["num_attention_heads"]
            q, kv = config["hidden_size"], d * config["num_key_value_heads"]
            return [range(q), range(q, q + kv), range(q + kv, q + 2 * kv)]
        self.check("phi3-longrope", "model.layers.0.self_attn.qkv_proj.weight", blocks)

    def test_falcon_keeps_one_key_per_group(self):
        def grouped(config, count):
            heads, groups = config["num_attention_heads"], config["num_kv_heads"]
            d = config["hidden_size"] // heads
            each = heads // groups
            rows = [[], [], []]
            for row in range(count):
                place = row // d % (each + 2)
                rows[0 if place < each else place - each + 1].append(row)
            return rows
        self.check("falcon-40b-style", "transformer.h.0.self_attention.query_key_value.weight", grouped)

    def test_gpt2_is_stored_by_inputs(self):
        shape, values, _ = stored(GOLDEN / "gpt2-tied")["h.0.attn.c_attn.weight"]
        width = shape[0]
        found = self.roles_of("gpt2-tied")
        for i, role in enumerate(("W_Q", "W_K", "W_V")):
            want = math.sqrt(math.fsum(values[r * shape[1] + i * width + c] ** 2
                                       for r in range(width) for c in range(width)))
            self.assertEqual(found[role, 0]["shape"], [width, width])
            self.assertTrue(abs(found[role, 0]["frobenius_norm"] - want) <= 1e-13 * want, role)


class PaddedVocabulary(CliTest):
    def test_rows_of_tokens_and_padding_are_measured_apart(self):
        """llama-deep with a tokenizer of 200 ids: 56 of its 256 rows are padding."""
        folder = self.folder / "padded"
        shutil.copytree(LLAMA, folder)
        vocabulary = {chr(0x100 + i): i for i in range(200)}
        level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
        (folder / "tokenizer.json").write_text(json.dumps({
            "version": "1.0", "added_tokens": [], "normalizer": None, "pre_tokenizer": level, "decoder": level,
            "model": {"type": "BPE", "vocab": vocabulary, "merges": []}}))
        matrices = self.document("weights-1", "weights", folder)["matrices"]
        self.assertEqual([(m["role"], m["rows"], m["shape"][0]) for m in matrices],
                         [(role, part, rows) for role in ("W_U", "W_E")
                          for part, rows in (("all", 256), ("real", 200), ("padded", 56))])
        for whole, real, padded in (matrices[:3], matrices[3:]):
            squares = real["frobenius_norm"] ** 2 + padded["frobenius_norm"] ** 2
            self.assertTrue(abs(squares - whole["frobenius_norm"] ** 2) <= 1e-12 * squares)
            self.assertTrue(max(real["spectral_norm"], padded["spectral_norm"]) <=
                            whole["spectral_norm"] + whole["spectral_norm_error"])
        text = self.ok("weights", folder).out
        self.assertIn("W_U (padded)", text)


class Choices(CliTest):
    def test_globs_match_names_and_roles(self):
        document = self.document("weights-1", "weights", GGUF, "--tensor", "W_Q", "--tensor", "blk.3.ffn_*")
        roles = {(m["role"], m["layer"]) for m in document["matrices"]}
        self.assertEqual(roles, {("W_Q", layer) for layer in range(7)} | {(r, 3) for r in ("W_gate", "W_in", "W_out")})
        self.assertIsNone(document["wu_we_ratio"])
        self.fails(2, "weights", GGUF, "--tensor", "nothing*", says=("nothing*", "W_Q"))

    def test_csv_has_a_row_per_matrix(self):
        self.ok("weights", GGUF, "--all", "--csv", self.folder / "w.csv", "--json", self.folder / "w.json")
        rows = list(csv.DictReader(io.StringIO((self.folder / "w.csv").read_text())))
        matrices = json.loads((self.folder / "w.json").read_text())["matrices"]
        self.assertEqual([float(r["frobenius_norm"]) for r in rows], [m["frobenius_norm"] for m in matrices])
        self.fails(2, "weights", GGUF, "--csv", "-", "--json", "-", says=("standard output",))

    def test_amplification_is_the_product(self):
        document = self.document("weights-1", "weights", GGUF, "--amplification", "notebook-004", "--ids", "1,5,9")
        gains = self.document("gains-1", "gains", GGUF, "--definition", "notebook-004", "--ids", "1,5,9")
        amplification = document["effective_amplification"]
        self.assertEqual(amplification["gain"], gains["definitions"][0]["gain"])
        self.assertEqual(amplification["value"],
                         by_role(document)["W_U", None]["spectral_norm"] * amplification["gain"])
        self.fails(2, "weights", GGUF, "--amplification", "notebook-004", says=("needs prompts",))
        self.fails(2, "weights", GGUF, "--ids", "1", says=("--amplification",))
        self.fails(2, "weights", GGUF, "--amplification", "nothing", "--ids", "1", says=("nothing",))

    def test_tables_name_every_matrix(self):
        text = self.ok("weights", GGUF, "--all").out
        for word in ("W_U", "W_E", "W_Q[0]", "W_out[6]", "Frobenius norm", "stable rank"):
            self.assertIn(word, text)
        self.assertNotIn("\n\n\n", self.ok("weights", GGUF, "--tensor", "W_V").out)


class NonFinite(CliTest):
    def broken(self, value):
        """W_O of layer 1 with one number replaced: row 3, column 5."""
        folder = self.folder / "broken"
        shutil.copytree(LLAMA, folder, dirs_exist_ok=True)
        name = "model.layers.1.self_attn.o_proj.weight"
        shape, _, start = stored(LLAMA)[name]
        data = bytearray((folder / "model.safetensors").read_bytes())
        at = start + 4 * (3 * shape[1] + 5)
        data[at:at + 4] = struct.pack("<f", value)
        (folder / "model.safetensors").write_bytes(bytes(data))
        return folder

    def test_is_reported_and_refused_while_the_others_are_measured(self):
        for value, word in ((math.inf, "inf"), (-math.inf, "-inf"), (math.nan, "nan")):
            done = run("weights", self.broken(value), "--all", "--json", "-")
            self.assertEqual(done.code, 1)
            self.assertIn("row 3, column 5", done.err)
            matrices = json.loads(done.out)["matrices"]
            bad = [m for m in matrices if "non_finite" in m]
            self.assertEqual([(m["role"], m["layer"]) for m in bad], [("W_O", 1)])
            self.assertEqual(bad[0]["non_finite"], {"row": 3, "col": 5, "value": word, "count": 1})
            self.assertNotIn("frobenius_norm", bad[0])
            self.assertEqual(sum("frobenius_norm" in m for m in matrices), len(matrices) - 1)


if __name__ == "__main__":
    main()

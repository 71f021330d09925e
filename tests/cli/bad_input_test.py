"""Bad input: exit code 3, an error that names the place, nothing written."""
import json
import shutil
import struct

from support import GGUF, GOLDEN, IDS, LLAMA, CliTest, main, run


def with_header(change):
    """The checkpoint of LLAMA with its safetensors header changed."""
    raw = (LLAMA / "model.safetensors").read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:8 + size])
    change(header)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + raw[8 + size:]


class BadInput(CliTest):
    def model(self, config=None, tensors=None):
        """A copy of LLAMA, its configuration or tensor file replaced."""
        copy = self.folder / "model"
        if copy.exists():
            shutil.rmtree(copy)
        copy.mkdir()
        old = json.loads((LLAMA / "config.json").read_text())
        (copy / "config.json").write_text(json.dumps({**old, **(config or {})}))
        (copy / "model.safetensors").write_bytes(tensors or (LLAMA / "model.safetensors").read_bytes())
        return copy

    def refused(self, model, *says, prompt=("--ids", IDS)):
        """Every command that opens a model refuses it, and measure leaves no file behind."""
        out = self.folder / "out.json"
        self.fails(3, "inspect", model, says=says)
        self.fails(3, "measure", model, *prompt, "--json", out, "-o", self.folder / "results", says=says)
        self.assertFalse(out.exists())
        self.assertFalse((self.folder / "results").exists())

    def prompt_refused(self, *arguments, says=()):
        out = self.folder / "out.json"
        self.fails(3, "measure", GGUF, *arguments, "--json", out, says=says)
        self.assertEqual([p.name for p in self.folder.iterdir() if "out" in p.name], [])

    def test_the_copy_itself_is_good(self):
        self.ok("measure", self.model(), "--ids", IDS)

    def test_missing_and_empty_files(self):
        self.refused(self.folder / "none.gguf", "none.gguf")
        (self.folder / "empty.gguf").write_bytes(b"")
        self.refused(self.folder / "empty.gguf", "empty.gguf")
        (self.folder / "empty").mkdir()
        self.refused(self.folder / "empty", "empty")
        self.refused("org/name", "org/name", "Hub")

    def test_a_gguf_cut_short(self):
        raw = GGUF.read_bytes()
        for size in (1, 4, 8, 23, 24, 25, 100, 1000, len(raw) // 2, len(raw) - 1):
            (self.folder / "cut.gguf").write_bytes(raw[:size])
            self.refused(self.folder / "cut.gguf", "cut.gguf")

    def test_a_safetensors_file_cut_short(self):
        raw = (LLAMA / "model.safetensors").read_bytes()
        for size in (1, 7, 8, 9, 100, 1000, len(raw) - 1):
            self.refused(self.model(tensors=raw[:size]), "model.safetensors")

    def test_tensors_that_overlap_overflow_or_have_an_unknown_type(self):
        names = [n for n in json.loads(self.header_text()) if n != "__metadata__"]

        def overlap(h):
            h[names[1]]["data_offsets"] = h[names[0]]["data_offsets"]

        def overflow(h):
            h[names[0]]["data_offsets"] = [0, 1 << 62]

        def unknown(h):
            h[names[0]]["dtype"] = "Q17"

        self.refused(self.model(tensors=with_header(overlap)), "model.safetensors")
        self.refused(self.model(tensors=with_header(overflow)), "model.safetensors")
        self.refused(self.model(tensors=with_header(unknown)), "Q17")

    @staticmethod
    def header_text():
        raw = (LLAMA / "model.safetensors").read_bytes()
        return raw[8:8 + struct.unpack("<Q", raw[:8])[0]]

    def test_a_missing_tensor_is_named(self):
        def rename(h):
            h["model.other.weight"] = h.pop("model.norm.weight")

        self.refused(self.model(tensors=with_header(rename)), "model.norm.weight")

    def test_a_missing_shard_is_named(self):
        source, copy = GOLDEN / "llama-biases-linear-rope", self.folder / "sharded"
        copy.mkdir()
        for name in ("config.json", "model.safetensors.index.json", "model-00001-of-00003.safetensors",
                     "model-00003-of-00003.safetensors"):
            shutil.copy(source / name, copy / name)
        self.refused(copy, "model-00002-of-00003.safetensors")

    def test_a_configuration_that_contradicts_the_tensors(self):
        self.refused(self.model(config={"hidden_size": 128}), "128")
        self.refused(self.model(config={"num_hidden_layers": 99}), "model.layers.")

    def test_unknown_family_lists_the_known(self):
        self.refused(self.model(config={"model_type": "novel_net"}), "novel_net", "llama", "gemma3", "gpt_neox")

    def test_unknown_rope(self):
        self.refused(self.model(config={"rope_scaling": {"rope_type": "spiral", "factor": 2.0}, "rope_parameters": {"rope_type": "spiral", "rope_theta": 10000.0, "factor": 2.0}}), "spiral")

    def test_ids_outside_the_vocabulary(self):
        self.prompt_refused("--ids", "1,2,99999", says=["99999", "position 2", "vocabulary"])
        self.prompt_refused("--ids", "1,-3", says=["-3", "position 1"])
        self.prompt_refused("--ids", "99999999999999999999", says=["99999999999999999999"])

    def test_text_without_a_tokenizer_says_so(self):
        self.fails(3, "measure", LLAMA, "-p", "hello", says=["--ids"])

    def test_unknown_suite_and_prompt_files(self):
        # Files are read after the tokenizer, so a model with one is needed.
        model = self.tokenized()
        self.fails(2, "measure", model, "--suite", "none", says=["notebook-003"])
        for arguments, says in ((["--prompts", self.folder / "none.txt"], ["none.txt"]),
                                (["-p", ""], ["empty"]), (["-p", b"caf\xe9"], ["UTF-8"])):
            with self.subTest(arguments):
                self.fails(3, "measure", model, *arguments, says=says)
        for name, content in (("bad.json", "{"), ("number.json", "[1]"), ("empty.txt", "\n\n"), ("bad.jsonl", '{"text": 3}\n')):
            (self.folder / name).write_text(content)
            with self.subTest(name):
                self.fails(3, "measure", model, "--prompts", self.folder / name, says=[name])

    def tokenized(self):
        """LLAMA with a tokenizer of single bytes."""
        model = self.model()
        letters = [chr(c) for c in range(33, 127)] + ["\u0120"]
        (model / "tokenizer.json").write_text(json.dumps({
            "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
            "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
            "post_processor": None, "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
                      "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                      "vocab": {c: i for i, c in enumerate(letters)}, "merges": []}}))
        return model

    def test_text_is_measured_with_that_tokenizer(self):
        document = self.document("measurement-1", "measure", self.tokenized(), "-p", "a b")
        self.assertEqual(document["sequences"][0]["tokens"], ["a", " ", "b"])
        self.assertEqual(document["sequences"][0]["text"], "a b")

    def test_empty_lines_are_left_out_with_a_warning(self):
        (self.folder / "p.txt").write_text("one\n\ntwo\r\n")
        done = self.ok("measure", self.tokenized(), "--prompts", self.folder / "p.txt", "--json", self.folder / "r.json")
        self.assertIn("p.txt:2", done.err)
        texts = [s["text"] for s in json.loads((self.folder / "r.json").read_text())["sequences"]]
        self.assertEqual(texts, ["one", "two"])

    def test_prompts_with_categories(self):
        (self.folder / "p.jsonl").write_text('{"text": "a", "category": "X"}\n{"text": "b", "category": "Y"}\n"c"\n')
        document = self.document("measurement-1", "measure", self.tokenized(), "--prompts", self.folder / "p.jsonl")
        self.assertEqual([(s["text"], s["category"]) for s in document["sequences"]], [("a", "X"), ("b", "Y"), ("c", None)])

    def test_a_prompt_that_looks_like_something_else_is_a_prompt(self):
        for text in ("[a,b]", "-p", "--json", "{}", "%%"):
            with self.subTest(text):
                document = self.document("measurement-1", "measure", self.tokenized(), "-p", text)
                self.assertEqual([s["text"] for s in document["sequences"]], [text])

    def test_longer_than_max_position_is_a_warning(self):
        most = json.loads((LLAMA / "config.json").read_text())["max_position_embeddings"]
        model = self.model(config={"max_position_embeddings": 4}) if most > 16 else self.model()
        ids = ",".join(["1"] * min(most + 1, 9))
        document = self.document("measurement-1", "measure", model, "--ids", ids)
        self.assertTrue(any("at most" in w for w in document["warnings"]), document["warnings"])

    def test_damaged_measurements(self):
        (self.folder / "a.json").write_text("{}")
        self.fails(3, "gains", self.folder / "a.json", says=["streamgauge.measurement/1", "a.json"])
        (self.folder / "b.json").write_text("not json")
        self.fails(3, "gains", self.folder / "b.json", says=["b.json"])


main()

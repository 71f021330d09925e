"""Prompts from files, special tokens, chat templates, targets of the lens, the embedding's scale, numpy files, odd folders."""
import csv
import io
import json
import struct
import zipfile

from support import GOLDEN, LLAMA, ROOT, CliTest, byte_level_tokenizer, main, tiny_model

ZOO_GEMMA = ROOT / "zoo" / "gemma"
CHATML = ("{% for m in messages %}<{{ m.role }}>{{ m.content }}</{{ m.role }}>\n{% endfor %}"
          "{% if add_generation_prompt %}<assistant>{% endif %}")


def with_bos(folder, golden="llama-deep"):
    """A tiny model whose tokenizer puts BOS ("~") before every text."""
    tiny_model(folder, golden)
    tokenizer = byte_level_tokenizer()
    bos = tokenizer["model"]["vocab"]["~"]
    tokenizer["added_tokens"] = [{"id": bos, "content": "~", "special": True, "normalized": False}]
    tokenizer["post_processor"] = {
        "type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "~", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [], "special_tokens": {"~": {"id": "~", "ids": [bos], "tokens": ["~"]}}}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    return bos


class PromptFiles(CliTest):
    def setUp(self):
        super().setUp()
        self.model = tiny_model(self.folder / "tiny", "llama-deep")

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text, newline="")
        return path

    def test_a_table_carries_its_columns_into_every_output(self):
        file = self.write("p.csv", 'id,text,label,norm\n1,"a, ""b""",fact,x\n2,"two\nlines\n",,y\n')
        done = self.ok("measure", self.model, "--prompts", file, "--json", self.folder / "m.json", "--csv", self.folder / "m.csv")
        self.assertIn("2 prompts from " + str(file) + ", column text", done.err)
        sequences = json.loads((self.folder / "m.json").read_text())["sequences"]
        self.assertEqual([s["text"] for s in sequences], ['a, "b"', "two\nlines\n"])
        self.assertEqual(sequences[0]["columns"], {"label": "fact", "norm": "x"})
        self.assertEqual(sequences[1]["columns"], {"norm": "y"})
        self.assertEqual([s["prompt_id"] for s in sequences], ["1", "2"])
        rows = list(csv.DictReader(io.StringIO((self.folder / "m.csv").read_text())))
        self.assertEqual({(r["prompt_id"], r["label"], r["prompt_norm"]) for r in rows}, {("1", "fact", "x"), ("2", "", "y")})
        compared = self.document("comparison-1", "compare", self.model, self.model, "--prompts", file)
        self.assertEqual(compared["sequences"][0]["columns"], {"label": "fact", "norm": "x"})
        self.document("measurement-1", "measure", self.model, "--prompts", file)
        self.assertEqual(self.ok("measure", self.model, "--prompts", file, "--quiet").err, "")
        self.fails(2, "measure", self.model, "-p", "a", "--text-key", "label", says=["--prompts FILE"])

    def test_no_two_columns_of_a_table_have_one_name(self):
        file = self.write("p.csv", "model,prompt_model,tokens,id,text\na,b,c,d,abc\n")
        self.ok("measure", self.model, "-f", file, "-o", self.folder / "out")
        for name in ("measurement.csv", "prompts.csv"):
            head, row = list(csv.reader((self.folder / "out" / name).open()))[:2]
            self.assertEqual(len(head), len(set(head)), head)
            self.assertEqual({"prompt_prompt_model": "a", "prompt_model": "b", "prompt_id": "d"}.items() - dict(zip(head, row)).items(), set())

    def test_json_lines_of_every_kind(self):
        file = self.write("p.jsonl", '{"q": "a\\n", "label": "t", "n": 2}\n{"ids": [3, 4], "label": "i"}\n')
        measured = self.document("measurement-1", "measure", self.model, "--prompts", file, "--text-key", "q")
        first, second = measured["sequences"]
        self.assertEqual((first["text"], first["columns"], first["special"]), ("a\n", {"label": "t", "n": "2"}, "auto"))
        self.assertEqual((second["text"], second["ids"], second["columns"]), (None, [3, 4], {"label": "i"}))
        self.fails(3, "measure", self.model, "--prompts", file, says=["text or prompt", "--text-key"])
        self.fails(3, "measure", self.model, "--prompts", self.write("p.parquet", "PAR1"), says=["Parquet", "jsonl"])

    def test_ids_alone_need_no_tokenizer(self):
        file = self.write("p.jsonl", '{"ids": [1, 2]}\n')
        (self.model / "tokenizer.json").unlink()
        self.assertEqual(self.document("measurement-1", "measure", self.model, "--prompts", file)["sequences"][0]["ids"], [1, 2])

    def experiment(self, prompts, more=""):
        return self.write("e.toml", f"""
id = "own"
title = "Own"
definition = "last/last_block/mean_of_gains"
[prompts]
{prompts}
[[models]]
key = "m"
[[prompt_columns]]
name = "gain"
gain = "own"
{more}
[[columns]]
name = "gain"
gain = "own"
[[values]]
name = "g"
expr = "m.gain"
[[verdicts]]
name = "V"
quantity = "g"
[[verdicts.rules]]
when = "g > 1"
label = "UP"
[[verdicts.rules]]
label = "DOWN"
""")

    def results(self, *arguments):
        out = self.folder / "out"
        done = self.ok("run", *arguments, "--model", f"m={self.model}", "-o", out)
        return json.loads((out / "results.json").read_text())["streamgauge"], done

    def test_an_experiment_reads_a_file_and_groups_by_its_columns(self):
        self.write("p.csv", "text,label,score\nabc,x,1\nbcde,y,2.5\ncdef,x,\n")
        more = '[[prompt_columns]]\nname = "label"\nprompt = "label"\n[[prompt_columns]]\nname = "score"\nprompt = "score"'
        ours, done = self.results(self.experiment('file = "p.csv"\ngroup = "label"', more))
        self.assertIn("3 prompts from", done.err)
        self.assertEqual([t["category"] for t in ours["prompts"]["texts"]], ["x", "y", "x"])
        self.assertEqual(ours["prompts"]["texts"][0]["columns"], {"label": "x", "score": "1"})
        universes = ours["verdicts"][0]["multiverse"]["universes"]
        self.assertEqual(universes["words"]["prompts"], ["all", "x", "y"])
        before = (self.folder / "out" / "results.json").read_text()
        (self.folder / "p.csv").unlink()  # the run has its prompts in the store
        self.ok("report", self.folder / "out")
        self.assertEqual((self.folder / "out" / "results.json").read_text(), before)
        self.fails(3, "run", self.experiment('texts = ["a"]\ngroup = "label"'), "--model", f"m={self.model}", "-o", self.folder / "x",
                   says=["column", "label"])

    def test_columns_of_a_file_never_hide_what_was_measured(self):
        self.write("p.csv", "text,gain,label,model,id\nabc,high,x,m1,one\nbcd,low,y,m2,two\n")
        self.results(self.experiment('file = "p.csv"', '[[prompt_columns]]\nname = "label"\nprompt = "label"'))
        rows = list(csv.DictReader((self.folder / "out" / "prompts.csv").open()))
        self.assertEqual([r["prompt_gain"] for r in rows], ["high", "low"])
        self.assertTrue(all(float(r["gain"]) > 0 for r in rows))
        self.assertEqual([(r["prompt_label"], r["prompt_model"], r["prompt_id"], r["label"]) for r in rows],
                         [("x", "m1", "one", "m"), ("y", "m2", "two", "m")])

    def test_a_run_takes_the_prompts_of_a_file_in_place_of_its_own(self):
        file = self.write("mine.jsonl", '{"text": "abc", "category": "k"}\n{"text": "d"}\n')
        ours, _ = self.results(self.experiment('texts = ["zzz"]'), "--prompts", file)
        self.assertEqual([t["text"] for t in ours["prompts"]["texts"]], ["abc", "d"])
        self.assertEqual(ours["prompts"]["suite"], "mine.jsonl")
        self.assertTrue(any("mine.jsonl" in n for n in ours["notices"]), ours["notices"])

    def test_special_tokens_are_an_axis_of_the_multiverse(self):
        self.model = self.folder / "bos"
        with_bos(self.model)
        ours, _ = self.results(self.experiment('texts = ["abc", "bcd"]\nspecial = ["auto", "none"]'))
        universes = ours["verdicts"][0]["multiverse"]["universes"]
        self.assertEqual(universes["words"]["special"], ["auto", "none"])
        half = len(universes["special"]) // 2
        self.assertEqual(universes["special"], [0] * half + [1] * half)
        self.assertNotEqual(universes["quantity"][:half], universes["quantity"][half:])
        alone, _ = self.results(self.experiment('texts = ["abc", "bcd"]'), "--special", "none")
        self.assertEqual(alone["verdicts"][0]["multiverse"]["universes"]["quantity"], universes["quantity"][half:])
        self.assertNotIn("special", alone["verdicts"][0]["multiverse"]["universes"])

    def universes(self, ours):
        """Each universe as a dict of words."""
        all_ = ours["verdicts"][0]["multiverse"]["universes"]
        columns = [k for k in all_ if k not in ("words", "quantity")]
        rows = []
        for i, quantity in enumerate(all_["quantity"]):
            places = {k: all_[k][i] for k in columns}
            rows.append({"quantity": quantity, **{k: None if p is None else all_["words"][k][p] for k, p in places.items()}})
        return rows

    def with_template(self):
        self.model = self.folder / "bos"
        with_bos(self.model)
        config = self.model / "tokenizer_config.json"
        known = json.loads(config.read_text()) if config.exists() else {}
        config.write_text(json.dumps({**known, "bos_token": "~", "chat_template": "~" + CHATML}))

    def test_bos_and_chat_are_axes_that_are_measured_on_request(self):
        self.with_template()
        file = self.experiment('texts = ["abc", "bcd"]')
        plain, _ = self.results(file)
        before = self.universes(plain)
        self.assertTrue(all("special" not in u and "chat" not in u for u in before))
        both, done = self.results(file, "--axes", "bos,chat")
        rows = self.universes(both)
        self.assertEqual({(u["special"], u["chat"]) for u in rows},
                         {("auto", "raw"), ("none", "raw"), ("auto", "chat"), ("bos", "chat")})  # the others change no ids
        own = [u for u in rows if (u["special"], u["chat"]) == ("auto", "raw")]
        self.assertEqual([u["quantity"] for u in own], [u["quantity"] for u in before])
        # Each reading is what an experiment of its own gives.
        for special, chat in (("none", "raw"), ("auto", "chat"), ("bos", "chat")):
            flags = ["--special", special] + (["--chat"] if chat == "chat" else [])
            (self.folder / "out" / "store.sqlite").unlink()
            alone, _ = self.results(file, *flags)
            self.assertEqual([u["quantity"] for u in rows if (u["special"], u["chat"]) == (special, chat)],
                             [u["quantity"] for u in self.universes(alone)])
        many = both["verdicts"][0]["multiverse"]
        for flip in many["flips"]:
            turned = [u for u in rows if u[flip["choice"]] == flip["to"]]
            self.assertTrue(turned)
            self.assertNotEqual(flip["label"], both["verdicts"][0]["label"])
        for pair in many["pairs"]:
            self.assertEqual(len({c["choice"] for c in pair["choices"]}), 2)
        callout = " ".join(done.out.split())
        self.assertRegex(callout, r"(What turns it|No single choice turns it)")
        in_file = self.experiment('texts = ["abc", "bcd"]').read_text().replace('id = "own"', 'id = "own"\naxes = ["special", "chat"]')
        self.assertEqual(self.universes(self.results(self.write("axes.toml", in_file))[0]), rows)
        self.fails(2, "run", file, "--axes", "dialect", "--model", f"m={self.model}", "-o", self.folder / "x", says=["--axes"])
        bad = self.write("bad.toml", in_file.replace('"chat"]', '"dialect"]'))
        self.fails(3, "run", bad, "--model", f"m={self.model}", "-o", self.folder / "x", says=["axes", "dialect", "special"])

    def test_a_model_without_a_template_is_read_without_it(self):
        ours, done = self.results(self.experiment('texts = ["abc", "bcd"]'), "--axes", "special,chat")
        self.assertTrue(all("special" not in u and "chat" not in u for u in self.universes(ours)), "nothing differs")
        notices = " ".join(ours["notices"])
        self.assertIn("m: not read with chat chat: the model has no chat template", notices)
        self.assertIn("m: not read with special bos: ", notices)
        again, _ = self.results(self.experiment('texts = ["abc", "bcd"]'), "--axes", "special,chat")
        self.assertEqual(again["notices"], ours["notices"])


class SpecialTokens(CliTest):
    def ids(self, model, *arguments):
        return self.document("measurement-1", "measure", model, *arguments)["sequences"][0]["ids"]

    def test_auto_none_and_bos(self):
        model = self.folder / "bos"
        bos = with_bos(model)
        plain = self.ids(model, "-p", "abc", "--special", "none")
        self.assertEqual(self.ids(model, "-p", "abc"), [bos] + plain)
        self.assertEqual(self.ids(model, "-p", "abc", "--special", "bos"), [bos] + plain)
        done = self.ok("measure", model, "-p", "~abc", "-p", "~b", "--json", "-")
        self.assertIn("begins with ~ twice", done.err)
        self.assertIn("1 more", done.err)
        self.assertNotIn("twice", self.ok("measure", model, "-p", "~abc", "--special", "none").err)
        self.assertIn("its text has both", self.ok("measure", model, "-p", "~~abc", "--special", "none").err)
        for special in ("auto", "none", "bos"):
            tokens = json.loads(self.ok("tokenize", model, "-p", "abc", "--special", special, "--json", "-").out)
            self.assertEqual(tokens["sequences"][0]["ids"], ([] if special == "none" else [bos]) + plain)
        self.assertEqual(self.document("measurement-1", "measure", model, "-p", "a", "--special", "bos")["sequences"][0]["special"], "bos")

    def test_a_tokenizer_that_adds_none_has_its_bos_all_the_same(self):
        model = tiny_model(self.folder / "tiny", "llama-deep")
        self.fails(2, "measure", model, "-p", "a", "--special", "bos", says=["no BOS token"])
        (model / "tokenizer_config.json").write_text(json.dumps({"bos_token": "#"}))
        vocabulary = byte_level_tokenizer()["model"]["vocab"]
        self.assertEqual(self.ids(model, "-p", "a", "--special", "bos"), [vocabulary["#"], vocabulary["a"]])
        self.assertEqual(self.ids(model, "-p", "a"), [vocabulary["a"]])
        self.fails(2, "measure", model, "-p", "a", "--special", "some")


class Chat(CliTest):
    def setUp(self):
        super().setUp()
        self.model = tiny_model(self.folder / "tiny", "llama-deep")

    def sequence(self, *arguments):
        return self.document("measurement-1", "measure", self.model, *arguments)["sequences"][0]

    def test_the_template_of_the_model_makes_the_text(self):
        (self.model / "tokenizer_config.json").write_text(json.dumps({"chat_template": CHATML}))
        one = self.sequence("-p", "Hi", "--chat")
        self.assertEqual((one["text"], one["prompt"]), ("<user>Hi</user>\n<assistant>", "Hi"))
        self.assertEqual(one["special"], "none")
        two = self.sequence("-p", "Hi", "--chat", "--system", "Be brief", "--no-generation-prompt")
        self.assertEqual(two["text"], "<system>Be brief</system>\n<user>Hi</user>\n")
        conversation = self.folder / "c.jsonl"
        conversation.write_text('{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}], "k": 1}\n')
        three = self.sequence("--prompts", conversation)
        self.assertEqual(three["text"], "<user>x</user>\n<assistant>y</assistant>\n<assistant>")
        self.assertEqual(three["columns"], {"k": "1"})

    def test_tools_and_other_values_reach_the_template(self):
        (self.model / "chat_template.jinja").write_text(
            "{{ tools | tojson if tools else 'no tools' }}|{{ thinking if thinking is defined else 'unset' }}|{{ messages[0].content }}")
        self.assertEqual(self.sequence("-p", "a", "--chat")["text"], "no tools|unset|a")
        self.assertEqual(self.sequence("-p", "a", "--chat", "--chat-template-kwargs", '{"thinking": false}')["text"], "no tools|False|a")
        rows = self.folder / "c.jsonl"
        rows.write_text('{"messages": [{"role": "user", "content": "x"}], "tools": [{"name": "f"}], "chat_template_kwargs": {"thinking": 1}}\n')
        row = self.sequence("-f", rows, "--chat-template-kwargs", '{"thinking": false}')
        self.assertEqual(row["text"], '[{"name": "f"}]|1|x')
        self.assertEqual(row["columns"], {})
        self.assertIn('"tools"', row["prompt"])
        self.fails(2, "measure", self.model, "-p", "a", "--chat", "--chat-template-kwargs", "thinking", says=["JSON object"])

    def test_where_a_template_may_stand(self):
        self.fails(3, "measure", self.model, "-p", "a", "--chat", says=["no chat template", "tokenizer_config.json"])
        config = self.model / "tokenizer_config.json"
        config.write_text(json.dumps({"chat_template": [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "D{{ bos_token }}"}],
                                      "bos_token": {"content": "#"}}))
        self.assertEqual(self.sequence("-p", "a", "--chat")["text"], "D#")
        config.write_text(json.dumps({"chat_template": [{"name": "rag", "template": "t"}]}))
        self.fails(3, "measure", self.model, "-p", "a", "--chat", says=["default", "rag"])
        (self.model / "chat_template.jinja").write_text("J{{ messages[0].content }}")
        self.assertEqual(self.sequence("-p", "a", "--chat")["text"], "Ja")

    def test_what_is_not_supported_is_refused_by_name(self):
        template = self.model / "chat_template.jinja"
        template.write_text("x\n{{ messages | groupby('role') }}")
        self.fails(3, "measure", self.model, "-p", "a", "--chat", says=["groupby", "line 2", "chat_template.jinja"])
        template.write_text("{{ raise_exception('no system') }}")
        self.fails(3, "measure", self.model, "-p", "a", "--chat", says=["no system"])
        template.write_text("{{ strftime_now('%Y') }}")
        self.assertIn("date", self.ok("measure", self.model, "-p", "a", "--chat", SOURCE_DATE_EPOCH="0").err)


class Targets(CliTest):
    def test_a_target_with_a_space_is_found_where_the_tokenizer_adds_one(self):
        rows = [self.document("measurement-1", "measure", ROOT / "zoo" / "mistral", "-p", "The", "--target", text)["sequences"][0]["targets"]
                for text in (" is", "is")]
        self.assertEqual(rows[0], rows[1])
        self.assertEqual(rows[0][0]["token"], " is")

    def test_targets_of_the_lens(self):
        model = tiny_model(self.folder / "tiny", "llama-deep")
        measured = self.document("measurement-1", "measure", model, "-p", "abc", "--target", "b", "--target", "7", "--lens", "all")
        one = measured["sequences"][0]
        layers = measured["model"]["n_layers"]
        self.assertEqual(len(one["targets"]), layers * 3 * 2)
        self.assertEqual({t["id"] for t in one["targets"]}, {byte_level_tokenizer()["model"]["vocab"]["b"], 7})
        last = [row for row in one["lens"] if row["layer"] == layers - 1]
        self.assertEqual([row["kl"] for row in last], [0, 0, 0])
        self.assertTrue(all(row["kl"] > 0 for row in one["lens"] if row["layer"] == 0))
        likeliest = last[-1]["top"][0]
        again = self.document("measurement-1", "measure", model, "-p", "abc", "--target", likeliest["id"])["sequences"][0]
        self.assertEqual(len(again["targets"]), layers)  # the last position when not told otherwise
        end = again["targets"][-1]
        self.assertEqual((end["rank"], end["layer"], end["position"]), (1, layers - 1, 2))
        self.assertAlmostEqual(end["prob"], likeliest["prob"], places=12)
        self.assertIn("Targets in the lens", self.ok("measure", model, "-p", "abc", "--target", "b").out)
        self.fails(2, "measure", model, "-p", "abc", "--target", "ab", says=["one token", "'a' 'b'"])
        self.fails(3, "measure", model, "-p", "abc", "--target", "100000", says=["--target", "vocabulary", "100000"])
        self.fails(2, "measure", model, "-p", "abc", "--target", "", says=["--target"])


class EmbedScale(CliTest):
    def test_stored_and_float32(self):
        ids = ("--ids", "1,2,3")
        stored = self.document("measurement-1", "measure", ZOO_GEMMA, *ids)
        exact = self.document("measurement-1", "measure", ZOO_GEMMA, *ids, "--embed-scale", "float32")
        same = self.document("measurement-1", "measure", ZOO_GEMMA, *ids, "--embed-scale", "stored")
        self.assertEqual(stored["sequences"], same["sequences"])
        scales = [w for w in stored["warnings"] if "embedding is scaled" in w]
        if not scales:  # the width's root has no more digits than the type
            self.assertEqual(stored["sequences"], exact["sequences"])
            return
        self.assertIn("--embed-scale float32", scales[0])
        self.assertNotEqual(stored["sequences"], exact["sequences"])
        self.assertTrue(any("float32 load" in w for w in exact["warnings"]))
        self.assertIn("embedding is scaled", self.ok("inspect", ZOO_GEMMA).out)
        self.assertIn("embedding is scaled", self.ok("compare", ZOO_GEMMA, ZOO_GEMMA, *ids).err)

    def test_models_without_such_a_factor_are_left_alone(self):
        plain = self.document("measurement-1", "measure", LLAMA, "--ids", "1,2")
        float32 = self.document("measurement-1", "measure", LLAMA, "--ids", "1,2", "--embed-scale", "float32")
        self.assertEqual(plain["sequences"], float32["sequences"])


def read_npy(raw):
    """(shape, values) by this test's own reading of numpy's format 1.0."""
    assert raw[:8] == b"\x93NUMPY\x01\x00"
    (size,) = struct.unpack("<H", raw[8:10])
    assert (10 + size) % 64 == 0
    head = eval(raw[10:10 + size].decode(), {})  # a literal of Python by the format's definition
    assert not head["fortran_order"]
    code = {"<f4": "f", "<i8": "q"}[head["descr"]]
    data = raw[10 + size:]
    values = struct.unpack(f"<{len(data) // struct.calcsize(code)}{code}", data)
    return head["shape"], values


class Numpy(CliTest):
    def test_npz_and_npy_hold_what_safetensors_hold(self):
        from extract_compare_test import read_safetensors
        wanted = ("extract", LLAMA, "--ids", "1,5,9", "--sites", "resid_post,embed", "--layers", "2,3")
        self.ok(*wanted, "-o", self.folder / "a.safetensors")
        self.ok(*wanted, "-o", self.folder / "a.npz")
        tensors, _ = read_safetensors(self.folder / "a.safetensors")
        with zipfile.ZipFile(self.folder / "a.npz") as archive:
            self.assertIsNone(archive.testzip())
            self.assertEqual({n.removesuffix(".npy") for n in archive.namelist()}, set(tensors))
            for name, (shape, values) in tensors.items():
                self.assertEqual(read_npy(archive.read(name + ".npy")), (tuple(shape), values))
        self.fails(2, *wanted, "-o", self.folder / "a.npy", says=["one matrix", ".npz"])
        self.ok("extract", LLAMA, "--ids", "1,5,9", "--sites", "resid_post", "--layers", "3", "-o", self.folder / "a.npy")
        shape, values = tensors["blocks.3.hook_resid_post"]
        self.assertEqual(read_npy((self.folder / "a.npy").read_bytes()), (tuple(shape), values))


class OddFolders(CliTest):
    def test_an_adapter_is_named_with_its_base(self):
        folder = self.folder / "adapter"
        folder.mkdir()
        (folder / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "org/base", "peft_type": "LORA"}))
        (folder / "adapter_model.safetensors").write_bytes(b"\2\0\0\0\0\0\0\0{}")
        for name in (folder, folder / "adapter_model.safetensors"):
            self.fails(3, "measure", name, "--ids", "1", says=["PEFT", "org/base", "merge_and_unload"])

    def test_pointers_of_git_lfs(self):
        folder = self.folder / "clone"
        folder.mkdir()
        pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 123\n"
        (folder / "config.json").write_bytes((GOLDEN / "llama-deep" / "config.json").read_bytes())
        for name in ("model.safetensors", "m.gguf"):
            (folder / name).write_text(pointer)
            self.fails(3, "inspect", folder if name == "model.safetensors" else folder / name, says=["Git LFS", "git lfs pull"])
            (folder / name).unlink()

    def test_a_tokenizer_model_alone_says_how_to_make_the_other(self):
        model = tiny_model(self.folder / "tiny", "llama-deep")
        (model / "tokenizer.json").unlink()
        (model / "tokenizer.model").write_bytes(b"x")
        self.fails(3, "measure", model, "-p", "a", says=["tokenizer.model alone", "AutoTokenizer", "save_pretrained"])


if __name__ == "__main__":
    main()

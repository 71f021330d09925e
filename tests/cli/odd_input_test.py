"""Odd ends of every command: pipes that close, full disks, odd prompts and flags; exit codes 0 to 4 and a clear message."""
import json
import os
import signal
import subprocess
import threading

from support import GGUF, IDS, LLAMA, PROGRAM, CliTest, main, run


class Outputs(CliTest):
    COMMANDS = (("measure", GGUF, "--ids", IDS), ("gains", GGUF, "--ids", IDS), ("inspect", GGUF), ("weights", GGUF),
                ("compare", GGUF, LLAMA, "--ids", IDS))

    def test_a_full_disk_is_4_and_says_so(self):
        for command in self.COMMANDS:
            for target in ([], ["--json", "-"]):
                with self.subTest(command[0], target=target), open("/dev/full", "wb") as full:
                    done = subprocess.run([PROGRAM, *map(str, command), *target], stdout=full, stderr=subprocess.PIPE,
                                          timeout=120, check=False)
                    self.assertEqual(done.returncode, 4, done.stderr)
                    self.assertIn(b"standard output", done.stderr)
            with self.subTest(command[0], target="/dev/full"):
                self.fails(4, *command, "--json", "/dev/full", says=["/dev/full"])

    def test_a_reader_that_went_away_ends_the_program_quietly(self):
        for command in self.COMMANDS:
            with self.subTest(command[0]):
                read, write = os.pipe()
                os.close(read)
                done = subprocess.run([PROGRAM, *map(str, command), "--json", "-"], stdout=write, stderr=subprocess.PIPE,
                                      timeout=120, check=False)
                os.close(write)
                self.assertEqual(done.returncode, -signal.SIGPIPE)
                self.assertEqual(done.stderr, b"")

    def test_a_pipe_as_target_gets_the_document_and_stays(self):
        for command in self.COMMANDS:
            with self.subTest(command[0]):
                pipe = self.folder / f"{command[0]}.fifo"
                os.mkfifo(pipe)
                got = []
                reader = threading.Thread(target=lambda pipe=pipe, got=got: got.append(pipe.read_bytes()))
                reader.start()
                self.ok(*command, "--json", pipe)
                reader.join()
                self.assertIn("schema", json.loads(got[0]))
                self.assertTrue(pipe.is_fifo())

    def test_two_outputs_in_one_place(self):
        for command in (("measure", GGUF, "--ids", IDS), ("weights", GGUF)):
            self.fails(2, *command, "--json", self.folder / "x", "--csv", self.folder / "x", says=["same file"])
            self.fails(2, *command, "--json", "-", "--csv", "-", says=["standard output"])
            self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_narrow_terminal_and_no_colour(self):
        for command in self.COMMANDS:
            plain = self.ok(*command, COLUMNS="40", NO_COLOR="1").raw
            self.assertNotIn(b"\x1b", plain)


class Prompts(CliTest):
    def setUp(self):
        super().setUp()
        self.model = self.folder / "model"
        self.model.mkdir()
        for name in ("config.json", "model.safetensors"):
            (self.model / name).symlink_to(LLAMA / name)
        self.vocabulary = json.loads((LLAMA / "config.json").read_text())["vocab_size"]
        letters = [chr(c) for c in range(33, 127)] + ["\u0120", "\u010a", "\u010d"]
        self.assertLessEqual(len(letters), self.vocabulary)
        step = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
        (self.model / "tokenizer.json").write_text(json.dumps({
            "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
            "pre_tokenizer": step, "post_processor": None, "decoder": step,
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                      "vocab": {c: i for i, c in enumerate(letters)}, "merges": []}}))

    def texts(self, content, name="p.txt"):
        (self.folder / name).write_bytes(content)
        return [s["text"] for s in self.document("measurement-1", "measure", self.model, "--prompts",
                                                 self.folder / name)["sequences"]]

    def test_files_of_other_systems(self):
        self.assertEqual(self.texts(b"\xef\xbb\xbfone\r\ntwo\r\n"), ["one", "two"])
        self.assertEqual(self.texts(b"one\n\n  \ntwo"), ["one", "two"])
        self.assertEqual(self.texts(b"\xef\xbb\xbf[\"a\", {\"text\": \"b\"}]", "p.json"), ["a", "b"])
        self.assertEqual(self.texts(b"same\nsame\n"), ["same", "same"])

    def test_files_without_a_usable_prompt(self):
        for content, name, says in ((b"", "p.txt", "no prompt"), (b"\n \r\n", "p.txt", "no prompt"),
                                    (b"[]", "p.json", "no prompt"), (b"ok\ncaf\xe9\n", "p.txt", "UTF-8"),
                                    (b"[\"\"]", "p.json", "without a text")):
            with self.subTest(content):
                (self.folder / name).write_bytes(content)
                self.fails(3, "measure", self.model, "--prompts", self.folder / name, says=[says])

    def test_only_whitespace_is_a_text(self):
        document = self.document("measurement-1", "measure", self.model, "-p", "   ")
        self.assertEqual(document["sequences"][0]["text"], "   ")

    def test_ids(self):
        self.ok("measure", GGUF, "--ids", " 1 , 2,3 ")
        self.fails(2, "measure", GGUF, "--ids", "1,,2", says=["1,,2"])
        self.fails(2, "measure", GGUF, "--ids", "1,2,", says=["1,2,"])
        self.fails(2, "measure", GGUF, "--ids", "1 2", says=["1 2"])
        self.fails(3, "measure", GGUF, "--ids", "-1", says=["-1", "vocabulary"])
        self.fails(3, "measure", GGUF, "--ids", str(1 << 70), says=["vocabulary"])

    def test_no_vocabulary_says_once_what_to_do(self):
        for model in (GGUF, LLAMA):
            done = self.fails(3, "measure", model, "-p", "hello")
            self.assertEqual(done.err.count("--ids"), 1, done.err)
            self.assertNotIn("--ids", self.fails(3, "tokenize", model, "-p", "hello").err)

    def test_all_logits_of_a_long_prompt(self):
        ids = ",".join(["1", "5", "9", "2"] * 300)
        document = self.document("measurement-1", "measure", LLAMA, "--ids", ids, "--logits", "all")
        self.assertEqual(len(document["sequences"][0]["logits"]), 1200)


class Flags(CliTest):
    def test_numbers_and_names_out_of_range(self):
        measure = ("measure", GGUF, "--ids", IDS)
        for flags in (["--threads", "0"], ["--threads", "-1"], ["--isa", "unknown"], ["--memory", "0"],
                      ["--memory", "-5MB"], ["--memory", "1e400"], ["--sites", "nowhere"], ["--sites", ""],
                      ["--massive", "0"], ["--lens", "first"]):
            with self.subTest(flags):
                self.fails(2, *measure, *flags, says=["instruction set" if flags[0] == "--isa" else flags[0].lstrip("-")])

    def test_tiny_memory_and_many_threads_change_nothing(self):
        def numbers(*flags):
            return [s["norms"] for s in self.document("measurement-1", "measure", GGUF, "--ids", IDS, "--ids", "3,1",
                                                      *flags)["sequences"]]

        usual = numbers()
        self.assertEqual(numbers("--memory", "1"), usual)
        self.assertEqual(numbers("--threads", "300"), usual)

    def test_a_model_that_is_none(self):
        (self.folder / "x.json").write_text("{}")
        for model in ("", " ", "/", "/dev/null", self.folder, self.folder / "x.json"):
            for command in (("inspect",), ("measure", "--ids", IDS), ("weights",), ("gains", "--ids", IDS)):
                with self.subTest(model=model, command=command[0]):
                    done = run(command[0], model, *command[1:])
                    self.assertIn(done.code, (2, 3), done.err)
                    self.assertIn("streamgauge: error: ", done.err)

    def test_list_and_extract(self):
        self.fails(2, "list", "suites", "families")
        self.fails(2, "extract", GGUF, "--ids", IDS, "--sites", "nowhere", "-o", self.folder / "x", says=["nowhere"])
        self.fails(2, "extract", GGUF, "--ids", IDS, "--sites", "resid_post", "--layers", "99", "-o", self.folder / "x",
                   says=["99"])
        self.fails(2, "extract", GGUF, "--ids", IDS, "--sites", "resid_post", "--positions", "99", "-o",
                   self.folder / "x", says=["99"])
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_gains_of_a_file_are_those_of_the_model(self):
        file = self.folder / "m.json"
        self.ok("measure", GGUF, "--ids", IDS, "--logits", "none", "--json", file)
        of_file = self.document("gains-1", "gains", file)
        of_model = self.document("gains-1", "gains", GGUF, "--ids", IDS)
        self.assertEqual(of_file["definitions"], of_model["definitions"])
        self.assertEqual(of_file["ladder"], of_model["ladder"])
        self.fails(2, "gains", file, "--ids", IDS, says=["own prompts"])


main()

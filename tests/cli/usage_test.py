"""Help, versions, wrong usage: exit codes 0 and 2."""
import json
import re
import shutil

from support import GGUF, IDS, ROOT, CliTest, main, run, tiny_model

COMMANDS = ["inspect", "measure", "gains", "extract", "compare", "weights", "tokenize", "run", "analyze", "report",
            "list", "check", "doctor", "pull", "login", "logout", "whoami", "completion", "help"]


def untimed(done):
    """What a command says, without how long it took and what memory it had."""
    return re.sub(r"\d[\d.,]* \w+, peak .*", "", done.out)


class Usage(CliTest):
    def test_help_of_every_command_has_an_example(self):
        for command in COMMANDS:
            with self.subTest(command):
                done = self.ok(command, "--help")
                self.assertRegex(done.out, rf"Example:\n  .*streamgauge {command}")
                for flag in ("--threads", "--isa", "--quiet", "--no-progress", "--log-level"):
                    self.assertIn(flag, done.out)

    def test_the_program_itself(self):
        done = self.ok("--help")
        for command in COMMANDS:
            self.assertIn(command, done.out)
        self.assertRegex(self.ok("--version").out, r"^streamgauge \d+\.\d+\.\d+\n$")

    def test_wrong_usage_is_2_and_says_where_help_is(self):
        for arguments in ([], ["nonsense"], ["measure"], ["measure", GGUF, "--no-such-flag"],
                          ["measure", GGUF, "--ids", IDS, "--logits", "some"],
                          ["measure", GGUF, "--ids", IDS, "--threads", "0"],
                          ["measure", GGUF, "--ids", IDS, "--threads", "many"],
                          ["measure", GGUF, "--ids", IDS, "--log-level", "loud"]):
            with self.subTest(arguments):
                self.fails(2, *arguments, says=["--help"])

    def test_wrong_values_are_2_and_say_what_is_known(self):
        self.fails(2, "measure", GGUF, says=["no prompt", "-p TEXT"])
        self.fails(2, "measure", GGUF, "--ids", "1,x", says=["token ids", "'1,x'"])
        self.fails(2, "measure", GGUF, "--ids", "", says=["token ids"])
        self.fails(2, "measure", GGUF, "--ids", IDS, "--sites", "resid", says=["unknown site", "resid_post"])
        self.fails(2, "measure", GGUF, "--ids", IDS, "--memory", "much", says=["--memory", "512MB"])
        self.fails(2, "measure", GGUF, "--ids", IDS, "--json", "-", "--csv", "-", says=["standard output"])
        self.fails(2, "measure", GGUF, "--ids", IDS, "--isa", "abacus", says=["abacus"])
        self.fails(2, "gains", GGUF, "--ids", IDS, "--definition", "best", says=["notebook-003", "list definitions"])
        self.fails(2, "tokenize", GGUF, says=["FILE"])
        for flag in ("--json", "--csv", "--plot", "--explore", "--trace", "-o"):
            self.fails(2, "measure", GGUF, "--ids", IDS, flag, "", says=["an empty name"])
        for number in ("nan", "inf", "-1"):
            self.fails(2, "compare", GGUF, GGUF, "--ids", IDS, "--apart", number, says=["--apart"])
            self.fails(2, "measure", GGUF, "--ids", IDS, "--massive", number, says=["--massive"])

    def test_flags_of_every_command_stand_before_it_or_after_it(self):
        common = ["--threads", "1", "--quiet", "--no-progress", "--log-level", "debug"]
        after = self.ok("gains", GGUF, "--ids", IDS, *common)
        self.assertEqual(untimed(self.ok(*common, "gains", GGUF, "--ids", IDS)), untimed(after))
        self.assertEqual(untimed(self.ok("-t", "1", "gains", "--ids", IDS, "-m", GGUF)), untimed(after))
        self.fails(2, "--isa", "abacus", "measure", GGUF, "--ids", IDS, says=["abacus"])

    def test_short_flags_are_those_of_other_programs(self):
        prompts = self.folder / "prompts.json"
        model = tiny_model(self.folder / "model", "llama-deep")
        prompts.write_text('["ab", "cd"]')
        self.assertEqual(untimed(self.ok("gains", "-m", model, "-f", prompts, "-t", "2")),
                         untimed(self.ok("gains", model, "--prompts", prompts)))
        self.assertEqual(self.ok("tokenize", "-m", model, prompts).out, self.ok("tokenize", model, prompts).out)

    def test_an_unknown_word_is_answered_with_the_nearest(self):
        self.fails(2, "gain", GGUF, "--ids", IDS, says=["unknown command", "'gain'", "Did you mean gains?"])
        self.fails(2, "mesure", says=["Did you mean measure?"])
        self.fails(2, "measure", GGUF, "--logit", "all", says=["unknown flag '--logit' of measure", "--logits"])
        self.fails(2, "measure", "--promts=x", says=["'--promts'", "--prompts"])
        self.fails(2, "--thread", "2", "gains", GGUF, says=["'--thread'", "--threads"])
        self.fails(2, "list", "suits", says=["'suits'", "Did you mean suites?"])
        self.fails(2, "help", "gain", says=["Did you mean gains?"])
        self.fails(2, "measure", GGUF, "--suite", "notebook003", says=["unknown suite", "Did you mean notebook-003?"])
        self.fails(2, "measure", GGUF, "--ids", IDS, "--sites", "resid_pots", says=["Did you mean resid_post"])
        self.fails(2, "gains", GGUF, "--ids", IDS, "--definition", "notebook-03", says=["notebook-003"])
        self.fails(2, "gains", GGUF, "--ids", IDS, "--definition", "lst/last_block", says=["Did you mean last?"])
        self.fails(2, "run", "long-contxt", "-o", self.folder / "r", says=["Did you mean long-context?"])
        self.assertNotIn("Did you mean", self.fails(2, "nonsense").err)
        self.assertNotIn("Did you mean", self.fails(2, "run", "--lis").err)
        self.fails(2, "measure", GGUF, "--ids", IDS, "--logits", "alll", says=["--logits", "one of last, all, none", "'alll'", "Did you mean all?"])

    def test_a_wrong_number_of_things_is_told_in_words(self):
        self.fails(2, "measure", GGUF, "-f", "a", "-f", "b", says=["--prompts is given 2 times"])
        self.fails(2, "measure", says=["MODEL is required"])
        self.fails(2, "measure", GGUF, GGUF, "--ids", IDS, says=["no place for"])
        self.fails(2, "measure", GGUF, "-p", says=["--prompt", "value is missing"])

    def test_whatever_is_wrong_with_the_call_is_2(self):
        folder = self.folder / "r"
        for call in (["run", "nothing-like-it", "-o", folder], ["analyze", "nothing-like-it", "x.json", "-o", folder],
                     ["run", "long-context", "-o", folder, "--set", "definition=best"],
                     ["run", "long-context", "-o", folder, "--set", "prompts.suite=none-such"],
                     ["weights", GGUF, "--amplification", "best", "--ids", IDS],
                     ["extract", GGUF, "--ids", IDS, "--sites", "blocks.99.hook_resid_post", "-o", folder]):
            self.fails(2, *call)
        file = self.folder / "own.toml"
        file.write_text(self.ok("run", "--print", "long-context").out.replace('"notebook-001"', '"best"', 1))
        self.fails(3, "run", file, "-o", folder, says=["unknown definition"])

    def test_sites_are_named_as_elsewhere(self):
        rows = self.ok("measure", GGUF, "--ids", IDS, "--sites", "blocks.2.hook_resid_post,ln_final.hook_out",
                       "--csv", "-").out.splitlines()
        all_rows = self.ok("measure", GGUF, "--ids", IDS, "--csv", "-").out.splitlines()
        wanted = [row for row in all_rows if row.split(",")[6:8] in (["2", "resid_post"], ["", "ln_final"])]
        self.assertEqual(rows[1:], wanted)
        self.assertEqual(len(wanted), 10)
        document = self.document("measurement-1", "measure", GGUF, "--ids", IDS, "--sites", "resid_post.2")
        self.assertEqual(list(document["sequences"][0]["norms"]), ["resid_post"])

    def test_logits_alone_are_no_site_of_the_norms(self):
        call = ("measure", GGUF, "--ids", IDS, "--sites", "logits")
        sequence, = self.document("measurement-1", *call)["sequences"]
        self.assertEqual((sequence["norms"], sequence["dots"]), ({}, {}))
        self.assertEqual(len(sequence["logits"]), 1)
        self.assertEqual(len(self.ok(*call, "--csv", "-").out.splitlines()), 1)
        self.ok(*call, "-o", self.folder / "out")
        self.assertEqual(len((self.folder / "out" / "measurement.csv").read_text().splitlines()), 1)
        self.assertEqual(len((self.folder / "out" / "decomposition.csv").read_text().splitlines()), 1 + 5 * 7)
        for command in (["extract", GGUF], ["compare", GGUF, GGUF]):
            self.fails(2, *command, "--ids", IDS, "--sites", "logits", "-o", self.folder / "x.npz",
                       says=["no vectors of the stream", "--logits all"])

    def test_a_fingerprint_of_every_byte_is_that_of_a_run(self):
        model = self.folder / "model"
        shutil.copytree(ROOT / "zoo" / "mistral", model)

        def fingerprints():
            of_sample, of_bytes = (self.document("inspect-1", "inspect", model, *flag)["model"]["fingerprint"]
                                   for flag in ([], ["--full-hash"]))
            return of_sample, of_bytes
        sample, content = fingerprints()
        self.assertNotEqual(sample, content)
        for call in (["measure", model, "--ids", "1"], ["gains", model, "--ids", "1"], ["weights", model]):
            document = json.loads(self.ok(*call, "--json", "-", "--full-hash").out)
            self.assertEqual(document["model"]["fingerprint"], content)
        compared = json.loads(self.ok("compare", model, model, "--ids", "1", "--json", "-", "--full-hash").out)
        self.assertEqual([compared[side]["fingerprint"] for side in "ab"], [content, content])
        run("run", "mistral-paradox", "--model", f"mistral={model}", "-o", self.folder / "run")
        row, = (m for m in json.loads((self.folder / "run" / "results.json").read_text())["streamgauge"]["models"]
                if m["key"] == "mistral")
        self.assertEqual(row["measured"]["fingerprint"], content)
        data = bytearray((model / "model.safetensors").read_bytes())
        length = int.from_bytes(data[:8], "little")
        tensors = [t for name, t in json.loads(data[8:8 + length]).items() if name != "__metadata__"]
        _, end = max((t["data_offsets"] for t in tensors), key=lambda at: at[1] - at[0])
        data[8 + length + end - 1] ^= 1  # the end of the largest tensor is in no sample
        (model / "model.safetensors").write_bytes(data)
        changed = fingerprints()
        self.assertEqual(changed[0], sample)
        self.assertNotEqual(changed[1], content)
        self.fails(2, "inspect", "org/name", "--remote", "--full-hash", says=["--full-hash", "pull"])

    def test_what_is_not_known_is_not_helped(self):
        for call in (["nonsense", "--help"], ["measure", "--nonsense", "--help"], ["plan", "corpus", "--nonsense", "--help"]):
            self.fails(2, *call, says=["nonsense"])
        for call in (["doctor"], ["list"], ["inspect", GGUF]):
            self.fails(2, *call, "--isa", "abacus", says=["abacus"])

    def test_a_measurement_that_is_not_there_is_missed(self):
        self.fails(3, "gains", self.folder / "none.json", says=["none.json"])
        self.ok("measure", GGUF, "--ids", IDS, "--json", self.folder / "m.json")
        self.ok("gains", self.folder / "m.json", "--definition", "all")
        for flag in (["--special", "none"], ["--plan"], ["--memory", "1G"], ["--full-hash"]):
            self.fails(2, "gains", self.folder / "m.json", *flag, says=[flag[0], "as it was measured"])

    def test_flags_of_conversations_without_one_are_told(self):
        model = ROOT / "zoo" / "llama31-instruct"
        for flag in (["--system", "Be brief."], ["--no-generation-prompt"]):
            self.assertIn(flag[0] + " without effect", self.ok("measure", model, "-p", "hi", *flag).err)
            self.assertNotIn("without effect", self.ok("measure", model, "-p", "hi", "--chat", *flag).err)

    def test_sequences_have_the_same_keys_however_they_were_given(self):
        of_ids, = self.document("measurement-1", "measure", GGUF, "--ids", IDS)["sequences"]
        of_text, = self.document("measurement-1", "measure", ROOT / "zoo" / "mistral", "-p", "hi")["sequences"]
        self.assertEqual((of_ids["special"], of_ids["columns"]), (None, {}))
        self.assertEqual((of_text["special"], of_text["columns"]), ("auto", {}))
        self.assertEqual(of_ids.keys(), of_text.keys())

    def test_plans_of_what_is_not_measured_yet(self):
        self.assertRegex(self.ok("weights", GGUF, "--plan").out, r"matrices +2, .* numbers\nreads +\d")
        self.assertIn("tokens", self.ok("run", "mistral-paradox", "--zoo", "--plan").out)
        self.assertIn("task over", self.ok("corpus", ROOT / "zoo" / "mistral", ROOT / "zoo" / "heldout.txt", "--plan").out)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_names_and_numbers_of_flags(self):
        self.fails(2, "extract", GGUF, "--ids", IDS, "--sites", "embed", "-o", self.folder / "x.bin", says=[".npz"])
        self.fails(2, "weights", GGUF, "--ids", IDS, "--amplification", "bogus", says=["--amplification"])
        self.assertLess(len(self.fails(2, "measure", GGUF, "--massive", "-1", says=["positive number"]).err), 200)
        self.fails(3, "run", self.folder / "none.toml", "-o", self.folder / "r", says=["no such file"])

    def test_help_is_the_same_by_every_way(self):
        self.assertEqual(self.ok("help").out, self.ok("--help").out)
        for command in COMMANDS:
            self.assertEqual(self.ok("help", command).out.strip(), self.ok(command, "--help").out.strip())
        self.assertEqual(self.ok("-v").out, self.ok("--version").out)

    def test_lists(self):
        self.assertIn("notebook-003", self.ok("list", "suites").out)
        self.assertIn("25", self.ok("list", "suites").out)
        for family in ("llama", "gemma3", "gpt_neox"):
            self.assertIn(family, self.ok("list", "families").out)
        for name in ("notebook-001", "notebook-003-with-norm", "notebook-004", "geometric_mean", "end_to_end_and_norm"):
            self.assertIn(name, self.ok("list", "definitions").out)
        self.assertEqual(self.ok("list", "experiment").out, self.ok("list", "experiments").out)
        self.assertEqual(self.ok("list", "family").out, self.ok("list", "families").out)
        everything = self.ok("list").out
        for what in ("suites", "experiments", "families", "definitions", "fields"):
            self.assertIn(what + ":\n\n" + self.ok("list", what).out, everything)
        nowhere = {"HF_HOME": str(self.folder), "XDG_CACHE_HOME": str(self.folder)}
        self.assertIn("pocket zoo", self.ok("list", "models", **nowhere).out)
        self.assertIn("No model in", self.ok("list", "models", STREAMGAUGE_ZOO=str(self.folder), **nowhere).out)

    def test_doctor_names_what_it_runs_on_and_never_the_token(self):
        done = self.ok("doctor", HF_TOKEN="hf_secret", HF_HOME=str(self.folder))
        self.assertNotIn("hf_secret", done.out)
        self.assertIn("HF_TOKEN", done.out)
        self.assertIn(str(self.folder / "hub"), done.out)
        self.assertIn("in use: ", done.out)

    def test_check_passes_and_leaves_nothing(self):
        done = self.ok("check", TMPDIR=str(self.folder))
        self.assertIn("hold.", done.out)
        self.assertNotIn("FAILED", done.out)
        for model in ("llama-tied-llama3-rope", "gemma3-multimodal", "gpt-neox-parallel"):
            self.assertIn(model, done.out)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_check_without_a_place_for_its_models_is_4(self):
        self.fails(4, "check", TMPDIR=str(self.folder / "none"), says=["TMPDIR"])


main()

"""Help, versions, wrong usage: exit codes 0 and 2."""
from support import GGUF, IDS, CliTest, main, run

COMMANDS = ["inspect", "measure", "gains", "tokenize", "list", "check", "doctor"]


class Usage(CliTest):
    def test_help_of_every_command_has_an_example(self):
        for command in COMMANDS:
            with self.subTest(command):
                done = self.ok(command, "--help")
                self.assertIn(f"Example:\n  streamgauge {command}", done.out)
                for flag in ("--threads", "--isa", "--quiet", "--no-progress", "--log-level"):
                    self.assertIn(flag, done.out)

    def test_the_program_itself(self):
        done = self.ok("--help")
        for command in COMMANDS:
            self.assertIn(command, done.out)
        self.assertRegex(self.ok("--version").out, r"^streamgauge \d+\.\d+\.\d+\n$")

    def test_wrong_usage_is_2_and_says_where_help_is(self):
        for arguments in ([], ["nonsense"], ["measure"], ["measure", GGUF, "--no-such-flag"], ["list", "nothing"],
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

    def test_flags_work_after_the_command_and_its_arguments(self):
        self.ok("measure", GGUF, "--ids", IDS, "--threads", "1", "--quiet", "--no-progress", "--log-level", "debug")

    def test_lists(self):
        self.assertIn("notebook-003", self.ok("list", "suites").out)
        self.assertIn("25", self.ok("list", "suites").out)
        for family in ("llama", "gemma3", "gpt_neox"):
            self.assertIn(family, self.ok("list", "families").out)
        for name in ("notebook-001", "notebook-003-with-norm", "notebook-004", "geometric_mean", "end_to_end_and_norm"):
            self.assertIn(name, self.ok("list", "definitions").out)
        self.ok("list", "experiments")
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

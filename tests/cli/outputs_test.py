"""Output files: whole or not there, never in the place of what is read, with the mode that the umask gives."""
import os
import shutil
import signal
import subprocess
import time

from support import GGUF, IDS, LLAMA, PROGRAM, CliTest, main, tiny_model

class Inputs(CliTest):
    """A copy of a model and every flag that names an output."""

    def setUp(self):
        super().setUp()
        self.model = self.folder / "model"
        tiny_model(self.model, "llama-deep")
        for link in [p for p in self.model.iterdir() if p.is_symlink()]:
            content = link.read_bytes()
            link.unlink()
            link.write_bytes(content)
        self.gguf = self.folder / "model.gguf"
        shutil.copy(GGUF, self.gguf)
        self.prompts = self.folder / "prompts.txt"
        self.prompts.write_text("some text\n")

    def calls(self, model):
        for flag in ("--json", "--csv", "--trace"):
            yield ("measure", model, "--ids", IDS, flag)
        yield ("gains", model, "--ids", IDS, "--json")
        yield ("weights", model, "--json")
        yield ("weights", model, "--csv")
        yield ("inspect", model, "--json")
        yield ("compare", LLAMA, model, "--ids", IDS, "--json")
        yield ("compare", model, LLAMA, "--ids", IDS, "--json")
        yield ("extract", model, "--ids", IDS, "--sites", "embed", "-o")

    def names_of(self, file):
        """The file under its own and other names."""
        symlink, hard = self.folder / "symlink", self.folder / "hard"
        for link in (symlink, hard):
            link.unlink(missing_ok=True)
        symlink.symlink_to(file)
        os.link(file, hard)
        return file, symlink, hard, file.parent / "." / file.name

    def spared(self, file, *call):
        before = file.read_bytes()
        for name in self.names_of(file):
            with self.subTest(call[0], flag=call[-1], name=name.name):
                self.fails(2, *call, name, says=[call[-1]])
                self.assertEqual(file.read_bytes(), before)
                self.assertEqual(os.stat(file).st_nlink, 2)

    def test_no_output_replaces_a_file_of_the_model(self):
        for call in self.calls(self.gguf):
            self.spared(self.gguf, *call)
        for name in ("model.safetensors", "config.json", "tokenizer.json"):
            for call in self.calls(self.model):
                self.spared(self.model / name, *call)
        for call in self.calls(self.model / "model.safetensors"):
            self.spared(self.model / "model.safetensors", *call)

    def test_no_output_replaces_prompts_results_or_a_tokenizer(self):
        self.spared(self.prompts, "measure", self.model, "--prompts", self.prompts, "--json")
        self.spared(self.prompts, "tokenize", self.model, self.prompts, "--json")
        self.spared(self.model / "tokenizer.json", "tokenize", self.model / "tokenizer.json", "-p", "x", "--json")
        self.spared(self.model / "tokenizer.json", "tokenize", self.model, "-p", "x", "--json")
        measurement = self.folder / "m.json"
        self.ok("measure", self.gguf, "--ids", IDS, "--json", measurement)
        self.spared(measurement, "gains", measurement, "--json")

    def test_a_folder_of_results_that_leads_to_the_model(self):
        out = self.folder / "out"
        out.mkdir()
        (out / "measurement.json").symlink_to(self.gguf)
        before = self.gguf.read_bytes()
        self.fails(2, "measure", self.gguf, "--ids", IDS, "-o", out, says=["-o"])
        self.assertEqual(self.gguf.read_bytes(), before)

    def test_results_beside_the_model_are_fine_twice(self):
        for _ in range(2):
            self.ok("measure", self.model, "--ids", IDS, "--json", self.model / "result.json", "-o", self.model)
        self.ok("measure", self.gguf, "--ids", IDS, "--json", "/dev/null", "--csv", "/dev/null")


class Files(CliTest):
    def test_the_umask_of_the_moment_and_no_other(self):
        for mask, mode in (("000", 0o666), ("022", 0o644), ("077", 0o600)):
            for flag, call in (("-o", ("extract", GGUF, "--ids", IDS, "--sites", "embed")),
                               ("--json", ("inspect", GGUF))):
                with self.subTest(call[0], mask=mask):
                    file = self.folder / "x"
                    command = " ".join(f"'{a}'" for a in (PROGRAM, *call, flag, file))
                    subprocess.run(["sh", "-c", f"umask {mask}; exec {command}"], check=True, stdout=subprocess.DEVNULL)
                    self.assertEqual(file.stat().st_mode & 0o777, mode)
                    file.unlink()

    def test_a_killed_program_leaves_nothing(self):
        """Killed at many moments of writing a large document and of an extraction."""
        ids = ",".join(["1", "5", "9", "2"] * 300)
        for call in (("measure", LLAMA, "--ids", ids, "--json"), ("extract", LLAMA, "--ids", ids, "--sites",
                                                                "embed,resid_pre,resid_post", "-o")):
            for existing in (False, True):
                target = self.folder / "target"
                start = time.monotonic()
                self.ok(*call, target)
                whole = time.monotonic() - start
                want = target.stat().st_size
                for share in range(1, 8):
                    if not existing:
                        target.unlink(missing_ok=True)
                    process = subprocess.Popen([PROGRAM, *map(str, call), target], stdout=subprocess.DEVNULL,
                                               stderr=subprocess.DEVNULL)
                    time.sleep(whole * share / 7)
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                    left = [p.name for p in self.folder.iterdir()]
                    self.assertIn(left, ([], ["target"]) if not existing else (["target"],))
                    if target.exists() and call[0] == "extract":
                        self.assertEqual(target.stat().st_size, want)
                target.unlink(missing_ok=True)

    def test_a_long_name_and_an_error_leave_nothing(self):
        self.ok("inspect", GGUF, "--json", self.folder / ("x" * 250))
        self.assertEqual([p.name for p in self.folder.iterdir()], ["x" * 250])
        self.fails(3, "inspect", GGUF, "--json", self.folder / ("x" * 300))
        self.fails(3, "inspect", GGUF, "--json", self.folder / "none" / "x")
        self.assertEqual(len(list(self.folder.iterdir())), 1)

    def test_check_leaves_no_folder_behind_when_it_is_ended(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            for pause in (0.02, 0.1, 0.3):
                process = subprocess.Popen([PROGRAM, "check"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                           env={**os.environ, "TMPDIR": str(self.folder)})
                time.sleep(pause)
                process.send_signal(number)
                process.wait(timeout=60)
                self.assertEqual(list(self.folder.iterdir()), [])


class Text(CliTest):
    def test_a_byte_order_mark_is_no_text(self):
        model = tiny_model(self.folder / "m", "llama-deep")
        file = self.folder / "t.txt"
        file.write_bytes(b"abc")
        want = self.ok("tokenize", model, file, "--json", "-").out
        file.write_bytes(b"\xef\xbb\xbfabc")
        self.assertEqual(self.ok("tokenize", model, file, "--json", "-").out, want)
        self.assertEqual(self.ok("tokenize", model, "-", "--json", "-", stdin=b"\xef\xbb\xbfabc").out, want)

    def test_memory_is_honoured_before_a_file_is_read_whole(self):
        model = tiny_model(self.folder / "m", "llama-deep")
        big = self.folder / "big.txt"
        with big.open("wb") as file:
            file.truncate(1 << 40)  # a hole: reading it would take forever
        start = time.monotonic()
        for command in ("measure", "gains"):
            self.fails(4, command, model, "--prompts", big, "--memory", "64MB", says=["--memory"])
        self.fails(4, "measure", model, "--prompts", "/dev/zero", "--memory", "64MB", says=["--memory"])
        self.assertLess(time.monotonic() - start, 30)


main()

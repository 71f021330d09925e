"""Files that change while they are read, and a system that gives little: an error or fewer threads, never a crash."""
import json
import os
import resource
import shutil
import struct
import subprocess
import time

from support import GGUF, IDS, LLAMA, PROGRAM, CliTest, main, tiny_model


def gguf_text(text):
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def vocabulary():
    """A GGUF with a tokenizer and no tensor, as llama.cpp's own tests use."""
    tokens = [chr(c) for c in range(33, 127)] + ["\u0120", "\u010a", "ab"]
    pairs = [gguf_text("general.architecture") + struct.pack("<I", 8) + gguf_text("llama"),
             gguf_text("tokenizer.ggml.model") + struct.pack("<I", 8) + gguf_text("gpt2"),
             gguf_text("tokenizer.ggml.pre") + struct.pack("<I", 8) + gguf_text("gpt-2"),
             gguf_text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, len(tokens))
             + b"".join(map(gguf_text, tokens)),
             gguf_text("tokenizer.ggml.merges") + struct.pack("<IIQ", 9, 8, 1) + gguf_text("a b")]
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(pairs)) + b"".join(pairs)


class ChangedFiles(CliTest):
    def limited(self, limit, *arguments):
        """A call under a limit of resources, set in the child."""
        return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, timeout=120, check=False,
                              preexec_fn=lambda: resource.setrlimit(*limit))

    def test_little_address_space_is_no_fault_of_the_program(self):
        for mb in (60, 90, 120, 160, 400):
            size = mb << 20
            done = self.limited((resource.RLIMIT_AS, (size, size)), "measure", LLAMA, "--ids", IDS, "--threads", "64")
            self.assertIn(done.returncode, (0, 4, 127), f"{mb} MB: {done.stderr.decode()}")
            self.assertNotIn(b"fault of the program", done.stderr)

    def test_more_threads_than_there_may_be(self):
        if os.geteuid() == 0:
            self.skipTest("the system limits the processes of users only")
        for command in (["measure", LLAMA], ["compare", LLAMA, LLAMA]):
            done = self.limited((resource.RLIMIT_NPROC, (1, 1)), *command, "--ids", IDS, "--threads", "2")
            self.assertIn(done.returncode, (0, 4), done.stderr.decode())

    def test_a_model_cut_short_or_written_to_while_it_is_measured(self):
        """Whenever it happens, the answer is a number from the whole file or an error that says so."""
        seen = set()
        prompt = ["--ids", ",".join(["1", "5", "9"] * 400)]
        for number, delay in enumerate((0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.2)):
            copy = self.folder / f"model-{number}"
            shutil.copytree(LLAMA, copy)
            file = copy / "model.safetensors"
            process = subprocess.Popen([PROGRAM, "measure", str(copy), *prompt, "--json", "-"],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            time.sleep(delay)
            os.truncate(file, 100 if number % 2 else 0)
            out, err = process.communicate(timeout=120)
            self.assertIn(process.returncode, (0, 3), err.decode())
            self.assertEqual(bool(out), process.returncode == 0)
            seen.add(process.returncode)
        self.assertTrue(seen)

    def test_a_vocabulary_is_tokenized_and_named(self):
        file = self.folder / "vocabulary.gguf"
        file.write_bytes(vocabulary())
        tokens = json.loads(self.ok("tokenize", file, "-p", "ab", "--json", "-").out)["sequences"][0]["tokens"]
        self.assertEqual("".join(tokens), "ab")
        self.assertIn("a vocabulary and no weights", self.ok("inspect", file).out)
        self.fails(3, "measure", file, "--ids", IDS, says=("a vocabulary and no weights", "tokenize"))

    def test_a_blob_without_an_extension_is_a_model(self):
        blob = self.folder / ("sha256-" + "0" * 64)
        shutil.copy(GGUF, blob)
        self.ok("measure", blob, "--ids", IDS)

    def test_a_store_knows_every_byte(self):
        """A weight that no sample sees is edited: another model to a run, which measures it again."""
        model, out = tiny_model(self.folder / "model", "llama-deep"), self.folder / "out"
        weights = model / "model.safetensors"
        raw = bytearray(weights.read_bytes())
        weights.unlink()
        weights.write_bytes(raw)
        arguments = ("run", "head-density", "--model", f"m={model}", "-o", out)

        def fingerprints():
            of_run = json.loads((out / "results.json").read_text(encoding="utf-8"))
            sample = json.loads(self.ok("measure", model, "--ids", IDS, "--json", "-").out)["model"]["fingerprint"]
            return of_run["streamgauge"]["models"][0]["measured"]["fingerprint"], sample

        self.ok(*arguments)
        before = fingerprints()
        size = struct.unpack("<Q", raw[:8])[0]
        header = json.loads(raw[8:8 + size])
        begin, end = header["model.embed_tokens.weight"]["data_offsets"]
        self.assertGreater(end - begin, 16 * 256)  # between the sixteen samples of 64 bytes is something
        raw[8 + size + begin + 100] ^= 1
        weights.write_bytes(raw)
        self.ok(*arguments, "--resume")
        after = fingerprints()
        self.assertNotEqual(before[0], after[0])
        self.assertEqual(before[1], after[1])
        self.assertNotEqual(before[0], before[1])


if __name__ == "__main__":
    main()

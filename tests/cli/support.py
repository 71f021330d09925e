"""What the tests of the command line share: the program, tiny models, and how a call is made."""
import json
import os
import pathlib
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = os.environ.get("STREAMGAUGE", "")
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
GOLDEN = ROOT / "tests" / "data" / "golden"
LLAMA = GOLDEN / "llama-deep"  # safetensors, 7 blocks
GGUF = GOLDEN / "llama-deep" / "model.gguf"
PARALLEL = GOLDEN / "gpt-neox-parallel" / "model.gguf"
IDS = "1,5,9,2,7"

sys.path.insert(0, str(ROOT / "tools"))
import validate_json  # noqa: E402  (the tools are no package)


def byte_level_tokenizer():
    """One token for each printable character of ASCII, so that the tiny vocabularies read any prompt in English."""
    # Byte-level BPE writes a space and a line feed as the last two.
    letters = [chr(c) for c in range(33, 127)] + ["\u0120", "\u010a"]
    return {"version": "1.0", "added_tokens": [], "normalizer": None, "post_processor": None,
            "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False},
            "decoder": {"type": "ByteLevel"},
            "model": {"type": "BPE", "vocab": {letter: i for i, letter in enumerate(letters)}, "merges": []}}


def tiny_model(folder, golden):
    """A golden model with a tokenizer beside it, in a new folder."""
    folder.mkdir(parents=True)
    for file in ("config.json", "model.safetensors"):
        (folder / file).symlink_to(GOLDEN / golden / file)
    (folder / "tokenizer.json").write_text(json.dumps(byte_level_tokenizer()), encoding="utf-8")
    return folder


def with_a_massive_token(folder, token):
    """LLAMA with one row of the embedding ten thousand times as large, in a new folder."""
    data = bytearray((LLAMA / "model.safetensors").read_bytes())
    length = struct.unpack("<Q", data[:8])[0]
    head = json.loads(data[8:8 + length])
    name = next(n for n in head if n.endswith("embed_tokens.weight"))
    assert head[name]["dtype"] == "F32"
    width = head[name]["shape"][1]
    at = 8 + length + head[name]["data_offsets"][0] + 4 * width * token
    row = struct.unpack_from(f"<{width}f", data, at)
    struct.pack_into(f"<{width}f", data, at, *(x * 1e4 for x in row))
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(data)
    (folder / "config.json").write_bytes((LLAMA / "config.json").read_bytes())
    return folder


class Done:
    """A finished call: exit code and both streams."""

    def __init__(self, completed):
        self.code = completed.returncode
        self.raw = completed.stdout
        self.out = completed.stdout.decode("utf-8", "replace")
        self.err = completed.stderr.decode("utf-8", "replace")


def run(*arguments, stdin=b"", **environment):
    """Arguments may be str, bytes or Path."""
    command = [PROGRAM, *[a if isinstance(a, bytes) else str(a) for a in arguments]]
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=120, check=False,
                          env={**os.environ, "NO_COLOR": "1", **environment})
    return Done(done)


class CliTest(unittest.TestCase):
    """A test with a folder of its own."""

    def work_and_be_killed(self, folder, seed, kills):
        """Three workers of a plan, of which one after the other is killed and replaced; they end by themselves."""
        rng = random.Random(seed)

        def start():
            return subprocess.Popen([PROGRAM, "work", str(folder), "--lease", "1s", "--threads", "1"],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        workers = [start() for _ in range(3)]
        for _ in range(kills):
            time.sleep(rng.uniform(0.05, 0.2))
            at = rng.randrange(3)
            workers[at].send_signal(signal.SIGKILL)
            workers[at].wait()
            workers[at] = start()
        for worker in workers:
            self.assertEqual(worker.wait(), 0)

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="streamgauge-test-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def ok(self, *arguments, **options):
        done = run(*arguments, **options)
        self.assertEqual(done.code, 0, f"{arguments}\n{done.out}\n{done.err}")
        return done

    def fails(self, code, *arguments, says=(), **options):
        """The exit code, one message on standard error that holds every word of `says`, nothing on standard output."""
        done = run(*arguments, **options)
        self.assertEqual(done.code, code, f"{arguments}\n{done.out}\n{done.err}")
        self.assertIn("streamgauge: error: ", done.err)
        self.assertEqual(done.out, "", arguments)
        for word in says:
            self.assertIn(word, done.err, arguments)
        return done

    def document(self, schema, *arguments, **options):
        """What a command writes with --json -, validated."""
        done = self.ok(*arguments, "--json", "-", **options)
        document = validate_json.load(done.out)
        self.assertEqual(validate_json.errors(schema, document), [])
        return document


def without_timings(document):
    """What must be the same bits for every run."""
    copy = json.loads(json.dumps(document))
    del copy["timings"]
    del copy["engine"]["threads"]
    return copy


def main():
    if not PROGRAM:
        sys.exit("STREAMGAUGE must name the program")
    unittest.main()

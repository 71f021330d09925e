"""The same server, two empty caches: the Python client's and ours. Equal names, links, bytes and modes, and each reads
the other's offline.

The client (huggingface_hub) comes from PyPI into a virtual environment that is kept between runs, or is that of the
interpreter that STREAMGAUGE_HUB_CLIENT names. Without either the test is skipped, and says so.
"""
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

from hub_support import LLAMA, PROGRAM, TOKEN, HubTest, main, model_files, tree_of

VERSION = "2.4.0"
SKIPPED = 77
DOWNLOAD = """import sys
from huggingface_hub import snapshot_download
print(snapshot_download(sys.argv[1], revision=sys.argv[2] or None, local_files_only=sys.argv[3] == "offline"))"""


def client():
    """An interpreter that has huggingface_hub; None when there is none to be had."""
    named = os.environ.get("STREAMGAUGE_HUB_CLIENT")
    if named:
        return named
    base = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    python = base / f"streamgauge-hub-client-{VERSION}" / "bin" / "python"
    check = [python, "-c", "import huggingface_hub"]
    if python.exists() and subprocess.run(check, check=False, capture_output=True).returncode == 0:
        return python
    made = subprocess.run([sys.executable, "-m", "venv", python.parent.parent], check=False, capture_output=True)
    if made.returncode != 0:
        return None
    got = subprocess.run([python, "-m", "pip", "install", "-q", "--timeout", "15", f"huggingface_hub=={VERSION}"], check=False, capture_output=True)
    return python if got.returncode == 0 else None


CLIENT = client()


class Differential(HubTest):
    def theirs(self, repo, revision="", mode="", home=None, code=0, **environment):
        done = subprocess.run([CLIENT, "-c", DOWNLOAD, repo, revision, mode], capture_output=True, text=True, check=False, timeout=300,
                              env=self.hub.environment(home or self.folder / "theirs", **environment))
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout.strip()

    def ours(self, repo, revision="", home=None, **environment):
        name = repo + ("@" + revision if revision else "")
        return self.works("pull", name, "--include", "*", home=home or self.folder / "ours", **environment).out.strip()

    def equal(self, repo, revision="", crosswise=True, **environment):
        """Both fetch; then each finds the other's without the network."""
        theirs, ours = self.theirs(repo, revision, **environment), self.ours(repo, revision, **environment)
        first, second = tree_of(self.folder / "theirs" / "hub"), tree_of(self.folder / "ours" / "hub")
        self.assertEqual(sorted(first), sorted(second))
        for name, there in first.items():
            self.assertEqual(there, second[name], name)
        self.assertTrue(first)
        self.assertEqual(pathlib.Path(theirs).name, pathlib.Path(ours).name)
        if crosswise:
            self.crosswise(repo, revision)

    def crosswise(self, repo, revision):
        asked = len(self.hub.requests)
        self.theirs(repo, revision, "offline", home=self.folder / "ours", HF_HUB_OFFLINE="1")
        name = repo + ("@" + revision if revision else "")
        for home in ("theirs", "ours"):
            done = self.run_program("inspect", name, "--offline", home=self.folder / home)
            self.assertNotIn("no such", done.err)
        self.assertEqual(len(self.hub.requests), asked, "somebody asked although nobody should")

    def test_one_file(self):
        self.hub.add("a/single", model_files())
        self.equal("a/single")
        self.works("inspect", "a/single", "--offline", home=self.folder / "theirs")

    def test_shards(self):
        self.hub.add("a/shards", {"config.json": b"{}", "model.safetensors.index.json": b'{"weight_map": {}}',
                                  **{f"model-0000{i}-of-00003.safetensors": b"%d" % i * 6000 for i in (1, 2, 3)}})
        self.equal("a/shards")

    def test_nested_folders_and_odd_names(self):
        self.hub.add("a/nested", {"config.json": b"{}", "a/b/c/d.bin": b"x" * 9000, "onnx/model.onnx": b"o", "a b/ü%2F+&?#.txt": b"odd",
                                  ".gitattributes": b"*", "a/.hidden": b"h"})
        self.equal("a/nested")

    def test_the_same_content_twice(self):
        self.hub.add("a/twice", {"one.bin": b"s" * 9000, "two/three.bin": b"s" * 9000, "x.txt": b"same", "y.txt": b"same"})
        self.equal("a/twice")

    def test_an_empty_file(self):
        self.hub.add("a/empty", {"config.json": b"{}", "empty.txt": b"", "b/empty.txt": b""})
        self.equal("a/empty")

    def test_revisions(self):
        repo = self.hub.add("a/revisions", {"config.json": b"{}"})
        commit = repo.commit("refs/pr/1", {"config.json": b"{ }", "new.txt": b"n"})
        repo.tags["v1.0"] = commit
        repo.commit("step/1000", {"config.json": b"{  }"})
        for revision in ("", "refs/pr/1", "v1.0", "step/1000"):
            self.equal("a/revisions", revision)

    def test_a_commit_by_its_digits(self):
        repo = self.hub.add("a/commit", {"config.json": b"{}"})
        self.equal("a/commit", repo.branches["main"])

    def test_an_update_of_a_branch(self):
        repo = self.hub.add("a/update", {"config.json": b"{}", "same.bin": b"s" * 5000})
        self.equal("a/update")
        repo.commit("main", {"config.json": b"{ }", "same.bin": b"s" * 5000})
        self.equal("a/update")

    def test_a_renamed_repository(self):
        self.hub.add("a/new", model_files())
        self.hub.moved["a/old"] = "a/new"
        self.equal("a/old")

    def test_gated_and_private(self):
        self.hub.add("a/gated", model_files(), gated=True)
        self.hub.add("a/private", model_files(), private=True)
        for name in ("a/gated", "a/private"):
            self.equal(name, HF_TOKEN=TOKEN)

    def test_without_an_organisation(self):
        self.hub.add("gpt2", model_files())
        self.theirs("gpt2")
        self.works("pull", "gpt2", "--include", "*", home=self.folder / "ours")
        self.assertEqual(tree_of(self.folder / "theirs" / "hub"), tree_of(self.folder / "ours" / "hub"))

    def test_gguf_in_pieces(self):
        self.hub.add("a/GGUF", {f"Q4/m-Q4-0000{i}-of-00002.gguf": b"%d" % i * 5000 for i in (1, 2)})
        self.equal("a/GGUF")

    def test_ten_thousand_files(self):
        self.hub.add("a/many", {f"parts/{i % 100}/{i}.txt": b"%d" % i for i in range(10_000)})
        self.equal("a/many", crosswise=False)

    def test_without_links(self):
        self.hub.add("a/plain", model_files())
        self.equal("a/plain", HF_HUB_DISABLE_SYMLINKS="1", HF_HUB_DISABLE_SYMLINKS_WARNING="1")

    def test_ours_goes_on_after_theirs_was_killed_and_the_reverse(self):
        big = random.Random(1).randbytes(20 << 20)
        repo = self.hub.add("a/big", {**model_files(LLAMA), "big.bin": big})
        for first in ("theirs", "ours"):
            home = self.folder / f"killed-{first}"
            self.hub.drip = 0.2
            command = [CLIENT, "-c", DOWNLOAD, "a/big", "", ""] if first == "theirs" else [PROGRAM, "pull", "a/big", "--include", "*"]
            process = subprocess.Popen(command, env=self.hub.environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            deadline = time.monotonic() + 60
            while not list(home.rglob("*.incomplete")) and time.monotonic() < deadline:
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
            process.wait()
            self.hub.drip = 0
            snapshot = self.ours("a/big", home=home) if first == "theirs" else self.theirs("a/big", home=home)
            for path, content in repo.commits[repo.branches["main"]].items():
                self.assertEqual((pathlib.Path(snapshot) / path).read_bytes(), content.data, path)

    def test_what_they_accept_and_we_do_not(self):
        self.hub.add("a/flipped", model_files())
        self.hub.fault("flip", "model.safetensors", times=2)
        self.theirs("a/flipped")
        self.refuses(3, "pull", "a/flipped", home=self.folder / "ours", says=["damaged"])


if CLIENT is None:
    print(f"skipped: huggingface_hub {VERSION} is neither installed nor to be had from PyPI; STREAMGAUGE_HUB_CLIENT names a Python that has it")
    sys.exit(SKIPPED)
main()

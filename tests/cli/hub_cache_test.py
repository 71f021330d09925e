"""Caches that huggingface_hub itself lays out, read through the program. Skipped where that package is missing."""
import hashlib
import os
import shutil
import subprocess
import sys
import unittest

from support import IDS, LLAMA, CliTest, main, run

try:
    from huggingface_hub import file_download, try_to_load_from_cache
except ImportError:
    file_download = None

COMMIT, OTHER = "12fd25f77366fa6b3b4b768ec3050bf629380bac", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
FILES = ("config.json", "model.safetensors")


@unittest.skipIf(file_download is None, "huggingface_hub cannot be imported")
class HubCache(CliTest):
    def setUp(self):
        super().setUp()
        self.hub = self.folder / "hub"
        self.add("tiny/llama", COMMIT, "main")

    def add(self, repo, commit, revision=None, files=FILES):
        """One snapshot by huggingface_hub's own functions."""
        storage = self.hub / file_download.repo_folder_name(repo_id=repo, repo_type="model")
        storage.mkdir(parents=True, exist_ok=True)
        if revision is not None:
            file_download._cache_commit_hash_for_specific_revision(str(storage), revision, commit)
        for name in files:
            data = (LLAMA / name).read_bytes()
            blob = storage / "blobs" / hashlib.sha256(data).hexdigest()
            blob.parent.mkdir(parents=True, exist_ok=True)
            blob.write_bytes(data)
            pointer = file_download._get_pointer_path(str(storage), commit, name)
            os.makedirs(os.path.dirname(pointer), exist_ok=True)
            file_download._create_symlink(str(blob), pointer, new_blob=False)
        return storage

    def environment(self, **more):
        clean = {"HF_HOME": "", "HUGGINGFACE_HUB_CACHE": "", "XDG_CACHE_HOME": "", "HF_HUB_CACHE": str(self.hub)}
        return {**clean, **more}

    def found(self, model, **environment):
        document = self.document("inspect-1", "inspect", model, **self.environment(**environment))
        return document["model"]["path"]

    def missing(self, model, *says):
        return self.fails(3, "inspect", model, says=says, **self.environment())

    def test_revisions(self):
        storage = self.add("tiny/llama", OTHER, "refs/pr/1")
        self.add("tiny/llama", OTHER, "v1.0")
        main_path, other_path = storage / "snapshots" / COMMIT, storage / "snapshots" / OTHER
        for model, path in (("tiny/llama", main_path), ("tiny/llama@main", main_path), ("tiny/llama@refs/pr/1", other_path),
                            ("tiny/llama@v1.0", other_path), (f"tiny/llama@{OTHER}", other_path)):
            with self.subTest(model):
                self.assertEqual(self.found(model), str(path))
                revision = model.partition("@")[2] or "main"
                self.assertEqual(try_to_load_from_cache("tiny/llama", "config.json", cache_dir=self.hub, revision=revision),
                                 str(path / "config.json"))
        self.missing("tiny/llama@v2.0", "v2.0")
        self.missing(f"tiny/llama@{COMMIT[:7]}", COMMIT[:7])

    def test_a_commit_needs_no_ref_and_no_snapshot_is_guessed(self):
        storage = self.add("only/commits", OTHER)
        self.assertEqual(self.found(f"only/commits@{OTHER}"), str(storage / "snapshots" / OTHER))
        self.missing("only/commits", "main")

    def test_a_model_without_an_organisation(self):
        self.add("gpt2", COMMIT, "main")
        self.found("gpt2")

    def test_a_known_absence_and_broken_links(self):
        storage = self.add("no/weights", COMMIT, "main", files=("config.json",))
        self.missing("no/weights", "no/weights")
        absent = storage / ".no_exist" / COMMIT
        absent.mkdir(parents=True)
        (absent / "model.safetensors").touch()
        self.missing("no/weights", "model.safetensors")
        broken = self.add("tiny/llama", COMMIT)
        for blob in (broken / "blobs").iterdir():
            if blob.stat().st_size == (LLAMA / "model.safetensors").stat().st_size:
                blob.unlink()
        self.missing("tiny/llama", "model.safetensors")

    def test_an_interrupted_download_is_no_file(self):
        storage = self.add("half/done", COMMIT, "main", files=("config.json",))
        (storage / "blobs" / "0123.incomplete").write_bytes(b"x")
        self.missing("half/done", "half/done")

    def test_real_files_in_place_of_links(self):
        snapshot = self.hub / "models--tiny--llama" / "snapshots" / COMMIT
        for name in FILES:
            (snapshot / name).unlink()
            shutil.copy(LLAMA / name, snapshot / name)
        self.found("tiny/llama")

    def test_a_ref_with_a_newline(self):
        (self.hub / "models--tiny--llama" / "refs" / "main").write_text(COMMIT + "\n")
        self.found("tiny/llama")

    def test_a_folder_of_that_name_wins(self):
        work = self.folder / "work"
        shutil.copytree(LLAMA, work / "tiny" / "llama", ignore=shutil.ignore_patterns("f16", "bf16", "*.gguf", "golden*"))
        done = subprocess.run([os.environ["STREAMGAUGE"], "inspect", "tiny/llama"], cwd=work, capture_output=True,
                              text=True, timeout=120, check=False, env={**os.environ, **self.environment()})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn(COMMIT, done.stdout)

    def test_nothing_is_written(self):
        before = sorted((str(p), p.lstat().st_mtime_ns) for p in self.hub.rglob("*"))
        self.ok("measure", "tiny/llama", "--ids", IDS, **self.environment())
        run("inspect", "tiny/other", **self.environment())
        self.assertEqual(sorted((str(p), p.lstat().st_mtime_ns) for p in self.hub.rglob("*")), before)

    def test_the_cache_is_where_huggingface_hub_says(self):
        base = str(self.folder)
        for variables in ({"HF_HOME": base + "/a"}, {"XDG_CACHE_HOME": base + "/b"}, {"HF_HUB_CACHE": base + "/c"},
                          {"HUGGINGFACE_HUB_CACHE": base + "/d"}, {"HF_HOME": base + "/e", "HF_HUB_CACHE": base + "/f"},
                          {"HF_HOME": "~/g"}, {"HF_HOME": "$SOMEWHERE/h"}, {"HF_HUB_CACHE": "${SOMEWHERE}/i"}, {}):
            with self.subTest(variables):
                environment = {k: v for k, v in os.environ.items()
                               if k not in ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME")}
                environment.update({"HOME": base + "/home", "SOMEWHERE": base + "/s", **variables})
                theirs = subprocess.run([sys.executable, "-c", "import huggingface_hub.constants as c; print(c.HF_HUB_CACHE)"],
                                        env=environment, capture_output=True, text=True, timeout=120, check=True).stdout.strip()
                ours = subprocess.run([os.environ["STREAMGAUGE"], "doctor"], env=environment, capture_output=True,
                                      text=True, timeout=120, check=True).stdout
                self.assertIn(theirs, ours)


main()

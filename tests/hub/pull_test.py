"""streamgauge pull, and MODEL fetched by its name, against a local Hub."""
import os
import random
import unittest

from hub_support import IDS, LLAMA, TOKEN, HubTest, main, model_files, tree_of

BIG = random.Random(5).randbytes(24 << 20)  # three ranges


class Pull(HubTest):
    def setUp(self):
        super().setUp()
        self.repo = self.hub.add("tiny/llama", {**model_files(), "tokenizer.json": b"{}", "pytorch_model.bin": b"x" * 5000,
                                                "README.md": b"hello", "onnx/model.onnx": b"o", "empty.json": b""})
        self.commit = self.repo.branches["main"]

    def names(self, name="tiny/llama", commit=None):
        folder = self.snapshot(name, commit or self.commit)
        return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir())

    def test_the_files_that_a_model_is_read_from(self):
        done = self.works("pull", "tiny/llama")
        self.assertEqual(done.out.strip(), str(self.snapshot("tiny/llama", self.commit)))
        self.assertEqual(self.names(), ["config.json", "empty.json", "model.safetensors", "tokenizer.json"])
        self.check_content(self.repo, self.commit, self.names())
        self.assertEqual((self.cache / "models--tiny--llama" / "refs" / "main").read_bytes(), self.commit.encode())
        self.no_leftovers()
        asked = len(self.hub.requests)
        self.works("pull", "tiny/llama")
        self.assertEqual(len(self.hub.requests), asked + 1, "an up-to-date snapshot costs one request")

    def test_include_and_exclude(self):
        self.works("pull", "tiny/llama", "--include", "*.json", "--include", "onnx/", "--exclude", "empty*")
        self.assertEqual(self.names(), ["config.json", "onnx/model.onnx", "tokenizer.json"])
        self.refuses(2, "pull", "tiny/llama", "--include", "nothing", says=["no file", "--include"])

    def test_a_model_is_fetched_by_its_name(self):
        for name in ("tiny/llama", "hf://tiny/llama"):
            done = self.works("measure", name, "--ids", IDS, "--json", "-", home=self.folder / name.replace("/", "_"))
            self.assertIn("fetching tiny/llama@main: 4 files", done.err)
        quiet = self.works("inspect", "tiny/llama", "--quiet")
        self.assertEqual(quiet.err, "")
        asked = len(self.hub.requests)
        self.works("inspect", "tiny/llama")
        self.assertEqual(len(self.hub.requests), asked, "what is in the cache asks nobody")

    def test_offline(self):
        self.refuses(3, "inspect", "tiny/llama", "--offline", says=["offline"])
        self.refuses(3, "pull", "tiny/llama", says=["offline"], HF_HUB_OFFLINE="YES")
        self.refuses(3, "inspect", "tiny/llama", says=["offline"], TRANSFORMERS_OFFLINE="1")
        self.assertEqual(self.hub.requests, [])
        self.works("pull", "tiny/llama")
        self.works("inspect", "tiny/llama", "--offline")

    def test_a_name_without_an_organisation_is_asked_for_as_such(self):
        self.hub.add("gpt2", model_files())
        self.refuses(3, "inspect", "gpt2", says=["hf://gpt2"])
        self.assertEqual(self.hub.requests, [])
        self.works("inspect", "hf://gpt2")

    def test_revisions(self):
        other = self.repo.commit("step/1000", {**model_files(), "config.json": (LLAMA / "config.json").read_bytes() + b"\n"})
        self.repo.branches["refs/pr/1"] = other
        self.repo.tags["v1"] = other
        for revision in ("step/1000", "refs/pr/1", "v1", other):
            self.works("pull", f"tiny/llama@{revision}")
        refs = self.cache / "models--tiny--llama" / "refs"
        self.assertEqual(sorted(str(p.relative_to(refs)) for p in refs.rglob("*") if p.is_file()), ["refs/pr/1", "step/1000", "v1"])
        self.check_content(self.repo, other)
        blobs = list((self.cache / "models--tiny--llama" / "blobs").iterdir())
        self.assertEqual(len(blobs), 2, "one blob for each content")

    def test_a_gguf_by_its_quantisation(self):
        gguf = (LLAMA / "model.gguf").read_bytes()
        repo = self.hub.add("tiny/llama-GGUF", {"llama-Q4_K_M.gguf": gguf, "llama-UD-Q4_K_M.gguf": b"u" * 5000,
                                                "llama-Q8_0.gguf": b"q" * 5000, "mmproj-F16.gguf": b"p" * 5000, "config.json": b"{}",
                                                "Q2_K/llama-Q2_K-00001-of-00002.gguf": b"1" * 5000,
                                                "Q2_K/llama-Q2_K-00002-of-00002.gguf": b"2" * 5000})
        commit = repo.branches["main"]
        self.works("inspect", "tiny/llama-GGUF:q4_k_m")
        self.assertEqual(self.names("tiny/llama-GGUF", commit), ["llama-Q4_K_M.gguf"])
        self.works("inspect", "tiny/llama-GGUF:Q4_K_M", "--offline")
        self.works("pull", "tiny/llama-GGUF:Q2_K")
        self.assertEqual(len(self.names("tiny/llama-GGUF", commit)), 3)
        self.refuses(3, "pull", "tiny/llama-GGUF:Q9", says=["Q9", "llama-Q8_0"])
        self.refuses(3, "pull", "tiny/llama-GGUF", says=["several models", "llama-Q8_0"])

    def test_pickled_weights_are_not_fetched(self):
        self.hub.add("old/pickle", {"config.json": b"{}", "pytorch_model.bin": b"x" * 5000})
        self.refuses(3, "pull", "old/pickle", says=["Pickled", "safetensors"])

    def test_each_refusal_says_what_to_do(self):
        self.hub.add("meta/gated", model_files(), gated=True)
        self.hub.add("my/secret", model_files(), private=True)
        self.hub.add("bad/disabled", model_files(), disabled=True)
        self.refuses(3, "pull", "meta/gated", says=["gated", "/meta/gated", "login"])
        self.refuses(3, "pull", "meta/gated", says=["gated", "Ask for access"], HF_TOKEN="hf_other")
        self.refuses(3, "pull", "my/secret", says=["does not exist", "private", "login"])
        self.refuses(3, "pull", "no/such", says=["does not exist", "private"])
        self.refuses(3, "pull", "no/such", says=["does not exist"], HF_TOKEN=TOKEN)
        self.refuses(3, "pull", "bad/disabled", says=["disabled"])
        self.refuses(3, "pull", "tiny/llama@v9", says=["no revision v9", "tree/main"])
        self.refuses(3, "pull", "tiny/llama", says=["does not know the token", "login"], HF_TOKEN="hf_wrong")
        self.works("pull", "meta/gated", HF_TOKEN=TOKEN)
        self.works("pull", "my/secret", "--token", "-", stdin=TOKEN.encode() + b"\n")
        self.refuses(3, "pull", "my/secret", HF_TOKEN=TOKEN, HF_HUB_DISABLE_IMPLICIT_TOKEN="1", says=["private"])

    def test_a_renamed_repository(self):
        self.hub.moved["old/llama"] = "tiny/llama"
        done = self.works("pull", "old/llama")
        self.assertIn("now called tiny/llama", done.err)
        self.assertEqual(self.names("old/llama"), ["config.json", "empty.json", "model.safetensors", "tokenizer.json"])

    def test_a_limit_is_waited_for(self):
        self.hub.fault("429", "/revision/", seconds=1)
        done = self.works("pull", "tiny/llama")
        self.assertIn("limits", done.err)
        self.assertIn("going on in 2 s", done.err)
        self.hub.fault("429", "/revision/", times=99, headers={"Retry-After": "4000"})
        self.refuses(4, "pull", "tiny/llama", says=["limits", "4000 s"])

    def test_no_server(self):
        self.refuses(4, "pull", "tiny/llama", HF_ENDPOINT="http://127.0.0.1:9", HF_HUB_ETAG_TIMEOUT="1", says=["network", "127.0.0.1:9"])

    def test_listings_that_lie(self):
        for entry in ({"path": "../x"}, {"path": "/etc/x"}, {"path": "a//b"}, {"path": "a/./b"}, {"path": "config.json"}, {"path": ""},
                      {"path": "ok.json", "oid": "../../x"}):
            with self.subTest(entry):
                self.hub.fault("listing", entry={"type": "file", "oid": "1" * 40, "size": 3, **entry})
                home = self.folder / f"home{len(self.hub.requests)}"
                self.refuses(3, "pull", "tiny/llama", home=home, says=["listing"])
                self.assertEqual(list(home.rglob("snapshots")), [])
        self.hub.fault("page loop", times=9999)
        self.refuses(3, "pull", "tiny/llama", says=["no end"])

    def test_the_file_is_gone(self):
        self.hub.fault("gone", "tokenizer.json")
        self.refuses(3, "pull", "tiny/llama", says=["no file tokenizer.json"])
        self.assertTrue((self.cache / "models--tiny--llama" / ".no_exist" / self.commit / "tokenizer.json").is_file())
        self.assertFalse((self.cache / "models--tiny--llama" / "refs" / "main").exists(), "no ref names what is not whole")

    def test_a_flipped_byte_is_refused(self):
        for name in ("model.safetensors", "config.json"):
            self.hub.fault("flip", name)
            self.home = self.folder / f"home of {name}"
            self.refuses(3, "pull", "tiny/llama", says=[name, "damaged"])
            self.assertFalse((self.snapshot("tiny/llama", self.commit) / name).exists())
            etag = self.repo.commits[self.commit][name].etag
            self.assertEqual([p.name for p in self.cache.rglob(f"{etag}*")], [f"{etag}.lock"], "nothing of it is kept")
            self.works("pull", "tiny/llama")
            self.check_content(self.repo, self.commit, self.names())

    def test_other_bytes_than_asked_for_are_refused(self):
        self.hub.fault("other content", "model.safetensors")
        self.refuses(3, "pull", "tiny/llama", says=["another content"])
        self.hub.fault("wrong range", "model.safetensors")
        self.refuses(3, "pull", "tiny/llama", says=["something else", "model.safetensors"])

    def test_links_switched_off(self):
        self.works("pull", "tiny/llama", HF_HUB_DISABLE_SYMLINKS="1")
        self.assertEqual([p for p in self.cache.rglob("*") if p.is_symlink()], [])
        self.check_content(self.repo, self.commit, self.names())
        self.works("inspect", "tiny/llama", "--offline")

    def test_a_shared_blob_is_followed_by_two_links(self):
        self.works("pull", "tiny/llama")
        storage = self.cache / "models--tiny--llama"
        blob = storage / "blobs" / self.repo.commits[self.commit]["model.safetensors"].etag
        shared = self.cache / "blobs" / "ee" / ("e" * 64)
        shared.parent.mkdir(parents=True)
        blob.rename(shared)
        blob.symlink_to(os.path.relpath(shared, blob.parent))
        self.works("inspect", "tiny/llama", "--offline")
        self.works("pull", "tiny/llama")
        shared.unlink()
        self.works("pull", "tiny/llama")
        self.check_content(self.repo, self.commit, self.names())

    def test_too_little_space_is_said_before_the_first_byte(self):
        self.hub.fault("listing", entry={"type": "file", "oid": "1" * 40, "size": 1 << 60, "path": "model-00001-of-00002.safetensors",
                                         "lfs": {"oid": "2" * 64, "size": 1 << 60}})
        self.refuses(4, "pull", "tiny/llama", says=["too little space", "1152921504607"])
        self.assertEqual([r for r in self.hub.requests if "resolve" in r[2]], [])

    def test_a_read_only_cache_is_read(self):
        self.works("pull", "tiny/llama")
        before = tree_of(self.cache)
        self.works("inspect", "tiny/llama")
        self.assertEqual(tree_of(self.cache), before)

    def test_a_snapshot_without_a_shard_is_completed(self):
        index = b'{"metadata": {}, "weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}'
        repo = self.hub.add("two/shards", {"config.json": b"{}", "model.safetensors.index.json": index,
                                           "model-00001-of-00002.safetensors": b"1" * 5000, "model-00002-of-00002.safetensors": b"2" * 5000})
        self.works("pull", "two/shards", "--exclude", "*00002-of*")
        self.run_program("inspect", "two/shards")  # which is no model; it is fetched all the same
        self.check_content(repo, repo.branches["main"])

    def test_ten_thousand_files(self):
        repo = self.hub.add("many/files", {**model_files(), **{f"parts/{i % 100}/{i}.txt": b"%d" % i for i in range(10_000)}})
        self.works("pull", "many/files", "--include", "*")
        self.check_content(repo, repo.branches["main"])
        self.assertEqual(sum("/tree/" in r[2] for r in self.hub.requests), 11)


class Login(HubTest):
    def test_a_token_is_stored_for_its_owner_alone(self):
        self.refuses(3, "whoami", says=["no token", "login"])
        self.refuses(3, "login", stdin=b"hf_wrong\n", says=["does not know the token"])
        self.refuses(2, "login", stdin=b"\n", says=["no token"])
        self.refuses(2, "login", stdin=b"two words\n", says=["blanks"])
        self.assertFalse((self.home / "token").exists())
        done = self.works("login", stdin=TOKEN.encode() + b"\n")
        self.assertIn("tester", done.out)
        self.assertNotIn(TOKEN, done.out + done.err)
        file = self.home / "token"
        self.assertEqual((file.read_text(), oct(file.stat().st_mode)), (TOKEN, "0o100600"))
        self.assertIn("lab", self.works("whoami").out)
        self.assertIn("HF_TOKEN", self.works("logout", HF_TOKEN="x").err)
        self.assertFalse(file.exists())
        self.assertIn("no token was stored", self.works("logout").out)

    def test_where_a_token_is_found(self):
        for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
            self.assertIn("tester", self.works("whoami", **{name: f" {TOKEN}\r\n"}).out)
        other = self.folder / "elsewhere"
        other.write_text(TOKEN + "\n")
        self.assertIn("tester", self.works("whoami", HF_TOKEN_PATH=str(other)).out)
        self.refuses(3, "whoami", HF_TOKEN_PATH=str(other), HF_TOKEN="hf_wrong", says=["does not know"])


class Proxy(HubTest):
    def test_proxies_are_asked(self):
        self.hub.add("tiny/llama", model_files())
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            with self.subTest(name):
                self.refuses(4, "pull", "tiny/llama", HF_HUB_ETAG_TIMEOUT="1", **{name: "http://127.0.0.1:9"}, says=["network"])
                self.works("pull", "tiny/llama", **{name: "http://127.0.0.1:9", "no_proxy": "127.0.0.1,localhost"})


del unittest
main()

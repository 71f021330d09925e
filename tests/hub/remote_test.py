"""--remote: models read from a local Hub without a copy on disk give the bits that they give from disk."""
import json
import pathlib

from hub_support import GOLDEN, IDS, TOKEN, HubTest, main, model_files

import support  # of tests/cli

SHARDED = "big/shards"


def safetensors(tensors):
    """A file of these tensors: name to bytes of one-dimensional U8."""
    header, at = {}, 0
    for name, data in tensors.items():
        header[name] = {"dtype": "U8", "shape": [len(data)], "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(tensors.values())


def sharded(folder):
    """The files of a golden model, its weights cut into three shards with an index."""
    config, weights = (folder / "config.json").read_bytes(), (folder / "model.safetensors").read_bytes()
    size = int.from_bytes(weights[:8], "little")
    header, data = json.loads(weights[8:8 + size]), weights[8 + size:]
    header.pop("__metadata__", None)
    names, index, files = sorted(header), {}, {"config.json": config}
    for i in range(3):
        shard, at, body, part = f"model-0000{i + 1}-of-00003.safetensors", 0, b"", {}
        for name in names[i::3]:
            begin, end = header[name]["data_offsets"]
            part[name] = {**header[name], "data_offsets": [at, at + end - begin]}
            body += data[begin:end]
            at += end - begin
            index[name] = shard
        text = json.dumps(part).encode()
        text += b" " * (-len(text) % 8)
        files[shard] = len(text).to_bytes(8, "little") + text + body
    files["model.safetensors.index.json"] = json.dumps({"metadata": {}, "weight_map": index}).encode()
    return files


def same_numbers(document):
    """Without what tells one call from another."""
    copy = json.loads(json.dumps(document))
    for key in ("timings", "seconds", "spectral_seconds"):
        copy.pop(key, None)
    copy.get("engine", {}).pop("threads", None)
    copy["model"].pop("path")
    return copy


class Remote(HubTest):
    def setUp(self):
        super().setUp()
        self.disk = self.folder / "disk"

    def document(self, command, model, *arguments, home=None, **environment):
        return json.loads(self.works(command, model, *arguments, "--json", "-", home=home, **environment).out)

    def nothing_on_disk(self):
        self.assertEqual([str(p) for p in self.home.rglob("*") if p.is_file()], [])

    def test_the_same_bits_as_from_disk(self):
        folders = sorted(f.parent for f in GOLDEN.glob("*/model.safetensors"))
        self.assertGreater(len(folders), 20)
        for folder in folders:
            with self.subTest(folder.name):
                name = f"tiny/{folder.name}"
                self.hub.add(name, model_files(folder))
                arguments = ("--ids", "1,5,9,2,7", "--ids", "3,4", "--logits", "all", "--lens", "last")
                remote = self.document("measure", name, "--remote", *arguments)
                self.assertEqual(same_numbers(remote), same_numbers(self.document("measure", name, *arguments, home=self.disk)))
                self.nothing_on_disk()

    def test_shards_and_windows(self):
        self.hub.add(SHARDED, sharded(GOLDEN / "llama-deep"))
        disk = same_numbers(self.document("measure", SHARDED, "--ids", IDS, home=self.disk))
        for window in ("1", "2", "3", "50"):
            self.assertEqual(same_numbers(self.document("measure", SHARDED, "--ids", IDS, "--remote", "--window", window)), disk)
        self.assertEqual(disk["model"]["id"], SHARDED)
        self.nothing_on_disk()

    def test_gguf(self):
        self.hub.add("tiny/GGUF", {"llama-Q8_0.gguf": (GOLDEN / "llama-deep" / "model.gguf").read_bytes()})
        for name in ("tiny/GGUF", "tiny/GGUF:Q8_0"):
            self.assertEqual(same_numbers(self.document("measure", name, "--ids", IDS, "--remote")),
                             same_numbers(self.document("measure", "tiny/GGUF:Q8_0", "--ids", IDS, home=self.disk)))

    def test_weights_read_their_tensors_alone(self):
        self.hub.add(SHARDED, sharded(GOLDEN / "llama-deep"))
        for arguments in ((), ("--all",), ("--tensor", "W_Q")):
            remote = self.document("weights", SHARDED, "--remote", *arguments)
            disk = self.document("weights", SHARDED, *arguments, home=self.disk)
            self.assertEqual(remote["model"].pop("fingerprint"), "")
            disk["model"].pop("fingerprint")
            self.assertEqual(same_numbers(remote), same_numbers(disk))
            remote["model"]["fingerprint"] = ""
            self.assertEqual(support.validate_json.errors("weights-1", remote), [])
        self.nothing_on_disk()

    def test_inspect_reads_headers(self):
        huge = {"config.json": (GOLDEN / "llama-deep" / "config.json").read_bytes(), **model_files()}
        weights = huge["model.safetensors"]
        size = int.from_bytes(weights[:8], "little")
        header = json.loads(weights[8:8 + size])
        end = len(weights) - 8 - size
        header["zz.padding"] = {"dtype": "U8", "shape": [64 << 20], "data_offsets": [end, end + (64 << 20)]}
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        self.hub.add("big/one", {"config.json": huge["config.json"],
                                 "model.safetensors": len(text).to_bytes(8, "little") + text + weights[8 + size:] + bytes(64 << 20)})
        done = self.run_program("inspect", "big/one", "--remote")
        self.assertLess(sum(self.hub.sent.values()), 200_000)
        self.assertIn("requests", done.err)
        self.nothing_on_disk()

    def test_kept_files_lie_in_the_cache(self):
        self.hub.add("tiny/llama", model_files())
        self.works("inspect", "tiny/llama", "--remote", "--keep", "*.json")
        self.assertEqual([p.name for p in self.home.rglob("snapshots/*/*")], ["config.json"])
        before = sum(self.hub.sent.values())
        self.works("measure", "tiny/llama", "--ids", IDS, "--remote", "--keep", "*")
        self.works("measure", "tiny/llama", "--ids", IDS, "--remote")
        self.assertLess(sum(self.hub.sent.values()) - before, len(model_files()["model.safetensors"]) + 5000)

    def test_a_server_in_trouble(self):
        repo = self.hub.add("tiny/llama", model_files())
        disk = same_numbers(self.document("measure", "tiny/llama", "--ids", IDS, home=self.disk))
        for kind, more in (("cut", {}), ("expire", {}), ("5xx", {}), ("drop", {}), ("429", {"headers": {"Retry-After": "0"}})):
            self.hub.fault(kind, "model.safetensors|" + repo.commits[repo.branches["main"]]["model.safetensors"].etag, **more)
            self.assertEqual(same_numbers(self.document("measure", "tiny/llama", "--ids", IDS, "--remote", HF_TOKEN=TOKEN)), disk)
        self.assertTrue(all(fault.times == 0 for fault in self.hub.faults))
        self.hub.fault("whole answer", "model.safetensors", times=99)
        self.refuses(3, "measure", "tiny/llama", "--ids", IDS, "--remote", says=["no ranges"])

    def test_what_cannot_be_read_from_there(self):
        self.refuses(2, "inspect", "./here", "--remote", says=["--remote", "ORG/NAME"])
        self.refuses(3, "inspect", "no/such", "--remote", says=["does not exist"])
        self.refuses(3, "inspect", "no/such", "--remote", "--offline", says=["offline"])
        self.refuses(2, "measure", "no/such", "--ids", "1", "--window", "2", says=["--remote"])


class Audit(HubTest):
    def test_branches_of_the_same_weights(self):
        def weights(i):
            return {"config.json": b"{}", "pytorch_model.bin": b"%d" % i * 5000}
        repo = self.hub.add("lab/run", weights(0))
        for step, content in ((1, 1), (2, 2), (10, 2), (20, 3), (100, 1)):
            repo.commit(f"step{step}", weights(content))
        repo.tags["v1"] = repo.branches["step2"]
        out = self.works("pull", "lab/run", "--audit").out
        self.assertIn("7 revisions, 4 different weights; 2 hold the bytes of another one", out)
        rows = {line.split()[0]: line for line in out.splitlines() if line.strip()}
        self.assertTrue(rows["step10"].rstrip().endswith("step2"))
        self.assertTrue(rows["step100"].rstrip().endswith("step1"))
        self.assertIn("one commit", rows["v1"])
        order = [line.split()[0] for line in out.splitlines() if line.startswith("step")]
        self.assertEqual(order, ["step1", "step2", "step10", "step20", "step100"])
        some = self.works("pull", "lab/run", "--audit", "--revisions", "step?").out
        self.assertIn("2 revisions", some)
        self.refuses(2, "pull", "lab/run", "--audit", "--revisions", "nothing", says=["--revisions", "step10"])
        self.assertEqual([r for r in self.hub.requests if "resolve" in r[2]], [], "nothing but listings")


main()

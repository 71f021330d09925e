#!/usr/bin/env python3
"""Installs the build into an empty prefix, builds a project outside with find_package, runs it, and holds its numbers
against the program's. The project's main.cc must be the example of docs/library.md, to the letter."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CONSUMER = ROOT / "tests" / "install" / "consumer"
MODEL = ROOT / "tests" / "data" / "golden" / "llama-deep"


def call(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{command}\n{done.stdout}{done.stderr}")
    return done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cmake")
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("compiler")
    arguments = parser.parse_args()
    page = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
    assert f"```cpp\n{(CONSUMER / 'main.cc').read_text()}```" in page, "docs/library.md shows another example"
    with tempfile.TemporaryDirectory(prefix="streamgauge-install-") as folder:
        prefix, outside = pathlib.Path(folder) / "prefix", pathlib.Path(folder) / "build"
        os.environ.pop("DESTDIR", None)
        call(arguments.cmake, "--install", arguments.build, "--prefix", prefix)
        call(arguments.cmake, "-S", CONSUMER, "-B", outside, f"-DCMAKE_PREFIX_PATH={prefix}",
             f"-DCMAKE_CXX_COMPILER={arguments.compiler}", "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror")
        call(arguments.cmake, "--build", outside)
        printed = call(outside / "consumer", MODEL).split()
        program = json.loads(call(prefix / "bin" / "streamgauge", "gains", MODEL, "--ids", "1,5,9,2,7",
                                  "--definition", "notebook-003", "--json", "-"))
        wanted = program["definitions"][0]
        assert printed == [wanted["id"], f"{wanted['gain']:.6f}"], (printed, wanted)
        program_says = lambda *words: call(prefix / "bin" / "streamgauge", *words)
        for file, words in (("man/man1/streamgauge.1", ("help", "--man")),
                            ("bash-completion/completions/streamgauge", ("completion", "bash")),
                            ("zsh/site-functions/_streamgauge", ("completion", "zsh")),
                            ("fish/vendor_completions.d/streamgauge.fish", ("completion", "fish"))):
            assert (prefix / "share" / file).read_text(encoding="utf-8") == program_says(*words), file
        # The pocket zoo comes along and is found from where the program lies, whatever the prefix was at build time.
        zoo = prefix / "share" / "streamgauge" / "zoo"
        assert (zoo / "neox-1" / "config.json").is_file() and not list(zoo.glob("*.py")), list(zoo.iterdir())
        assert str(zoo / "neox-1") in call(prefix / "bin" / "streamgauge", "list", "models")
        failed = subprocess.run([outside / "consumer", "/nowhere"], capture_output=True, text=True, check=False)
        assert failed.returncode == 1 and "/nowhere" in failed.stderr, failed
    print("install: the outside project builds, runs and agrees")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Runs the package's tests on a program and a library that are built: run.py PROGRAM LIBRARY FOLDER [--sanitize=KINDS].

The module is built in FOLDER, against LIBRARY. Its tools and pytest come from PyPI (requirements.txt) into a virtual
environment that is kept between runs, or are those of the interpreter that STREAMGAUGE_TEST_PYTHON names. Where they
cannot be had the test is skipped, by name. --sanitize=address,undefined: the library was built with these, the module is
too, and the interpreter runs under them. Arguments behind these are pytest's.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "python" / "tests" / "requirements.txt"
NEEDED = ("nanobind", "nanobind_backend", "numpy", "pytest")
SKIPPED = 77


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def quietly(*command):
    """Whether it worked."""
    return subprocess.run([str(c) for c in command], capture_output=True, check=False).returncode == 0


def lacks(python):
    return [package for package in NEEDED if not quietly(python, "-c", f"import {package}")]


def environment():
    """An interpreter with what is needed."""
    named = os.environ.get("STREAMGAUGE_TEST_PYTHON")
    if named:
        if lacks(named):
            skip(f"{named} lacks {', '.join(lacks(named))}")
        return pathlib.Path(named)
    base = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "streamgauge-python-tests"
    python, installed = base / "bin" / "python", base / "requirements.txt"
    if installed.exists() and installed.read_bytes() == REQUIREMENTS.read_bytes() and not lacks(python):
        return python
    if not quietly(sys.executable, "-m", "venv", base):
        skip("no virtual environment can be made (Debian: python3-venv)")
    if not quietly(python, "-m", "pip", "install", "-q", "--timeout", "15", "-r", REQUIREMENTS):
        skip("PyPI does not give the packages of python/tests/requirements.txt")
    installed.write_bytes(REQUIREMENTS.read_bytes())
    return python


def sanitized(kinds):
    """What an interpreter needs to run a module that was built with these sanitizers."""
    if not kinds:
        return {}
    libraries = {"address": "libasan.so", "undefined": "libubsan.so"}
    found = [subprocess.run([os.environ.get("CXX", "g++"), f"-print-file-name={libraries[kind]}"], capture_output=True,
                            text=True, check=True).stdout.strip() for kind in kinds.split(",")]  # fmt: skip
    # The interpreter's own allocator keeps pointers where the sanitizer does not look. What it drops at its end is no leak
    # of ours: test_wrong_calls.py asks before. The program is sanitized itself and must come without the preloaded ones.
    return {"LD_PRELOAD": ":".join(found), "PYTHONMALLOC": "malloc", "STREAMGAUGE_TEST_SANITIZED": kinds,
            "ASAN_OPTIONS": "detect_leaks=1:leak_check_at_exit=0:" + os.environ.get("ASAN_OPTIONS", ""),
            "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}  # fmt: skip


def build(python, library, folder, kinds):
    """The folder with the module, and with its stub, which takes an interpreter that loads it."""
    flags, target = ([f"-DCMAKE_CXX_FLAGS=-fsanitize={kinds} -g -O1"], ["--target", "_sg"]) if kinds else ([], [])
    bins = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    for command in (["cmake", "-S", ROOT / "python", "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                     f"-DPython_EXECUTABLE={python}", f"-DSTREAMGAUGE_LIBRARY={library}", *flags],
                    ["cmake", "--build", folder, *target]):  # fmt: skip
        done = subprocess.run([str(c) for c in command], env={**os.environ, "PATH": bins}, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            sys.exit(done.stdout)
    return pathlib.Path(folder)


def main():
    program, library, folder, *rest = sys.argv[1:]
    kinds = rest.pop(0).removeprefix("--sanitize=") if rest and rest[0].startswith("--sanitize=") else ""
    python = environment()
    built = build(python, library, folder, kinds)
    with tempfile.TemporaryDirectory(prefix="streamgauge-python-") as place:
        package = pathlib.Path(place) / "streamgauge"
        package.mkdir()
        sources = [*(ROOT / "python" / "streamgauge").glob("*.py"), ROOT / "python" / "streamgauge" / "py.typed"]
        for file in (*sources, *built.glob("_sg*.so"), *built.glob("_sg.pyi")):
            (package / file.name).symlink_to(file)
        environ = {
            **os.environ,
            "PYTHONPATH": place,
            "STREAMGAUGE_PROGRAM": program,
            "STREAMGAUGE_ZOO": str(ROOT / "zoo"),
            "PYTHONDONTWRITEBYTECODE": "1",
            **sanitized(kinds),
        }
        tests = [python, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", *(rest or [ROOT / "python" / "tests"])]
        return subprocess.run([str(t) for t in tests], env=environ, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Runs the package's tests on a module that CMake built: run.py PROGRAM [MODULE].

The module needs nanobind-backend and numpy, the tests pytest, of the Python that the module was built by
(STREAMGAUGE_TEST_PYTHON, or this one). Where something is missing the test is skipped, by name.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77


def main():
    program, modules = sys.argv[1], sys.argv[2:]
    if not modules or not pathlib.Path(modules[0]).exists():
        print("skipped: the module is not built; configure with -DSTREAMGAUGE_PYTHON=ON and build _sg")
        return SKIPPED
    python = os.environ.get("STREAMGAUGE_TEST_PYTHON", sys.executable)
    for package in ("numpy", "nanobind_backend", "pytest"):
        if subprocess.run([python, "-c", f"import {package}"], capture_output=True, check=False).returncode != 0:
            print(f"skipped: {python} lacks {package}")
            return SKIPPED
    with tempfile.TemporaryDirectory(prefix="streamgauge-python-") as folder:
        package = pathlib.Path(folder) / "streamgauge"
        package.mkdir()
        for file in (ROOT / "python" / "streamgauge").glob("*.py"):
            (package / file.name).symlink_to(file)
        (package / pathlib.Path(modules[0]).name).symlink_to(modules[0])
        environment = {
            **os.environ,
            "PYTHONPATH": folder,
            "STREAMGAUGE_PROGRAM": program,
            "STREAMGAUGE_ZOO": str(ROOT / "zoo"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        tests = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(ROOT / "python" / "tests")]
        return subprocess.run(tests, env=environment, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

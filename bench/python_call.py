#!/usr/bin/env python3
"""The 25 prompts from Python beside the command, turn by turn: opening, measuring and writing the JSON document, in the
process that does it; and what importing the package costs.

usage: bench/python_call.py MODEL [--runs 16] [--suite notebook-003]
needs: the package (pip install .), in the interpreter that runs this.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from streamgauge._program import program

CALL = """
import sys, time
began = time.perf_counter()
import streamgauge as sg
loaded = time.perf_counter()
sg.open(sys.argv[1]).measure(sg.suites[sys.argv[2]]).save(sys.argv[3])
print(time.perf_counter() - loaded, loaded - began)
"""


def by_command(a, file):
    began = time.perf_counter()
    subprocess.run([program(), "measure", a.model, "--suite", a.suite, "--json", file, "--quiet"], check=True)
    return {"command": time.perf_counter() - began}


def by_python(a, file):
    done = subprocess.run([sys.executable, "-c", CALL, a.model, a.suite, file], check=True, capture_output=True, text=True)
    return dict(zip(("called", "loaded"), map(float, done.stdout.split())))


def document(path):
    read = json.loads(path.read_text())
    return read, read.pop("timings")["seconds"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--runs", type=int, default=16)
    parser.add_argument("--suite", default="notebook-003")
    a = parser.parse_args()
    whole, passes, imports = [], [], []
    with tempfile.TemporaryDirectory() as scratch:
        ours, theirs = pathlib.Path(scratch) / "python.json", pathlib.Path(scratch) / "command.json"
        for run in range(a.runs):
            turns = [lambda: by_command(a, theirs), lambda: by_python(a, ours)]
            told = {}
            for turn in turns if run % 2 == 0 else reversed(turns):  # neither always comes behind the other's writing
                told.update(turn())
            command, called, loaded = told["command"], told["called"], told["loaded"]
            (left, left_pass), (right, right_pass) = document(ours), document(theirs)
            if left != right:
                raise SystemExit("the documents differ")
            whole.append(called / command)
            passes.append(left_pass / right_pass)
            imports.append(loaded)
            print(f"run {run + 1}: python {called:.3f} s ({left_pass:.3f} in the pass), command {command:.3f} s ({right_pass:.3f})", flush=True)
    print(f"medians: python / command {statistics.median(whole):.3f}, of the passes {statistics.median(passes):.3f}, "
          f"import {1000 * statistics.median(imports):.0f} ms")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Downloads over loopback: `streamgauge pull` beside curl with the same number of connections, from the same server
(tests/hub/local_hub.py), turn by turn; ours verifies, curl does not.

usage: bench/hub_download.py PROGRAM [--gb 1] [--runs 5] [--connections 8] [--scratch FOLDER]
needs: curl.
"""
import argparse
import hashlib
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = 1 << 24


def write_model(folder, size):
    """A repository with one large file of random bytes, and its sum."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    with open(folder / "model.safetensors", "wb") as file:
        for at in range(0, size, BLOCK):
            file.write(os.urandom(min(BLOCK, size - at)))
    with open(folder / "model.safetensors", "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def location(endpoint):
    """The signed address of the large file."""
    done = subprocess.run(["curl", "-s", "-I", f"{endpoint}/bench/model/resolve/main/model.safetensors"], capture_output=True,
                          text=True, check=True)
    return re.search(r"(?im)^location: (\S+)", done.stdout)[1]


def by_curl(endpoint, size, connections, folder):
    """Seconds for as many ranges at once, each into a file of its own."""
    folder.mkdir()
    url, step = location(endpoint), -(-size // connections)
    command = ["curl", "-s", "--parallel", "--parallel-immediate", "--parallel-max", str(connections)]
    for i in range(connections):
        command += ["-r", f"{i * step}-{min((i + 1) * step, size) - 1}", "-o", str(folder / str(i)), url]
        command += ["--next", "-s"] if i + 1 < connections else []
    start = time.perf_counter()
    subprocess.run(command, check=True)
    seconds = time.perf_counter() - start
    assert sum(p.stat().st_size for p in folder.iterdir()) == size
    return seconds


def by_ours(program, endpoint, home, sum_wanted):
    start = time.perf_counter()
    subprocess.run([program, "pull", "bench/model", "--quiet"], check=True, capture_output=True,
                   env={**os.environ, "HF_ENDPOINT": endpoint, "HF_HOME": str(home), "HF_HUB_OFFLINE": "0"})
    seconds = time.perf_counter() - start
    assert (home / "hub" / "models--bench--model" / "blobs" / sum_wanted).exists()
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--gb", type=float, default=1)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--scratch")
    a = parser.parse_args()
    scratch = pathlib.Path(tempfile.mkdtemp(dir=a.scratch))
    size = int(a.gb * 1e9)
    server = None
    try:
        wanted = write_model(scratch / "served" / "bench" / "model", size)
        server = subprocess.Popen([sys.executable, ROOT / "tests" / "hub" / "local_hub.py", scratch / "served"], stdout=subprocess.PIPE, text=True)
        endpoint = server.stdout.readline().strip()
        curl, ours = [], []
        for run in range(a.runs):
            curl.append(by_curl(endpoint, size, a.connections, scratch / "curl"))
            shutil.rmtree(scratch / "curl")
            ours.append(by_ours(a.program, endpoint, scratch / "home", wanted))
            shutil.rmtree(scratch / "home")
            print(f"run {run + 1}: curl {size / curl[-1] / 1e6:.0f} MB/s, streamgauge {size / ours[-1] / 1e6:.0f} MB/s", flush=True)
        print(f"median of the ratios: {100 * statistics.median(c / o for c, o in zip(curl, ours)):.0f} % of curl's speed")
    finally:
        if server is not None:
            server.kill()
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()

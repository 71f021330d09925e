#!/usr/bin/env python3
"""What ./dev bench runs: every comparison with a peer, its results kept, docs/performance.md written from them.

usage: bench/run.py BUILD [PIECE]... [--fresh] [--rounds N]
BUILD is the folder of the preset `bench`. Without names, the pieces that have no results yet are run (--fresh: all but
`big` and `experts`); named ones always. Results are kept in BUILD/results, so that an interrupted run goes on where it stopped.
Models are those of tools/fetch_models.py, or of the folder SG_MODELS. Pieces:
  start      version and inspect, cold            job        notebook 003's job beside transformers
  llama      prefill beside llama.cpp             weights    spectral norms beside torch and WeightWatcher
  matmul     beside OpenBLAS and torch's MKL      roofline   Google Benchmark's figures of the kernels
  curves     cost against tokens, prompts, layers, width
  forms      every stored form and block type of weights beside F32, one thread
  corpus     tokens a second at a context of 1,024, beside transformers and llama.cpp
  scale      a corpus in 1,000 parts: work, merging, memory
  page       the explorer's page in Chromium
  experts    random mixtures of experts beside transformers and llama.cpp: 8 GB of disk (SG_BENCH_EXPERTS names the folder)
  big        a 7B model streamed beside transformers in bfloat16: 14 GB of disk (SG_BENCH_BIG names the folder) and RAM
"""
import argparse
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import time

import document
from watch import spread, text

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
MODELS = {"SmolLM2-135M": ("smollm2-135m", "SmolLM2-135M-Instruct.Q4_1.gguf"),
          "Gemma-3-270M": ("gemma3-270m", "gemma-3-270m-q4_k_m.gguf")}


def model_path(name):
    short, file = MODELS[name]
    if folder := os.environ.get("SG_MODELS"):
        return str(pathlib.Path(folder) / file)
    done = subprocess.run([sys.executable, ROOT / "tools/fetch_models.py", short], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{name} could not be fetched: {done.stderr.strip()}")
    return done.stdout.strip()


class Bench:
    def __init__(self, build, rounds):
        self.build, self.rounds = build, rounds
        self.program = build / "src/cli/streamgauge"
        self.results = build / "results"
        self.threads = len(os.sched_getaffinity(0))

    def script(self, name, *arguments):
        """Runs bench/NAME and returns the JSON that it wrote."""
        answer = self.results / "piece.json"
        subprocess.run([sys.executable, HERE / name, *map(str, arguments), "--json", answer], check=True)
        return json.loads(answer.read_text())

    def start(self):
        rows = {}
        for name, command in {"--version": ["--version"], **{f"inspect {m}": ["inspect", model_path(m)] for m in MODELS},
                              **self.inspect_big()}.items():
            times = []
            for _ in range(15):
                begin = time.perf_counter()
                subprocess.run([self.program, *command], check=True, stdout=subprocess.DEVNULL)
                times.append(1e3 * (time.perf_counter() - begin))
            rows[name] = spread(times)
            print(f"{name:24} {text(rows[name], 1)} ms")
        return rows

    def inspect_big(self):
        folder = os.environ.get("SG_BENCH_BIG")
        return {"inspect 7B shape": ["inspect", folder]} if folder and pathlib.Path(folder).exists() else {}

    def job(self):
        return {name: self.script("job_peers.py", self.program, model_path(name), "--rounds", self.rounds)
                for name in MODELS}

    def llama(self):
        return {name: self.script("llama_peers.py", self.program, model_path(name), "--rounds", self.rounds)
                for name in MODELS}

    def weights(self):
        return self.script("weights_peers.py", self.program, model_path("SmolLM2-135M"), "--rounds", self.rounds,
                           "--random", "32000x4096", "--weightwatcher")

    def matmul(self):
        """Both programs in turn; each takes the median of its rounds, here the median over turns."""
        rates = {}
        for _ in range(self.rounds):
            done = subprocess.run([self.build / "bench/bench_matmul_peers", str(self.threads), "3"], check=True,
                                  capture_output=True, text=True)
            for line in done.stdout.splitlines():
                if re.fullmatch(r"\d+ x \d+ x \d+", line):
                    shape = line
                elif found := re.match(r"  (\S+)\s+([\d.]+) GFLOPS", line):
                    rates.setdefault(shape, {}).setdefault(found[1], []).append(float(found[2]))
            done = subprocess.run([sys.executable, HERE / "torch_matmul.py", str(self.threads), "3"], check=True,
                                  capture_output=True, text=True)
            for shape, values in json.loads(done.stdout).items():
                rates[shape].setdefault("torch", []).append(statistics.median(values))
        table = {shape: {name: spread(values) for name, values in row.items()} for shape, row in rates.items()}
        for shape, row in table.items():
            print(shape, {name: round(s["median"]) for name, s in row.items()})
        return table

    def roofline(self):
        answer = self.results / "kernels.json"
        subprocess.run([self.build / "bench/bench_kernels", f"--benchmark_out={answer}", "--benchmark_out_format=json",
                        "--benchmark_min_time=0.3"], check=True)
        return json.loads(answer.read_text())["benchmarks"]

    def forms(self):
        done = subprocess.run([self.build / "bench/bench_forms", "1", str(self.rounds), "2048"], check=True,
                              capture_output=True, text=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def curves(self):
        return self.script("cost_curves.py", self.program, model_path("SmolLM2-135M"))

    def corpus(self):
        return {name: self.script("corpus.py", self.program, model_path(name), "--rounds", self.rounds, "--threads", self.threads)
                for name in MODELS}

    def scale(self):
        return self.script("corpus_scale.py", self.program, "--parts", 1000)

    def page(self):
        models = [flag for name in MODELS for flag in ("--model", f"{name}={model_path(name)}")]
        return self.script("page.py", self.program, *models, "--rounds", self.rounds)

    def experts(self):
        folder = os.environ.get("SG_BENCH_EXPERTS", self.build / "experts")
        return self.script("experts.py", self.program, folder, "--rounds", self.rounds, "--threads", self.threads)

    def big(self):
        folder = os.environ.get("SG_BENCH_BIG", self.build / "llama-7b-shape")
        return self.script("big_model.py", self.program, folder, "--peer", "--runs", self.rounds)


PIECES = ("start", "job", "llama", "weights", "matmul", "forms", "roofline", "curves", "corpus", "scale", "page", "experts",
          "big")


def machine():
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return {"cpu": cpu, "threads": len(os.sched_getaffinity(0)), "memory_gib": round(memory, 1),
            "kernel": platform.release().split("-")[0], "date": time.strftime("%Y-%m-%d")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("pieces", nargs="*", metavar="PIECE")
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    a = parser.parse_args()
    if unknown := set(a.pieces) - set(PIECES):
        parser.error(f"no piece {', '.join(sorted(unknown))}; known: {', '.join(PIECES)}")
    bench = Bench(a.build.resolve(), a.rounds)
    bench.results.mkdir(parents=True, exist_ok=True)

    def stored(piece):
        return bench.results / f"{piece}.result.json"

    wanted = a.pieces or [p for p in PIECES if p not in ("big", "experts") and (a.fresh or not stored(p).exists())]
    for piece in wanted:
        load = os.getloadavg()[0]
        print(f"\n== {piece} (load {load:.1f})", flush=True)
        begin = time.perf_counter()
        result = getattr(bench, piece)()
        stored(piece).write_text(json.dumps({"machine": machine(), "load_before": round(load, 2),
                                             "seconds": round(time.perf_counter() - begin, 1), "result": result},
                                            indent=1))
        print(f"{piece}: {time.perf_counter() - begin:.0f} s", flush=True)
    found = {piece: json.loads(stored(piece).read_text()) for piece in PIECES if stored(piece).exists()}
    document.write(found, ROOT / "docs")
    print("\nwritten: docs/performance.md, docs/performance.json, docs/performance-roofline.svg")


if __name__ == "__main__":
    main()

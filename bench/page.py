#!/usr/bin/env python3
"""The explorer's page in Chromium: milliseconds to the first view, of drawing again and of following the pointer.

usage: bench/page.py PROGRAM [--model NAME=FILE]... [--pictures FOLDER] [--rounds N] [--json FILE]
needs: numpy, chromium. Pages are the 25 prompts of each model, a prompt of 16,000 tokens through a random model of 64
layers (a million cells), and two pocket models side by side; each is opened N times at 390 and at 1,400 pixels. The first
view counts from the start of the navigation to the end of the page's script, with the raster drawn; a hover from the
pointer's event to the end of what it changes. Chromium draws by software here.
"""
import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

from watch import spread
from watch import text as shown

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "cli"))
from browser import open_browser  # noqa: E402

WIDTHS = (390, 1400)
HOVERS = 60
TOKENS = 16000
DEEP = {"layers": 64, "width": 64, "mlp": 128, "heads": 2, "kv-heads": 2, "vocab": 1000}


def deep_model(scratch):
    folder = scratch / "deep"
    flags = [flag for name, value in DEEP.items() for flag in (f"--{name}", value)]
    subprocess.run([sys.executable, ROOT / "bench/make_checkpoint.py", folder, *map(str, flags)], check=True, capture_output=True)
    return folder


def pages(a, scratch):
    """Name -> file of a page."""
    def write(name, *call):
        file = scratch / f"{len(found)}.html"
        subprocess.run([a.program, *map(str, call), "--explore", file, "--quiet", "--no-progress"], check=True,
                       capture_output=True)
        found[name] = file

    found = {}
    for name, model in a.model:
        write(f"{name}, 25 prompts", "measure", model, "--suite", "notebook-003")
    draw = random.Random(1)
    ids = ",".join(str(draw.randrange(DEEP["vocab"])) for _ in range(TOKENS))
    write(f"{DEEP['layers']} layers, {TOKENS:,} tokens", "measure", deep_model(scratch), "--ids", ids)
    text = (ROOT / "zoo" / "heldout.txt").read_text(encoding="utf-8")[:2000]
    write("base and instruct, pocket models", "compare", ROOT / "zoo/llama31", ROOT / "zoo/llama31-instruct", "-p", text)
    return found


def look(browser, file, width, picture):
    """Times of one opening of the page."""
    browser.size(width, 1000)
    browser.open(file)
    browser.run("streamgauge.times.hover.length = 0")
    box = browser.run("(({left, top, width, height}) => ({left, top, width, height}))"
                      "(document.getElementById('above').getBoundingClientRect())")
    for i in range(HOVERS):
        x, y = box["left"] + box["width"] * (0.1 + 0.85 * i / HOVERS), box["top"] + box["height"] * (0.2 + 0.01 * (i % 60))
        browser.mouse("mouseMoved", x, y)
    browser.settle()
    times = browser.run("({first: streamgauge.times.first, draw: streamgauge.times.draw, hover: [...streamgauge.times.hover]})")
    if not times["hover"]:
        raise SystemExit(f"{file}: the pointer changed nothing")
    if browser.complaints or browser.requests[1:]:
        raise SystemExit(f"{file}: {browser.complaints} {browser.requests[1:]}")
    if picture:
        picture.write_bytes(browser.picture())
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--model", action="append", default=[], type=lambda pair: pair.split("=", 1))
    parser.add_argument("--pictures", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=pathlib.Path)
    a = parser.parse_args()
    rows = []
    browser = open_browser()
    with tempfile.TemporaryDirectory() as scratch:
        for name, file in pages(a, pathlib.Path(scratch)).items():
            for width in WIDTHS:
                picture = a.pictures / f"{file.stem}-{width}.png" if a.pictures else None
                seen = [look(browser, file, width, picture) for _ in range(a.rounds)]
                hovers = [hover for times in seen for hover in times["hover"]]
                rows.append({"page": name, "width": width, "bytes": file.stat().st_size, "first": spread([t["first"] for t in seen]),
                             "draw": spread([t["draw"] for t in seen]), "hover": spread(hovers), "hovers": len(hovers)})
                r = rows[-1]
                print(f"  {name:34} {width:5} pixels {r['bytes'] / 1e6:6.2f} MB  first view {shown(r['first'], 0)} ms"
                      f"  drawn {shown(r['draw'], 0)} ms  hover {shown(r['hover'], 1)} ms", flush=True)
    browser.close()
    if a.json:
        a.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()

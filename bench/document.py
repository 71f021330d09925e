"""docs/performance.md, performance.json and the roofline picture, from the results of bench/run.py."""
import json
import math
import pathlib
import re
import statistics

from watch import text

NOTES = pathlib.Path(__file__).resolve().parent / "notes.md"


class Targets:
    """What was asked for, what was measured, and whether it is met."""

    def __init__(self):
        self.rows = []

    def at_least(self, what, value, asked, unit="x"):
        self.rows.append([what, f"{value:.2f}{unit}", f"at least {asked}{unit}", "yes" if value >= asked else "no"])

    def below(self, what, value, asked, unit):
        self.rows.append([what, f"{value:.1f} {unit}", f"under {asked} {unit}", "yes" if value < asked else "no"])


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]) + "\n"


def start(result, targets):
    for name, times in result.items():
        targets.below(f"`{name}`, cold process", times["median"], 10 if name == "--version" else 50, "ms")
    return "## Start\n\nA cold process, medians of 15.\n\n" + table(
        ["command", "ms"], [[f"`{name}`", text(times, 1)] for name, times in result.items()])


JOB_ASKED = {"SmolLM2-135M": (15, 250), "Gemma-3-270M": (20, 500)}


def job(result, targets):
    rows = []
    for model, r in result.items():
        ratio, memory = JOB_ASKED[model]
        targets.at_least(f"notebook 003's job on {model}, against transformers", r["ratio"], ratio)
        targets.below(f"its peak memory on {model}", r["streamgauge"]["peak_mb"], memory, "MB")
        for name in ("streamgauge", "transformers"):
            rows.append([model, name, text(r[name]), f"{r[name]['peak_mb']:.0f}"])
        rows.append([model, "**ratio**", f"**{r['ratio']:.1f}**", ""])
    return ("## A whole job\n\nNotebook 003: 25 prompts, gains, the largest singular value of W_U, in cold processes (two of "
            "ours: `measure` and `weights`). transformers reads the same weights as float32.\n\n"
            + table(["model", "", "seconds", "peak resident MB"], rows))


def llama(result, targets):
    out = ["## Beside llama.cpp\n\nSeconds. Our forward is that of a cold process and computes every norm and statistic; "
           "llama.cpp's is warm and gives the last logits. Its types are made from the same file; whichever is faster of "
           "its layouts of weights counts. Processes: without the start of Python.\n"]
    for model, r in result.items():
        for part, title in (("suite", "25 prompts"), ("long", "one prompt of 1,024 tokens")):
            own = r[part]["own"]
            rows = [["streamgauge", text(own["forward"], 3), text(own["process"], 3), "", ""]]
            for p in r[part]["peers"]:
                name = p["type"] + (", repacked" if p["repacked"] else "")
                rows.append([f"llama.cpp, {name}", text(p["forward"], 3), text(p["process"], 3),
                             f"{p['forward_ratio']:.2f}", f"{p['process_ratio']:.2f}"])
            out.append(f"{model}, {title}:\n\n" + table(["", "forward", "process", "forward ratio", "process ratio"], rows))
            best = min(p["forward_ratio"] for p in r[part]["peers"])
            if part == "long":
                targets.at_least(f"1,024 tokens on {model}, against llama.cpp's best type", best, 1.0)
                continue
            same = next(p for p in r[part]["peers"] if p["type"] == "same file")
            targets.at_least(f"25 prompts on {model}, against llama.cpp, same file", same["forward_ratio"], 2)
            targets.at_least(f"25 prompts on {model}, against llama.cpp's best type", best, 1.5)
            targets.at_least(f"whole process on {model}, against llama.cpp", min(
                p["process_ratio"] for p in r[part]["peers"]), 1.0)
    return "\n".join(out)


def weights(result, targets):
    rows, asked = [], {"token_embd.weight": 30, "model.embed_tokens.weight": 10, "every matrix": 10}
    for r in result:
        rows.append([r["what"], r["peer"], text(r["own_seconds"], 3), text(r["peer_seconds"], 2), f"{r['ratio']:.1f}"])
        if r["what"].split(" ")[0] in asked or r["what"] in asked:
            key = r["what"] if r["what"] in asked else r["what"].split(" ")[0]
            targets.at_least(f"{r['what']}, against {r['peer']}", r["ratio"], asked[key])
    return "## Weights\n\nSeconds.\n\n" + table(["what", "peer", "streamgauge", "peer's", "ratio"], rows)


def matmul(result, targets):
    names = list(dict.fromkeys(name for row in result.values() for name in row))
    rows = [[shape] + [f"{row[n]['median']:.0f}" if n in row else "-" for n in names] for shape, row in result.items()]
    for shape in ("348 x 4096 x 4096", "348 x 1536 x 576", "32 x 4096 x 4096"):
        row = {name: s["median"] for name, s in result[shape].items()}
        best = max(row.get("OpenBLAS", 0), row.get("torch", 0))
        for kind in ("F32", "BF16"):
            targets.at_least(f"{kind} {shape}, against the best BLAS", row[kind] / best, 1.0)
        if shape.startswith("348"):
            targets.at_least(f"F32 {shape}, of the peak of multiply-adds", row["F32"] / row["peak"], 0.9, "")
        if shape == "348 x 4096 x 4096":
            for kind in ("Q4_1", "Q4_K", "Q8_0"):
                targets.at_least(f"{kind} {shape}, of the F32 figure", row[kind] / row["F32"], 0.85, "")
    return ("## Matrix products\n\nGFLOPS, packing and decoding included; `peak` are multiply-adds on registers, `torch` is "
            "MKL. All in turn.\n\n" + table(["tokens x inputs x outputs"] + names, rows))


def forms(result, targets):
    """Rows of bench_forms: speed as a ratio to F32 timed next to it, and to a plain sum over memory."""
    found = {}
    for row in result:
        found.setdefault(row["name"], {})[row["tokens"]] = row
    slowest = min(found, key=lambda name: found[name][348]["of_f32"])
    targets.at_least(f"stored forms, 348 rows, of the F32 figure (slowest: {slowest})", found[slowest][348]["of_f32"], 0.8, "")
    for tokens in (8, 1):
        few = {name: row[tokens]["of_f32"] for name, row in found.items() if row[tokens]["bits"] <= 32}
        slowest = min(few, key=few.get)
        targets.at_least(f"stored forms, {tokens} row{'s' * (tokens > 1)}, of F32 read from memory (slowest: {slowest})",
                         few[slowest], 1.0, "")
    rows = [[name, f"{row[1]['bits']:.2f}", f"{row[348]['of_f32']:.2f}"]
            + [figure for tokens in (8, 1) for figure in (f"{row[tokens]['of_f32']:.2f}",
                                                          f"{row[tokens]['bytes_per_second'] / 1e9:.1f}",
                                                          f"{row[tokens]['of_memory']:.2f}")]
            for name, row in found.items()]
    width = result[0]["width"]
    return (f"## Stored forms\n\n`bench_forms`: rows x {width} x {width}, one thread by its processor time, each form between two "
            "runs of F32; medians. Weights of 1 and 8 rows are copies that together no cache holds. `of F32`: how many times as "
            "fast as F32 in the same form of product; `GB/s`: of stored bytes; `of memory`: beside a plain sum over memory. F32 at "
            "1 and 8 rows is bound by memory. A form of few bits is not, for its numbers have to be made: at 4 bits and memory's "
            "speed every cycle would have to make six of them, and multiply them.\n\n"
            + table(["form", "bits", "348 rows: of F32", "8 rows: of F32", "GB/s", "of memory", "1 row: of F32", "GB/s",
                     "of memory"], rows))


def curves(result, targets):
    rows = [[curve, p["x"], f"{p['seconds']:.3f}", f"{p['anonymous_mb']:.0f}", f"{p['resident_mb']:.0f}"]
            for curve, points in result.items() for p in points]
    layers = result["layers"]
    growth = layers[-1]["anonymous_mb"] / layers[0]["anonymous_mb"]
    targets.rows.append(["anonymous memory at 32 layers, of that at 2", f"{growth:.2f}", "flat", "yes" if growth < 1.2 else "no"])
    longest = result["tokens"][-1]
    scores = longest["x"] ** 2 * 4 / 1e6
    targets.below(f"anonymous memory of a prompt of {longest['x']:,} tokens (a matrix of scores: {scores:.0f} MB)",
                  longest["anonymous_mb"], round(scores), "MB")
    return ("## What it costs\n\nTokens and prompts (of 64 tokens) on SmolLM2-135M, layers (width 512) and width (2 layers) "
            "on random models with 256 tokens. Attention over one long prompt grows with the square of its tokens, all else "
            "linearly. Anonymous memory leaves out the pages of the mapped file, which are clean.\n\n"
            + table(["curve", "at", "seconds", "anonymous MB", "resident MB"], rows))


def big(result, targets):
    best = min(run["seconds"] for run in result["own"])
    own = max(run["anonymous_mb"] for run in result["own"])
    lines = [["streamgauge, run " + str(i + 1), f"{r['seconds']:.1f}", f"{r['anonymous_mb']:.0f}", f"{r['resident_mb']:.0f}"]
             for i, r in enumerate(result["own"])]
    targets.below("7B, 25 prompts: resident less clean file pages", own, 1500, "MB")
    if peer := result.get("peer"):
        lines.append(["transformers, bfloat16", f"{peer['seconds']:.1f}", f"{peer['anonymous_mb']:.0f}",
                      f"{peer['resident_mb']:.0f}"])
        targets.at_least("7B, 25 prompts, against transformers in bfloat16", peer["seconds"] / best, 2)
    o = result["overlap"]
    return ("## A 7B model, streamed\n\nLLaMA-2-7B's shape, random bfloat16 weights, 13.5 GB, 25 prompts of 14 tokens; cold "
            "processes, the first also where the system did not hold the file. Memory is watched in `/proc/PID/status`: "
            "`RssAnon` is what is resident less the pages of files.\n\n"
            + table(["", "seconds", "anonymous MB", "resident MB"], lines)
            + f"\nIn the last run reading took {o['reading_s']:.1f} s and computing {o['computing_s']:.1f} s; "
              f"{o['overlap']:.0%} of the reading went on while something was computed (`measure --trace`).\n")


def points(benchmarks):
    """(type, shape, FLOP per byte of weights, GFLOPS) of every product."""
    for b in benchmarks:
        if found := re.match(r"matmul/(\w+)/tokens:(\d+)/inputs:(\d+)/outputs:(\d+)", b["name"]):
            yield found[1], " x ".join(found.groups()[1:]), b["FLOPS"] / b["bytes_per_second"], b["FLOPS"] / 1e9


def roofline_picture(benchmarks, peak, folder):
    """GFLOPS against operations per byte of weights, under the measured peak and the measured speed of memory."""
    read = next(b["bytes_per_second"] for b in benchmarks if b["name"].startswith("read")) / 1e9
    kinds = {}
    for kind, _, intensity, rate in points(benchmarks):
        kinds.setdefault(kind, []).append((intensity, rate))
    width, height, left, right, top, bottom = 720, 460, 70, 12, 14, 50
    low_y, high_y = 2, 10 ** math.ceil(math.log10(peak))

    def x(value):
        return left + (width - left - right) * math.log(value / 0.3) / math.log(3000 / 0.3)

    def y(value):
        return height - bottom - (height - top - bottom) * math.log(value / low_y) / math.log(high_y / low_y)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="13">',
           f'<path d="M0 0h{width}v{height}h-{width}z" fill="#fff"/>']

    def line(path, color, size):
        out.append(f'<path d="{path}" fill="none" stroke="{color}" stroke-width="{size}"/>')

    def write(at_x, at_y, words, more=""):
        out.append(f'<text x="{at_x:.1f}" y="{at_y:.1f}" {more}>{words}</text>')

    for power in range(0, 4):
        line(f"M{x(10**power):.1f} {top}V{height - bottom}", "#d0d7de", 1)
        write(x(10**power), height - bottom + 18, 10**power, 'text-anchor="middle"')
    for power in range(1, round(math.log10(high_y)) + 1):
        line(f"M{left} {y(10**power):.1f}H{width - right}", "#d0d7de", 1)
        write(left - 8, y(10**power) + 4, 10**power, 'text-anchor="end"')
    line(f"M{left} {top}V{height - bottom}H{width - right}", "#1f2328", 1)
    write((left + width) / 2, height - 10, "floating-point operations per byte of weights", 'text-anchor="middle"')
    write(18, height / 2, "GFLOPS", f'text-anchor="middle" transform="rotate(-90 18 {height / 2})"')
    start = max(0.3, low_y / read)
    line(f"M{x(start):.1f} {y(start * read):.1f}L{x(peak / read):.1f} {y(peak):.1f}H{width - right}", "#1f2328", 2)
    write(width - 190, height - bottom - 22 * (len(kinds) + 1), f"{read:.0f} GB/s, {peak:.0f} GFLOPS")
    colors = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
    for i, (kind, places) in enumerate(kinds.items()):
        size = 9 - i  # smaller on larger: two at one place are both seen
        legend = height - bottom - 22 * (len(kinds) - i)
        write(width - 170, legend, kind)
        for cx, cy in [*((x(a), y(b)) for a, b in places), (width - 184, legend - 4)]:
            out.append(f'<path d="M{cx - size / 2:.1f} {cy - size / 2:.1f}h{size}v{size}h-{size}z" fill="{colors[i % 6]}"/>')
    (folder / "performance-roofline.svg").write_text("\n".join([*out, "</svg>\n"]), encoding="utf-8")
    return read


def roofline(result, found, folder):
    if "matmul" in found:
        peak = statistics.median(row["peak"]["median"] for row in found["matmul"]["result"].values())
    else:
        peak = max(rate for *_, rate in points(result))
    read = roofline_picture(result, peak, folder)
    rows = [[kind, shape, f"{intensity:.1f}", f"{rate:.0f}", f"{rate / min(peak, intensity * read):.2f}"]
            for kind, shape, intensity, rate in points(result)]
    return ("## Roofline\n\n![Products under the roof of the machine](performance-roofline.svg)\n\nOf Google Benchmark "
            f"(`bench_kernels`): memory is read at {read:.0f} GB/s by all threads, registers multiply and add at "
            f"{peak:.0f} GFLOPS. Matrices that a last-level cache holds are read faster than memory, and rise above the "
            "roof.\n\n" + table(["type", "tokens x inputs x outputs", "FLOP per byte", "GFLOPS", "of the roof"], rows))


SHAPED = {"mixtral": "Mixtral's layout at an eighth of its width: 32 layers, 8 experts, 2 per token",
          "qwen3_moe": "Qwen3 30B-A3B's at a quarter of its width: 16 layers, 128 experts, 8 per token"}


def experts(result, targets):
    loads = [r["load_average"] for r in result]
    out = ["## Mixtures of experts\n\n`bench/experts.py`: random bfloat16 weights, one prompt. Our forward is that of a cold "
           "process over the safetensors with every norm, routing and statistic; theirs a warm one, the best of its "
           "repetitions. Read is what our process asked the disk for when the system held no page of the file: of "
           "experts that no token chose the fingerprint's sample alone, a page at each of 16 places of every matrix. "
           f"Load of the machine while the times were taken: {min(loads):.1f} to {max(loads):.1f}.\n"]
    for r in result:
        title = f"{SHAPED[r['family']]}; {r['tokens']} token{'s' if r['tokens'] > 1 else ''}"
        rows = [[row["who"], text(row["forward"], 3), f"{row['ratio']:.2f}", f"{row['resident_mb']:.0f}",
                 f"{row['anonymous_mb']:.0f}" if "anonymous_mb" in row else ""] for row in r["rows"]]
        out.append(f"{title}:\n\n" + table(["", "forward, s", "ratio", "peak resident MB", "anonymous MB"], rows))
        out.append(f"Read {r['read_mb']:.0f} MB of the file's {r['file_mb']:.0f}; the chosen experts have {r['routed_mb']:.0f} "
                   f"MB of all experts' {r['experts_mb']:.0f}. Norms differ from transformers' in float32 by "
                   f"{r['norms']['median']:.0e} (median; largest {r['norms']['max']:.0e}).\n")
        if r["tokens"] > 100:
            best = min(row["ratio"] for row in r["rows"] if row["who"].startswith("llama.cpp"))
            targets.at_least(f"{r['family']}-shaped, {r['tokens']} tokens, against llama.cpp's best type", best, 1.0)
    return "\n".join(out)


def corpus(result, targets):
    out = ["## A corpus\n\n`bench/corpus.py`: windows of 1,024 ids of one text. streamgauge computes every "
           "statistic of docs/corpus.md, in a cold process of which the task alone is timed; transformers the mean norm of every layer "
           "and the loss, in a warm process; llama.cpp what `llama-perplexity` does, the logits of the second half of each "
           "window, without what the tool then does with them. Means and losses agree.\n"]
    for model, r in result.items():
        rows = [[row["who"], text(row["seconds"]), f"{row['tokens_per_second']:.0f}", f"{row['ratio']:.2f}",
                 text(row["cpu"]), f"{row['cpu_ratio']:.2f}", f"{row['mb']:.0f}" if row["mb"] else ""] for row in r["rows"]]
        out.append(f"{model}, {r['tokens']:,} tokens; load of the machine {r['load']:.1f}:\n\n"
                   + table(["", "seconds", "tokens a second", "ratio", "processor seconds", "ratio", "peak resident MB"], rows))
        out.append(f"Every statistic but loss and entropy takes {100 * r['statistics']['median']:.0f} % more processor time than `measure` of the "
                   f"same windows, which keeps the norms of tokens alone ({100 * r['statistics']['min']:.0f} to {100 * r['statistics']['max']:.0f} %).\n")
        best = {peer: min(row["ratio"] for row in r["rows"] if row["who"].startswith(peer)) for peer in ("transformers", "llama.cpp")}
        targets.at_least(f"a corpus on {model}, against transformers, its best batch", best["transformers"], 2.5)
        targets.at_least(f"a corpus on {model}, against llama.cpp's best type", best["llama.cpp"], 1.2)
        targets.below(f"a corpus on {model}: statistics beside norms alone", 100 * r["statistics"]["median"], 10, "%")
    return "\n".join(out)


def scale(result, _):
    parts, runs = result["parts"], result["memory"]
    steps = {"plan": "plan", "work": "work", "again": "work again, nothing left to do", "status": "status",
             "whole": "merge of all parts", "share": "merge of a hundredth of them", "sums": "merge of the hundred sums"}
    rows = [[name, f"{parts[key]['seconds']:.2f}", f"{parts[key]['resident_mb']:.0f}"] for key, name in steps.items()]
    sizes = parts["parts"]
    return (f"## A corpus in {sizes['count']:,} parts\n\n`bench/corpus_scale.py`: documents of a few words, each a task of its own, on a "
            f"pocket model. A part has {sizes['median']:,} bytes (median), the largest {sizes['largest']:,}.\n\n"
            + table(["", "seconds", "peak resident MB"], rows)
            + "\nMemory of one process over more and more tokens, as one task:\n\n"
            + table(["tokens", "peak resident MB", "bytes of its part"],
                    [[f"{r['tokens']:,}", f"{r['resident_mb']:.0f}", f"{r['part_bytes']:,}"] for r in runs]))


def page(result, targets):
    rows = [[r["page"], r["width"], f"{r['bytes'] / 1e6:.1f}", text(r["first"], 0), text(r["draw"], 0), text(r["hover"], 1)]
            for r in result]
    for r in result:
        if "layers" in r["page"]:
            targets.below(f"explorer, {r['page']}, {r['width']} pixels: first view", r["first"]["median"], 300, "ms")
            targets.below(f"explorer, {r['page']}, {r['width']} pixels: hover", r["hover"]["median"], 16, "ms")
    return ("## The explorer's page\n\n`bench/page.py`: in Chromium without a window and without a graphics card. First view: from the start of "
            "the navigation to the raster drawn, decoding included; hover: from the pointer's event to the end of what it changes.\n\n"
            + table(["page", "pixels", "MB", "first view, ms", "drawn again, ms", "hover, ms"], rows))


def write(found, folder):
    """found: piece -> {"machine", "load_before", "seconds", "result"}."""
    targets, parts = Targets(), []
    makers = {"start": start, "job": job, "llama": llama, "weights": weights, "matmul": matmul, "forms": forms, "curves": curves, "corpus": corpus,
              "scale": scale, "page": page, "experts": experts, "big": big}
    for piece, maker in makers.items():
        if piece in found:
            parts.append(maker(found[piece]["result"], targets))
    if "roofline" in found:
        parts.append(roofline(found["roofline"]["result"], found, folder))
    m = next(iter(found.values()))["machine"]
    loads = [f["load_before"] for f in found.values()]
    head = ("# Performance\n\nWritten by `./dev bench`, which builds the peers, proves that their answers agree and only then "
            "takes times, both sides in turn in one session. Times are medians with the smallest and the largest in brackets; "
            f"only ratios mean anything on another machine.\n\n{m['cpu']}, {m['threads']} processors, {m['memory_gib']:.0f} GiB, "
            f"Linux {m['kernel']}, {m['date']}; load before a piece began: median {statistics.median(loads):.1f}, at most "
            f"{max(loads):.1f}. All figures: [performance.json](performance.json).\n")
    summary = "## What was asked for\n\n" + table(["", "measured", "asked", "met"], targets.rows)
    notes = NOTES.read_text(encoding="utf-8")
    (folder / "performance.md").write_text("\n".join([head, summary, notes, *parts]), encoding="utf-8")
    (folder / "performance.json").write_text(json.dumps({"pieces": found, "targets": targets.rows}, indent=1) + "\n",
                                             encoding="utf-8")

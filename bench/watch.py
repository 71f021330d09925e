"""Runs a command and watches its memory: what the benchmarks share."""
import statistics
import subprocess
import tempfile
import time

INTERVAL = 0.002  # seconds between two looks at /proc: the peak of a short run is not missed


def memory(pid):
    """Peak resident and present anonymous MB. Anonymous is resident less the pages of files, which are clean: the
    system drops them without writing when it wants them."""
    fields = {}
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            for line in status:
                key, _, value = line.partition(":")
                if key in ("VmHWM", "RssAnon"):
                    fields[key] = int(value.split()[0]) / 1024
    except (FileNotFoundError, ProcessLookupError):
        pass  # it has just ended
    return fields.get("VmHWM", 0.0), fields.get("RssAnon", 0.0)


def watch(*command, interval=INTERVAL):
    """{"seconds", "resident_mb", "anonymous_mb", "out"} of a process that must succeed."""
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        process = subprocess.Popen(list(map(str, command)), stdout=out, stderr=subprocess.PIPE)
        resident = anonymous = 0.0
        while process.poll() is None:
            now = memory(process.pid)
            resident, anonymous = max(resident, now[0]), max(anonymous, now[1])
            time.sleep(interval)
        seconds = time.perf_counter() - start
        if process.returncode != 0:
            raise SystemExit(f"{command[0]} failed: {process.stderr.read().decode(errors='replace').strip()}")
        out.seek(0)
        return {"seconds": seconds, "resident_mb": resident, "anonymous_mb": anonymous, "out": out.read()}


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def text(s, digits=2):
    return f"{s['median']:.{digits}f} ({s['min']:.{digits}f}..{s['max']:.{digits}f})"

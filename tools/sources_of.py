#!/usr/bin/env python3
"""Says which sources to compile so that a compiler sees the files given: a source is its own, a header's is the nearest that
includes it. clang-tidy reads headers through sources alone, so that one that no changed source includes would go unseen.

    tools/sources_of.py DATABASE FILE...

DATABASE is a compile_commands.json; only what it compiles counts. Paths are relative to the repository, one a line.
"""
import json
import os
import re
import subprocess
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.MULTILINE)


def includers():
    """What is included, as written -> the files that include it."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--", "*.cc", "*.h"], check=True, text=True,
                            capture_output=True).stdout.split()
    found = {}
    for path in filter(os.path.exists, listed):  # what was deleted is still listed until it is committed
        with open(path, encoding="utf-8") as file:
            for name in INCLUDE.findall(file.read()):
                found.setdefault(name, []).append(path)
    return found


def nearest_source(file, included_by, compiled):
    """The compiled source that includes `file` through the fewest headers, or None."""
    seen, level = {file}, [file]
    while level:
        sources = compiled.intersection(level)
        if sources:
            return min(sources)
        further = set()
        for header in level:
            parts = header.split("/")
            for start in range(len(parts)):  # "model/family.h" for src/model/family.h
                further.update(included_by.get("/".join(parts[start:]), []))
        level = sorted(further - seen)
        seen.update(level)
    return None


def main(database, files):
    with open(database, encoding="utf-8") as file:
        compiled = {os.path.relpath(entry["file"]) for entry in json.load(file)}
    included_by = includers()
    for source in sorted({nearest_source(file, included_by, compiled) for file in files} - {None}):
        print(source)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

#!/usr/bin/env python3
"""Checks the includes of src/ against the table of who may include whom.

Every folder may include itself and base; a folder of folders has a table of its own for what lies inside it. A
row that a table lacks is an error, so that a new folder has to say where it stands. Runs as the ctest `layers`; `--self-test` proves that a violation is found.
"""
import pathlib
import re
import sys
import tempfile

MAY_INCLUDE = {
    "base": set(),
    "stats": set(),
    "tasks": set(),
    "kernel": set(),
    "io": {"kernel"},
    "hub": {"io"},
    "tokenizer": set(),
    "chat": set(),
    "prompts": {"tokenizer", "chat"},
    "model": {"io", "tokenizer", "kernel"},
    "forward": {"model", "kernel"},
    "cuda": {"kernel", "forward", "model"},
    "measure": {"cuda", "forward", "model", "kernel", "stats"},
    "corpus": {"tasks", "measure", "forward", "model", "kernel", "tokenizer"},
    "spectra": {"measure", "model", "kernel"},
    "store": {"measure", "spectra"},
    "experiment": {"tasks", "store", "measure", "spectra", "stats", "forward", "model", "prompts", "io"},
    "report": {"tasks", "io", "stats", "measure", "spectra", "corpus", "experiment"},
    "check": {"cuda", "forward", "report", "measure", "model", "kernel", "io"},
    "api": {"report", "spectra", "measure", "model", "prompts", "io", "tokenizer"},
    "cli": {"*"},
}
# Inside a folder of folders; "" is what lies directly in it and sees all of them.
INSIDE = {
    "experiment": {
        "value": set(),
        "file": {"value"},
        "evaluate": {"value", "file"},
        "run": {"value", "file", "evaluate"},
    },
    "report": {
        "text": set(),
        "file": set(),
        "data": {"text"},
        "figure": {"text", "file"},
        "document": {"text", "figure"},
        "explorer": {"data"},
        "": {"*"},
    },
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def inner_folder(parts):
    """('report', 'text', 'a.h') -> 'text'; ('report', 'a.h') -> ''."""
    return parts[1] if len(parts) > 2 else ""


def inner_violations(path, parts):
    """The same for an include of one sub-folder by another of the same folder."""
    table = INSIDE[parts[0]]
    place = inner_folder(parts)
    if place not in table:
        yield f"{path}: folder '{parts[0]}/{place}' is not in the table of tools/check_layers.py"
        return
    allowed = table[place] | {place}
    for target in INCLUDE.findall(path.read_text(encoding="utf-8")):
        owner = pathlib.PurePosixPath(target).parts
        if owner[0] == parts[0] and "*" not in allowed and inner_folder(owner) not in allowed:
            yield f"{path}: {parts[0]}/{place} may not include {target}; it may include {', '.join(sorted(allowed))}"


def violations(src):
    """Yields one line per include that points the wrong way."""
    for path in sorted(src.rglob("*")):
        if path.suffix not in {".h", ".cc"}:
            continue
        parts = path.relative_to(src).parts
        folder = parts[0]
        if folder in INSIDE:
            yield from inner_violations(path, parts)
        if folder not in MAY_INCLUDE:
            yield f"{path}: folder '{folder}' is not in the table of tools/check_layers.py"
            continue
        allowed = MAY_INCLUDE[folder] | {folder, "base"}
        for target in INCLUDE.findall(path.read_text(encoding="utf-8")):
            owner = target.split("/")[0]
            if owner not in MAY_INCLUDE:
                continue  # not one of our folders: a generated or public header
            if "*" not in allowed and owner not in allowed and target not in allowed:
                yield f"{path}: {folder} may not include {target}; it may include {', '.join(sorted(allowed))}"


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        src = pathlib.Path(folder)
        (src / "kernel").mkdir()
        (src / "kernel" / "a.h").write_text('#include "model/family.h"\n')
        (src / "odd").mkdir()
        (src / "odd" / "b.cc").write_text("")
        (src / "report" / "text").mkdir(parents=True)
        (src / "report" / "text" / "c.h").write_text('#include "report/figure/figure.h"\n#include "base/result.h"\n')
        (src / "report" / "new").mkdir()
        (src / "report" / "new" / "d.h").write_text("")
        found = list(violations(src))
        assert len(found) == 4, found


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    found = list(violations(pathlib.Path(sys.argv[1])))
    print("\n".join(found) if found else "layers: every include goes one way")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

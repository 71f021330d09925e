#!/usr/bin/env python3
"""Checks the includes of src/ against the table of who may include whom.

Every folder may include itself and base. A row that the table lacks is an error, so that a new folder has
to say where it stands. Runs as the ctest `layers`; `--self-test` proves that a violation is found.
"""
import pathlib
import re
import sys
import tempfile

MAY_INCLUDE = {
    "base": set(),
    "kernel": set(),
    "io": {"kernel"},
    "tokenizer": set(),
    "model": {"io", "tokenizer", "kernel"},
    "forward": {"model", "kernel"},
    "measure": {"forward", "model", "kernel"},
    "stats": set(),
    "experiment": {"measure", "stats", "forward", "model", "io"},
    "report": {"stats", "measure/row.h", "measure/weight_row.h", "measure/row_store.h", "experiment/result.h"},
    "api": {"report", "measure", "model", "io", "tokenizer"},
    "cli": {"*"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def violations(src):
    """Yields one line per include that points the wrong way."""
    for path in sorted(src.rglob("*")):
        if path.suffix not in {".h", ".cc"}:
            continue
        folder = path.relative_to(src).parts[0]
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
        found = list(violations(src))
        assert len(found) == 2, found


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    found = list(violations(pathlib.Path(sys.argv[1])))
    print("\n".join(found) if found else "layers: every include goes one way")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

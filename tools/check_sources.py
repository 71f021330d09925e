#!/usr/bin/env python3
"""Checks rules that no compiler knows, over the files of the repository (build outputs left out):
no path of somebody's machine (but /home/someone); no unfinished marks; no code file over MAX_LINES lines; every tests/**/*_test.cc
belongs to a folder that tests/CMakeLists.txt builds; a file that a comment names by folder and name exists.

usage: tools/check_sources.py [ROOT] | --self-test
"""
import pathlib
import re
import sys
import tempfile

MAX_LINES = 500  # above this a file holds more than one idea (CONTRIBUTING.md, rule 13)
TEXT = {".cc", ".h", ".py", ".md", ".cmake", ".txt", ".json", ".toml", ".sql", ".cff", ".yml", ".sh", ""}
CODE = {".cc", ".h", ".py"}
SKIPPED = {"build", ".git", ".cache", ".venv", "__pycache__"}
DATA = {("tests", "data"), ("fuzz", "corpus")}
LARGEST = 1 << 20  # bytes; bigger files are data, not text that people write
# The words are split so that this file passes its own check.
MACHINE_PATH = re.compile(r"(?<![\w.~}/-])/(?:ho" r"me|ro" r"ot|wo" r"rk|Us" r"ers|m" r"nt)/(?!someone\b)[\w.-]+")
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b")
COMMENT = re.compile(r"(?://|#)\s?(?!include\b)(.*)$")
NAMED_FILE = re.compile(r"(?<![\w./<{*~-])((?:[\w-]+/)+[\w-]+\.(?:h|cc|py|md|sql|toml))\b(?![\w/({*])")


def text_files(root):
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        if set(inside.parts) & SKIPPED or not path.is_file() or path.suffix not in TEXT:
            continue
        if inside.parts[:2] in DATA or path.stat().st_size > LARGEST:
            continue
        yield inside, path


def missing_files(line, known):
    """Names in a line's comment that are the end of no path of the repository."""
    comment = COMMENT.search(line)
    for name in NAMED_FILE.findall(comment[1]) if comment else []:
        if not any(path.endswith("/" + name) for path in known):
            yield name


def findings(root):
    """Yields one line per broken rule."""
    known = ["/" + str(inside) for inside, _ in text_files(root)]
    registered = (root / "tests" / "CMakeLists.txt").read_text(encoding="utf-8")
    for inside, path in text_files(root):
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            yield f"{inside}: not UTF-8"
            continue
        for number, line in enumerate(lines, 1):
            if found := MACHINE_PATH.search(line):
                yield f"{inside}:{number}: path of a machine: {found.group()}"
            if found := UNFINISHED.search(line):
                yield f"{inside}:{number}: unfinished: {found.group()}"
            if path.suffix in CODE:
                yield from (f"{inside}:{number}: names a file that is not there: {name}" for name in missing_files(line, known))
        if path.suffix in CODE and len(lines) > MAX_LINES:
            yield f"{inside}: {len(lines)} lines; at most {MAX_LINES}"
        if inside.parts[0] == "tests" and path.name.endswith("_test.cc"):
            folder = path.parent / "CMakeLists.txt"
            if not folder.is_file() or not re.search(rf"\b{re.escape(path.parent.name)}\b", registered):
                yield f"{inside}: no test program builds it; register its folder in tests/CMakeLists.txt"


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "tests" / "lost").mkdir(parents=True)
        (root / "tests" / "CMakeLists.txt").write_text("foreach(folder base)\n")
        (root / "tests" / "lost" / "a_test.cc").write_text("")
        (root / "a.py").write_text("x\n" * (MAX_LINES + 1))
        (root / "b.md").write_text("see /ho" "me/me/x and ~/.cache/x and $X/ho" "me/x\n")
        (root / "c.h").write_text("// TO" "DO\n")
        (root / "e.h").write_text("// as lost/" "a_test.cc does, not as gone/" "b.h\n")
        (root / "build").mkdir()
        (root / "build" / "d.h").write_text("// TO" "DO\n")
        found = [line.split(":")[0] for line in findings(root)]
        assert found == ["a.py", "b.md", "c.h", "e.h", "tests/lost/a_test.cc"], found


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    root = pathlib.Path(sys.argv[1]) if sys.argv[1:] else pathlib.Path(__file__).resolve().parent.parent
    found = list(findings(root))
    print("\n".join(found) if found else "sources: every rule holds")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

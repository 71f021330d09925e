#!/usr/bin/env python3
"""Checks the documents against the program: runs the examples of README.md and docs/, and follows their links.

A fenced block marked `console` is run line by line from the root of the repository: `$ streamgauge ...` runs the
built program (arguments split as a shell would; no pipes), `$ echo $?` prints the last exit code, and what follows
must be what the command prints, standard output before standard error. A line `...` stands for any lines, `...`
inside a line for any text. A block marked `console scratch` runs from a folder
that holds nothing but a link to zoo/. One that names models, as
`console smollm2-135m gemma3-270m`, runs only where tools/fetch_models.py has put them, from an empty folder with links.

usage: tools/check_docs.py PROGRAM [FILE.md]... | --links [FILE.md]... | --self-test
"""
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import fetch_models

ROOT = pathlib.Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^```(.*)$")
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
SCRATCH = "scratch"
TIMEOUT = 120  # seconds for one command; the examples take far less


def documents(names):
    return [pathlib.Path(name) for name in names] or [
        path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")] if path.is_file()]


def console_blocks(text):
    """Yields (line number, words after the fence's `console`, lines of the block)."""
    kind, start, lines = None, 0, []
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if fence and kind is None:
            kind, start, lines = fence.group(1).split() or ["text"], number, []
        elif fence:
            if kind[0] == "console":
                yield start, kind[1:], lines
            kind = None
        elif kind is not None:
            lines.append(line)


def steps(lines):
    """Splits a block into (command, expected lines)."""
    found = []
    for line in lines:
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
    return found


def matches(expected, printed):
    """Whether the printed lines are the expected ones, `...` standing for anything."""
    parts = []
    for line in expected:
        if line.strip() == "...":
            parts.append(r"(?:.*\n)*?")
        else:
            parts.append(".*".join(re.escape(piece) for piece in line.rstrip().split("...")) + r"[ \t]*\n")
    return re.fullmatch("".join(parts), "".join(line + "\n" for line in printed)) is not None


def run_block(program, lines, folder):
    """Yields a complaint per step that does not print what the document says."""
    code = None
    for command, expected in steps(lines):
        words = shlex.split(command)
        if command == "echo $?":
            printed = [str(code)]
        elif words[0] != "streamgauge":
            yield f"`{command}`: only streamgauge commands are run; mark the block `sh` instead"
            continue
        else:
            done = subprocess.run([program, *words[1:]], cwd=folder, capture_output=True, timeout=TIMEOUT, check=False,
                                  stdin=subprocess.DEVNULL, env={**os.environ, "NO_COLOR": "1", "COLUMNS": "120"})
            code = done.returncode
            printed = (done.stdout + done.stderr).decode("utf-8", "replace").splitlines()
        while expected and not expected[-1].strip():
            expected.pop()
        while printed and not printed[-1].strip():
            printed.pop()
        if not matches(expected, printed):
            shown = "\n".join(printed)
            yield f"`{command}` prints something else (exit code {code}):\n{shown}\n"


def check_examples(program, paths):
    failures, ran, skipped = [], 0, 0
    for path in paths:
        for number, words, lines in console_blocks(path.read_text(encoding="utf-8")):
            models = [fetch_models.cache_folder() / fetch_models.MODELS[word].file for word in words if word != SCRATCH]
            if not all(model.is_file() for model in models):
                skipped += 1
                continue
            with tempfile.TemporaryDirectory() as scratch:
                folder = pathlib.Path(scratch) if words else ROOT
                if words:
                    (folder / "zoo").symlink_to(ROOT / "zoo")
                for model in models:
                    (folder / model.name).symlink_to(model)
                ran += 1
                failures += [f"{path}:{number}: {text}" for text in run_block(program, lines, folder)]
    print(f"docs: {ran} examples run, {skipped} left out because their model is not in the cache")
    return failures


def check_links(paths):
    failures = []
    for path in paths:
        for target in LINK.findall(path.read_text(encoding="utf-8")):
            if "://" not in target and not target.startswith("mailto:") and not (path.parent / target).exists():
                failures.append(f"{path}: the link {target} leads nowhere")
    return failures


def self_test():
    assert matches(["a ... z", "...", "end"], ["a 1 z", "x", "y", "end"])
    assert matches(["...", "end"], ["end"])
    assert not matches(["a"], ["b"]) and not matches(["a"], ["a", "b"]) and not matches(["a", "..."], [])
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        program = root / "program"
        program.write_text("#!/bin/sh\necho \"got $1\"\necho oops >&2\nexit 3\n")
        program.chmod(0o755)
        page = root / "page.md"
        page.write_text("[x](gone.md)\n```console\n$ streamgauge 'a b'\ngot a b\noops\n$ echo $?\n3\n```\n"
                        "```console\n$ streamgauge c\ngot d\noops\n$ rm x\n```\n```sh\n$ rm x\n```\n")
        failures = check_examples(str(program), [page])
        assert len(failures) == 2 and all("page.md:9" in f for f in failures), failures
        assert len(check_links([page])) == 1


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    paths = documents(arguments[1:])
    failures = check_links(paths) if arguments[0] == "--links" else check_examples(
        str(pathlib.Path(arguments[0]).resolve()), paths)
    print("\n".join(failures) if failures else "docs: all as written")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""Writes the table of fields into docs/measures.md from `streamgauge list fields`.

    tools/make_fields_doc.py build/release/src/cli/streamgauge            writes it
    tools/make_fields_doc.py build/release/src/cli/streamgauge --check    fails when it is out of date
"""
import pathlib
import subprocess
import sys

PATH = pathlib.Path(__file__).resolve().parent.parent / "docs/measures.md"
BEGIN = "<!-- fields: written by tools/make_fields_doc.py -->\n"
END = "<!-- end of fields -->\n"


def main():
    text = subprocess.run([sys.argv[1], "list", "fields"], check=True, capture_output=True, text=True).stdout
    table = "```text\n" + "\n".join(line.rstrip() for line in text.strip("\n").split("\n")) + "\n```\n"
    document = PATH.read_text(encoding="utf-8")
    head, rest = document.split(BEGIN)
    tail = rest.split(END)[1]
    wanted = head + BEGIN + table + END + tail
    if "--check" not in sys.argv[2:]:
        PATH.write_text(wanted, encoding="utf-8")
    elif document != wanted:
        print("the table of fields in docs/measures.md is out of date; run tools/make_fields_doc.py BINARY")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

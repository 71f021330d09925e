#!/usr/bin/env python3
"""The examples of docs/store.md, run on a stored store: what they print is what the document shows."""
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXAMPLE = re.compile(r"```(sql|python)\n(.*?)```\n```text\n(.*?)```", re.DOTALL)


def printed(language, code, folder):
    if language == "python":
        done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
        return done.stdout
    store = sqlite3.connect(folder / "DIR" / "store.sqlite")
    rows = store.execute(code).fetchall()
    store.close()
    return "".join("|".join(map(str, row)) + "\n" for row in rows)


class StoreDocument(unittest.TestCase):
    def test_examples_print_what_the_document_shows(self):
        examples = EXAMPLE.findall((ROOT / "docs" / "store.md").read_text(encoding="utf-8"))
        self.assertEqual([language for language, _, _ in examples], ["sql", "sql", "python"])
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "DIR").mkdir()
            store = sqlite3.connect(folder / "DIR" / "store.sqlite")
            store.executescript((ROOT / "tests" / "data" / "store" / "store_v2.sql").read_text(encoding="utf-8"))
            store.commit()
            store.close()
            for language, code, expected in examples:
                with self.subTest(code=code):
                    self.assertEqual(printed(language, code, folder), expected)


if __name__ == "__main__":
    unittest.main()

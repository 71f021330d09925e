"""The modules of the explorer's page, type-checked by the TypeScript compiler; skipped where it is missing."""
import pathlib
import shutil
import subprocess
import sys

PAGE = pathlib.Path(__file__).resolve().parent.parent.parent / "src" / "report" / "explorer" / "page"


def main():
    compiler = shutil.which("tsc")
    if not compiler:
        print("skipped: tsc is not here (Debian package node-typescript)")
        return 77
    for file in sorted(PAGE.glob("*.js")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            # The modules are joined by dropping the lines that import (explorer_page.cc).
            if line.startswith("import ") and not line.endswith(";"):
                print(f"{file.name}:{number}: an import is one line")
                return 1
    return subprocess.run([compiler, "--project", str(PAGE)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

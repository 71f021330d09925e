"""The package and what users write with it, under mypy and pyright."""

import json
import pathlib
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT

import streamgauge as sg

PACKAGE = pathlib.Path(sg.__file__).parent
USER_CODE = pathlib.Path(__file__).with_name("user_code.py")
pytestmark = pytest.mark.skipif(not (PACKAGE / "_sg.pyi").exists(), reason="the stub of the module is not built")


def test_mypy():
    """Strict, with what is expected to be refused among it."""
    pytest.importorskip("mypy.api")
    from mypy import api

    strict = ["--strict", "--warn-unused-ignores", "--no-incremental", "--config-file", str(ROOT / "pyproject.toml")]
    out, errors, code = api.run([*strict, str(PACKAGE), str(USER_CODE)])
    assert code == 0, out + errors


def test_pyright(tmp_path):
    pytest.importorskip("basedpyright")
    # Copied: a checker reads a package through its links, and would not find the stub beside the module.
    shutil.copytree(PACKAGE, tmp_path / "streamgauge", ignore=shutil.ignore_patterns("*.so", "__pycache__", "bin", "lib"))
    shutil.copy(USER_CODE, tmp_path)
    config = {"typeCheckingMode": "standard", "reportUnnecessaryTypeIgnoreComment": "error", "enableTypeIgnoreComments": False,
              "pythonVersion": "3.10", "reportMissingImports": "none", "reportMissingModuleSource": "none"}  # fmt: skip
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config))
    done = subprocess.run([sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable, "--outputjson"],
                          cwd=tmp_path, capture_output=True, text=True, check=False)  # fmt: skip
    found = json.loads(done.stdout)["generalDiagnostics"]
    said = [f"{d['file']}:{d['range']['start']['line'] + 1}: {d['message']}" for d in found if d["severity"] == "error"]
    assert done.returncode == 0 and not said, "\n".join(said)

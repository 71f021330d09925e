"""Models of the pocket zoo and the command, for every test."""

import os
import pathlib
import subprocess

import pytest

import streamgauge as sg
from streamgauge._program import program

ROOT = pathlib.Path(__file__).resolve().parents[2]
ZOO = ROOT / "zoo"
os.environ.setdefault("STREAMGAUGE_ZOO", str(ZOO))
MODELS = sorted(p.parent for p in ZOO.rglob("config.json"))


def command(*arguments):
    """Standard output of the command."""
    done = subprocess.run([program(), *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def model():
    return sg.open(ZOO / "mistral")


@pytest.fixture(scope="session")
def measured(model):
    return model.measure(["The king", "She went to the old house and"], lens="last")

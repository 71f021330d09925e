"""The command `streamgauge`, which is in the package, and calls of it."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
from typing import Callable, NoReturn

from ._errors import Error, usage

PROGRAM = pathlib.Path(__file__).parent / "bin" / "streamgauge"


def program() -> str:
    """The path of the command of this package; STREAMGAUGE_PROGRAM names another."""
    return os.environ.get("STREAMGAUGE_PROGRAM") or str(PROGRAM)


def main() -> NoReturn:
    """The console script."""
    os.execv(program(), ["streamgauge", *sys.argv[1:]])


def call(*arguments: str, say: Callable[[str], None] | None = None) -> str:
    """What the command writes to standard output. `say` gets each line of standard error.

    Raises:
        Error: with the command's text and exit code. Ctrl-C stops the command too.
    """
    try:
        process = subprocess.Popen(
            [program(), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
    except OSError as error:  # no such program, or more arguments than the system takes
        raise Error(f"the command cannot be started; got {error}", where=program(), got=str(error)) from None
    except ValueError as error:  # a character of code 0, a lone surrogate
        raise usage("what the command cannot be told", expected="Unicode text without characters of code 0", got=str(error)) from None
    try:
        out, messages = process.communicate()
    except BaseException:
        process.send_signal(signal.SIGINT)
        process.kill() if _lingers(process) else None
        raise
    if say is not None:
        for line in messages.splitlines():
            say(line)
    if process.returncode != 0:
        mark = "streamgauge: error: "
        found = [line.removeprefix(mark) for line in messages.splitlines() if line.startswith(mark)]
        raise Error("; ".join(found) or messages.strip() or "the command failed", exit_code=process.returncode)
    return out


def _lingers(process: subprocess.Popen[str]) -> bool:
    """Whether it is still there after the moment in which the command stops by itself."""
    try:
        process.wait(timeout=0.05)
    except subprocess.TimeoutExpired:
        return True
    return False

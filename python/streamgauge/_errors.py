"""What goes wrong, as the command says it."""

from __future__ import annotations

from typing import Any


class Error(Exception):
    """A call that failed. `str(error)` is the command's text; the fields are its parts, empty where there is none.

    What is made of it is a UsageError, an InputError or a ResourceError where the exit code is theirs.

    Attributes:
        what: what is wrong.
        where: the file, key or option that it is about.
        expected: what should have been there.
        got: what was there.
        hint: what to try.
        exit_code: that of the command: 2 usage, 3 bad input, 4 out of memory or disk, 130 interrupted.
    """

    def __new__(cls, *parts: Any, **named: Any) -> Error:
        code = parts[6] if len(parts) > 6 else named.get("exit_code", 3)
        return super().__new__(_KINDS.get(code, cls) if cls is Error else cls)

    def __init__(
        self,
        message: str,
        what: str = "",
        where: str = "",
        expected: str = "",
        got: str = "",
        hint: str = "",
        exit_code: int = 3,
    ) -> None:
        super().__init__(message, what, where, expected, got, hint, exit_code)
        self.what = what or message
        self.where = where
        self.expected = expected
        self.got = got
        self.hint = hint
        self.exit_code = exit_code

    def __str__(self) -> str:
        return str(self.args[0])


class UsageError(Error):
    """The call itself is wrong: exit code 2."""


class InputError(Error):
    """A file or a model is not there, or is not what it should be: exit code 3."""


class ResourceError(Error):
    """Out of memory, disk or network: exit code 4."""


_KINDS: dict[int, type[Error]] = {2: UsageError, 3: InputError, 4: ResourceError}


def usage(what: str, *, expected: str = "", got: object = None, hint: str = "") -> Error:
    """An error of the call itself."""
    shown = "" if got is None else repr(got)[:200]
    text = what + (f": expected {expected}" if expected else "") + (f", got {shown}" if shown else "")
    return Error(text + (f". {hint}" if hint else ""), what, "", expected, shown, hint, 2)

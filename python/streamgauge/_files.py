"""Files that are read and written; what goes wrong is an Error, as the command says it."""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any, Iterator, Union

from ._errors import Error, usage

Path = Union[str, "os.PathLike[str]"]


def name_of(value: object, what: str) -> str:
    """A path or a name as text. Error (usage) for what is none: `what`, as "a folder", says what it should be."""
    text = os.fspath(value) if isinstance(value, (str, os.PathLike)) else None
    if not isinstance(text, str) or not text or "\0" in text:
        raise usage(f"not {what}", expected="a name or a path", got=value)
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        raise usage(f"not {what}", expected="text without lone surrogates", got=value) from None
    return text


def argument(value: object, what: str) -> str:
    """The same as a word for the command, which takes it for no flag."""
    text = name_of(value, what)
    if text.startswith("-"):
        raise usage(f"not {what}", expected="a name that is no flag", got=text, hint=f"A path may be written ./{text}")
    return text


def _error(what: str, path: str, error: OSError) -> Error:
    got = error.strerror or str(error)
    return Error(f"{path}: {what}; got {got}", what, path, "", got)


def read_text(path: Path) -> str:
    """The text of a file. Raises Error."""
    name = name_of(path, "a file")
    try:
        with open(name, encoding="utf-8", newline="") as file:
            return file.read()
    except OSError as error:
        raise _error("cannot be read", name, error) from None
    except UnicodeDecodeError as error:
        raise Error(f"{name}: not a text; got {error}", "not a text", name, "UTF-8", str(error)) from None


def read_json(path: Path, schema: str, *keys: str) -> dict[str, Any]:
    """An object whose `schema` begins so, with these keys. Raises Error."""
    return json_of(read_text(path), os.fspath(path), schema, *keys)


def json_of(text: str, where: str, schema: str, *keys: str) -> dict[str, Any]:
    """The same of a text that was read from `where`."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Error(f"{where}: not a JSON document; got {error}", "not a JSON document", where, "", str(error)) from None
    found = document.get("schema", "") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(found, str) or not found.startswith(schema):
        expected = f"an object of schema {schema}" if schema else "an object"
        got = repr(found)[:200] if isinstance(document, dict) else type(document).__name__
        raise Error(f"{where}: expected {expected}, got {got}", "another document", where, expected, got)
    for key in keys:
        if key not in document:
            raise Error(f"{where}: {key} is missing", "a key is missing", where, key)
    return document


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """What the system refuses meanwhile is an Error."""
    try:
        yield
    except OSError as error:
        raise _error("cannot be written", str(path), error) from None


def write_whole(path: Path, text: str) -> None:
    """Writes a file, whole or not at all. Raises Error."""
    name = name_of(path, "a file")
    partial = f"{name}.partial-{os.getpid()}"
    with writing(name):
        try:
            with open(partial, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, name)
        finally:
            with contextlib.suppress(OSError):
                os.unlink(partial)

"""What callers give, as the module takes it."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Any, Callable, Iterator, Sequence, Union

from ._errors import usage
from ._lazy import np

SITES = ("embed", "resid_pre", "attn_out", "resid_mid", "mlp_out", "resid_post", "ln_final")
PlainPrompt = tuple[str, list[int], str]
Progress = Union[None, bool, Callable[[float, float, str], object]]


@dataclass(frozen=True)
class Prompt:
    """A prompt with what its suite says of it."""

    text: str
    category: str = ""


@dataclass(frozen=True)
class Suite(Sequence[Prompt]):
    """A named list of prompts; give it to measure in place of one."""

    name: str
    title: str
    prompts: tuple[Prompt, ...]

    def __getitem__(self, i: Any) -> Any:
        return self.prompts[i]

    def __len__(self) -> int:
        return len(self.prompts)

    def __iter__(self) -> Iterator[Prompt]:
        return iter(self.prompts)


Prompts = Union[str, Prompt, Suite, Sequence[Union[str, Prompt]], Sequence[Sequence[int]], Sequence[int]]


def _ids(values: Any) -> list[int]:
    ids: list[int] = []
    for value in values:
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
            raise usage("a prompt is neither text nor token ids", expected="str or integers", got=value)
        if not -(2**31) <= int(value) < 2**31:
            raise usage("not a token id", expected="an integer of 32 bits", got=value)
        ids.append(int(value))
    return ids


def _plain(prompt: Any) -> PlainPrompt:
    if isinstance(prompt, Prompt):
        prompt_text, category = prompt.text, prompt.category
    elif isinstance(prompt, str):
        prompt_text, category = prompt, ""
    else:
        if isinstance(prompt, (bytes, dict, set)) or not hasattr(prompt, "__iter__"):
            raise usage("a prompt is neither text nor token ids", expected="str or integers", got=prompt)
        ids = _ids(prompt)
        if not ids:
            raise usage("a prompt without tokens", expected="one token id at least")
        return ("", ids, "")
    if not isinstance(prompt_text, str) or not isinstance(category, str):
        raise usage("a prompt is not text", expected="str", got=prompt_text)
    try:
        prompt_text.encode()
    except UnicodeEncodeError:
        raise usage("a prompt that is not Unicode text", expected="no lone surrogates", got=prompt_text) from None
    return (prompt_text, [], category)


def plain_prompts(prompts: Prompts) -> list[PlainPrompt]:
    """One text, texts, a list of ids, lists of ids, a suite."""
    if isinstance(prompts, (str, Prompt)):
        return [_plain(prompts)]
    if isinstance(prompts, (bytes, dict, set)) or not hasattr(prompts, "__iter__"):
        raise usage("not prompts", expected="text, a list of texts or of token ids, or a suite", got=prompts)
    given = list(prompts)
    if given and all(isinstance(p, (int, np.integer)) and not isinstance(p, bool) for p in given):
        return [_plain(given)]
    return [_plain(p) for p in given]


_HOOKS = {
    "hook_embed": "embed",
    "ln_final.hook_out": "ln_final",
    "ln_final.hook_normalized": "ln_final",
}
_BLOCK = re.compile(r"blocks\.(\d+)\.hook_(resid_pre|attn_out|resid_mid|mlp_out|resid_post)")


def site_of(name: object) -> tuple[str, int | None]:
    """`"resid_post"`, `("resid_post", 10)` or TransformerLens' `"blocks.10.hook_resid_post"`; the layer, if it says one.

    >>> site_of("blocks.10.hook_resid_post"), site_of("embed"), site_of(("mlp_out", 3))
    (('resid_post', 10), ('embed', None), ('mlp_out', 3))
    """
    if isinstance(name, tuple) and len(name) == 2 and name[0] in SITES and isinstance(name[1], (int, np.integer)):
        return str(name[0]), int(name[1])
    if isinstance(name, str):
        if name in SITES:
            return name, None
        if name in _HOOKS:
            return _HOOKS[name], None
        if found := _BLOCK.fullmatch(name):
            return found[2], int(found[1])
    raise usage("unknown site", expected="some of " + ", ".join(SITES) + ", or TransformerLens' names", got=name)


def count(value: object, what: str) -> int:
    """A whole number from 0."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not 0 <= int(value) < 2**31:
        raise usage(f"not a number of {what}", expected="an integer from 0", got=value)
    return int(value)


_UNITS = {"": 1, "B": 1}
for _power, _letter in enumerate("KMGT", 1):
    _UNITS |= {_letter: 1024**_power, _letter + "IB": 1024**_power, _letter + "B": 1000**_power}


def bytes_of(memory: int | str | None) -> int:
    """`None`: 0, a quarter of the RAM. A number of bytes, or text as the command takes it.

    >>> bytes_of("512MB"), bytes_of("1.5G"), bytes_of(None)
    (512000000, 1610612736, 0)
    """
    if memory is None:
        return 0
    if isinstance(memory, (int, np.integer)) and not isinstance(memory, bool) and 0 < int(memory) < 2**63:
        return int(memory)
    found = re.fullmatch(r"([0-9.]+) *([A-Za-z]*)", memory) if isinstance(memory, str) else None
    if found and found[2].upper() in _UNITS:
        try:
            size = float(found[1]) * _UNITS[found[2].upper()]
        except ValueError:
            size = 0
        if 1 <= size < 2**63:
            return int(size)
    raise usage("not a number of bytes", expected="a number, or one with a unit as 512MB or 1.5G", got=memory)


class Bar:
    """Progress for the module: a callable of the share that is done. As a context it closes what it opened."""

    def __init__(self, progress: Progress, label: str) -> None:
        self._show: Callable[[float], object] | None = None
        self._close: Callable[[], object] = lambda: None
        if progress is None or progress is False:
            return
        if callable(progress):
            told = progress
            self._show = lambda share: told(share, 1.0, label)
        elif progress is True:
            self._open_bar(label)
        else:
            raise usage("not a progress", expected="True, or a callable of (done, total, label)", got=progress)

    def _open_bar(self, label: str) -> None:
        try:
            from tqdm.auto import tqdm
        except ImportError:
            self._show = lambda share: print(f"\r{label} {share:4.0%}", end="", file=sys.stderr, flush=True)
            self._close = lambda: print(file=sys.stderr)
            return
        bar = tqdm(total=1.0, desc=label, bar_format="{l_bar}{bar}| {elapsed}<{remaining}")
        self._show = lambda share: bar.update(share - bar.n)
        self._close = bar.close

    def __enter__(self) -> Callable[[float], object] | None:
        return self._show

    def __exit__(self, *failure: object) -> None:
        self._close()

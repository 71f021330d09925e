"""What callers give, as the module takes it."""

from __future__ import annotations

import json
import os
import re
import sys
import warnings
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any, Callable, Iterator, Mapping, Sequence, Union

from . import _sg
from ._errors import usage
from ._files import name_of

SITES = ("embed", "resid_pre", "attn_out", "resid_mid", "mlp_out", "resid_post", "ln_final")
PlainPrompt = tuple[str, list[int], str, str, list[tuple[str, str]]]
PlainTexts = tuple[str, bool, str, bool]
Progress = Union[None, bool, Callable[[float, float, str], object]]


@dataclass(frozen=True)
class Prompt:
    """A prompt with what its suite or file says of it.

    Attributes:
        text: what is measured; or give `ids`, or `messages`, a conversation for the model's chat template.
        category: what experiments group by; the column of this name.
        ids: token ids, measured as they are.
        messages: [{"role": "user", "content": "..."}, ...]
        id: its name in the file that it is from.
        columns: what else the file says of it, in its order.
        template: what the chat template is given beside `messages`: "tools", "documents", "chat_template_kwargs".

    >>> Prompt("Paris is in", "facts").columns
    {'category': 'facts'}
    """

    text: str = ""
    category: str = ""
    ids: tuple[int, ...] = ()
    messages: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    id: str = ""
    columns: Mapping[str, str] = field(default_factory=dict, hash=False)
    template: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        said = dict(self.columns)
        if self.category and not isinstance(said.setdefault("category", self.category), str):
            raise usage("a category is not text", expected="str", got=self.category)
        object.__setattr__(self, "columns", said)
        object.__setattr__(self, "category", said.get("category", ""))


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


Prompts = Union[
    str, Prompt, Suite, Sequence[Union[str, Prompt]], Sequence[Sequence[int]], Sequence[int], Sequence[Mapping[str, Any]],
    Sequence[Sequence[Mapping[str, Any]]],
]


def _ids(values: Any) -> list[int]:
    ids: list[int] = []
    for value in values:
        if isinstance(value, bool) or not isinstance(value, Integral):
            raise usage("a prompt is neither text nor token ids", expected="str or integers", got=value)
        if not -(2**31) <= int(value) < 2**31:
            raise usage("not a token id", expected="an integer of 32 bits", got=value)
        ids.append(int(value))
    return ids


def word(value: object, what: str = "a word") -> str:
    """Text that the module can take."""
    if not isinstance(value, str):
        raise usage(f"not {what}", expected="str", got=value)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise usage(f"not {what}: no Unicode text", expected="no lone surrogates", got=value) from None
    return value


def _text(value: object) -> str:
    return word(value, "text of a prompt")


def _messages(messages: Any, template: Mapping[str, Any] | None = None) -> str:
    """A conversation as the module takes it: a list, or an object with what stands beside it."""
    if not all(isinstance(message, Mapping) for message in messages):
        raise usage("not a conversation", expected='dicts as {"role": "user", "content": "..."}', got=messages)
    said: Any = [dict(message) for message in messages]
    try:
        said = {"messages": said, **template} if template else said
        return _text(json.dumps(said, ensure_ascii=False, separators=(",", ":")))
    except (TypeError, ValueError) as error:
        raise usage("not a conversation", expected="what JSON can say", got=str(error)) from None


def _own(prompt: Prompt) -> PlainPrompt:
    columns = [(_text(name), _text(value)) for name, value in prompt.columns.items()]
    messages = _messages(prompt.messages, prompt.template) if prompt.messages else ""
    return (_text(prompt.text), _ids(prompt.ids), messages, _text(prompt.id), columns)


def _plain(prompt: Any) -> PlainPrompt:
    if isinstance(prompt, Prompt):
        return _own(prompt)
    if isinstance(prompt, str):
        return (_text(prompt), [], "", "", [])
    if isinstance(prompt, (bytes, Mapping, set)) or not hasattr(prompt, "__iter__"):
        raise usage("a prompt is neither text nor token ids", expected="str or integers", got=prompt)
    parts = list(prompt)
    if not parts:
        raise usage("a prompt without tokens", expected="one token id at least")
    if isinstance(parts[0], Mapping):
        return ("", [], _messages(parts), "", [])
    return ("", _ids(parts), "", "", [])


def plain_prompts(prompts: Prompts) -> list[PlainPrompt]:
    """One text, texts, a list of ids, lists of ids, one conversation, several, a suite."""
    if isinstance(prompts, (str, Prompt)):
        return [_plain(prompts)]
    if isinstance(prompts, (bytes, Mapping, set)) or not hasattr(prompts, "__iter__"):
        raise usage("not prompts", expected="text, a list of texts or of token ids, or a suite", got=prompts)
    given = list(prompts)
    if given and all(isinstance(p, Integral) and not isinstance(p, bool) for p in given):
        return [_plain(given)]
    if given and isinstance(given[0], Mapping):
        return [_plain(given)]
    return [_plain(p) for p in given]


def prompt_of(plain: PlainPrompt) -> Prompt:
    """What plain_prompts makes of a prompt, back."""
    text, ids, messages, name, columns = plain
    said = json.loads(messages) if messages else []
    template = said if isinstance(said, dict) else {"messages": said}
    talk = tuple(template.pop("messages"))
    return Prompt(text, "", tuple(ids), talk, name, dict(columns), template if talk else {})


def with_template_kwargs(prompts: list[PlainPrompt], kwargs: Mapping[str, Any] | None, chat: bool) -> list[PlainPrompt]:
    """The prompts with what else the chat template may ask for; a row's own goes before it."""
    if kwargs is None:
        return prompts
    if not isinstance(kwargs, Mapping) or not all(isinstance(name, str) for name in kwargs):
        raise usage("not what a chat template may ask for", expected='as {"enable_thinking": False}', got=kwargs)
    out: list[PlainPrompt] = []
    for text, ids, messages, name, columns in prompts:
        if ids or not (messages or chat):
            out.append((text, ids, messages, name, columns))
            continue
        said: Any = json.loads(messages) if messages else [{"role": "user", "content": text}]
        beside = said if isinstance(said, dict) else {"messages": said}
        talk = beside.pop("messages")
        both = {**beside, "chat_template_kwargs": {**kwargs, **beside.get("chat_template_kwargs", {})}}
        out.append(("", [], _messages(talk, both), name, columns))
    if out == prompts:
        raise usage("chat_template_kwargs without a conversation", expected="chat=True, or messages", got=dict(kwargs))
    return out


def read_prompts(path: str | os.PathLike[str], *, text_key: str = "", id_key: str = "") -> Suite:
    """The prompts of a file: .csv or .tsv with a header, .jsonl, .json, anything else one prompt a line.

    What stands beside a text are its columns; they come with the results.

    Args:
        path: the file. The suite's `title` says what was read of it.
        text_key: the column or key that is the text; "text" or "prompt" when not given.
        id_key: the one that is the prompt's name; "id" when not given.

    Raises:
        Error: a file that cannot be read, or is not what its name says; a key that is not there; no prompt at all.
    """
    name = name_of(path, "a file of prompts")
    prompts, notes, said = _sg.read_prompts(name, word(text_key, "a key"), word(id_key, "a key"))
    for note in notes:
        warnings.warn(note, stacklevel=2)
    return Suite(os.path.basename(name), said, tuple(prompt_of(p) for p in prompts))


def plain_texts(special: object, chat: object, system: object, generation_prompt: object) -> PlainTexts:
    """How texts become ids, as the module takes it."""
    said = "" if system is None else word(system, "a system's text")
    return (word(special, "special tokens"), bool(chat), said, bool(generation_prompt))


_HOOKS = {
    "hook_embed": "embed",
    "ln_final.hook_out": "ln_final",
    "ln_final.hook_normalized": "ln_final",
}
_BLOCK = re.compile(r"blocks\.(\d+)\.hook_(resid_pre|attn_out|resid_mid|mlp_out|resid_post)")
_NUMBERED = re.compile(r"(resid_pre|attn_out|resid_mid|mlp_out|resid_post)\.(-?\d+)")
SiteKey = Union[str, tuple[str, int]]


def site_of(name: object) -> tuple[str, int | None]:
    """`"resid_post"`, `("resid_post", 10)`, `"resid_post.10"` or TransformerLens' `"blocks.10.hook_resid_post"`; the layer,
    if it says one.

    >>> site_of("blocks.10.hook_resid_post"), site_of("embed"), site_of(("mlp_out", 3)), site_of("mlp_out.-1")
    (('resid_post', 10), ('embed', None), ('mlp_out', 3), ('mlp_out', -1))
    """
    if isinstance(name, tuple) and len(name) == 2 and isinstance(name[1], Integral) and not isinstance(name[1], bool):
        if isinstance(name[0], str) and name[0] in SITES:
            return name[0], int(name[1])
    if isinstance(name, str):
        if name in SITES:
            return name, None
        if name in _HOOKS:
            return _HOOKS[name], None
        if found := _BLOCK.fullmatch(name):
            return found[2], int(found[1])
        if found := _NUMBERED.fullmatch(name):
            return found[1], int(found[2])
    raise usage("unknown site", expected="some of " + ", ".join(SITES) + ", or TransformerLens' names", got=name)


def site_words(sites: Any) -> list[str]:
    """Sites as the command takes them: one by itself, or several."""
    one = isinstance(sites, str) or (isinstance(sites, tuple) and len(sites) == 2 and not isinstance(sites[1], str))
    if not one and (isinstance(sites, (bytes, Mapping)) or not hasattr(sites, "__iter__")):
        raise usage("not sites", expected="names as resid_post", got=sites)
    words = []
    for site in [sites] if one else list(sites):
        name, layer = (_text(site), None) if isinstance(site, str) else site_of(site)
        words.append(name if layer is None else f"{name}.{layer}")
    return words


def numbers(values: Any, what: str) -> list[int]:
    """Whole numbers; negative ones count from the end."""
    if isinstance(values, (str, bytes, Mapping)) or not hasattr(values, "__iter__"):
        raise usage(f"not numbers of {what}", expected="a list of integers", got=values)
    found = list(values)
    for value in found:
        if isinstance(value, bool) or not isinstance(value, Integral) or not -(2**31) <= int(value) < 2**31:
            raise usage(f"not a number of {what}", expected="an integer, negative ones from the end", got=value)
    return [int(value) for value in found]


def count(value: object, what: str) -> int:
    """A whole number from 0."""
    if isinstance(value, bool) or not isinstance(value, Integral) or not 0 <= int(value) < 2**31:
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
    if isinstance(memory, Integral) and not isinstance(memory, bool) and 0 < int(memory) < 2**63:
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

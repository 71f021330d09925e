"""Opened checkpoints and what can be asked of them."""

from __future__ import annotations

import json
import os
from functools import cached_property
from numbers import Integral
from typing import Any, Literal, Mapping, Sequence


from . import _sg
from ._errors import usage
from ._files import Path, argument, name_of
from ._inputs import (
    Bar,
    Progress,
    Prompts,
    bytes_of,
    count,
    numbers,
    plain_prompts,
    plain_texts,
    site_words,
    word,
    with_template_kwargs,
)
from ._measurement import Measurement
from ._program import call
from ._results import Activations, Facts, Weights

Positions = Literal["last", "all", "none"]
Special = Literal["auto", "none", "bos"]
EmbedScale = Literal["stored", "float32"]
Precision = Literal["float32", "bfloat16", "float16"]


def open(  # noqa: A001
    model: str | os.PathLike[str],
    *,
    pull: bool = False,
    embed_scale: EmbedScale = "stored",
    precision: Precision = "float32",
) -> Model:
    """Opens a checkpoint; its weights stay on disk.

    Args:
        model: a folder with config.json and safetensors, a .gguf file, or ORG/NAME[@REV] in the Hugging Face cache.
        pull: fetch it from the Hub first.
        embed_scale: of Gemma's embedding: "stored", rounded to the checkpoint's type as transformers does in that type,
            or "float32", as a float32 load has it.
        precision: as if in which type it computes: "float32", the instrument's own, or "bfloat16" or "float16", rounded
            where a run of transformers in that type rounds.

    Raises:
        Error: no such model, or one that is not understood.
    """
    name = argument(model, "a model")
    if pull:
        call("pull", name)
    return Model(_sg.Model.open(name, word(embed_scale), word(precision)), name, embed_scale, precision)


class Model:
    """One opened checkpoint. Immutable; may be shared between threads. Pickled by its path.

    Attributes:
        name: as it was opened.
        path: its whole path, where it lies on this machine; else its name.
    """

    def __init__(
        self, engine: _sg.Model, name: str, embed_scale: EmbedScale = "stored", precision: Precision = "float32"
    ) -> None:
        self._m, self.name = engine, name
        self.path = os.path.abspath(name) if os.path.exists(name) else name
        self.embed_scale: EmbedScale = embed_scale
        self.precision: Precision = precision
        self._others: dict[str, Model] = {}  # by precision

    def as_if_in(self, precision: Precision) -> Model:
        """The same checkpoint, computing as if in another type.

        Raises:
            Error: an unknown type, or a checkpoint that is not there any more.
        """
        if word(precision) == self.precision:
            return self
        if precision not in self._others:
            self._others[precision] = open(self.name, embed_scale=self.embed_scale, precision=precision)
        return self._others[precision]

    @cached_property
    def facts(self) -> Facts:
        """Family, shape, rotary parameters, fingerprint, as every result has them."""
        return Facts(self._m.facts())

    @cached_property
    def details(self) -> dict[str, Any]:
        """All that `streamgauge inspect` says."""
        details: dict[str, Any] = json.loads(self.inspect_json())
        return details

    @property
    def notices(self) -> list[str]:
        """What is odd about the checkpoint."""
        return self._m.notices()

    def inspect_json(self) -> str:
        """The text of `streamgauge inspect --json`."""
        return self._m.inspect_json()

    def tokenize(self, text: str, *, special: bool | Special = True) -> list[int]:
        """Ids as the model's own tokenizer gives them.

        Args:
            special: tokens around the text: True or "auto", those that the tokenizer adds; False or "none"; "bos", its BOS
                alone.

        Raises:
            Error: no tokenizer, text that is not Unicode, a tokenizer without a BOS when that was asked for.
        """
        ids: list[int] = json.loads(self.tokenize_json(text, special=special))["sequences"][0]["ids"]
        return ids

    def tokenize_json(self, *texts: str, special: bool | Special = True) -> str:
        """The text of `streamgauge tokenize --json`; `special` as of tokenize."""
        said: object = ("auto" if special else "none") if isinstance(special, bool) else special
        if not isinstance(said, str) or said not in ("auto", "none", "bos"):
            raise usage("unknown special tokens", expected='"auto", "none", "bos", True or False', got=special)
        return self._m.tokenize_json([_plain_text(text) for text in texts], said)

    def measure(
        self,
        prompts: Prompts,
        *,
        sites: Any = None,
        logits: Positions = "last",
        lens: Positions = "none",
        targets: Sequence[str | int] = (),
        heads: bool = False,
        writers: Sequence[str | tuple[int, ...]] = (),
        massive: float = 1000,
        precision: Precision | None = None,
        special: Special = "auto",
        chat: bool = False,
        system: str | None = None,
        generation_prompt: bool = True,
        chat_template_kwargs: Mapping[str, Any] | None = None,
        memory: int | str | None = None,
        threads: int = 0,
        isa: str = "",
        device: str = "",
        progress: Progress = None,
    ) -> Measurement:
        """One forward pass over all prompts: every token norm at every site of every layer.

        Args:
            prompts: a text, texts, token ids, lists of ids, conversations ([{"role": "user", "content": "..."}]), a suite
                of `streamgauge.suites`, or what `read_prompts` gave.
            sites: whose norms are kept, dots with both of theirs; all when not given. Gains need resid_pre and resid_post.
                A site that names a layer is kept whole.
            logits: positions whose output distribution is computed.
            lens: the same after every layer, through the final norm.
            targets: tokens, by text or id, that are looked for in the lens: their rank, probability and logit.
            heads: of attention too, `m.heads`: what each adds, its attention to the first token, its entropy.
            writers: channels whose writers are looked for, `m.writers`: "11:507:0" or (11, 507, 0) is channel 507 in block 11 at
                token 0; without a token where the channel is largest.
            massive: values of resid_post above this many medians of their layer are listed.
            precision: as if in which type the model computes; the one it was opened with when not given.
            special: tokens around a text: "auto", those that the tokenizer adds; "none"; "bos", its BOS alone.
            chat: texts are what a user says, and are put through the model's chat template.
            system: what the system says first, in a conversation.
            generation_prompt: a conversation ends with the head of the model's answer.
            chat_template_kwargs: what else the chat template may ask for, as {"enable_thinking": False}. The result's
                `prompt` says it too.
            memory: bytes of activations per pass over the weights, as 512_000_000 or "1.5G"; a quarter of the RAM.
            threads: 0 for all that the process may use. No choice changes a bit of the result.
            isa: instruction set; the best of this machine when empty.
            device: "cpu" (when empty), "cuda", "cuda:1", "cuda:0,1" or "cuda:all" (prompts are shared out) or "auto"; the
                numbers are the same (docs/cuda.md).
            progress: True for a bar, or a callable of (done, total, label).

        Raises:
            Error: no prompt, an empty one, an id outside the vocabulary, too little memory.
            KeyboardInterrupt: within 100 ms of Ctrl-C.
        """
        given = with_template_kwargs(plain_prompts(prompts), chat_template_kwargs, bool(chat))
        texts = plain_texts(special, chat, system, generation_prompt)
        kept = site_words(sites) if sites is not None else []
        if sites is not None and not kept:
            raise usage("no sites to keep", expected="one at least", got=sites)
        if isinstance(massive, bool) or not isinstance(massive, (int, float)):
            raise usage("not a multiple of the median", expected="a number above 0", got=massive)
        wanted = [str(t) if isinstance(t, Integral) else word(t) for t in _list(targets)]
        places = [p if isinstance(p, str) else ":".join(str(n) for n in numbers(p, "a place")) for p in _list(writers)]
        size, team = bytes_of(memory), count(threads, "threads")
        model = self if precision is None else self.as_if_in(precision)
        with Bar(progress, "measure") as bar:
            return Measurement(
                model._m.measure(
                    kept, word(logits), word(lens), wanted, bool(heads), places, float(massive), given, texts, size, word(device), team, word(isa), bar
                )
            )

    def extract(
        self,
        prompts: Prompts,
        *,
        sites: Any = ("resid_post",),
        layers: Sequence[int] | None = None,
        positions: Literal["all", "last"] | Sequence[int] = "all",
        precision: Precision | None = None,
        special: Special = "auto",
        chat: bool = False,
        system: str | None = None,
        generation_prompt: bool = True,
        chat_template_kwargs: Mapping[str, Any] | None = None,
        memory: int | str | None = None,
        threads: int = 0,
        isa: str = "",
        device: str = "",
        progress: Progress = None,
    ) -> Activations:
        """The vectors themselves, exactly the rows that norms are taken of.

        Args:
            sites: names as "resid_post", ("resid_post", 10), "resid_post.10" or "blocks.10.hook_resid_post".
            layers: of the sites that do not name theirs; all when not given. Negative ones count from the end.
            positions: "all", "last", or token numbers of every prompt, negative ones from its end.
            precision, special, chat, system, generation_prompt, chat_template_kwargs: as of measure.

        Raises:
            Error: what measure raises, and sites, layers or positions that are not there.
        """
        chosen = self._chosen(sites, layers, positions)
        given = with_template_kwargs(plain_prompts(prompts), chat_template_kwargs, bool(chat))
        texts = plain_texts(special, chat, system, generation_prompt)
        size, team = bytes_of(memory), count(threads, "threads")
        model = self if precision is None else self.as_if_in(precision)
        with Bar(progress, "extract") as bar:
            return Activations(*model._m.extract(*chosen, given, texts, size, word(device), team, word(isa), bar))

    def extract_to(
        self,
        path: str | os.PathLike[str],
        prompts: Prompts,
        *,
        sites: Any = ("resid_post",),
        layers: Sequence[int] | None = None,
        positions: Literal["all", "last"] | Sequence[int] = "all",
        precision: Precision | None = None,
        special: Special = "auto",
        chat: bool = False,
        system: str | None = None,
        generation_prompt: bool = True,
        chat_template_kwargs: Mapping[str, Any] | None = None,
        memory: int | str | None = None,
        threads: int = 0,
        isa: str = "",
        device: str = "",
        progress: Progress = None,
    ) -> None:
        """The same into a .safetensors, .npz or .npy file while it is computed, for what the memory cannot hold.

        The file is that of `streamgauge extract -o`. Arguments as of extract.

        Raises:
            Error: what extract raises, a file that cannot be written, several matrices for .npy, which holds one.
        """
        file = name_of(path, "a file")
        chosen = self._chosen(sites, layers, positions)
        given = with_template_kwargs(plain_prompts(prompts), chat_template_kwargs, bool(chat))
        texts = plain_texts(special, chat, system, generation_prompt)
        size, team = bytes_of(memory), count(threads, "threads")
        model = self if precision is None else self.as_if_in(precision)
        with Bar(progress, "extract") as bar:
            model._m.extract_to(file, *chosen, given, texts, size, word(device), team, word(isa), bar)

    @staticmethod
    def _chosen(sites: Any, layers: Any, positions: Any) -> tuple[list[str], list[int], bool, list[int]]:
        words = site_words(sites)
        named = isinstance(positions, str)
        listed = [] if named else numbers(positions, "tokens")
        if (named and positions not in ("all", "last")) or (not named and not listed):
            raise usage("unknown positions", expected="all, last or token numbers", got=positions)
        chosen = [] if layers is None else numbers(layers, "layers")
        if layers is not None and not chosen:
            raise usage("not layers", expected="one at least", got=layers)
        return words, chosen, positions == "last", listed

    def weights(
        self,
        *,
        all: bool = False,
        tensors: Sequence[str] = (),
        spectra: bool = False,
        amplification: str | None = None,
        prompts: Prompts | Measurement | None = None,
        special: Special = "auto",
        chat: bool = False,
        system: str | None = None,
        generation_prompt: bool = True,
        chat_template_kwargs: Mapping[str, Any] | None = None,
        memory: int | str | None = None,
        threads: int = 0,
        isa: str = "",
        device: str = "",
        progress: Progress = None,
    ) -> Weights:
        """Exact norms and certified spectral norms of W_U and W_E, or of other matrices.

        Args:
            all: every matrix, fused ones split into their roles.
            tensors: globs over stored names and roles, in place of W_U and W_E.
            spectra: all singular values, ranks and the power law; needs a LAPACK on this machine.
            amplification: a definition of gain; with prompts, W_U's spectral norm times it.
            prompts: what measure takes, or what it gave.
            special, chat, system, generation_prompt, chat_template_kwargs, memory, device: as of measure, for prompts.

        Raises:
            Error: no such matrix, an unknown definition, no LAPACK.
        """
        if (amplification is None) != (prompts is None):
            raise usage("amplification and prompts go together", hint="Give both, or neither")
        if isinstance(tensors, str) or not isinstance(amplification, (str, type(None))):
            raise usage("not a list of names", expected="tensors as a list, amplification as a definition")
        done = prompts
        if prompts is not None and not isinstance(prompts, Measurement):
            done = self.measure(
                prompts, logits="none", special=special, chat=chat, system=system, generation_prompt=generation_prompt,
                chat_template_kwargs=chat_template_kwargs, memory=memory, threads=threads, isa=isa,
                device=device,
            )  # fmt: skip
        measured = done._m if isinstance(done, Measurement) else None
        with Bar(progress, "weights") as bar:
            rows, text = self._m.weights(
                bool(all),
                [word(t) for t in tensors],
                bool(spectra),
                word(amplification or ""),
                measured,
                count(threads, "threads"),
                word(isa),
                bar,
            )
        return Weights(rows, text)

    def __reduce__(self) -> tuple[Any, tuple[str, str, str]]:
        return _opened, (self.path, self.embed_scale, self.precision)

    def __repr__(self) -> str:
        f = self.facts
        return f"<{f['id']}: {f['family']}, {f['n_layers']} layers, d_model {f['d_model']}, {f['dtype']}>"

    def _repr_html_(self) -> str:
        return self.facts._repr_html_()


def model_argument(model: Model | Path, in_any_type: bool = False) -> str:
    """A model as a word for commands that open it themselves, as it is stored; `in_any_type`: they are told its precision."""
    if not isinstance(model, Model):
        return argument(model, "a model")
    if model.embed_scale != "stored" or not (in_any_type or model.precision == "float32"):
        asked = f"embed_scale={model.embed_scale!r}, precision={model.precision!r}"
        raise usage("a model that was opened in a way of its own", expected="stored and float32, as this call computes", got=asked)
    return model.path


def _opened(name: str, embed_scale: EmbedScale, precision: Precision) -> Model:
    return open(name, embed_scale=embed_scale, precision=precision)


def _plain_text(value: object) -> str:
    if not isinstance(value, str):
        raise usage("not a text", expected="str", got=value)
    return plain_prompts(value)[0][0]


def _list(values: Any) -> list[Any]:
    if isinstance(values, (bytes, bool, dict)):
        raise usage("not a list", expected="several in a list", got=values)
    if isinstance(values, (str, Integral)):
        return [values]
    if not hasattr(values, "__iter__"):
        raise usage("not a list", expected="several in a list", got=values)
    return list(values)

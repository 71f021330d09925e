"""Two models over the same prompts, and hidden states as transformers has them."""

from __future__ import annotations

import builtins
import html
import json
import math
import os
import tempfile
from typing import TYPE_CHECKING, Any, Literal, Mapping, Sequence

from ._arrays import read_only
from ._errors import usage
from ._files import name_of
from ._inputs import (
    Bar,
    PlainPrompt,
    PlainTexts,
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
from ._lazy import np
from ._model import Model, Positions, Special, open
from ._program import call
from ._results import Activations
from ._table import Table

if TYPE_CHECKING:
    import numpy.typing as npt


def hidden_states(
    model: Model | str | os.PathLike[str],
    prompts: Prompts,
    *,
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
) -> tuple[npt.NDArray[np.float32], ...]:
    """What transformers gives with `output_hidden_states=True`, index for index: float32 [prompt, token, d_model].

    Index 0 is the embedding, index l the stream after block l - 1, and the last one, as there, is after the final norm;
    the last block's own output is not among them (docs/sites.md). Shorter prompts are padded with NaN on the right.
    Arguments as of Model.extract.
    """
    opened = model if isinstance(model, Model) else open(model)
    got = opened.extract(
        prompts, sites=("embed", "resid_post", "ln_final"), special=special, chat=chat, system=system,
        generation_prompt=generation_prompt, chat_template_kwargs=chat_template_kwargs, memory=memory, threads=threads,
        isa=isa, device=device, progress=progress,
    )  # fmt: skip
    depth = opened.facts["n_layers"]
    names = ["hook_embed", *(f"blocks.{layer}.hook_resid_post" for layer in range(depth - 1)), _final(got)]
    shape = (int(got.sequence.max()) + 1, int(got.position.max()) + 1)
    out = []
    for name in names:
        state = np.full((*shape, got[name].shape[1]), np.nan, dtype=np.float32)
        state[got.sequence, got.position] = got[name]
        out.append(read_only(state))
    return tuple(out)


def _final(got: Activations) -> str:
    return next(name for name in got if name.startswith("ln_final"))


_NOT_FINITE = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}


def _numbers(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of a document, which writes numbers that are not finite as texts."""
    return [{key: _NOT_FINITE.get(value, value) if isinstance(value, str) else value for key, value in row.items()} for row in rows]


class Comparison:
    """Two models over the same token ids, site by site.

    Attributes:
        document: streamgauge.comparison/1.
        table: one row per site: differences of norms, cosines, distances |b - a| / |a|, over prompts and tokens.
        sentences: what it comes to, in words.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self.document: dict[str, Any] = json.loads(text)
        self.table = Table.of_rows(_numbers(self.document["summary"]), "comparison")
        self.sentences: list[str] = self.document["sentences"]

    @property
    def matrices(self) -> Table:
        """One row per matrix, where they were compared: what a quantisation did to each."""
        return Table.of_rows(_numbers(self.document.get("matrices", ())), "matrices")

    def json(self) -> str:
        """The text of `streamgauge compare --json`."""
        return self._text

    def first_divergence(self, distance: float = 0.1) -> dict[str, Any] | None:
        """The first site of the pass whose mean distance |b - a| / |a| is above this, or is no number: `--apart`."""
        if isinstance(distance, bool) or not isinstance(distance, (int, float)) or not distance >= 0:
            raise usage("not a distance", expected="a number from 0", got=distance)
        for row in self.table:
            mean = row["distance_mean"]
            if mean is None or not mean <= distance:
                return row
        return None

    def __repr__(self) -> str:
        return repr(self.table)

    def _repr_html_(self) -> str:
        said = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in self.sentences)
        return self.table._repr_html_() + said


def _is_stored(b: object) -> bool:
    """Whether it is hidden states and no model, as the command tells them apart."""
    name = name_of(b, "a model, or a file of hidden states")
    if not os.path.isfile(name):
        return False
    kind = os.path.splitext(name)[1].lower()
    beside = os.path.join(os.path.dirname(name), "config.json")
    return kind in (".npy", ".npz") or (kind == ".safetensors" and not os.path.exists(beside))


def _with_stored(
    model: Model, file: str | os.PathLike[str], prompts: list[PlainPrompt], texts: PlainTexts, flags: list[str]
) -> str:
    """What the command says of a model beside a file; the prompts go to it in a file too."""
    special, chat, system, generation_prompt = texts
    flags += [f"--special={special}", *(["--chat"] if chat else []), *([f"--system={system}"] if system else [])]
    flags += [] if generation_prompt else ["--no-generation-prompt"]
    rows = []
    for text, ids, messages, name, columns in prompts:
        row: dict[str, Any] = {**dict(columns), **({"id": name} if name else {})}
        talk = json.loads(messages) if messages else []
        said = {"ids": ids} if ids else talk if isinstance(talk, dict) else {"messages": talk} if talk else {"text": text}
        rows.append(json.dumps({**row, **said}))
    with tempfile.TemporaryDirectory(prefix="streamgauge-") as folder:
        asked = os.path.join(folder, "prompts.jsonl")
        with builtins.open(asked, "w", encoding="utf-8") as out:
            out.write("".join(row + "\n" for row in rows))
        names = [model.path, os.path.abspath(file)]
        flags += [f"--embed-scale={model.embed_scale}", f"--precision={model.precision}"]
        flags += ["--prompts", asked, "--json", "-", "--no-progress"]
        return call("compare", *names, *flags)


def compare(
    a: Model | str | os.PathLike[str],
    b: Model | str | os.PathLike[str],
    prompts: Prompts,
    *,
    logits: Positions = "last",
    sites: Any = None,
    layers: Sequence[int] | None = None,
    weights: Literal["auto", "on", "off"] = "auto",
    special: Special = "auto",
    chat: bool = False,
    system: str | None = None,
    generation_prompt: bool = True,
    chat_template_kwargs: Mapping[str, Any] | None = None,
    map: Mapping[str, str] | None = None,
    memory: int | str | None = None,
    threads: int = 0,
    isa: str = "",
    device: str = "",
    progress: Progress = None,
) -> Comparison:
    """Two models of one shape over the same prompts; a's tokenizer makes the ids.

    Args:
        b: a model, or hidden states that another program stored: a .safetensors, .npy or .npz file (docs/compare.md).
        sites, layers: whose differences are kept; all when not given. Negative layers count from the end.
        weights: matrix by matrix beside the sites: "auto", where the two are stored in different ways, "on", "off".
        special, chat, system, generation_prompt, chat_template_kwargs: as of Model.measure.
        map: of stored hidden states, {name of an array: site}, as {"layers.{}.out": "resid_post"}.

    Raises:
        Error: models of different shapes; what measure raises.
    """
    first = a if isinstance(a, Model) else open(a)
    given = with_template_kwargs(plain_prompts(prompts), chat_template_kwargs, bool(chat))
    texts = plain_texts(special, chat, system, generation_prompt)
    words = site_words(sites) if sites is not None else []
    chosen = numbers(layers, "layers") if layers is not None else []
    if (sites is not None and not words) or (layers is not None and not chosen):
        raise usage("no sites or layers to keep", expected="one at least", got=(sites, layers))
    size, team = bytes_of(memory), count(threads, "threads")
    if not isinstance(map, (Mapping, type(None))):
        raise usage("not a map", expected='{name of an array: site}, as {"layers.{}.out": "resid_post"}', got=map)
    if not isinstance(b, Model) and (_is_stored(b) or map is not None):
        flags = [f"--logits={word(logits)}", f"--weights={word(weights)}"]
        flags += [f"--sites={','.join(words)}"] if words else []
        flags += [f"--layers={','.join(str(layer) for layer in chosen)}"] if chosen else []
        flags += [f"--map={word(name)}={word(site)}" for name, site in (map or {}).items()]
        flags += ["--memory", str(size)] if size else []
        flags += ["--threads", str(team)] if team else []
        flags += [f"--isa={isa}"] if word(isa) else []
        flags += [f"--device={device}"] if word(device) else []
        with Bar(progress, "compare") as tell:
            text = _with_stored(first, b, given, texts, flags)
            if tell is not None:
                tell(1.0)
        return Comparison(text)
    if map is not None:
        raise usage("map belongs to stored hidden states", expected="a file", got=b)
    second = b if isinstance(b, Model) else open(b)
    with Bar(progress, "compare") as bar:
        text = first._m.compare_json(
            [second._m], word(logits), words, chosen, word(weights), given, texts, size, word(device), team, word(isa), bar
        )
    return Comparison(text)

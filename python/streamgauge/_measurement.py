"""One measurement: norms, dots, output distributions, gains."""

from __future__ import annotations

import copyreg
import html
import json
import os
from functools import cached_property
from numbers import Integral
from typing import TYPE_CHECKING, Any, Iterator, Mapping

from . import _sg
from ._arrays import Norms, Padded, PromptNorms, read_only
from ._errors import usage
from ._explorer import Explorer
from ._files import Path, name_of, read_text, write_whole
from ._inputs import SiteKey, site_of, word
from ._lazy import np
from ._plot import Plot
from ._table import Table

if TYPE_CHECKING:
    import numpy.typing as npt


def json_table(text: str, key: str, title: str = "") -> Table:
    """The rows under `key` of a document."""
    return Table.of_rows(json.loads(text)[key], title)


_PER_EXPERT = {"weight": "weights", "contribution": "contribution", "peak": "peak", "peak_channel": "peak_channel"}
_PER_TOKEN = ("margin", "entropy", "shared")


def reductions(named: str | None = None) -> list[str]:
    """Every reduction over the tokens of a prompt, or the one that is named; Error (usage) when there is none of that name."""
    known = list(dict.fromkeys(name.split("/")[0] for name in _sg.definitions() if "/" in name))
    if named is None:
        return known
    if named not in known:
        raise usage("unknown reduction", expected="one of " + ", ".join(known), got=named)
    return [named]


def _from_the_end(value: object, length: int, what: str) -> int:
    """A number below length; negative ones count from the end."""
    if isinstance(value, bool) or not isinstance(value, Integral) or not -length <= int(value) < length:
        raise usage(f"there is no such {what.split()[-1]}", expected=f"0 to {length - 1}, or from the end", got=value)
    return int(value) % length


class MeasuredPrompt:
    """One prompt of a measurement. Its arrays are read-only views of the engine's own numbers.

    Attributes:
        text: as given, None for ids.
        category: of its suite, None without.
        id: its name in the file that it is from, None without.
        columns: what the file says beside it.
        ids, tokens: what it was measured as.
        norms: {site: float64 [layer, token]}; [token] for embed, ln_final and a site with its layer. L2 norms.
        dots: {name: float64 [layer, token]}: what is added with what it is added to.
    """

    def __init__(self, measurement: _sg.Measurement, i: int) -> None:
        self._m, self._i = measurement, i
        said = measurement.sequence(i)
        self.text: str | None = said["text"]
        self.category: str | None = said["category"]
        self.id: str | None = said["prompt_id"]
        self.columns: dict[str, str] = said["columns"] or {}
        self.ids: list[int] = said["ids"]
        self.tokens: list[str] = said["tokens"]
        self.norms = PromptNorms(measurement.norms(i), measurement.facts()["n_layers"])
        self.dots: dict[str, npt.NDArray[np.float64]] = measurement.dots(i)

    def __reduce__(self) -> tuple[Any, tuple[_sg.Measurement, int]]:
        return MeasuredPrompt, (self._m, self._i)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, site: SiteKey) -> npt.NDArray[np.float64]:
        """`m[0]["resid_post", 10]`: the norms of a site, or of one of its layers."""
        return self.norms[site]

    @property
    def logits(self) -> Table:
        """The output distribution at each position that was asked for."""
        return Table.of_rows(self._m.logits(self._i), columns=_sg.columns()["logits"])

    @cached_property
    def heads(self) -> dict[str, npt.NDArray[np.float64]]:
        """{name: float64 [layer, head, token]}, the tables of `measure --heads`; needs measure(heads=True)."""
        return self._m.heads(self._i)[0]

    def __repr__(self) -> str:
        return f"<prompt of {len(self)} tokens: {(self.text or str(self.ids))[:60]!r}>"


class Measurement:
    """What one forward pass over some prompts says. Immutable; may be pickled and shared between threads.

    `m.norms["resid_post"]` is float64 [prompt, layer, token], NaN where a prompt is shorter. `m[0]` is the first prompt
    without padding. `m["resid_post", 10]` is [prompt, token] of one layer.
    """

    def __init__(self, engine: _sg.Measurement) -> None:
        self._m = engine

    def __len__(self) -> int:
        return len(self._m)

    def __iter__(self) -> Iterator[MeasuredPrompt]:
        return iter(self.prompts)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, Integral):
            return self.prompts[key]
        site, layer = site_of(key)
        table = self.norms[site]
        if layer is None:
            return table
        if table.ndim != 3:
            raise usage("a site without layers", expected=f"{site!r} alone", got=layer)
        depth = self.facts["n_layers"]
        if not -depth <= layer < depth:
            raise usage("there is no such layer", expected=f"0 to {depth - 1}, or from the end", got=layer)
        return table[:, layer]

    @cached_property
    def prompts(self) -> tuple[MeasuredPrompt, ...]:
        """Each prompt, without padding."""
        return tuple(MeasuredPrompt(self._m, i) for i in range(len(self)))

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What is known of the model."""
        return self._m.facts()

    @cached_property
    def norms(self) -> Norms:
        """{site: float64 [prompt, layer, token]}, L2 norms; embed, ln_final and a site with its layer are [prompt, token].

        Sites in every spelling: `m.norms["resid_post"]`, `m.norms["resid_post", 10]`, `m.norms["blocks.10.hook_resid_post"]`.
        Read-only.
        """
        return Norms([p.norms for p in self.prompts], self.facts["n_layers"])

    @cached_property
    def dots(self) -> Mapping[str, npt.NDArray[np.float64]]:
        """{name: float64 [prompt, layer, token]}: inner products of what is added with what it is added to."""
        return Padded([p.dots for p in self.prompts])

    @cached_property
    def heads(self) -> Mapping[str, npt.NDArray[np.float64]]:
        """Heads of attention, {name: float64 [prompt, layer, head, token]}, NaN where a prompt is shorter; needs measure(heads=True).

        `contribution` is the norm of what a head adds to attn_out, `first_token_mass` and `massive_token_mass` the probability
        that it gives the first token and the tokens with a massive activation, `entropy` that of its probabilities in nats.
        Layers are those of `head_layers`. The numbers are those of the JSON document.

        Raises:
            Error: measured without heads.
        """
        return Padded([p.heads for p in self.prompts])

    @cached_property
    def head_layers(self) -> list[int]:
        """The layers whose mixer is attention, in the order of `heads`."""
        return self._m.heads(0)[1]

    @cached_property
    def writers(self) -> list[list[dict[str, Any]]]:
        """Who writes the channels that measure(writers=...) asked for, per prompt: heads, experts, rows of W_down.

        As sequences[].writers of the JSON document: a branch's parts add up to its value.

        Raises:
            Error: measured without writers.
        """
        all_: list[list[dict[str, Any]]] = json.loads(self._m.writers_json())
        return all_

    def explain(self, definition: str = "", *, layers: str = "") -> dict[str, Any]:
        """What turns the verdict that a gain is above or below 1: the fewest choices, the tokens and the channel behind it.

        Args:
            definition: its name or id; last/last_block/mean_of_gains when not given.
            layers: "3" or "3..7", blocks in place of the definition's span.

        Returns:
            what `streamgauge gains --explain --json` has under "explain", without heads and rows of W_down: `channels` names
            the places to ask measure(writers=...) for.

        Raises:
            Error: an unknown definition, blocks that are not there.
        """
        why: dict[str, Any] = json.loads(self._m.explain_json(word(definition, "a definition"), word(layers, "layers")))
        return why

    @cached_property
    def mask(self) -> npt.NDArray[np.bool_]:
        """bool [prompt, token]: where a prompt has a token."""
        lengths = self.lengths
        return read_only(np.arange(max(lengths))[None, :] < np.array(lengths)[:, None])

    @property
    def lengths(self) -> list[int]:
        """Tokens of each prompt."""
        return [len(p) for p in self.prompts]

    @property
    def ids(self) -> list[list[int]]:
        """Token ids of each prompt."""
        return [p.ids for p in self.prompts]

    @property
    def tokens(self) -> list[list[str]]:
        """What a person reads for each id."""
        return [p.tokens for p in self.prompts]

    @property
    def warnings(self) -> list[str]:
        """What the engine found odd."""
        return self._m.warnings()

    @property
    def engine(self) -> dict[str, Any]:
        """Version, instruction set, threads, numerics."""
        return self._m.engine()

    def _rows(self, name: str, title: str) -> Table:
        take = getattr(self._m, name)
        rows = [{"prompt": i, **row} for i in range(len(self)) for row in take(i)]
        return Table.of_rows(rows, title, ["prompt", *_sg.columns()[name]])

    @cached_property
    def logits(self) -> Table:
        """The output distribution: entropy in nats, effective vocabulary, the ten most probable tokens."""
        return self._rows("logits", "output distribution")

    @cached_property
    def lens(self) -> Table:
        """Logit lens: the distribution after every layer; empty unless measured with lens="last" or "all"."""
        return self._rows("lens", "logit lens")

    @cached_property
    def targets(self) -> Table:
        """The tokens that measure(targets=...) asked for, in the lens: a row per prompt, layer, position and token."""
        return self._rows("targets", "targets of the lens")

    @cached_property
    def massive(self) -> Table:
        """The largest |value| of every layer's resid_post (Sun et al. 2024, arXiv:2402.17762)."""
        return self._rows("massive", "massive activations")

    @cached_property
    def massive_values(self) -> Table:
        """Every value over the multiple of its layer's median that was asked for."""
        return self._rows("massive_values", "massive values")

    @cached_property
    def routing(self) -> Table:
        """Of a model with experts: a row per prompt, layer, token and chosen expert, the best first (rank 0).

        `contribution` is the norm of what the expert adds, `peak` the largest value in it, at `peak_channel`; `margin`
        and `shared` are None where there is none. Empty for a model without experts.
        """
        rows = []
        for prompt in range(len(self)):
            for layer in self._m.routing(prompt):
                for token, experts in enumerate(layer["experts"]):
                    of_token = {key: layer[key][token] if layer[key] else None for key in _PER_TOKEN}
                    for rank, expert in enumerate(experts):
                        of_expert = {name: layer[key][token][rank] for name, key in _PER_EXPERT.items()}
                        place = {"prompt": prompt, "layer": layer["layer"], "token": token, "rank": rank}
                        rows.append({**place, "expert": expert, **of_expert, **of_token})
        return Table.of_rows(rows, "routing", ["prompt", "layer", "token", "rank", "expert", *_PER_EXPERT, *_PER_TOKEN])

    @cached_property
    def expert_load(self) -> Table:
        """Tokens of all prompts that chose an expert: a row per layer and expert."""
        rows = [{"layer": layer["layer"], "expert": e, "tokens": tokens}
                for layer in self._m.expert_load() for e, tokens in enumerate(layer["tokens"])]
        return Table.of_rows(rows, "load of the experts", ["layer", "expert", "tokens"])

    @cached_property
    def super_experts(self) -> Table:
        """The experts that form massive activations (arXiv:2507.23279); empty without any."""
        return Table.of_rows(self._m.super_experts(), "super experts", _sg.columns()["super_experts"])

    def gains(self, definition: str = "all", *, reduce: str | None = None) -> Table:
        """Gains under every definition, or under one by name or id, with bootstrap intervals over prompts.

        Args:
            definition: as "notebook-003" or "last/last_block/mean_of_gains".
            reduce: the definition with this reduction in place of its own, as "median"; of all, those with it.

        Raises:
            Error: an unknown definition or reduction. `streamgauge.definitions` lists them.
        """
        table = json_table(self.gains_json(definition), "definitions", "gains")
        if reduce is None:
            return table
        reductions(reduce)
        if len(table) > 1:
            return table.where(reduction=reduce)
        ours = table.row(0)
        return self.gains(f"{reduce}/{ours['span']}/{ours['pooling']}")

    def gains_by_prompt(self, definition: str = "all", *, reduce: str | None = None) -> Table:
        """The gain of each prompt: a row per definition and prompt. Arguments and errors are those of gains."""
        names = ("id", "preset", "reduction", "span", "pooling")
        rows = [
            {**{name: row[name] for name in names}, "prompt": prompt, "gain": gain}
            for row in self.gains(definition, reduce=reduce)
            for prompt, gain in enumerate(row["per_prompt"])
        ]
        return Table.of_rows(rows, "gains of each prompt")

    def gain(self, definition: str) -> float | None:
        """One number: above 1 the span expands; None where it is not defined."""
        value: float | None = self.gains(definition).row(0)["gain"]
        return value

    def gains_json(self, definition: str = "all") -> str:
        """The text of `streamgauge gains --json`."""
        return self._m.gains_json(word(definition, "a definition"))

    def ladder(self) -> Table:
        """The gain of every block, resid_post / resid_pre, mean over prompts; one column per reduction."""
        columns = json.loads(self.gains_json("notebook-003"))["ladder"]
        return Table({"block": list(range(self.facts["n_layers"])), **columns}, "gain of each block")

    def gains_by_block(self, *, reduce: str | None = None) -> Table:
        """The gain of every block for every prompt: a row per reduction (or of one), block and prompt; None where undefined.

        Their mean over prompts is the ladder; `gains_by_prompt` has the definitions, which pool spans of blocks.

        Raises:
            Error: an unknown reduction.
        """
        rows = [
            {"reduction": name, "block": block, "prompt": prompt, "gain": gain}
            for name in reductions(reduce)
            for block, prompts in enumerate(self._m.ladder(name))
            for prompt, gain in enumerate(prompts)
        ]
        return Table.of_rows(rows, "gains of each block and prompt")

    def decomposition(self, *, prompt: int = 0, token: int = -1) -> Table:
        """What attention and MLP add to one token's squared norm, per block: |post|²/|pre|² = 1 + attention + mlp + cross.

        Args:
            prompt, token: their numbers; negative ones count from the end.

        Raises:
            Error: no such prompt or token.
        """
        number = _from_the_end(prompt, len(self), "a prompt")
        at = _from_the_end(token, len(self.prompts[number]), "a token")
        names = ("attention", "mlp", "cross", "cos_attention", "cos_mlp")
        rows = [
            {"block": layer, **dict(zip(names, self._m.growth(number, layer, at)))}
            for layer in range(self.facts["n_layers"])
        ]
        return Table.of_rows(rows, "decomposition of the gain")

    @property
    def plot(self) -> Plot:
        """Figures: `m.plot.norms()`, `.gains()`, `.massive()`."""
        return Plot(self)

    def explore(self, *beside: Measurement | str | os.PathLike[str], height: int = 900) -> Explorer:
        """The measurement as a page to look around in, shown in the notebook; `m.explore(other)` shows A, B and A / B.

        `m.explore("page.html")`, `m.explore(other, "page.html")` write the file of `streamgauge measure --explore` too.

        Raises:
            Error: measurements of other prompts, other ids or another depth.
        """
        others = [other for other in beside if isinstance(other, Measurement)]
        files = [file for file in beside if isinstance(file, (str, os.PathLike))]
        if len(files) > 1 or len(others) + len(files) < len(beside):
            raise usage("not what to explore", expected="measurements, and at most one file to write", got=beside)
        page = Explorer(self._m.explorer_html([other._m for other in others]), height)
        for file in files:
            page.save(file)
        return page

    def json(self) -> str:
        """streamgauge.measurement/1, the text of `streamgauge measure --json`."""
        return self._m.json()

    def save(self, path: Path) -> None:
        """Writes json() to a file, whole or not at all."""
        write_whole(path, self.json())

    @classmethod
    def load(cls, path: Path) -> Measurement:
        """Reads what save(), or the command, wrote.

        Raises:
            Error: no such file, or another one.
        """
        return cls(_sg.Measurement.read(read_text(path), name_of(path, "a file")))

    def to_xarray(self) -> Any:
        """An xarray.Dataset with dimensions prompt, layer, token; needs xarray."""
        import xarray

        tables = {**self.norms, **{f"dot_{name}": table for name, table in self.dots.items()}}
        data = {n: (("prompt", "token") if t.ndim == 2 else ("prompt", "layer", "token"), t) for n, t in tables.items()}
        return xarray.Dataset({**data, "mask": (("prompt", "token"), self.mask)}, attrs={"model": self.facts["id"]})

    def __reduce__(self) -> tuple[Any, tuple[_sg.Measurement]]:
        return Measurement, (self._m,)

    def __repr__(self) -> str:
        return f"<measurement of {self.facts['id']}: {len(self)} prompts, {sum(self.lengths)} tokens>"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(repr(self))}</p>"


def _unpickled(text: str) -> _sg.Measurement:
    return _sg.Measurement.read(text, "pickle")


def _pickled(engine: _sg.Measurement) -> tuple[Any, tuple[str]]:
    return _unpickled, (engine.json(),)


copyreg.pickle(_sg.Measurement, _pickled)  # once for a measurement and all of its prompts

"""Where the sites of a transformers model are: one row per family, and the recorder that reads them.

attn and mlp name the module whose output is exactly what is added to the stream (after post norms); mid names
the module whose input is the stream between the two. All paths but `layers` and `final` are relative to a block.
"""
import dataclasses
from typing import Callable, Optional

import torch


@dataclasses.dataclass(frozen=True)
class SiteMap:
    layers: str
    attn: str
    mlp: str
    mid: Optional[str]
    final: str
    parallel: Callable = lambda config: False


def _llama_like(**changes):
    return dataclasses.replace(
        SiteMap("model.layers", "self_attn", "mlp", "post_attention_layernorm", "model.norm"), **changes)


FAMILIES = {
    "llama": _llama_like(),
    "gemma3_text": _llama_like(attn="post_attention_layernorm", mlp="post_feedforward_layernorm",
                               mid="pre_feedforward_layernorm"),
    "gpt_neox": SiteMap("gpt_neox.layers", "attention.dense", "mlp", "post_attention_layernorm",
                        "gpt_neox.final_layer_norm", lambda c: c.use_parallel_residual),
}


def _first(value):
    return value[0] if isinstance(value, tuple) else value


class Recorder:
    """Runs a model over one sequence and returns {site: array}; blocks' sites are stacked [L, T, d]."""

    def __init__(self, model):
        self.model = model
        self.map = FAMILIES[model.config.model_type]
        self.parallel = bool(self.map.parallel(model.config))

    def _store(self, site, value):
        self.rows.setdefault(site, []).append(_first(value).detach()[0])

    def _on_input(self, module, site):
        def hook(_, args, kwargs):
            self._store(site, args[0] if args else kwargs["hidden_states"])

        return module.register_forward_pre_hook(hook, with_kwargs=True)

    def _on_output(self, module, site):
        return module.register_forward_hook(lambda _m, _a, output: self._store(site, output))

    def _hooks(self):
        for block in self.model.get_submodule(self.map.layers):
            yield self._on_input(block, "resid_pre")
            yield self._on_output(block.get_submodule(self.map.attn), "attn_out")
            yield self._on_output(block.get_submodule(self.map.mlp), "mlp_out")
            if not self.parallel:
                yield self._on_input(block.get_submodule(self.map.mid), "resid_mid")
            yield self._on_output(block, "resid_post")
        yield self._on_output(self.model.get_submodule(self.map.final), "ln_final")

    def __call__(self, ids):
        self.rows = {}
        hooks = list(self._hooks())
        try:
            with torch.no_grad():
                logits = self.model(input_ids=torch.tensor([ids]), use_cache=False).logits[0]
        finally:
            for hook in hooks:
                hook.remove()
        sites = {site: torch.stack(rows).double().numpy() for site, rows in self.rows.items()}
        sites["ln_final"] = sites["ln_final"][0]
        sites["embed"] = sites["resid_pre"][0]
        sites["logits"] = logits.double().numpy()
        return sites

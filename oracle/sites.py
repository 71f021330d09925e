"""Where the sites of a transformers model are: one row per family, and the recorder that reads them.

attn and mlp name the module whose output is exactly what is added to the stream (after post norms, before
`scale`); without such a module what is added is the difference of the stream after and before; mid names the module whose input is the stream between the two. All paths but `layers` and `final` are relative to a block.
"""
import dataclasses
from typing import Callable

import torch


@dataclasses.dataclass(frozen=True)
class SiteMap:
    layers: str
    attn: str
    mlp: str
    mid: str | Callable
    final: str
    parallel: Callable = lambda config: False
    scale: Callable = lambda config: 1.0  # of the branches, applied where they are added
    branch: Callable | None = None  # of blocks with one branch: the site at which a block's is recorded


def _llama_like(**changes):
    return dataclasses.replace(
        SiteMap("model.layers", "self_attn", "mlp", "post_attention_layernorm", "model.norm"), **changes)


def _gpt_like(**changes):
    return dataclasses.replace(SiteMap("transformer.h", "attn", "mlp", "ln_2", "transformer.ln_f"), **changes)


def _always(config):
    return True


def _branch(block):
    return "mlp_out" if getattr(block, "block_type", "") in ("mlp", "moe") else "attn_out"


_SANDWICH = _llama_like(attn="post_attention_layernorm", mlp="post_feedforward_layernorm",
                        mid="pre_feedforward_layernorm")

FAMILIES = {
    "llama": _llama_like(),
    "mistral": _llama_like(),
    "qwen2": _llama_like(),
    "qwen3": _llama_like(),
    "gemma": _llama_like(),
    "gemma2": _SANDWICH,
    "gemma3_text": _SANDWICH,
    "gemma4_text": _SANDWICH,
    "olmo": _llama_like(),
    "olmo2": _llama_like(attn="post_attention_layernorm", mlp="post_feedforward_layernorm", mid="mlp"),
    "granite": _llama_like(scale=lambda c: c.residual_multiplier),
    "apertus": _llama_like(mid="feedforward_layernorm"),
    "phi3": _llama_like(),
    "stablelm": _llama_like(parallel=lambda c: c.use_parallel_residual),
    "starcoder2": _llama_like(),
    "olmo3": _llama_like(attn="post_attention_layernorm", mlp="post_feedforward_layernorm", mid="mlp"),
    "exaone4": _llama_like(attn="post_attention_layernorm", mlp="post_feedforward_layernorm", mid="mlp"),
    "glm4": _llama_like(attn="post_self_attn_layernorm", mlp="post_mlp_layernorm"),
    "cohere": _llama_like(parallel=_always),
    "cohere2": _llama_like(parallel=_always),
    "vaultgemma": _llama_like(mid="pre_feedforward_layernorm"),
    **dict.fromkeys(("smollm3", "glm", "ernie4_5", "seed_oss", "arcee", "nemotron", "helium", "hunyuan_v1_dense",
                     "ministral", "ministral3"), _llama_like()),
    **dict.fromkeys(("mixtral", "qwen2_moe", "qwen3_moe", "olmoe", "gpt_oss", "glm4_moe", "dots1", "exaone_moe",
                     "minimax_m2", "ernie4_5_moe", "hunyuan_v1_moe", "phimoe", "deepseek_v2", "deepseek_v3", "glm4_moe_lite"), _llama_like()),
    **dict.fromkeys(("qwen3_next", "qwen3_5_text", "qwen3_5_moe_text"), _llama_like(attn="self_attn|linear_attn")),
    **dict.fromkeys(("lfm2", "lfm2_moe"), _llama_like(attn="self_attn|conv", mlp="feed_forward", mid="ffn_norm",
                                                      final="model.embedding_norm")),
    "granitemoehybrid": _llama_like(attn="self_attn|mamba", mlp="", scale=lambda c: c.residual_multiplier),
    **dict.fromkeys(("bamba", "jamba"), _llama_like(attn="self_attn|mamba", mlp="feed_forward", mid="pre_ff_layernorm",
                                                    final="model.final_layernorm")),
    "llama4_text": _llama_like(mlp="feed_forward"),
    "falcon_h1": _llama_like(attn="", mlp="feed_forward", mid="pre_ff_layernorm", final="model.final_layernorm"),
    **dict.fromkeys(("mamba", "mamba2", "falcon_mamba"),
                    SiteMap("backbone.layers", "mixer", "", "", "backbone.norm_f", _always, branch=_branch)),
    "nemotron_h": SiteMap("model.layers", "mixer", "", "", "model.norm_f", _always, branch=_branch),
    "zamba2": SiteMap("model.layers", "mamba|mamba_decoder.mamba", "", "", "model.final_layernorm", _always,
                      branch=_branch),
    "flex_olmo": _llama_like(attn="post_attention_layernorm", mlp="post_feedforward_layernorm", mid="mlp"),
    **dict.fromkeys(("granitemoe", "granitemoeshared"), _llama_like(mlp="", scale=lambda c: c.residual_multiplier)),
    "gpt_bigcode": _gpt_like(),
    "codegen": _gpt_like(parallel=_always),
    "mpt": SiteMap("transformer.blocks", "attn", "ffn.down_proj", "norm_2", "transformer.norm_f"),
    "phi": _llama_like(parallel=_always, final="model.final_layernorm"),
    "gpt_neox": SiteMap("gpt_neox.layers", "attention.dense", "mlp", "post_attention_layernorm",
                        "gpt_neox.final_layer_norm", lambda c: c.use_parallel_residual),
    "gpt2": _gpt_like(),
    "gpt_neo": _gpt_like(),
    "gptj": _gpt_like(parallel=_always),
    "falcon": _gpt_like(attn="self_attention.dense", mid="post_attention_layernorm",
                        parallel=lambda c: c.new_decoder_architecture or c.parallel_attn),
    "bloom": _gpt_like(attn="self_attention.dense", mlp="mlp.dense_4h_to_h", mid="post_attention_layernorm"),
    "opt": SiteMap("model.decoder.layers", "self_attn", "fc2",
                   lambda c: "final_layer_norm" if c.do_layer_norm_before else "fc1", "model.decoder.final_layer_norm"),
}


def _first(value):
    return value[0] if isinstance(value, tuple) else value


def _submodule(module, path):
    """None where a family has no such module (OPT-350m has no final norm)."""
    for name in path.split("."):
        module = getattr(module, name, None)
    return module


def _there(block, paths):
    """The module of the first of the '|'-separated paths that the block has."""
    return next(module for path in paths.split("|") if (module := _submodule(block, path)) is not None)


class Recorder:
    """Runs a model over one sequence and returns {site: array}; blocks' sites are stacked [L, T, d]."""

    def __init__(self, model):
        self.model = model
        self.map = FAMILIES[model.config.model_type]
        self.parallel = bool(self.map.parallel(model.config))
        self.scale = self.map.scale(model.config)
        self.mid = self.map.mid(model.config) if callable(self.map.mid) else self.map.mid

    def _store(self, site, value):
        value = _first(value).detach()
        self.rows.setdefault(site, []).append(value.reshape(-1, value.shape[-1]).clone())

    def _on_input(self, module, site):
        def hook(_, args, kwargs):
            self._store(site, args[0] if args else kwargs["hidden_states"])

        return module.register_forward_pre_hook(hook, with_kwargs=True)

    def _on_output(self, module, site):
        return module.register_forward_hook(lambda _m, _a, output: self._store(site, output))

    def _hooks(self):
        for block in self.model.get_submodule(self.map.layers):
            yield self._on_input(block, "resid_pre")
            if self.map.branch:
                yield self._on_output(_there(block, self.map.attn), self.map.branch(block))
            elif self.map.attn:
                yield self._on_output(_there(block, self.map.attn), "attn_out")
            if self.map.mlp:
                yield self._on_output(block.get_submodule(self.map.mlp), "mlp_out")
            if not self.parallel:
                yield self._on_input(block.get_submodule(self.mid), "resid_mid")
            yield self._on_output(block, "resid_post")
        if (final := _submodule(self.model, self.map.final)) is not None:
            yield self._on_output(final, "ln_final")

    def _with_zeros(self):
        """Where blocks have one branch, the other adds nothing; a branch that no block has is no site."""
        present = {self.map.branch(block) for block in self.model.get_submodule(self.map.layers)}
        for site in present:
            values = iter(self.rows.get(site, []))
            self.rows[site] = [next(values) if self.map.branch(block) == site else torch.zeros_like(self.rows["resid_pre"][0])
                               for block in self.model.get_submodule(self.map.layers)]

    def __call__(self, ids):
        self.rows = {}
        hooks = list(self._hooks())
        try:
            with torch.no_grad():
                logits = self.model(input_ids=torch.tensor([ids]), use_cache=False).logits[0]
        finally:
            for hook in hooks:
                hook.remove()
        if self.map.branch:
            self._with_zeros()
        sites = {site: torch.stack(rows).double().numpy() for site, rows in self.rows.items()}
        if "ln_final" in sites:
            sites["ln_final"] = sites["ln_final"][0]
        if "mlp_out" not in sites and not self.map.branch:
            sites["mlp_out"] = (sites["resid_post"] - sites["resid_mid"]) / self.scale
        if "attn_out" not in sites:
            sites["attn_out"] = (sites["resid_mid"] - sites["resid_pre"]) / self.scale
        for branch in ("attn_out", "mlp_out"):
            if branch in sites:
                sites[branch] = sites[branch] * self.scale
        sites["embed"] = sites["resid_pre"][0]
        sites["logits"] = logits.double().numpy()
        return sites

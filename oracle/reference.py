"""An independent float64 forward in numpy, from config.json and the safetensors alone.

It exists to prove the goldens: transformers in float64 and this code must agree at every site to 1e-9.
x is [T, H]; Linear weights are [out, in].
"""
import numpy as np

import reference_2026
import reference_experts
import reference_gpt
import reference_hybrid
import reference_large_2026
import reference_latent
import reference_llama
import reference_states
from reference_base import Checkpoint

FAMILIES = {**reference_llama.FAMILIES, **reference_gpt.FAMILIES, **reference_2026.FAMILIES,
            **reference_experts.FAMILIES, **reference_latent.FAMILIES,
            **reference_hybrid.FAMILIES, **reference_states.FAMILIES,
            **reference_large_2026.FAMILIES}


def read(folder):
    return Checkpoint.read(folder)


def complete(blocks):
    """Sites that no block has are left out; a branch that a block lacks while others have it adds nothing."""
    some = next(iter(blocks.values()))[0]
    return {site: np.stack([np.zeros_like(some) if value is None else value for value in values])
            for site, values in blocks.items() if any(value is not None for value in values)}


def forward(m, ids, prepare=None):
    """{site: array} of the Checkpoint m, as sites.Recorder returns them; `prepare` is given the family's object first."""
    family = FAMILIES[m.config.get("computes_as", m.config["model_type"])](m)
    if prepare:
        prepare(family)
    x = family.embed(ids)
    embed, blocks = x, {}
    for l in range(family.layers):
        a, f, mid = family.block(l, x)
        row = {"resid_pre": x, "attn_out": a, "mlp_out": f, "resid_mid": mid, "resid_post": family.post(l, x, a, f)}
        for site, value in row.items():
            blocks.setdefault(site, []).append(value)
        x = row["resid_post"]
    sites = {"embed": embed, **complete(blocks)}
    last = family.final(x)
    if last is not None:
        sites["ln_final"] = last
    sites["logits"] = family.logits(x if last is None else last)
    return sites

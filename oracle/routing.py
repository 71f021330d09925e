"""Where a model's experts send tokens: by the independent forward, and by hooks on a transformers model. All float64."""
import re

import numpy as np
import torch

import reference

LAYER = re.compile(r"layers\.(\d+)\.")
AGREE = 1e-9  # relative to the largest weight of a layer


def entropy(scores):
    p = scores / scores.sum(-1, keepdims=True)
    return -(p * np.log(np.where(p > 0, p, 1))).sum(-1)


def margins(choice, k):
    """The last chosen above the best left out; None where all others are out of the choice."""
    if choice.shape[1] == k:
        return None
    order = -np.sort(-choice, axis=-1)
    return None if np.isneginf(order[:, k]).any() else order[:, k - 1] - order[:, k]


def of_reference(checkpoint, ids):
    """[{layer, experts, weights, margin, entropy, contribution, shared, peak, peak_channel, load}]; None where there is
    nothing of the kind. What is added counts with the factor of the branch."""
    rows = []

    def listen(family):
        factor = family.c.get("residual_multiplier", 1.0)

        def heard(p, h, chosen, weights, added):
            scores, choice = family.scored(h, p)
            shared = family.shared(h, p)
            channel = np.abs(added).argmax(-1)
            rows.append({
                "layer": int(LAYER.search(p).group(1)), "experts": chosen, "weights": weights,
                "margin": margins(choice, chosen.shape[1]), "entropy": entropy(scores),
                "contribution": factor * np.sqrt((added ** 2).sum(-1)),
                "shared": None if np.isscalar(shared) else factor * np.sqrt((shared ** 2).sum(-1)),
                "peak": factor * np.take_along_axis(added, channel[..., None], -1)[..., 0], "peak_channel": channel,
                "load": np.bincount(chosen.ravel(), minlength=scores.shape[1])})

        family.listener = heard

    reference.forward(checkpoint, ids, listen)
    return rows


def of_transformers(model, ids):
    """{layer: (experts, weights)} as the model's routers hand them to its experts, each [T, k], by expert index."""
    heard = {}

    def hook(layer):
        def listen(_, args, kwargs):
            index, weights = (list(args) + list(kwargs.values()))[1:3]
            heard[layer] = (index.numpy(), weights.double().numpy())

        return listen

    def of_router(layer):
        """LLaMA 4 hands every expert every token, at most multiplied by 0."""
        def listen(module, _, output):
            weights, index = output[0].double().topk(module.top_k, -1)
            heard[layer] = (index.numpy(), weights.numpy())

        return listen

    def listened(name, module):
        layer, kind = LAYER.search(name), type(module).__name__
        if kind == "Llama4Router":
            return module.register_forward_hook(of_router(int(layer.group(1))))
        if kind.endswith("Experts") and kind != "Llama4TextExperts":
            return module.register_forward_pre_hook(hook(int(layer.group(1))), with_kwargs=True)

    hooks = [handle for name, module in model.named_modules() if (handle := listened(name, module))]
    try:
        with torch.no_grad():
            model(input_ids=torch.tensor([ids]), use_cache=False)
    finally:
        for one in hooks:
            one.remove()
    return heard


def by_expert(experts, weights):
    order = np.argsort(experts, -1)
    return np.take_along_axis(experts, order, -1), np.take_along_axis(weights, order, -1)


def disagreement(rows, heard):
    """The largest relative difference of weights, or a text that says where the choices differ."""
    if [row["layer"] for row in rows] != sorted(heard):
        return f"layers {sorted(heard)}"
    worst = 0.0
    for row in rows:
        experts, weights = by_expert(row["experts"], row["weights"])
        theirs, their_weights = by_expert(*heard[row["layer"]])
        if not (experts == theirs).all():
            return f"another choice in layer {row['layer']}"
        worst = max(worst, float(np.abs(weights - their_weights).max() / np.abs(weights).max()))
    return worst

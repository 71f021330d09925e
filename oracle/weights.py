"""Random weights that exercise a model: the stream grows, attention is far from uniform, gains and biases matter."""
import numpy as np
import torch

# Standard deviation of a projection's output for unit input, by the last names of its path.
_QUERY_KEY = 1.6
_BRANCH_OUT = 1.3
_DEFAULT = 1.0
_GRID = 2.0 ** 12  # norm gains are multiples of 1/4096: 1 + w of the Gemma norms is then exact in float32


def _gain(path):
    if any(part in path for part in ("q_proj", "k_proj", "query_key_value", "c_attn", "qkv_proj", "Wqkv", "q_b_proj", "kv_b_proj")):
        return _QUERY_KEY
    if any(part in path for part in ("o_proj", "out_proj", "down_proj", "dense_4h_to_h", "attention.dense", "c_proj",
                                     "self_attn.dense", "fc2", "fc_out")):
        return _BRANCH_OUT
    return _DEFAULT


def _norm(module, name, shape, normal):
    if name == "bias":
        return 0.1 * normal(shape)
    kind = type(module).__name__
    offset = any(word in kind for word in ("Gemma", "1P")) and not kind.startswith("Gemma4")
    return np.round(((0 if offset else 1) + 0.25 * normal(shape)) * _GRID) / _GRID


def _value(path, module, name, shape, normal):
    kind = type(module).__name__
    if kind == "XIELUActivation":
        return 0.2 + 0.4 * normal(shape)
    if "Norm" in kind:
        return _norm(module, name, shape, normal)
    if isinstance(module, torch.nn.Embedding):
        return 0.4 * normal(shape)
    if name == "bias" or name.endswith("_bias"):  # of a linear layer, of experts, of a router's choice
        return 0.15 * normal(shape)
    if name == "A_log":
        return -0.5 + 0.7 * normal(shape)
    if name == "dt_bias":
        return 0.5 * normal(shape)
    if name in ("layer_scalar", "per_expert_scale", "scale"):
        return 0.9 + 0.2 * normal(shape)
    if len(shape) == 1:
        return 1 + 0.3 * normal(shape) if name == "D" else normal(shape)
    if kind == "Conv1d":
        return normal(shape) / np.sqrt(shape[2])
    if len(shape) == 3:  # experts, stacked
        inputs = shape[1] if kind == "GptOssExperts" else shape[2]
        return (_BRANCH_OUT if name.startswith("down") else _DEFAULT) / np.sqrt(inputs) * normal(shape)
    fan_in = shape[0] if kind == "Conv1D" else shape[1]
    return _gain(path) / np.sqrt(fan_in) * normal(shape)


def fill(model, seed):
    """Overwrites every parameter, in the order of the module tree, from one seeded generator."""
    rng = np.random.Generator(np.random.PCG64(seed))
    done = set()
    for path, module in model.named_modules():
        corrections = [(n, b) for n, b in module.named_buffers(recurse=False)
                       if n in ("e_score_correction_bias", "layer_scalar")]
        for name, parameter in [*module.named_parameters(recurse=False), *corrections]:
            if id(parameter) in done:
                continue  # tied
            done.add(id(parameter))
            value = _value(path, module, name, tuple(parameter.shape), rng.standard_normal)
            with torch.no_grad():
                parameter.copy_(torch.from_numpy(np.asarray(value, dtype=np.float32)))
        if type(module).__name__ == "XIELUActivation":
            module.beta.fill_(0.5 + 0.1 * float(rng.standard_normal()))

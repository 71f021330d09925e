"""From the vectors of the sites to the numbers of a golden: norms, dots, logit statistics, errors. All float64."""
import json

import numpy as np

BLOCK_SITES = ("resid_pre", "attn_out", "resid_mid", "mlp_out", "resid_post")
TOP = 10


def norms(sites):
    """{site: [T] or [L, T]} L2 norms of the rows."""
    return {s: np.sqrt((sites[s] ** 2).sum(-1)) for s in ("embed",) + BLOCK_SITES + ("ln_final",) if s in sites}


def dots(sites):
    pre, attn, mlp = sites["resid_pre"], sites["attn_out"], sites.get("mlp_out")
    if mlp is None:
        return {"pre_attn": (pre * attn).sum(-1)}
    if not (attn.any(-1) & mlp.any(-1)).any():  # blocks with one branch, whose other is zero
        return {"pre_attn": (pre * attn).sum(-1), "pre_mlp": (pre * mlp).sum(-1)}
    if "resid_mid" in sites:
        return {"pre_attn": (pre * attn).sum(-1), "mid_mlp": (sites["resid_mid"] * mlp).sum(-1)}
    return {"pre_attn": (pre * attn).sum(-1), "pre_mlp": (pre * mlp).sum(-1), "attn_mlp": (attn * mlp).sum(-1)}


def logit_stats(logits, position, tokens=None):
    """The output distribution at one position; entropy in nats; std with n - 1."""
    row = logits[position].astype(np.float64)
    shifted = row - row.max()
    log_sum = np.log(np.exp(shifted).sum())
    log_p = shifted - log_sum
    p = np.exp(log_p)
    entropy = -(p * np.where(p > 0, log_p, 0)).sum()
    top = np.argsort(-row, kind="stable")[:TOP]
    stats = {"position": int(position), "mean": row.mean(), "std": row.std(ddof=1), "max": row.max(),
             "min": row.min(), "range": row.max() - row.min(), "entropy": entropy,
             "effective_vocab": np.exp(entropy), "top10_prob_mass": p[top].sum()}
    stats["top"] = [{"id": int(i), **({"token": tokens[i]} if tokens else {}), "prob": p[i]} for i in top]
    return stats


def sequence(ids, sites, all_positions, **extra):
    positions = range(len(ids)) if all_positions else [len(ids) - 1]
    return {**extra, "ids": list(map(int, ids)), "norms": norms(sites), "dots": dots(sites),
            "logits": [logit_stats(sites["logits"], p) for p in positions]}


def relative_errors(got, want):
    """{site: max over layers and tokens of |got - want| / want} of token norms, and of the last position's entropy."""
    a, b = norms(got), norms(want)
    errors = {s: float((np.abs(a[s] - b[s]) / np.where(b[s] == 0, 1, b[s])).max()) for s in b}
    entropy = [logit_stats(x["logits"], -1)["entropy"] for x in (got, want)]
    errors["entropy"] = float(abs(entropy[0] - entropy[1]) / entropy[1])
    return errors


def merge_max(errors, more):
    for site, error in more.items():
        errors[site] = max(errors.get(site, 0.0), error)


def write(path, document, digits=12):
    """JSON with one line per array of numbers, so that files are small and diffs readable."""
    path.write_text(text(document, digits, 0) + "\n")


def _number(x, digits):
    if isinstance(x, (bool, np.bool_)):
        return "true" if x else "false"
    if isinstance(x, (int, np.integer)):
        return str(int(x))
    if not np.isfinite(x):
        raise ValueError("a golden has a value that is not finite")
    return f"{float(x):.{digits}g}"


def text(v, digits, depth=0):
    pad = " " * (depth + 1)
    if v is None or isinstance(v, str):
        return json.dumps(v, ensure_ascii=False)
    if isinstance(v, np.ndarray):
        v = v.tolist()
    if isinstance(v, dict):
        if all(isinstance(x, (int, float, str, np.number)) for x in v.values()):
            return "{" + ", ".join(f'"{k}": {text(x, digits, 0)}' for k, x in v.items()) + "}"
        rows = [f'{pad}"{k}": {text(x, digits, depth + 1)}' for k, x in v.items()]
        return "{\n" + ",\n".join(rows) + "\n" + " " * depth + "}"
    if isinstance(v, list):
        if all(isinstance(x, (int, float, np.number)) for x in v):
            return "[" + ", ".join(_number(x, digits) for x in v) + "]"
        if all(isinstance(x, str) for x in v):
            return "[" + ", ".join(text(x, digits, 0) for x in v) + "]"
        return "[\n" + ",\n".join(pad + text(x, digits, depth + 1) for x in v) + "\n" + " " * depth + "]"
    return _number(v, digits)

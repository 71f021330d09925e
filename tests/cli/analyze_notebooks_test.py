#!/usr/bin/env python3
"""analyze on the JSON that the notebooks write: every document is built here by the steps and with the keys of the
notebook's own cells, so that it owes nothing to our experiment files."""
import itertools
import json
import math
import unittest

import support

# Notebook 003, PYTHIA_MODELS: n_layers, n_heads, d_model.
PYTHIA = {"pythia-70m": (6, 8, 512), "pythia-160m": (12, 12, 768), "pythia-410m": (24, 16, 1024), "pythia-1b": (16, 8, 2048),
          "pythia-1.4b": (24, 16, 2048), "pythia-2.8b": (32, 32, 2560), "pythia-6.9b": (32, 32, 4096),
          "pythia-12b": (36, 40, 5120)}
GAINS = {"pythia-70m": 0.91, "pythia-160m": 0.83, "pythia-410m": 0.72, "pythia-1b": 1.21, "pythia-1.4b": 1.08,
         "pythia-2.8b": 0.55, "pythia-6.9b": 0.98, "pythia-12b": 0.8}


def mean(values):
    return math.fsum(values) / len(values)


def std(values):
    """numpy's default, which the notebooks use."""
    m = mean(values)
    return math.sqrt(mean([(v - m) ** 2 for v in values]))


def pearson(x, y):
    mx, my = mean(x), mean(y)
    return (math.fsum((a - mx) * (b - my) for a, b in zip(x, y)) /
            math.sqrt(math.fsum((a - mx) ** 2 for a in x) * math.fsum((b - my) ** 2 for b in y)))


def pythia_entry(name):
    """analyze_model and compute_residual_gain of notebook 003."""
    n_layers, n_heads, d_model = PYTHIA[name]
    gains = [GAINS[name] + 0.03 * math.sin(1 + i) for i in range(25)]
    with_ln = [0.2 * g for g in gains]
    d_head = d_model // n_heads
    return {"model": name, "n_layers": n_layers, "n_heads": n_heads, "d_model": d_model, "d_head": d_head,
            "rho": n_heads / d_head, "rotary_pct": 0.25, "residual_gain_mean": mean(gains), "residual_gain_std": std(gains),
            "residual_gain_all": gains, "gain_with_ln_mean": mean(with_ln), "gain_with_ln_std": std(with_ln),
            "all_layer_gains": [1.1] * (n_layers - 2) + [mean(gains), mean(with_ln)], "is_dampening": mean(gains) < 1.0}


def notebook_003(names):
    models = [pythia_entry(name) for name in names]
    high, low = [m for m in models if m["rho"] >= 0.2], [m for m in models if m["rho"] < 0.2]
    corr = pearson([m["rho"] for m in models], [m["residual_gain_mean"] for m in models]) if len(models) >= 3 else None
    dampen = sum(1 for m in high if m["is_dampening"]) / max(len(high), 1)
    expand = sum(1 for m in low if not m["is_dampening"]) / max(len(low), 1)
    if dampen > 0.5 or (len(models) >= 3 and corr < -0.3):
        verdict = "VALIDATED"
    else:
        verdict = "INCONCLUSIVE" if len(models) < 3 else "NOT_VALIDATED"
    return {"experiment": "Pythia Family Residual Stream Gain Sweep - CORRECTED (No Final LN)",
            "hypothesis": "H25: Dimensional Crowding \u2192 Dampening",
            "methodology": {"correct_metric": "hidden_states[-2] / hidden_states[-3] (true last layer, no final LN)",
                            "wrong_metric": "hidden_states[-1] / hidden_states[-2] (includes final LN artifact)"},
            "date": "2026-01-05T12:00:00.123456", "n_models": len(models), "n_prompts": 25, "models": models,
            "analysis": {"rho_gain_correlation": corr, "correlation_p_value": None if corr is None else 0.5,
                         "high_rho_dampen_rate": dampen, "low_rho_expand_rate": expand},
            "verdict": verdict}


def exact_permutation_p(x, y):
    observed = abs(pearson(x, y))
    orders = list(itertools.permutations(range(len(x))))
    mx, my = mean(x), mean(y)
    dx, dy = [a - mx for a in x], [b - my for b in y]
    scale = math.sqrt(math.fsum(a * a for a in dx) * math.fsum(b * b for b in dy))
    hits = sum(1 for order in orders if abs(sum(dx[i] * dy[o] for i, o in enumerate(order))) / scale >= observed - 1e-12)
    return hits / len(orders)


def residual(norms):
    """ResidualStreamAnalyzer.analyze of notebook 001."""
    gains = [b / a for a, b in zip(norms, norms[1:])]
    cumulative = 1.0
    for gain in gains:
        cumulative *= gain
    return {"norms": norms, "gains": gains, "embedding_norm": norms[0], "final_norm": norms[-1], "initial_gain": gains[0],
            "last_gain": gains[-1], "last_expands": gains[-1] > 1.0, "cumulative_energy": cumulative,
            "num_layers": len(gains), "contracting_layers": sum(1 for g in gains if g < 1.0),
            "expanding_layers": sum(1 for g in gains if g >= 1.0)}


LLAMA3_SCALING = {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192,
                  "rope_type": "llama3"}


def notebook_001():
    def model(name, hf_name, norms, wu, theta, scaling, positions):
        return {"model": name, "hf_name": hf_name, "num_layers": len(norms) - 1, "residual": residual(norms),
                "w_u": {"shape": [32000, 4096], "vocab_size": 32000, "hidden_dim": 4096, "frobenius_norm": 4 * wu,
                        "spectral_norm": wu, "mean_row_norm": 0.5},
                "rope": {"rope_theta": theta, "rope_scaling": scaling, "max_position": positions}}
    llama2 = model("llama2-7b", "meta-llama/Llama-2-7b-hf", [1.0, 10.0, 60.0, 55.2], 80.0, 10000.0, None, 4096)
    llama31 = model("llama3.1-8b", "meta-llama/Llama-3.1-8B", [1.0, 9.0, 40.0, 61.2], 94.61, 500000.0, LLAMA3_SCALING, 131072)
    l2, l3 = llama2["residual"]["last_gain"], llama31["residual"]["last_gain"]
    return {"experiment": "LLaMA 2 vs LLaMA 3.1 - Long-Context Hypothesis Test", "date": "2026-01-05",
            "hypothesis": "Long-context models require dampening (contraction) for numerical stability",
            "models": {"llama2-7b": llama2, "llama3.1-8b": llama31},
            "hypothesis_test": {"llama2_expands": l2 > 1.0, "llama31_expands": l3 > 1.0, "theta_ratio": 50.0,
                                "gain_ratio": l3 / l2, "wu_ratio": 94.61 / 80.0, "verdict": "INVERTED"},
            "references": {"llama3.1-8b": {"last_gain": 0.48, "w_u_spectral": 94.61, "rope_theta": 500000,
                                           "behavior": "CONTRACTS"}}}


def notebook_000(broken=()):
    def matrix(name, vocab, hidden, sigma, gain):
        if name in broken:
            return {"error": "Cannot access gated repo for url ..."}
        return {"model": name, "shape": [vocab, hidden], "vocab_size": vocab, "hidden_dim": hidden, "frobenius_norm": 5 * sigma,
                "spectral_norm": sigma, "mean_row_norm": 0.7, "std_row_norm": 0.1,
                "spectral_per_sqrt_vocab": sigma / math.sqrt(vocab), "effective_amplification": sigma * gain, "last_gain": gain}
    return {"experiment": "LLaMA 3.1 Anomaly - Hypothesis Tests", "date": "2026-01-05",
            "hypothesis_1_titanium_projector": {
                "description": "W_U norm compensates for residual contraction",
                "results": {"llama3.1-8b": matrix("llama3.1-8b", 128256, 4096, 94.61, 0.48),
                            "mistral-7b": matrix("mistral-7b", 32000, 4096, 16.14, 1.37),
                            "gemma2-9b": matrix("gemma2-9b", 256000, 3584, 446.44, 2.85)}},
            "hypothesis_2_rope": {
                "description": "Long-context RoPE requires dampening",
                "results": {"llama3.1-8b": {"rope_theta": 500000.0, "rope_scaling": LLAMA3_SCALING, "max_position": 131072,
                                            "context_length": 128000},
                            "mistral-7b": {"rope_theta": 10000.0, "rope_scaling": None, "max_position": 32768,
                                           "context_length": 8192},
                            "gemma2-9b": {"rope_theta": 10000.0, "rope_scaling": None, "max_position": 8192,
                                          "context_length": 8192}}},
            "hypothesis_3_grokking": {"description": "Training scale causes efficient representations",
                                      "status": "THEORETICAL - Requires checkpoint analysis"}}


def notebook_004():
    def norms(fro, spectral):
        return {"shape": [32000, 4096], "frobenius_norm": fro, "spectral_norm": spectral, "max_singular": spectral,
                "mean_row_norm": 1.2, "std_row_norm": 0.2, "max_row_norm": 2.0, "min_row_norm": 0.01, "mean_abs": 0.01,
                "std_abs": 0.012, "frobenius_normalized": fro / math.sqrt(32000 * 4096),
                "spectral_normalized": spectral / math.sqrt(4096)}

    def stream(family, hooked):
        gains = [b / a for a, b in zip(hooked, hooked[1:])]
        contracting = sum(1 for g in gains if g < 1.0)
        return {"family": family, "n_layers": len(gains), "gains": gains, "norms": hooked,
                "contracting_pct": 100 * contracting / len(gains), "last_gain": gains[-1], "max_gain": max(gains),
                "max_gain_layer": gains.index(max(gains)),
                "expansion_layers": [(i, g) for i, g in enumerate(gains) if g > 1.0]}

    def entropy(family, nats):
        return {"family": family, "logit_mean": -1.5, "logit_std": 2.0, "logit_max": 14.0, "logit_min": -9.0,
                "logit_range": 23.0, "entropy": nats, "effective_vocab": math.exp(nats), "top10_prob_mass": 0.6}
    return {"experiment": "Mistral Paradox Investigation", "date": "2026-01-05 10:00:00",
            "models_tested": ["mistral-7b", "apertus-8b"],
            "unembedding_analysis": {
                "mistral-7b": {"family": "mistral", "unembedding": norms(228.98, 16.14), "embedding": norms(30.0, 2.0),
                               "wu_we_ratio": 228.98 / 30, "tied_embeddings": False},
                "apertus-8b": {"family": "apertus", "unembedding": norms(515.4, 60.0), "embedding": norms(527.9, 50.0),
                               "wu_we_ratio": 515.4 / 527.9, "tied_embeddings": False}},
            "residual_stream_analysis": {"mistral-7b": stream("mistral", [5.0, 230.0, 240.0, 265.0, 153.7]),
                                         "apertus-8b": stream("apertus", [9.0, 10.0, 40.0, 60.0, 158.4])},
            "entropy_analysis": {"mistral-7b": entropy("mistral", 2.1), "apertus-8b": entropy("apertus", 3.4)},
            "hypotheses": {"silent_exit": "Check W_U spectral norm comparison",
                           "residual_explosion": "Check residual stream gains",
                           "entropy_efficiency": "Check output entropy comparison"}}


class Notebooks(support.CliTest):
    def analyze(self, experiment, document, code=0):
        """Written as json.dump writes, NaN and all."""
        file = self.folder / "notebook.json"
        file.write_text(json.dumps(document, indent=2), encoding="utf-8")
        done = support.run("analyze", experiment, file, "-o", self.folder / "out")
        self.assertEqual(done.code, code, done.err)
        self.text = done.out
        return json.loads((self.folder / "out" / "results.json").read_text(encoding="utf-8"))

    def values(self, document):
        return {v["name"]: v["value"] for v in document["streamgauge"]["values"]}

    def labels(self, document):
        return {v["name"]: v["label"] for v in document["streamgauge"]["verdicts"]}

    def same(self, mine, notebooks, where=""):
        """Every key that the notebook wrote is in ours, with its value."""
        if isinstance(notebooks, dict):
            for key, value in notebooks.items():
                self.assertIn(key, mine, where)
                self.same(mine[key], value, f"{where}.{key}")
        elif isinstance(notebooks, float):
            self.assertTrue(abs(mine - notebooks) <= 1e-12 * abs(notebooks), f"{where}: {mine}, {notebooks}")
        elif isinstance(notebooks, (list, tuple)):
            self.assertEqual(len(mine), len(notebooks), where)
            for a, b in zip(mine, notebooks):
                self.same(a, b, where)
        else:
            self.assertEqual(mine, notebooks, where)

    def test_003_gets_intervals_and_an_exact_permutation_test(self):
        old = notebook_003(PYTHIA)
        new = self.analyze("head-density", old)
        self.same(new["models"], old["models"])
        self.assertEqual(new["verdict"], old["verdict"])
        for key in ("rho_gain_correlation", "high_rho_dampen_rate", "low_rho_expand_rate"):
            self.assertAlmostEqual(new["analysis"][key], old["analysis"][key], delta=1e-12)
        values = self.values(new)
        rhos, gains = [m["rho"] for m in old["models"]], [m["residual_gain_mean"] for m in old["models"]]
        self.assertAlmostEqual(values["rho_gain_permuted.p"], exact_permutation_p(rhos, gains), delta=1e-12)
        method = {v["name"]: v["method"] for v in new["streamgauge"]["values"]}["rho_gain_permuted.p"]
        self.assertIn("exact, all 40320", method)
        self.assertLess(values["rho_gain.low"], values["rho_gain.r"])
        self.assertLess(values["rho_gain.r"], values["rho_gain.high"])
        for row, entry in zip(new["streamgauge"]["models"], old["models"]):
            columns = row["columns"]
            self.assertLess(columns["gain_low"], entry["residual_gain_mean"])
            self.assertLess(entry["residual_gain_mean"], columns["gain_high"])
            self.assertLess(columns["gain_high"] - columns["gain_low"], 6 * entry["residual_gain_std"] / 5)
        self.assertIn("exact", self.text)

    def test_003_with_two_models_and_with_none_that_dampen(self):
        few = ["pythia-1b", "pythia-1.4b"]
        new = self.analyze("head-density", notebook_003(few))
        self.assertEqual(new["verdict"], "INCONCLUSIVE")
        self.assertIsNone(new["analysis"]["rho_gain_correlation"])

    def test_003_with_numbers_that_are_none(self):
        """Half precision overflows: Python writes NaN and Infinity, which JSON does not have."""
        old = notebook_003(PYTHIA)
        old["models"][0]["residual_gain_mean"] = old["models"][0]["residual_gain_all"][3] = math.nan
        old["models"][0]["gain_with_ln_mean"] = -math.inf
        old["models"][0]["model"] = "pythia-70m, NaN \"quoted\" \\"
        old["analysis"]["rho_gain_correlation"] = math.nan
        new = self.analyze("head-density", old)
        self.assertEqual(new["models"][0]["model"], "pythia-70m, NaN \"quoted\" \\")
        self.assertIsNone(new["models"][0]["residual_gain_mean"])
        rest = old["models"][1:]
        self.assertAlmostEqual(new["analysis"]["rho_gain_correlation"],
                               pearson([m["rho"] for m in rest], [m["residual_gain_mean"] for m in rest]), delta=1e-12)

    def test_001(self):
        old = notebook_001()
        new = self.analyze("long-context", old)
        self.assertEqual(new["hypothesis_test"]["verdict"], "INVERTED")
        self.same(new["hypothesis_test"], old["hypothesis_test"])
        for key, entry in old["models"].items():
            entry["rope"]["rope_scaling"] = "llama3" if entry["rope"]["rope_scaling"] else None
            self.same(new["models"][key], entry, key)

    def test_000(self):
        old = notebook_000()
        new = self.analyze("llama-anomaly", old)
        self.assertEqual(self.labels(new), {"H1": "EXCEEDED", "H2": "SUPPORTED", "H3": "THEORETICAL"})
        self.same(new["hypothesis_1_titanium_projector"], old["hypothesis_1_titanium_projector"])
        values = self.values(new)
        self.assertAlmostEqual(values["eff_ratio"], 94.61 * 0.48 / (16.14 * 1.37), delta=1e-12)
        self.assertEqual(new["hypothesis_2_rope"]["results"]["llama3.1-8b"]["rope_scaling"], "llama3")
        self.assertEqual(new["hypothesis_2_rope"]["results"]["gemma2-9b"]["max_position"], 8192)

    def test_000_with_a_model_that_could_not_be_loaded(self):
        new = self.analyze("llama-anomaly", notebook_000(broken=["mistral-7b"]), code=1)
        self.assertIn("gated", new["hypothesis_1_titanium_projector"]["results"]["mistral-7b"]["error"])
        self.assertIsNone(self.labels(new)["H1"])  # "Cannot evaluate - missing model data"

    def test_004(self):
        old = notebook_004()
        new = self.analyze("mistral-paradox", old)
        for part in ("unembedding_analysis", "residual_stream_analysis", "entropy_analysis"):
            self.same(new[part], old[part], part)
        self.assertEqual(sorted(new["models_tested"]), sorted(old["models_tested"]))
        # The conclusions that the notebook leaves to its reader are drawn.
        self.assertTrue(all(self.labels(new).values()), self.labels(new))


if __name__ == "__main__":
    support.main()

"""Makes tests/data/stats/*.json: statistics by scipy and statsmodels, and exactly, by mpmath.

usage: oracle/stats_reference.py [FOLDER]

Every case has the inputs, `scipy` (what the library returns) and `exact` (the definition evaluated with 60 digits on
the same doubles). scipy itself loses digits in the hard cases (r near 1, scales of 1e-200), so a test compares
with `exact`, and with `scipy` as far as scipy agrees with `exact`.
"""
import json
import math
import pathlib
import sys
import warnings

import mpmath
import numpy
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.multitest import multipletests

VERSIONS = {"scipy": "1.17.1", "mpmath": "1.3.0", "statsmodels": "0.15.0"}
SEED = 20240007
LEVEL = 0.95


def exact_centred(x, y):
    """Means and sums of squares and products about the means."""
    x, y = [mpmath.mpf(v) for v in x], [mpmath.mpf(v) for v in y]
    mx, my = sum(x) / len(x), sum(y) / len(y)
    return (mx, my, sum((a - mx) ** 2 for a in x), sum((b - my) ** 2 for b in y),
            sum((a - mx) * (b - my) for a, b in zip(x, y)))


def exact_pearson(x, y):
    """r, the t distribution's two-sided p as a regularised incomplete beta function, and Fisher's interval."""
    n = len(x)
    _, _, sxx, syy, sxy = exact_centred(x, y)
    r = sxy / mpmath.sqrt(sxx * syy)
    rest = 1 - r * r
    if abs(rest) < mpmath.mpf(10) ** -50:
        return {"r": float(r), "p": 0.0}
    found = {"r": float(r), "p": float(mpmath.betainc(mpmath.mpf(n - 2) / 2, 0.5, 0, rest, regularized=True))}
    if n > 3:
        quantile = mpmath.sqrt(2) * mpmath.erfinv(mpmath.mpf(LEVEL))
        half = quantile / mpmath.sqrt(n - 3)
        found |= {"low": float(mpmath.tanh(mpmath.atanh(r) - half)),
                  "high": float(mpmath.tanh(mpmath.atanh(r) + half))}
    return found


def scipy_pearson(x, y):
    result = stats.pearsonr(x, y)
    found = {"r": float(result.statistic), "p": float(result.pvalue)}
    if len(x) > 3 and abs(found["r"]) < 1:
        interval = result.confidence_interval(LEVEL)
        found |= {"low": float(interval.low), "high": float(interval.high)}
    return found


def exact_regression(x, y):
    n = len(x)
    mx, my, sxx, syy, sxy = exact_centred(x, y)
    slope = sxy / sxx
    rest = max(syy - sxy * slope, mpmath.mpf(0))
    stderr = mpmath.sqrt(rest / (n - 2) / sxx)
    intercept_stderr = stderr * mpmath.sqrt(sxx / n + mx * mx)
    pearson = exact_pearson(x, y)
    return {"slope": float(slope), "intercept": float(my - slope * mx), "stderr": float(stderr),
            "intercept_stderr": float(intercept_stderr), "r": pearson["r"], "p": pearson["p"]}


def scipy_regression(x, y):
    result = stats.linregress(x, y)
    return {"slope": float(result.slope), "intercept": float(result.intercept), "stderr": float(result.stderr),
            "intercept_stderr": float(result.intercept_stderr), "r": float(result.rvalue), "p": float(result.pvalue)}


def pairs():
    """The paired samples: name, x, y."""
    rng = numpy.random.default_rng(SEED)
    x = rng.normal(size=8)
    yield "eight", x, 0.6 * x + rng.normal(size=8)
    x = rng.normal(size=25)
    yield "twenty-five", x, rng.normal(size=25)
    x = rng.normal(size=200)
    yield "two hundred", x, -0.9 * x + 0.3 * rng.normal(size=200)
    yield "three", [1.0, 2.0, 4.0], [0.3, 0.1, 0.9]
    yield "three on a line of integers", [1.0, 2.0, 3.0], [2.0, 4.0, 6.0]
    yield "three nearly on a line", [0.1, 0.2, 0.3], [0.2, 0.4, 0.6000001]
    yield "four falling", [1.0, 2.0, 3.0, 4.0], [8.0, 6.0, 4.0, 1.0]
    x = numpy.arange(12.0)
    yield "r near 1", x, 3 * x + 1e-6 * rng.normal(size=12)
    yield "r near -1", x, -2 * x + 1e-4 * rng.normal(size=12)
    yield "no correlation", [-2.0, -1.0, 0.0, 1.0, 2.0], [4.0, 1.0, 0.0, 1.0, 4.0]
    yield "ties", [1.0, 1.0, 2.0, 2.0, 2.0, 3.0, 5.0, 5.0], [2.0, 1.0, 2.0, 2.0, 4.0, 4.0, 4.0, 7.0]
    yield "one outlier", [1.0, 2.0, 3.0, 4.0, 5.0, 1e6], [2.0, 1.0, 4.0, 3.0, 6.0, 1e6]
    x, y = rng.normal(size=10), rng.normal(size=10)
    yield "offset 1e8", 1e8 + x, 1e8 - 0.5 * x + y
    yield "offset 1e8, deviations 1e-4", 1e8 + 1e-4 * x, 3e8 + 1e-4 * (x + y)
    yield "scale 1e-200", 1e-200 * x, 1e-200 * (x + 0.5 * y)
    yield "scales 1e200 and 1e-100", 1e200 * x, 1e-100 * (x - y)
    # n_heads / d_head and a residual gain of eight models, as a sweep over sizes gives them.
    yield "sweep", [0.125, 0.1875, 0.125, 0.125, 0.0625, 0.125, 0.25, 0.3125], [1.13, 1.21, 1.05, 0.98, 1.31, 1.02, 0.91, 0.87]


def pair_cases():
    for name, x, y in pairs():
        x, y = [float(v) for v in x], [float(v) for v in y]
        ranks = [list(map(float, stats.rankdata(v))) for v in (x, y)]
        spearman = stats.spearmanr(x, y)
        exact_ranks = exact_pearson(*ranks)
        yield {"name": name, "x": x, "y": y,
               "pearson": {"scipy": scipy_pearson(x, y), "exact": exact_pearson(x, y)},
               "spearman": {"scipy": {"r": float(spearman.statistic), "p": float(spearman.pvalue)},
                            "exact": {"r": exact_ranks["r"], "p": exact_ranks["p"]}},
               "regression": {"scipy": scipy_regression(x, y), "exact": exact_regression(x, y)}}


def permutation_cases():
    """The same two-sided p as ours: the share of arrangements at least as far from 0 as the sample. Rounded, because
    scipy compares with a slack relative to the sample's statistic, which is none when that is 0."""
    def p_of(data, statistic, kind):
        result = stats.permutation_test(data, statistic, permutation_type=kind, alternative="greater", n_resamples=numpy.inf)
        return float(result.pvalue)

    for name, x, y in pairs():
        if len(x) > 7 or "scale" in name:
            continue
        x, y = [float(v) for v in x], [float(v) for v in y]
        yield {"kind": "correlation", "name": name, "x": x, "y": y,
               "p": p_of((x,), lambda a, y=y: abs(round(stats.pearsonr(a, y).statistic, 12)), "pairings")}
    rng = numpy.random.default_rng(SEED + 1)
    for name, x, y in [("four and five", rng.normal(size=4), 1 + rng.normal(size=5)),
                       ("ties", [1, 2, 2, 3], [2, 3, 3, 4, 5]), ("two against six", [9, 7], [1, 2, 3, 4, 5, 6]),
                       ("seven and eight", rng.normal(size=7), 0.8 + rng.normal(size=8)),
                       ("offset 1e8", 1e8 + rng.normal(size=5), 1e8 + 1 + rng.normal(size=5))]:
        x, y = [float(v) for v in x], [float(v) for v in y]
        yield {"kind": "means", "name": name, "x": x, "y": y, "difference": float(numpy.mean(x) - numpy.mean(y)),
               "p": p_of((x, y), lambda a, b: abs(numpy.mean(a) - numpy.mean(b)), "independent")}


def holm_cases():
    rng = numpy.random.default_rng(SEED + 2)
    for p in ([0.01, 0.04, 0.03, 0.005], [0.02], [1.0, 0.0, 0.5], [0.01, 0.01, 0.01], [0.05, 0.05, 0.2, 0.9],
              [float(v) for v in rng.uniform(size=20) ** 3]):
        yield {"p": p, "adjusted": [float(v) for v in multipletests(p, method="holm")[1]]}


def bootstrap_cases():
    """Intervals of many resamples, so that scipy's own Monte Carlo error is small."""
    rng = numpy.random.default_rng(SEED + 3)
    x = rng.normal(size=30)
    y = 0.7 * x + 0.6 * rng.normal(size=30)
    skewed = numpy.exp(rng.normal(size=40))

    def interval(data, statistic, method, **keys):
        found = stats.bootstrap(data, statistic, n_resamples=200000, batch=2000, method=method, confidence_level=LEVEL,
                                rng=numpy.random.default_rng(SEED), **keys).confidence_interval
        return {"low": float(found.low), "high": float(found.high)}

    def correlation(a, b, axis=-1):
        return stats.pearsonr(a, b, axis=axis).statistic

    for method in ("BCa", "percentile"):
        yield {"statistic": "mean", "method": method, "x": [float(v) for v in skewed],
               "interval": interval((skewed,), numpy.mean, method)}
        yield {"statistic": "correlation", "method": method, "x": [float(v) for v in x], "y": [float(v) for v in y],
               "interval": interval((x, y), correlation, method, paired=True)}


def descriptive_cases():
    rng = numpy.random.default_rng(SEED + 4)
    for name, x in [("one", [3.5]), ("even", [4, 1, 3, 2]), ("odd", [0.1, 0.7, 0.2]), ("gains", numpy.exp(rng.normal(size=25))),
                    ("offset 1e8", 1e8 + rng.normal(size=11)), ("scale 1e-200", 1e-200 * (2 + rng.uniform(size=9))),
                    ("scale 1e300", 1e300 * (1 + rng.uniform(size=300)))]:
        x = [float(v) for v in x]
        high = [mpmath.mpf(v) for v in x]
        n, mean = len(x), sum(high) / len(x)
        squares = sum((v - mean) ** 2 for v in high)
        case = {"name": name, "x": x, "mean": float(mean), "population_std": float(mpmath.sqrt(squares / n)),
                "median": float(mpmath.mpf(numpy.sort(x)[(n - 1) // 2]) / 2 + mpmath.mpf(numpy.sort(x)[n // 2]) / 2),
                "geometric_mean": float(mpmath.exp(sum(mpmath.log(v) for v in high) / n)),
                "min": min(x), "max": max(x)}
        if n > 1:
            case["sample_std"] = float(mpmath.sqrt(squares / (n - 1)))
        if max(x) < 1e100:
            assert math.isclose(case["mean"], numpy.mean(x), rel_tol=1e-12), name
            assert math.isclose(case["population_std"], numpy.std(x), rel_tol=1e-6, abs_tol=1e-150), name
            assert math.isclose(case["geometric_mean"], stats.gmean(x), rel_tol=1e-12), name
        yield case


def main():
    found = {"scipy": scipy.__version__, "mpmath": mpmath.__version__, "statsmodels": statsmodels.__version__}
    if found != VERSIONS:
        sys.exit(f"expected {VERSIONS}, got {found}: pip install -r oracle/requirements.txt")
    mpmath.mp.dps = 60
    warnings.filterwarnings("ignore")  # scipy warns of exactly the hard cases
    numpy.seterr(all="ignore")
    folder = pathlib.Path(sys.argv[1] if sys.argv[1:] else pathlib.Path(__file__).parent.parent / "tests" / "data" / "stats")
    folder.mkdir(parents=True, exist_ok=True)
    for name, cases in [("pairs", pair_cases), ("permutation", permutation_cases), ("holm", holm_cases),
                        ("bootstrap", bootstrap_cases), ("descriptive", descriptive_cases)]:
        content = {"versions": VERSIONS, "seed": SEED, "level": LEVEL, "cases": list(cases())}
        # A value that scipy cannot give is left out: JSON has no NaN.
        text = json.dumps(content, allow_nan=True).replace("NaN", "null").replace("-Infinity", "null").replace("Infinity", "null")
        text = text.replace('{"name"', '\n{"name"').replace('{"kind"', '\n{"kind"').replace('{"p": [', '\n{"p": [')
        (folder / f"{name}.json").write_text(text.replace('{"statistic"', '\n{"statistic"') + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

// The formulas of src/measure/reduction.cc, gain.cc and decomposition.cc, in the same order of operations, so that the
// page's numbers are the program's.

/** @typedef {import('./types').Measured} Measured */
/** @typedef {import('./types').Gain} Gain */

/** @param {string} reason @returns {Measured} */
export function absent(reason) {
  return { value: null, reason };
}

/** @param {ArrayLike<number>} values */
export function meanOf(values) {
  let sum = 0;
  for (let i = 0; i < values.length; ++i) sum += values[i];
  return sum / values.length;
}

/** @param {ArrayLike<number>} values */
export function medianOf(values) {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[half];
  const sum = sorted[half - 1] + sorted[half];
  return Number.isFinite(sum) ? sum / 2 : sorted[half - 1] / 2 + sorted[half] / 2;
}

/** @param {ArrayLike<number>} values */
function largestOf(values) {
  let largest = values[0];
  for (let i = 1; i < values.length; ++i) if (values[i] > largest) largest = values[i];
  return largest;
}

/**
 * Scaled by the largest norm, so that squares neither overflow nor vanish.
 * @param {ArrayLike<number>} values
 */
function rootSumSquares(values) {
  const largest = largestOf(values);
  if (largest === 0) return 0;
  let sum = 0;
  for (let i = 0; i < values.length; ++i) sum += (values[i] / largest) * (values[i] / largest);
  return largest * Math.sqrt(sum);
}

/** @param {string} reduction @param {Float64Array} norms */
function reduceFinite(reduction, norms) {
  switch (reduction) {
    case 'last': return norms[norms.length - 1];
    case 'mean': return meanOf(norms);
    case 'mean_skip_first': return meanOf(norms.subarray(1));
    case 'frobenius': return rootSumSquares(norms);
    case 'median': return medianOf(norms);
    case 'max': return largestOf(norms);
  }
  throw new Error('unknown reduction ' + reduction);
}

/**
 * One number of the token norms of one prompt at one site.
 * @param {string} reduction @param {Float64Array} norms @returns {Measured}
 */
export function reduce(reduction, norms) {
  if (norms.length === 0) return absent('there is no token');
  if (reduction === 'mean_skip_first' && norms.length === 1) {
    return absent('the prompt has one token, so none is left without the first');
  }
  let first = 0;
  if (reduction === 'last') first = norms.length - 1;
  if (reduction === 'mean_skip_first') first = 1;
  for (let t = first; t < norms.length; ++t) {
    if (!Number.isFinite(norms[t])) {
      return absent('the norm of token ' + t + ' is ' + (Number.isNaN(norms[t]) ? 'NaN' : 'infinite'));
    }
  }
  return { value: reduceFinite(reduction, norms), reason: '' };
}

/** @param {number} numerator @param {number} denominator @param {string} name @returns {Measured} */
function ratioOf(numerator, denominator, name) {
  if (denominator === 0) return absent(name + ' is 0');
  const ratio = numerator / denominator;
  return Number.isFinite(ratio) ? { value: ratio, reason: '' } : absent('the ratio is beyond the range of a double');
}

/** @param {{site: string, layer: number}} end */
export function nameOfSite(end) {
  return end.site === 'embed' || end.site === 'ln_final' ? end.site : end.site + '[' + end.layer + ']';
}

/**
 * One prompt's gain over a span. `at` gives the norms of a site, empty when they were not recorded.
 * @param {import('./types').SpanEnds} span @param {string} reduction
 * @param {(end: {site: string, layer: number}) => Float64Array} at @returns {Gain}
 */
export function gainOver(span, reduction, at) {
  /** @param {string} reason @returns {Gain} */
  const none = (reason) => ({ value: null, reason, numerator: NaN, denominator: NaN });
  if (!span.numerator || !span.denominator) return none(span.why_absent);
  const reduced = [];
  for (const end of [span.numerator, span.denominator]) {
    const norms = at(end);
    if (norms.length === 0) return none(nameOfSite(end) + ' was not recorded');
    const one = reduce(reduction, norms);
    if (one.value === null) return none(one.reason + ' (' + nameOfSite(end) + ')');
    reduced.push(one.value);
  }
  const ratio = ratioOf(reduced[0], reduced[1], 'the norm at ' + nameOfSite(span.denominator));
  return ratio.value === null ? none(ratio.reason) : { ...ratio, numerator: reduced[0], denominator: reduced[1] };
}

/** @param {number[]} gains @returns {Measured} */
function geometricMean(gains) {
  let sum = 0;
  for (const gain of gains) {
    if (gain === 0) return absent('a gain is 0');
    sum += Math.log(gain);
  }
  return { value: Math.exp(sum / gains.length), reason: '' };
}

/**
 * One number of several prompts' gains.
 * @param {string} pooling @param {Gain[]} gains @returns {import('./types').Pooled}
 */
export function pool(pooling, gains) {
  const used = gains.filter((gain) => gain.value !== null);
  if (used.length === 0) {
    const reason = gains.length === 0 ? 'there is no prompt' : gains[0].reason;
    return { value: null, reason, spread: null, used: 0, prompts: gains.length };
  }
  const values = used.map((gain) => Number(gain.value));
  const mean = meanOf(values);
  let squares = 0;
  for (const value of values) squares += (value - mean) * (value - mean);
  const spread = Math.sqrt(squares / values.length);
  return { ...pooledValue(pooling, used, values, mean), spread, used: values.length, prompts: gains.length };
}

/** @param {string} pooling @param {Gain[]} used @param {number[]} values @param {number} mean @returns {Measured} */
function pooledValue(pooling, used, values, mean) {
  switch (pooling) {
    case 'mean_of_gains': return { value: mean, reason: '' };
    case 'median_of_gains': return { value: medianOf(values), reason: '' };
    case 'geometric_mean': return geometricMean(values);
    case 'gain_of_means':
      return ratioOf(meanOf(used.map((g) => g.numerator)), meanOf(used.map((g) => g.denominator)), 'the mean of the denominators');
  }
  throw new Error('unknown pooling ' + pooling);
}

/**
 * Of two rows, by their inner product and norms; NaN where a norm is 0.
 * @param {number} dot @param {number} a @param {number} b
 */
export function cosine(dot, a, b) {
  return a === 0 || b === 0 ? NaN : dot / a / b;
}

/**
 * What a branch adds to |pre|^2, as a share of it: (2 x.d + |d|^2) / |pre|^2.
 * @param {number} dot @param {number} delta @param {number} pre
 */
export function growth(dot, delta, pre) {
  return pre === 0 ? NaN : (2 * dot + delta * delta) / (pre * pre);
}

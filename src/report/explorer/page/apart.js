// Two measurements: the first site, in the order of the pass, where they come apart.

import { arrayOf, normsOf } from './data.js';

/** @typedef {import('./types').Head} Head */

const insideBlock = ['attn_out', 'resid_mid', 'mlp_out', 'resid_post'];

/**
 * The largest difference of a row and its token.
 * @param {ArrayLike<number>} values @param {number} row @param {number} tokens
 */
function largestIn(values, row, tokens) {
  let token = -1;
  let most = -1;
  for (let t = 0; t < tokens; ++t) {
    const x = values[row * tokens + t];
    if (Number.isNaN(x)) return { token: t, most: NaN };
    if (x > most) {
      most = x;
      token = t;
    }
  }
  return { token, most };
}

/**
 * Per token |b − a| / |a| of the rows where a comparison measured it, else of their norms.
 * @param {Head} head @param {number} model @param {number} prompt @param {string} site
 */
function differencesAt(head, model, prompt, site) {
  const beside = head.models[model].sequences[prompt].beside_a;
  if (beside) return site in beside ? arrayOf(head, beside[site].distance) : null;
  const a = normsOf(head, 0, prompt, site);
  const b = normsOf(head, model, prompt, site);
  if (!a || !b) return null;
  return Float64Array.from(a.values, (x, i) => (x === b.values[i] ? 0 : Math.abs(b.values[i] - x) / x));
}

/**
 * The first site where a token's difference is above the threshold; NaN is apart. Null where none is.
 * @param {Head} head @param {number} model @param {number} prompt @param {number} threshold
 */
export function firstApart(head, model, prompt, threshold) {
  const tokens = head.prompts[prompt].ids.length;
  const layers = head.models[model].layers;
  /** @type {Record<string, ArrayLike<number> | null>} */
  const tables = {};
  for (const site of ['embed', ...insideBlock, 'ln_final']) tables[site] = differencesAt(head, model, prompt, site);
  /** @param {string} site @param {number} layer */
  const found = (site, layer) => {
    const table = tables[site];
    if (!table || table.length < (layer + 1) * tokens) return null;
    const { token, most } = largestIn(table, layer, tokens);
    return most <= threshold ? null : { site, layer, token, most };
  };
  const embed = found('embed', 0);
  if (embed) return embed;
  for (let layer = 0; layer < layers; ++layer) {
    for (const site of insideBlock) {
      const one = found(site, layer);
      if (one) return one;
    }
  }
  return found('ln_final', 0);
}

/**
 * Whether the rows themselves were compared, or their norms alone.
 * @param {Head} head @param {number} model @param {number} prompt
 */
export function apartOf(head, model, prompt) {
  return head.models[model].sequences[prompt].beside_a ? 'distance of the rows, |b − a| / |a|' : 'relative difference of token norms';
}

// The page's data: a head as JSON, and every array of numbers as text of its own, decoded when it is looked at.

/** @typedef {import('./types').Head} Head */
/** @typedef {import('./types').Table} Table */
/** @typedef {import('./types').Sequence} Sequence */

/** @param {string} id */
function textOf(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error('the page lacks its part ' + id);
  return element.textContent || '';
}

/** @returns {Head} */
export function readHead() {
  return JSON.parse(textOf('head'));
}

/** @param {string} base64 @returns {Uint8Array} */
export function bytesOfText(base64) {
  const fast = /** @type {{fromBase64?: (text: string) => Uint8Array}} */ (/** @type {unknown} */ (Uint8Array)).fromBase64;
  if (fast) return fast.call(Uint8Array, base64); // browsers since 2025
  const raw = atob(base64);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; ++i) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

/** @type {Map<number, Float64Array>} */
const decoded = new Map();

/**
 * The numbers of array `ref`, little-endian as they were written.
 * @param {Head} head @param {number} ref
 */
export function arrayOf(head, ref) {
  const known = decoded.get(ref);
  if (known) return known;
  const bytes = bytesOfText(textOf('a' + ref));
  const values = head.element === 'float64' ? new Float64Array(bytes.buffer) : Float64Array.from(new Float32Array(bytes.buffer));
  decoded.set(ref, values);
  return values;
}

/** @param {import('./types').Num | undefined} x */
export function numberOf(x) {
  if (typeof x === 'number') return x;
  if (x === 'inf') return Infinity;
  return x === '-inf' ? -Infinity : NaN;
}

/**
 * The token norms of a site; null when the measurement does not hold it. embed and ln_final have one row.
 * @param {Head} head @param {number} model @param {number} prompt @param {string} site @returns {Table | null}
 */
export function normsOf(head, model, prompt, site) {
  const of = head.models[model];
  const tokens = head.prompts[prompt].ids.length;
  const norms = of.sequences[prompt].norms;
  if (site === 'resid_pre' && of.pre_is_previous) return previousOf(head, model, prompt);
  if (!(site in norms)) return null;
  const values = arrayOf(head, norms[site]);
  return { rows: values.length / tokens, tokens, values };
}

/**
 * resid_pre where it is the stream that the block before left.
 * @param {Head} head @param {number} model @param {number} prompt
 */
function previousOf(head, model, prompt) {
  const embed = normsOf(head, model, prompt, 'embed');
  const post = normsOf(head, model, prompt, 'resid_post');
  if (!embed || !post) return null;
  const values = new Float64Array(post.values.length);
  values.set(embed.values);
  values.set(post.values.subarray(0, post.values.length - embed.values.length), embed.values.length);
  return { rows: post.rows, tokens: post.tokens, values };
}

/** @param {Head} head @param {number} model @param {number} prompt @param {string} name @returns {Table | null} */
export function dotsOf(head, model, prompt, name) {
  const dots = head.models[model].sequences[prompt].dots;
  if (!(name in dots)) return null;
  const tokens = head.prompts[prompt].ids.length;
  const values = arrayOf(head, dots[name]);
  return { rows: values.length / tokens, tokens, values };
}

/**
 * One row of a table; empty when there is none.
 * @param {Table | null} table @param {number} row
 */
export function rowOf(table, row) {
  if (!table || row < 0 || row >= table.rows) return new Float64Array(0);
  return table.values.subarray(row * table.tokens, (row + 1) * table.tokens);
}

/**
 * SHA-256 over every array in order, as it was written; for checks from outside.
 * @param {Head} head
 */
export async function digestOf(head) {
  const parts = [];
  let size = 0;
  for (let ref = 0; ref < head.arrays; ++ref) {
    const values = arrayOf(head, ref);
    const stored = head.element === 'float64' ? values : Float32Array.from(values);
    parts.push(new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength));
    size += stored.byteLength;
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', all));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

// Numbers and tokens as a person reads them.

/**
 * Six digits at most; large and small ones with a power of ten.
 * @param {number} x
 */
export function short(x) {
  if (Number.isNaN(x)) return 'undefined';
  if (!Number.isFinite(x)) return x > 0 ? '∞' : '−∞';
  if (x === 0) return '0';
  const size = Math.abs(x);
  if (size >= 1e6 || size < 1e-3) return x.toExponential(3).replace('-', '−').replace('e−', 'e-').replace('e+', 'e');
  if (size >= 1000) return Math.round(x).toLocaleString('en-US').replace('-', '−');
  return Number(x.toPrecision(4)).toString().replace('-', '−');
}

/** Values whose difference is a smaller share of them than this differ by rounding alone. */
export const sameDigits = 1e-12;

/**
 * Every digit, as it reads back.
 * @param {number} x
 */
export function exact(x) {
  return Number.isNaN(x) ? 'NaN' : String(x);
}

/** @type {Record<string, string>} */
const shown = { ' ': '␣', '\n': '⏎', '\r': '␍', '\t': '⇥', '\u00a0': '⍽' };

/**
 * A token with its spaces, and what cannot be seen as \x...
 * @param {string} token
 */
export function visible(token) {
  if (token === '') return '∅';
  let out = '';
  for (const character of token) {
    const code = character.codePointAt(0) || 0;
    const hidden = code < 32 || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) || (code >= 0x202a && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code === 0xfeff;
    if (character in shown) out += shown[character];
    else if (hidden) out += '\\u' + code.toString(16).padStart(4, '0');
    else out += character;
  }
  return out;
}

/**
 * The bytes of a token: those that were stored, else those of its text.
 * @param {import('./types').Prompt} prompt @param {number} token
 */
export function bytesOf(prompt, token) {
  const stored = prompt.bytes[String(token)];
  if (stored !== undefined) return (stored.match(/../g) || []).join(' ');
  const text = prompt.tokens[token] || '';
  if (text.includes('\ufffd')) return 'part of a character';
  return Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** @param {import('./types').Prompt} prompt @param {number} token */
export function tokenName(prompt, token) {
  const text = prompt.tokens[token];
  return text === '' || text === undefined ? '#' + prompt.ids[token] : visible(text);
}

/**
 * What a list calls a prompt.
 * @param {import('./types').Prompt} prompt @param {number} number from 0
 */
export function promptName(prompt, number) {
  if (prompt.text !== null) return prompt.text.replace(/\s+/g, ' ').trim() || visible(prompt.text);
  return prompt.prompt_id || 'ids of prompt ' + (number + 1);
}

/** @param {number} n @param {string} word */
export function counted(n, word) {
  return n.toLocaleString('en-US') + ' ' + word + (n === 1 ? '' : 's');
}

/** @param {number} x @param {string} what */
export function notFinite(x, what) {
  return Number.isNaN(x) ? what + ' is NaN' : what + ' is infinite';
}

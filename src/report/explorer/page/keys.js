// Everything without a mouse.

/**
 * @typedef {{
 *   move: (rows: number, tokens: number) => void, edge: (end: boolean) => void, pin: () => void, prompt: (step: number) => void,
 *   cycle: (what: 'site' | 'quantity' | 'model' | 'versus') => void, flip: (what: 'log' | 'skip' | 'robust') => void,
 *   zoom: (factor: number) => void, search: () => void, copy: () => void, help: () => void }} Actions
 */

/** @type {[string, string, (a: Actions) => void][]} */
export const keyTable = [
  ['ArrowLeft', '← → one token', (a) => a.move(0, -1)],
  ['ArrowRight', '', (a) => a.move(0, 1)],
  ['ArrowUp', '↑ ↓ one layer', (a) => a.move(-1, 0)],
  ['ArrowDown', '', (a) => a.move(1, 0)],
  ['Home', 'Home, End: first and last token', (a) => a.edge(false)],
  ['End', '', (a) => a.edge(true)],
  ['p', 'p: pin this cell', (a) => a.pin()],
  ['c', 'c: copy its value', (a) => a.copy()],
  ['n', 'n, N: next and previous prompt', (a) => a.prompt(1)],
  ['N', '', (a) => a.prompt(-1)],
  ['q', 'q: next quantity', (a) => a.cycle('quantity')],
  ['s', 's: next site', (a) => a.cycle('site')],
  ['m', 'm: next model', (a) => a.cycle('model')],
  ['v', 'v: beside A', (a) => a.cycle('versus')],
  ['l', 'l: logarithmic', (a) => a.flip('log')],
  ['0', '0: without token 0', (a) => a.flip('skip')],
  ['r', 'r: without the outer 1 %', (a) => a.flip('robust')],
  ['+', '+ −: zoom over tokens', (a) => a.zoom(0.5)],
  ['=', '', (a) => a.zoom(0.5)],
  ['-', '', (a) => a.zoom(2)],
  ['/', '/: search prompts', (a) => a.search()],
  ['?', '?: these keys', (a) => a.help()],
];

/**
 * Fields take their own keys; the arrows belong to whatever moves by them.
 * @param {Actions} actions
 */
export function listenToKeys(actions) {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.closest('input, select, textarea')) {
      if (event.key === 'Escape') target.blur();
      return;
    }
    const known = keyTable.find(([key]) => key === event.key);
    if (!known) return;
    event.preventDefault();
    known[2](actions);
  });
}

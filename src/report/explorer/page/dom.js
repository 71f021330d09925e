// Elements. Texts of models and prompts are only ever set as text, never as markup.

/** @typedef {Record<string, string | boolean | ((event: any) => void)>} Attributes */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Attributes} [attributes] @param {...(Node | string)} children @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error('the page lacks #' + id);
  return element;
}

/** @param {string} id @returns {HTMLCanvasElement} */
export function canvasOf(id) {
  return /** @type {HTMLCanvasElement} */ (byId(id));
}

/**
 * A context whose units are CSS pixels, the canvas sized to them.
 * @param {HTMLCanvasElement} canvas @param {number} width @param {number} height
 */
export function sized(canvas, width, height) {
  const dots = window.devicePixelRatio || 1;
  const w = Math.max(1, Math.round(width * dots));
  const h = Math.max(1, Math.round(height * dots));
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = width + 'px';
    canvas.style.height = height + 'px';
  }
  const context = canvas.getContext('2d');
  if (!context) throw new Error('this browser draws no canvas');
  context.setTransform(dots, 0, 0, dots, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/**
 * A colour of the style sheet.
 * @param {string} name
 */
export function ink(name) {
  return getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
}

/**
 * Fills a select; keeps what was chosen.
 * @param {HTMLSelectElement} select @param {{value: string, text: string, off?: string}[]} options
 * @param {string} chosen
 */
export function fill(select, options, chosen) {
  select.replaceChildren(
    ...options.map((o) => el('option', { value: o.value, disabled: o.off !== undefined, title: o.off || '' }, o.off ? o.text + ' (' + o.off + ')' : o.text)),
  );
  select.value = chosen;
}

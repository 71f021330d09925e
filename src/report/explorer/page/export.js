// What leaves the page: a picture, the raster as CSV, everything shown as JSON. Files are made here; nothing is asked for.

import { everyDefinition } from './definitions.js';
import { ink } from './dom.js';

/** @typedef {import('./types').Head} Head */
/** @typedef {import('./types').State} State */
/** @typedef {import('./types').View} View */

/** @param {Blob} blob @param {string} name */
function saveAs(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** @param {Head} head @param {State} state @param {string} ending */
function fileName(head, state, ending) {
  return (head.models[state.model].name + '-' + state.quantity + '-' + state.site + '-' + (state.prompt + 1)).replace(/[^\w.-]+/g, '_') + ending;
}

/**
 * A field of CSV.
 * @param {string} text
 */
function csvField(text) {
  return /[",\r\n]|^\s|\s$/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
}

/**
 * One line per cell.
 * @param {Head} head @param {State} state @param {View} view
 */
export function csvText(head, state, view) {
  const prompt = head.prompts[state.prompt];
  const lines = ['model,prompt,site,row,position,id,token,value'];
  const model = csvField(head.models[state.model].name);
  view.rows.forEach((row, r) => {
    for (let t = 0; t < view.tokens; ++t) {
      const x = view.values[r * view.tokens + t];
      lines.push([model, state.prompt, row.name, row.label, t, prompt.ids[t], csvField(prompt.tokens[t]), Number.isFinite(x) ? x : ''].join(','));
    }
  });
  return lines.join('\r\n') + '\r\n';
}

/** @param {Head} head @param {State} state @param {View} view */
export function jsonText(head, state, view) {
  const prompt = head.prompts[state.prompt];
  /** @param {number} x */
  const number = (x) => (Number.isFinite(x) ? x : null);
  const rows = view.rows.map((row, r) => ({ name: row.name, values: Array.from(view.values.subarray(r * view.tokens, (r + 1) * view.tokens), number) }));
  const document = {
    schema: 'streamgauge.explorer_export/1', model: head.models[state.model].facts, engine: head.models[state.model].engine, stored_as: head.element,
    state, title: view.title, unit: view.unit, prompt: { text: prompt.text, category: prompt.category, ids: prompt.ids, tokens: prompt.tokens }, rows,
    definitions: everyDefinition(head, state.model),
  };
  return JSON.stringify(document, null, 1) + '\n';
}

/** @param {Head} head @param {State} state @param {View} view */
export function saveCsv(head, state, view) {
  saveAs(new Blob([csvText(head, state, view)], { type: 'text/csv' }), fileName(head, state, '.csv'));
}

/** @param {Head} head @param {State} state @param {View} view */
export function saveJson(head, state, view) {
  saveAs(new Blob([jsonText(head, state, view)], { type: 'application/json' }), fileName(head, state, '.json'));
}

/**
 * The raster with its title and legend.
 * @param {Head} head @param {State} state @param {View} view @param {HTMLCanvasElement} raster
 * @param {HTMLCanvasElement} legend
 */
export function savePng(head, state, view, raster, legend) {
  const dots = window.devicePixelRatio || 1;
  const band = 44 * dots;
  const page = document.createElement('canvas');
  page.width = Math.max(raster.width, legend.width) + 24 * dots;
  page.height = raster.height + legend.height + band + 24 * dots;
  const context = page.getContext('2d');
  if (!context) return;
  context.fillStyle = ink('paper');
  context.fillRect(0, 0, page.width, page.height);
  context.fillStyle = ink('ink');
  context.font = 15 * dots + 'px system-ui, sans-serif';
  context.fillText(head.models[state.model].name + ': ' + view.title, 12 * dots, 28 * dots);
  context.drawImage(raster, 12 * dots, band);
  context.drawImage(legend, 12 * dots, band + raster.height + 8 * dots);
  page.toBlob((blob) => {
    if (blob) saveAs(blob, fileName(head, state, '.png'));
  });
}

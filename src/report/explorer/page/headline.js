// What stands above the raster: the model, what is shown, what to keep in mind.

import { byId, el } from './dom.js';
import { counted } from './text.js';

const mostWarnings = 4; // in sight; the others unfold

/**
 * @param {import('./types').Head} head @param {import('./types').State} state @param {import('./types').View} view
 */
export function showHeadline(head, state, view) {
  const model = head.models[state.model];
  const names = head.models.map((m) => m.name);
  byId('title').textContent = names.length < 3 ? names.join(' beside ') : names[0] + ' beside ' + (names.length - 1) + ' others';
  const f = model.facts;
  const values = head.prompts.reduce((sum, p) => sum + p.ids.length, 0);
  byId('facts').textContent = [f.family, f.n_layers + ' layers', f.d_model + ' channels', f.norm, f.mlp, f.dtype].filter(Boolean).join(', ') + '. ' +
    counted(head.prompts.length, 'prompt') + ', ' + counted(values, 'token') + '. streamgauge ' + model.engine.version + '.';
  byId('caption').textContent = view.title + ' · prompt ' + (state.prompt + 1) + ', ' + counted(view.tokens, 'token') +
    (state.to - state.from < view.tokens ? ' (' + state.from + ' to ' + (state.to - 1) + ' shown)' : '');
  showWarnings(head, state.model);
}

/** @param {import('./types').Head} head @param {number} number of the model that is shown */
function showWarnings(head, number) {
  const box = byId('warnings');
  if (box.dataset.model === String(number)) return; // what a reader unfolded stays so
  box.dataset.model = String(number);
  const rounded = 'The numbers of this page are rounded to float32 to keep it small; the measurement holds float64.';
  const warnings = [...head.models[number].warnings, ...(head.element === 'float32' ? [rounded] : [])];
  const lines = warnings.map((text) => el('p', { class: 'warn' }, text));
  const folded = lines.splice(lines.length > mostWarnings + 1 ? mostWarnings : lines.length);
  box.replaceChildren(...lines);
  if (folded.length > 0) box.append(el('details', {}, el('summary', {}, folded.length + ' more warnings'), ...folded));
}

// What stands above the raster: the model, what is shown, what to keep in mind.

import { byId, el } from './dom.js';
import { counted } from './text.js';

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
  const warnings = head.element === 'float32' ? [...model.warnings, 'The numbers of this page are rounded to float32 to keep it small; the measurement holds float64.'] : model.warnings;
  byId('warnings').replaceChildren(...warnings.map((text) => el('p', { class: 'warn' }, text)));
}

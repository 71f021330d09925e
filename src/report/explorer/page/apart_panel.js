// The panel that says where two models first differ.

import { apartOf, firstApart } from './apart.js';
import { byId } from './dom.js';
import { tokenName } from './text.js';

/** @typedef {import('./types').Head} Head */
/** @typedef {import('./types').State} State */

/**
 * Hidden when there is one model alone.
 * @param {Head} head @param {number} other the model beside the first @param {State} state
 */
export function showFirstApart(head, other, state) {
  byId('apart').hidden = head.models.length < 2;
  if (head.models.length < 2) return;
  const found = firstApart(head, other, state.prompt, state.apart), how = apartOf(head, other, state.prompt);
  const name = found && (found.site === 'embed' || found.site === 'ln_final' ? found.site : 'blocks.' + found.layer + '.hook_' + found.site);
  byId('apart-words').textContent = found
    ? name + ': ' + found.most.toPrecision(4) + ' at token ' + found.token + ' ' + tokenName(head.prompts[state.prompt], found.token) + ' (' + how + ')'
    : 'none: at no site are A and B of this prompt so far apart (' + how + ')';
  byId('apart-jump').hidden = !found;
}

// The page: one state, drawn whole after each change; what follows the pointer is drawn alone.

import { firstApart } from './apart.js';
import { showFirstApart } from './apart_panel.js';
import { rangeOf } from './colour.js';
import { inputOf, listenToControls, showControls } from './controls.js';
import { digestOf, readHead } from './data.js';
import { definitionWords, everyDefinition, showDefinitions } from './definitions.js';
import { cellWords, pinColours, showCell, showPins } from './details.js';
import { byId, canvasOf, el } from './dom.js';
import { csvText, jsonText, saveCsv, saveJson, savePng } from './export.js';
import { showHeadline } from './headline.js';
import { keyTable, listenToKeys } from './keys.js';
import { drawLegend } from './legend.js';
import { promptsInOrder, showMassive, showPrompts } from './lists.js';
import { listenToPointer } from './pointer.js';
import { columnChart, drawProfiles, rowChart } from './profiles.js';
import { cellOf, quantities, rowOfLayer, viewOf, withSite } from './quantities.js';
import { Raster } from './raster.js';
import { addressOf, firstState, sound, stateOf } from './state.js';
import { tokenName } from './text.js';
import { showTable } from './values_table.js';

/** @typedef {import('./types').State} State */

const head = readHead();
let state = withSite(head, stateOf(location.hash, head));
let view = viewOf(head, state);
let range = rangeOf(view, state.log, state.robust);
/** @type {{layer: string, token: number} | null} the cell under the pointer */
let hovered = null;
/** @type {[number, number] | null} tokens that a press and a move have marked */
let dragged = null;
const raster = new Raster(canvasOf('raster'), canvasOf('above'));
/** Milliseconds; for checks from outside. */
const times = { first: 0, draw: 0, hover: /** @type {number[]} */ ([]) };

/** The cell in hand: under the pointer, else the chosen one. */
function inHand() {
  return (hovered && cellOf(view, hovered.layer, hovered.token)) || cellOf(view, state.layer, state.token);
}

/**
 * What a cell of this view means in every view.
 * @param {{row: number, token: number}} cell
 */
function meaningOf({ row, token }) {
  return { layer: view.rows[row]?.label ?? '', token };
}

/** Keys whose change makes another view, another range, or neither. */
const viewKeys = ['prompt', 'quantity', 'site', 'model', 'versus', 'head', 'skip'];

/** @param {Partial<State>} change */
function update(change) {
  const before = state;
  state = { ...state, ...change };
  if ('prompt' in change && state.prompt !== before.prompt) {
    state = { ...state, from: 0, to: Infinity, pins: [], layer: change.layer ?? '', token: change.token ?? -1 };
    hovered = null;
  }
  state = withSite(head, sound(state, head));
  if (viewKeys.some((key) => key in change)) view = viewOf(head, state);
  if (['log', 'robust', ...viewKeys].some((key) => key in change)) range = rangeOf(view, state.log, state.robust);
  draw();
  remember();
}

// Browsers refuse more than some 200 addresses in 10 seconds, and a mouse makes more: 50 at once, then one in 80 ms.
const addressesAtOnce = 50;
const addressPause = 80;
let allowance = addressesAtOnce;
let allowedAt = 0;
let rememberWait = 0;

/** Writes the state into the address: at once, or as soon as another address is allowed. */
function remember() {
  clearTimeout(rememberWait);
  const now = performance.now();
  allowance = Math.min(addressesAtOnce, allowance + (now - allowedAt) / addressPause);
  allowedAt = now;
  if (allowance < 1) {
    rememberWait = setTimeout(remember, Math.ceil((1 - allowance) * addressPause));
    return;
  }
  allowance -= 1;
  const address = addressOf(state, { ...firstState(head), to: head.prompts[state.prompt].ids.length });
  try {
    history.replaceState(null, '', address ? '#' + address : '#');
  } catch {
    // A page inside another one may have no address.
  }
}

/** @type {Map<string, string>} what each part was drawn from */
const drawnFrom = new Map();

/**
 * Draws a part when what it follows from has changed.
 * @param {string} part @param {unknown[]} from @param {() => void} act
 */
function changed(part, from, act) {
  const key = JSON.stringify(from);
  if (drawnFrom.get(part) === key) return;
  drawnFrom.set(part, key);
  act();
}

function draw() {
  const start = performance.now();
  showHeadline(head, state, view);
  showControls(head, state, update);
  const width = byId('raster-box').clientWidth;
  raster.show(view, range, state.from, state.to);
  raster.draw(width, (t) => tokenName(head.prompts[state.prompt], t));
  const shown = view.scale === 'around' || state.robust;
  drawLegend(canvasOf('legend'), width, range, view.unit, shown && state.robust);
  drawHand();
  times.draw = performance.now() - start;
  panelsSoon();
}

let panelsWait = false;

/** The lists and tables follow when the raster is on the screen. */
function panelsSoon() {
  if (panelsWait) return;
  panelsWait = true;
  requestAnimationFrame(() => setTimeout(() => {
    panelsWait = false;
    drawPanels();
  }));
}

function drawPanels() {
  const s = state;
  changed('prompts', [s.prompt, s.model, s.sort, s.search, s.sort === 'gain' && [s.reduction, s.span]], () => showPrompts(byId('prompt-list'), head, state, (prompt) => update({ prompt })));
  changed('definitions', [s.scope, s.scope === 'this' && s.prompt, s.model, s.reduction, s.span, s.pooling], () => {
    showDefinitions(byId('definitions'), head, state, (span, reduction) => update({ span, reduction }));
    byId('definition-words').textContent = definitionWords(head, state);
  });
  showPins(byId('pins'), head, state, view, (i) => update({ pins: state.pins.filter((_, k) => k !== i) }), (layer, token) => update({ layer, token }));
  changed('massive', [s.model], () => showMassive(byId('massive'), head, state, jump));
  changed('apart', [s.model, s.prompt, s.apart], () => showFirstApart(head, otherModel(), state));
  drawTable();
}

/** What follows the cell in hand. */
function drawHand() {
  const hand = inHand();
  raster.mark(hand, state.pins.map(([layer, token], i) => ({ row: rowOfLayer(view, layer), token, colour: pinColours[i % pinColours.length] })), dragged);
  showCell(byId('cell'), head, state, view, hand);
  const at = hand || { row: view.rows.length - 1, token: view.tokens - 1 };
  drawProfiles(head, state, view, range.log, at.row, at.token);
}

/** The other model of a pair: the one shown, or B. */
function otherModel() {
  return Math.max(1, state.model);
}

function apartNow() {
  return head.models.length > 1 ? firstApart(head, otherModel(), state.prompt, state.apart) : null;
}

function showApart() {
  const found = apartNow();
  if (!found) return;
  const site = found.site === 'embed' || found.site === 'ln_final' ? 'resid_post' : found.site;
  const layer = site === found.site ? String(found.layer) : found.site;
  update({ site, quantity: quantities[state.quantity].sites.includes(site) ? state.quantity : 'norm', model: otherModel(), layer, token: found.token });
  if (rowOfLayer(view, layer) < 0) update({ quantity: 'norm' });
}

function drawTable() {
  const table = /** @type {HTMLDetailsElement} */ (byId('table'));
  if (table.open) showTable(/** @type {HTMLElement} */ (table.lastElementChild), head, state, view);
}

/** @param {number} prompt @param {number} layer @param {number} token */
function jump(prompt, layer, token) {
  update({ prompt, quantity: 'norm', site: 'resid_post', from: 0, to: head.prompts[prompt].ids.length, layer: String(layer), token });
  say();
}

/** The chosen cell, for who does not see it. */
function say() {
  const hand = inHand();
  byId('said').textContent = hand ? cellWords(head, state, view, hand.row, hand.token) : '';
}

function copy() {
  const hand = inHand();
  if (!hand) return;
  const text = String(view.values[hand.row * view.tokens + hand.token]);
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(() => { byId('said').textContent = 'copied ' + text; }, () => {});
}

function pin() {
  const hand = inHand();
  if (!hand) return;
  const others = state.pins.filter(([layer, token]) => rowOfLayer(view, layer) !== hand.row || token !== hand.token);
  update({ pins: others.length < state.pins.length ? others : [...state.pins, [meaningOf(hand).layer, hand.token]] });
}

/**
 * Zooms around the cell in hand, else the middle.
 * @param {number} factor
 */
function zoom(factor) {
  const count = Math.min(view.tokens, Math.max(4, Math.round((state.to - state.from) * factor)));
  const hand = inHand();
  const middle = hand ? hand.token : (state.from + state.to) / 2;
  const from = Math.max(0, Math.min(view.tokens - count, Math.round(middle - count / 2)));
  update({ from, to: from + count });
}

/** @param {number} rows @param {number} tokens */
function move(rows, tokens) {
  const from = inHand() || { row: view.rows.length - 1 - rows, token: view.tokens - 1 - tokens };
  hovered = null;
  const row = Math.min(view.rows.length - 1, Math.max(0, from.row + rows));
  moveTo(row, Math.min(view.tokens - 1, Math.max(0, from.token + tokens)));
}

/**
 * Follows the cell where it leaves what is shown.
 * @param {number} row @param {number} token
 */
function moveTo(row, token) {
  state = { ...state, ...meaningOf({ row, token }) };
  const count = state.to - state.from;
  if (token < state.from || token >= state.to) {
    const first = Math.max(0, Math.min(view.tokens - count, token < state.from ? token : token - count + 1));
    update({ from: first, to: first + count });
  } else {
    drawHand();
    remember();
  }
  say();
}

/** @param {'site' | 'quantity' | 'model' | 'versus'} what */
function cycle(what) {
  if (what === 'model') return update({ model: (state.model + 1) % head.models.length });
  const versus = ['own', 'ratio', 'difference'];
  if (what === 'versus') return update({ model: otherModel() % head.models.length, versus: versus[(versus.indexOf(state.versus) + 1) % 3] });
  const select = /** @type {HTMLSelectElement} */ (byId(what));
  const open = Array.from(select.options).filter((option) => !option.disabled).map((option) => option.value);
  update({ [what]: open[(open.indexOf(select.value) + 1) % open.length] });
}

/** @param {number} step */
function nextPrompt(step) {
  const order = promptsInOrder(head, state);
  if (order.length === 0) return;
  update({ prompt: order[(order.indexOf(state.prompt) + step + order.length) % order.length] });
}

function listen() {
  const actions = {
    move, pin, cycle, zoom, copy, prompt: nextPrompt, edge: (/** @type {boolean} */ end) => moveTo(inHand()?.row ?? view.rows.length - 1, end ? view.tokens - 1 : 0),
    flip: (/** @type {'log' | 'skip' | 'robust'} */ what) => update({ [what]: !state[what] }), search: () => inputOf('search').focus(),
    help: () => { /** @type {HTMLDetailsElement} */ (byId('help')).open = true; byId('help').scrollIntoView(); },
  };
  listenToControls(update);
  listenToKeys(actions);
  listenToPointer(canvasOf('above'), raster, {
    hover: (cell) => {
      hovered = cell && meaningOf(cell);
      drawHand();
    },
    drag: (ends) => { dragged = ends; },
    zoomTo: (from, to) => update({ from, to }),
    choose: (cell, pinned) => {
      hovered = meaningOf(cell);
      if (pinned) pin();
      update(hovered);
      say();
    },
    times: times.hover,
  });
  canvasOf('row-chart').addEventListener('click', (event) => update(meaningOf({ token: rowChart.at(event.offsetX), row: inHand()?.row ?? view.rows.length - 1 })));
  canvasOf('column-chart').addEventListener('click', (event) => update(meaningOf({ row: columnChart.at(event.offsetX), token: inHand()?.token ?? view.tokens - 1 })));
  byId('keys').replaceChildren(...keyTable.filter(([, words]) => words).map(([, words]) => el('li', {}, words)), el('li', {}, 'Shift and a press pin; a drag zooms, a double press shows all'));
  for (const [id, act] of /** @type {[string, () => void][]} */ ([['zoom-in', () => zoom(0.5)], ['zoom-out', () => zoom(2)], ['pin', pin], ['copy', copy], ['apart-jump', showApart],
    ['csv', () => saveCsv(head, state, view)], ['json', () => saveJson(head, state, view)], ['png', () => savePng(head, state, view, canvasOf('raster'), canvasOf('legend'))]])) {
    byId(id).addEventListener('click', act);
  }
  byId('table').addEventListener('toggle', drawTable);
  window.addEventListener('resize', draw);
  window.addEventListener('hashchange', (event) => {
    state = stateOf(new URL(event.newURL).hash, head); // location may have been written again meanwhile
    update({ prompt: state.prompt, quantity: state.quantity });
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
}

document.title = head.models[0].name + ' · streamgauge';
canvasOf('above').setAttribute('aria-label', 'Layers by tokens; arrow keys move through the cells');
listen();
draw();
say();
times.first = performance.now();

// For programs that open the page: what it holds and computes.
Object.assign(window, {
  streamgauge: {
    head, times, digest: () => digestOf(head), definitions: (/** @type {number} */ model) => everyDefinition(head, model), update, csv: () => csvText(head, state, view), json: () => jsonText(head, state, view),
    state: () => state, view: () => ({ ...view, why: undefined, reasons: Array.from(view.values, (x, i) => (Number.isFinite(x) ? '' : view.why(Math.floor(i / view.tokens), i % view.tokens))) }),
    apart: () => apartNow(),
  },
});

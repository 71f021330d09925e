// The pointer on the raster: hover, a press that chooses, a drag that zooms.

/** @typedef {{row: number, token: number}} Cell */
/**
 * @typedef {{
 *   hover: (cell: Cell | null) => void, drag: (ends: [number, number] | null) => void, zoomTo: (from: number, to: number) => void,
 *   choose: (cell: Cell, pinned: boolean) => void, times: number[] }} Pointed
 */

const dragStarts = 6; // CSS pixels; a hand that presses moves a little

/**
 * Work that follows the pointer is done once per frame; how long it took is appended to `times`.
 * @param {HTMLCanvasElement} above @param {import('./raster.js').Raster} raster @param {Pointed} on
 */
export function listenToPointer(above, raster, on) {
  /** @type {{x: number, token: number} | null} */
  let pressed = null;
  /** @type {[number, number] | null} */
  let ends = null;
  /** @type {Cell | null} */
  let cell = null;
  let waiting = false;
  /** @param {PointerEvent | MouseEvent} event */
  const cellUnder = (event) => {
    const box = above.getBoundingClientRect();
    return raster.cellAt(event.clientX - box.left, event.clientY - box.top);
  };
  /** @param {[number, number] | null} range */
  const setDrag = (range) => {
    ends = range;
    on.drag(range);
  };
  above.addEventListener('pointermove', (event) => {
    if (event.pointerType !== 'mouse') return;
    const under = cellUnder(event);
    const far = pressed && Math.abs(event.clientX - pressed.x) > dragStarts;
    if (far && pressed && under) setDrag([pressed.token, under.token]);
    const same = under && cell && under.row === cell.row && under.token === cell.token;
    cell = under;
    if (same || waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      const start = performance.now();
      on.hover(cell);
      on.times.push(performance.now() - start);
    });
  });
  above.addEventListener('pointerdown', (event) => {
    const under = cellUnder(event);
    pressed = under && event.button === 0 ? { x: event.clientX, token: under.token } : null;
  });
  above.addEventListener('pointerup', (event) => {
    const range = ends;
    const under = cellUnder(event);
    const began = pressed;
    pressed = null;
    setDrag(null);
    if (range && range[0] !== range[1]) return on.zoomTo(Math.min(...range), Math.max(...range) + 1);
    if (under && began) on.choose(under, event.shiftKey);
  });
  for (const end of /** @type {const} */ (['pointercancel', 'pointerleave'])) {
    above.addEventListener(end, () => {
      pressed = null;
      cell = null;
      setDrag(null);
      on.hover(null);
    });
  }
  above.addEventListener('dblclick', () => on.zoomTo(0, Infinity));
}

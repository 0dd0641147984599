// Nobody touches the page any more: the next person in the queue must not see this one's words.

import { fill, h } from "./dom.js";

export const TOUCHES = ["pointerdown", "keydown", "wheel", "touchstart"];
// Milliseconds: without a tick for longer than HELD the page was held, by the printer's dialog or by a tablet that sleeps.
const HELD = 3000;
const PRINTING = 10 * 60_000; // a dialog that is open for longer was left open

let printedAt = -Infinity;

/** The printer's dialog opens now: the time that it holds the page is not time without a touch. */
export function printerAsks() {
  printedAt = Date.now();
}

/**
 * Calls `over()` after `seconds` without a touch. With `place`, shows the time that is left there, as a bar and the
 * words of `say(seconds)`, from `showFrom` seconds on while somebody `loses()` something. Under an open window it waits until that is closed, by hand or
 * by its own watch. Returns how to stop watching.
 */
export function watchIdle({ seconds, over, place, say, showFrom = seconds, loses = () => true }) {
  let last = Date.now();
  const touch = () => { last = Date.now(); };
  const words = h("span", {});
  const bar = h("progress", { max: seconds, "aria-hidden": "true" });
  if (place) fill(place, bar, words);

  const covered = () => {
    const open = document.querySelector("dialog[open]");
    return open !== null && !open.contains(place ?? null);
  };

  let lastTick = Date.now();
  const tick = () => {
    const gap = Date.now() - lastTick;
    if (gap > HELD && gap < PRINTING && Math.abs(lastTick - printedAt) < HELD) touch();
    if (gap < 0) last += gap; // the device's clock was set back
    lastTick += gap;
    const left = Math.max(0, Math.ceil(seconds - (Date.now() - last) / 1000));
    if (left === 0 && !covered()) {
      stop();
      over();
      return;
    }
    if (!place) return;
    place.hidden = left > showFrom || !loses();
    bar.value = left;
    words.textContent = say(left);
  };
  const timer = setInterval(tick, 250);

  for (const kind of TOUCHES) document.addEventListener(kind, touch, { passive: true });
  document.addEventListener("visibilitychange", tick); // who wakes the tablet sees nothing of before
  function stop() {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", tick);
    for (const kind of TOUCHES) document.removeEventListener(kind, touch);
  }
  return stop;
}

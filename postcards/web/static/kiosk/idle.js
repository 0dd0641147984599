// Nobody touches the page any more: the next person in the queue must not see this one's words.

import { fill, h } from "./dom.js";

export const TOUCHES = ["pointerdown", "keydown", "wheel", "touchstart"];
const HELD = 3000; // milliseconds without a tick that mean the page was held

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
  const timer = setInterval(() => {
    // The printer's dialog holds the page's clock: the time it was open does not count.
    if (Date.now() - lastTick > HELD) touch();
    lastTick = Date.now();
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
  }, 250);

  for (const kind of TOUCHES) document.addEventListener(kind, touch, { passive: true });
  function stop() {
    clearInterval(timer);
    for (const kind of TOUCHES) document.removeEventListener(kind, touch);
  }
  return stop;
}

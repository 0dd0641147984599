// Nobody touches the page any more: the next person in the queue must not see this one's words.

import { fill, h } from "./dom.js";

const TOUCHES = ["pointerdown", "keydown", "wheel", "touchstart"];
const HELD = 3000; // milliseconds without a tick that mean the page was held

/**
 * Calls `over()` after `seconds` without a touch. With `place`, shows the time that is left there, as a bar and the
 * words of `say(seconds)`, from `showFrom` seconds on. Returns how to stop watching.
 */
export function watchIdle({ seconds, over, place, say, showFrom = seconds }) {
  let last = Date.now();
  const touch = () => { last = Date.now(); };
  const words = h("span", {});
  const bar = h("progress", { max: seconds, "aria-hidden": "true" });
  if (place) fill(place, bar, words);

  let lastTick = Date.now();
  const timer = setInterval(() => {
    // The printer's dialog holds the page's clock: the time it was open does not count.
    if (Date.now() - lastTick > HELD) touch();
    lastTick = Date.now();
    const left = Math.ceil(seconds - (Date.now() - last) / 1000);
    if (left <= 0) {
      stop();
      over();
      return;
    }
    if (!place) return;
    place.hidden = left > showFrom;
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

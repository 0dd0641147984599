// One card on its way to the server: the same body again and again until there is an answer.

import { NoAnswer, Refused } from "./api.js";
import { store } from "./store.js";

const FIRST_WAIT = 1; // seconds, doubled at each silence
const LONGEST_WAIT = 30;

/**
 * Sends the card kept in store.underWay. `tell({ waiting, reason })` says how it goes: `waiting` seconds until the next
 * try, 0 while trying; reason "network" or "busy". Returns { answer, now(), stop() }: `answer` resolves with the card
 * or rejects with Refused, and only then the card is no longer under way. stop() leaves it under way.
 */
export function send(api, tell) {
  let wake = () => {};
  let stopped = false;
  const now = () => wake();

  const pause = (seconds) => new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    wake = () => { clearTimeout(timer); resolve(); };
  });

  async function attempt() {
    for (let wait = FIRST_WAIT; !stopped; wait = Math.min(wait * 2, LONGEST_WAIT)) {
      tell({ waiting: 0, reason: null });
      let seconds = wait;
      let reason = "network";
      try {
        const card = await api.post("/kiosk/cards", store.underWay);
        store.underWay = null;
        return card;
      } catch (error) {
        if (error instanceof Refused && !error.worthRetrying) {
          store.underWay = null;
          throw error;
        }
        if (!(error instanceof Refused) && !(error instanceof NoAnswer)) throw error;
        if (error instanceof Refused) {
          reason = "busy";
          seconds = error.retryAfter ?? wait;
        }
      }
      if (stopped) break;
      tell({ waiting: seconds, reason });
      await pause(seconds);
    }
    return new Promise(() => {}); // the page went elsewhere: nobody waits for this any more
  }

  window.addEventListener("online", now);
  const answer = attempt().finally(() => window.removeEventListener("online", now));
  return {
    answer,
    now,
    stop() { stopped = true; window.removeEventListener("online", now); wake(); },
  };
}

// One card on its way to the server: the same body again and again until there is an answer.

import { NoAnswer, Refused } from "./api.js";
import { announce, app } from "./app.js";
import { lastCards, store } from "./store.js";

const FIRST_WAIT = 1; // seconds, doubled at each silence
const LONGEST_WAIT = 30;

let sent = null; // the body that is being sent at this moment

/** A card was registered that nobody waits for any more: no screen moves for it, and the volunteer is told. */
function tooLate(card) {
  lastCards.add(card);
  app.late = [...app.late, card.number];
  announce();
  app.look();
}

/**
 * Sends the card kept in store.underWay. `tell({ waiting, reason })` says how it goes: `waiting` seconds until the next
 * try, 0 while trying; reason "network" or "busy". Returns { answer, now(), stop() }: `answer` resolves with the card
 * or rejects with Refused, and only then the card is no longer under way; it stays so when this device was shut out,
 * for that says nothing about the card. stop() leaves it under way, and `answer` open for ever.
 */
export function send(api, tell) {
  const body = store.underWay;
  let wake = () => {};
  let stopped = false;
  const now = () => wake();
  sent = body;

  const pause = (seconds) => new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    wake = () => { clearTimeout(timer); resolve(); };
  });

  function settled() {
    if (store.underWay?.id === body.id) store.underWay = null;
    if (sent === body) sent = null;
  }

  async function attempt() {
    for (let wait = FIRST_WAIT; !stopped; wait = Math.min(wait * 2, LONGEST_WAIT)) {
      tell({ waiting: 0, reason: null });
      let seconds = wait;
      let reason = "network";
      try {
        const card = await api.post("/kiosk/cards", body);
        if (stopped && sent?.id === body.id) break; // sent once more from another screen, which hears the same
        settled();
        if (!stopped) return card;
        tooLate(card);
      } catch (error) {
        if (stopped) break;
        if (error instanceof Refused && !error.worthRetrying) {
          if (!error.unpaired) settled();
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
    stop() {
      stopped = true;
      if (sent === body) sent = null;
      window.removeEventListener("online", now);
      wake();
    },
  };
}

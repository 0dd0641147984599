// A card that was under way when its visitor or the page went: the same body goes out again, and nothing of it is shown.

import { Refused } from "./api.js";
import { app, campaign, go, nextVisitor, screen } from "./app.js";
import { h } from "./dom.js";
import { refusalWords } from "./faults.js";
import { send } from "./sending.js";
import { lastCards, store } from "./store.js";
import { t } from "./texts.js";

const PASSING = new Set(["campaign_paused", "cap_reached"]); // what another day may not say any more

let unsent = null; // { title, words, again }: why the card has no number here

function tell(why) {
  unsent = why;
  go("unsent");
}

function turnedAway(body, error) {
  if (!(error instanceof Refused)) return tell({ title: () => t("That card was not registered"), words: () => String(error) });
  if (error.unpaired) return go("unpaired");
  if (error.code === "id_reused") { // ids are made by chance: this very card, by the kiosk that this device was before
    return tell({
      title: () => t("That card is registered already"),
      words: () => t("This device had registered it before it was paired anew, so its number cannot be shown here. The desk finds it by the time of day."),
    });
  }
  if (PASSING.has(error.code)) store.underWay = body; // so that the words below stay true
  return tell({ title: () => t("That card was not registered"), words: () => refusalWords(error), again: PASSING.has(error.code) });
}

screen("resuming", (stage) => {
  const body = store.underWay;
  if ((store.underWayOf ?? campaign().slug) !== campaign().slug) {
    // Its visitor agreed to the other campaign's text. Not told from within: this screen is still being drawn.
    store.underWay = null;
    queueMicrotask(() => tell({
      title: () => t("That card was not registered"),
      words: () => t("It belongs to the campaign that this device worked for before, so it was not sent again. Whether it was registered there, the desk can tell."),
    }));
    return undefined;
  }
  stage.append(h("div", { class: "narrow stack" },
    h("h1", { tabindex: "-1" }, () => t("One card is still on its way")),
    h("p", { role: "status" }, () => t("A card was on its way when this page was closed. It is being sent again.")),
    h("progress", { "aria-label": () => t("Sending") })));
  const sending = send(app.api, () => {});
  sending.answer.then((card) => {
    app.card = card;
    lastCards.add(card);
    go("done");
  }, (error) => turnedAway(body, error));
  return () => sending.stop();
});

screen("unsent", (stage) => {
  const { title, words, again } = unsent;
  const clear = () => { store.underWay = null; nextVisitor(); };
  stage.append(h("div", { class: "narrow stack" },
    h("h1", { tabindex: "-1" }, title),
    h("p", { dir: "auto" }, words),
    h("div", { class: "button-row" },
      again ? h("button", { class: "button button--main", type: "button", onclick: () => go("resuming") }, () => t("Try again")) : null,
      again ? h("button", { class: "button button--danger", type: "button", onclick: clear }, () => t("Clear, new visitor"))
        : h("button", { class: "button button--main", type: "button", onclick: clear }, () => t("Begin again")))));
});

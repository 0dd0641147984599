// The read-back: the visitor looks at the address, says it is right, and a stamp is taken.

import { Refused } from "./api.js";
import { app, campaign, go, screen } from "./app.js";
import { drawing, fill, h } from "./dom.js";
import { envelope } from "./envelope.js";
import { faultsByField, onFirstScreen, refusalWords } from "./faults.js";
import { send } from "./sending.js";
import { lastCards, store } from "./store.js";
import { language, t } from "./texts.js";
import { cardOf } from "./visitor.js";
import { watchVisitor } from "./screen_idle.js";

const DOUBTS = {
  region_unknown: () => t("This region is not on our list. If it is right, all is well."),
  region_missing: () => t("Letters to that country usually name the region, too."),
  not_latin: () => t("The town is best written in Latin letters, too, for sorters on the way."),
};

function doubts() {
  const words = (app.printed?.warnings ?? []).map((code) => DOUBTS[code]).filter(Boolean);
  if (!words.length) return null;
  return h("div", { class: "message", role: "status" }, drawing("info"), h("div", { class: "message__body" }, words.map((say) => h("p", {}, say))));
}

screen("reading", (stage) => {
  let sending = null;
  const news = h("div", { class: "news", role: "status" });
  const correct = h("button", { class: "button button--large", type: "button", onclick: () => go("writing") }, () => t("Correct"));
  const take = h("button", { class: "button button--main button--large", type: "button", onclick: confirm }, drawing("stamp"), () => t("It is right – take a stamp"));

  function say(message) {
    fill(news, message);
    news.scrollIntoView({ block: "nearest" });
  }

  function busy(yes) {
    for (const button of [correct, take]) button.disabled = yes;
    if (yes) take.setAttribute("aria-busy", "true");
    else take.removeAttribute("aria-busy");
  }

  function tell({ waiting, reason }) {
    if (!reason) return;
    say(h("div", { class: "message message--warning" }, drawing("warning"), h("div", { class: "message__body" },
      h("p", {}, () => (reason === "busy"
        ? t("The server is busy. The card is kept here and sent again in {seconds} s.", { seconds: waiting })
        : t("The server does not answer. The card is kept here and sent again in {seconds} s; it is never registered twice.", { seconds: waiting }))),
      h("button", { type: "button", class: "button", onclick: () => sending.now() }, () => t("Send again now")))));
  }

  function turnedAway(refused) {
    if (refused.unpaired) return go("unpaired");
    if (refused.status === 422) {
      app.faults = faultsByField(refused.errors);
      if (!Object.keys(app.faults).length) app.faults[""] = () => refused.message;
      return go(onFirstScreen(app.faults) ? "start" : "writing");
    }
    say(h("div", { class: "message message--error" }, drawing("warning"), h("p", {}, () => refusalWords(refused))));
    return take.focus();
  }

  async function confirm() {
    if (sending) return;
    store.underWay = cardOf(app.visitor, {
      language: language(), volunteer: store.volunteer, form: app.form, typed: campaign().message_area === "typed",
    });
    store.underWayOf = campaign().slug;
    busy(true);
    fill(news);
    sending = send(app.api, tell);
    try {
      app.card = await sending.answer;
      lastCards.add(app.card);
      go("done");
    } catch (error) {
      sending = null;
      busy(false);
      if (!(error instanceof Refused)) throw error;
      turnedAway(error);
    }
  }

  fill(stage,
    h("h1", { class: "kiosk-title", tabindex: "-1" }, () => t("Is everything right?")),
    h("p", { class: "soft reading__note" }, () => t("This is how the address will stand on the card. Please read it once more, letter by letter.")),
    news,
    envelope(),
    doubts(),
    h("div", { class: "spread reading__on" }, correct, take));
  const stopWatching = watchVisitor(stage);
  return () => { sending?.stop(); stopWatching(); };
});

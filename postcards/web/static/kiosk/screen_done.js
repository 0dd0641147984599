// The card is registered: its number, the visitor's own code, and the way to paper; then the next visitor.

import { app, campaign, forgetVisitor, nextVisitor, screen } from "./app.js";
import { drawing, fill, h } from "./dom.js";
import { watchIdle } from "./idle.js";
import { letGo } from "./printing.js";
import { paperPanel } from "./paper.js";
import { cardNumber, figure, inLanguage, t } from "./texts.js";

const STAYS = 90; // seconds untouched until the next visitor's screen

/** "7K3M-9QXT-2WFH": groups of four, unless the server has grouped them already. */
const grouped = (code) => (/[- ]/.test(code) ? code : code.match(/.{1,4}/g).join("-"));

const WARNINGS = { // the server's codes; one that is not here is the desk's concern
  same_recipient: () => t("Somebody has already sent a card to this address. That is fine: this is only to let you know."),
  clock_off: () => t("The clock of this device is wrong. Please tell the desk."),
};

function warning(card) {
  const words = card.warnings.map((code) => WARNINGS[code]).filter(Boolean);
  if (card.held.length) words.push(() => t("The desk will look at this card before it goes to the post."));
  if (!words.length) return null;
  return h("div", { class: "message message--warning" }, drawing("warning"), h("div", { class: "message__body" }, words.map((say) => h("p", { dir: "auto" }, say))));
}

screen("done", (stage) => {
  const { card } = app;
  // Only the card's codes are needed from here on: the words of this visitor go now, not later.
  forgetVisitor();
  app.card = card;
  // One place fewer, at once; the server says in a moment what is true.
  const { remaining } = campaign();
  app.kiosk = { ...app.kiosk, campaign: { ...campaign(), remaining: Math.max(0, remaining - 1) } };

  const countdown = h("div", { class: "countdown" });
  const paper = h("section", { class: "panel stack done__paper", "aria-label": () => t("Paper") });
  fill(paper, paperPanel(card, paper));

  stage.append(h("div", { class: "done" },
    h("section", { class: "done__card stack" },
      h("h1", { class: "kiosk-title", tabindex: "-1" }, () => t("Your card is registered")),
      h("p", { class: "done__label soft" }, () => t("Its number")),
      h("p", { class: "done__number" }, cardNumber(card.number, campaign().cap)),
      h("p", { class: "soft" }, () => t("One of {cap}.", { cap: figure(campaign().cap) })),
      h("div", { class: "code-box" },
        h("span", { class: "code-box__label" }, () => t("Your own code – write it down")),
        h("bdi", { class: "code" }, grouped(card.slip_code)),
        h("span", { class: "soft small" }, () => t("With it you can see where your card is, and ask us to correct or erase what we keep. It is never printed on the card."))),
      warning(card),
      h("p", { class: "lede", dir: "auto" }, () => inLanguage(campaign().texts?.thanks)),
      drawing("horizon")),
    paper,
    h("div", { class: "done__on" }, h("button", { class: "button button--large button--wide", type: "button", onclick: nextVisitor }, drawing("person"), () => t("New visitor")), countdown)));

  const stop = watchIdle({ seconds: STAYS, place: countdown, over: nextVisitor, say: (left) => t("This page clears itself in {seconds} s.", { seconds: left }) });
  app.look();
  return () => { stop(); letGo(); };
});

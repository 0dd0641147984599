// The volunteer's strip: where we are, how many stamps are left, whether the server hears us, whose hands these are.

import { announce, app, campaign, nextVisitor, onChange, screenNow } from "./app.js";
import { bindByHand, stockStamps } from "./by_hand.js";
import { openDialog } from "./dialog.js";
import { drawing, fill, h, refresh } from "./dom.js";
import { textField } from "./fields.js";
import { paperDialog } from "./paper.js";
import { lastCards, store } from "./store.js";
import { cardNumber, figure, t } from "./texts.js";

const IN_HAND = new Set(["writing", "reading", "resuming", "unsent"]); // screens where clearing loses something

function nameVolunteer() {
  let name = store.volunteer;
  const field = textField({ label: () => t("First name"), required: true, value: name, maxLength: 60, capitals: "words", oninput: (text) => { name = text; } });
  const form = h("form", { class: "stack", novalidate: true }, field.element, h("button", { class: "button button--main", type: "submit" }, () => t("That is me")));
  const box = openDialog(() => t("Who is helping?"), form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!name.trim()) return field.setFault(() => t("Please fill this in."));
    store.volunteer = name.trim();
    box.close();
    return show();
  });
  field.input.select();
}

function listCards() {
  app.late = [];
  announce();
  const rows = lastCards.items.map((card) => h("li", { class: "spread" }, h("strong", { class: "number" }, () => t("No. {number}", { number: cardNumber(card.number, campaign().cap) })),
    h("button", { class: "button", type: "button", onclick: () => { box.close(); paperDialog(card, () => t("No. {number}", { number: cardNumber(card.number, campaign().cap) })); } }, drawing("print"), () => t("Print again"))));
  const box = openDialog(() => t("The last cards of this page"),
    rows.length ? h("ul", { class: "last-cards" }, rows) : h("p", { class: "soft" }, () => t("None yet. They are kept here until the page is closed, as numbers only.")));
}

function startAnew() {
  const clear = () => {
    store.underWay = null;
    nextVisitor();
  };
  if (!IN_HAND.has(screenNow())) return clear();
  const box = openDialog(() => t("Clear everything that was typed?"),
    [store.underWay && screenNow() !== "unsent" ? h("p", {}, () => t("This card has been sent, and no answer has come yet. It may be registered all the same; the desk will find it.")) : h("p", { class: "soft" }, () => t("The next visitor begins with an empty page.")),
      h("div", { class: "button-row" },
        h("button", { class: "button button--danger", type: "button", onclick: () => { box.close(); clear(); } }, () => t("Clear, new visitor")),
        h("button", { class: "button", type: "button", onclick: () => box.close() }, () => t("Go on with this one")))]);
  return box;
}

const late = () => app.late.map((number) => cardNumber(number, campaign().cap)).join(", ");

const place = () => document.getElementById("strip");

export function show() {
  if (!app.kiosk || !store.token) return fill(place()); // a device without a pairing has no visitors
  const where = [app.kiosk.venue.name, app.kiosk.name].filter(Boolean).join(" · ");
  const { name, remaining, cap } = campaign();
  return fill(place(),
    h("div", { class: "strip__where" }, h("strong", {}, name), h("span", { class: "strip__kiosk" }, where)),
    h("p", { class: "strip__left" }, () => t("{left} of {cap} left", { left: figure(remaining), cap: figure(cap) })),
    h("p", { class: `strip__state ${app.online ? "is-online" : "is-offline"}`, role: "status" }, () => (app.online ? t("Online") : t("No connection"))),
    h("div", { class: "strip__hands" },
      h("button", { class: "strip__button", type: "button", onclick: nameVolunteer }, drawing("person"), h("span", { class: "visually-hidden" }, () => t("Volunteer:")), h("span", {}, () => store.volunteer || t("Your name?"))),
      h("button", { class: "strip__button", type: "button", onclick: listCards }, drawing("print"), h("span", {}, () => t("Last cards"))),
      stockStamps().length ? h("button", { class: "strip__button", type: "button", onclick: bindByHand }, drawing("stamp"), h("span", {}, () => t("By hand"))) : null,
      h("button", { class: "strip__button strip__button--new", type: "button", onclick: startAnew }, drawing("refresh"), h("span", {}, () => t("New visitor")))),
    app.late.length ? h("p", { class: "strip__news", role: "status" }, () => t("The card that was cleared is registered after all: No. {numbers}. It is under “Last cards”; if nobody prints it there, the desk does.", { numbers: late() })) : null);
}

// The strip is drawn anew only when something in it changed, so that a pressed button stays under the finger.
let before = "";
onChange(() => {
  const now = JSON.stringify([Boolean(store.token), app.kiosk?.name, campaign().name, campaign().remaining, campaign().cap, app.online, store.volunteer, stockStamps().length > 0, app.late]);
  if (now !== before) show();
  before = now;
  refresh();
});

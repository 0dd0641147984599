// A stock card that its sender wrote by hand: found by its code or number, bound to its country, and then it may travel.

import { NoAnswer, Refused } from "./api.js";
import { app, campaign, go } from "./app.js";
import { combobox } from "./combobox.js";
import { countryName } from "./countries.js";
import { openDialog } from "./dialog.js";
import { fill, h, refresh } from "./dom.js";
import { faultsByField, refusalWords } from "./faults.js";
import { customField, enterMovesOn, showFaults, textField, yesField } from "./fields.js";
import { AWAY } from "./screen_idle.js";
import { countryOptions } from "./screen_writing.js";
import { store } from "./store.js";
import { cardNumber, inLanguage, language, t } from "./texts.js";
import { now } from "./visitor.js";

/** The stock cards that this kiosk holds and nobody has written yet. */
export const stockStamps = () => (app.kiosk?.stock ?? []).flatMap((booklet) => booklet.stamps);

/** The stamp that was scanned or typed: a number, a code with or without spaces, or the address in a QR. */
export function stampOf(typed, stamps) {
  const last = typed.trim().split("/").pop().toUpperCase().replace(/[\s-]/g, "");
  if (/^\d{1,7}$/.test(last)) return stamps.find((one) => one.number === Number(last)) ?? null;
  const code = last.replace(/[IL]/g, "1").replace(/O/g, "0");
  return stamps.find((one) => one.tracking_code === code) ?? null;
}

export function bindByHand() {
  const { consent } = campaign(); // the text of this window, whatever the campaign says when it is sent
  const given = { card: "", country: "", agreed: false, notice: false, name: "", email: "" };
  let sent = null; // the same words again are the same card, whether or not the first answer was lost

  const card = textField({
    label: () => t("Code or number of the card"), hint: () => t("The number that stands on the card. A hand scanner can read its square instead."), required: true, value: "", maxLength: 300,
    oninput: (text) => { given.card = text; }, attributes: { dir: "ltr" },
  });
  const country = customField({ label: () => t("Country"), required: true, hint: () => t("Type the first letters.") }, (id, describedBy) => combobox({
    id, options: countryOptions, name: (code) => countryName(code), onchoose: (code) => { given.country = code; country.setFault(null); }, none: () => t("No country begins like this."),
    attributes: { "aria-describedby": describedBy, "aria-required": "true", enterkeyhint: "next" },
  }));
  const notice = h("div", { class: "notice", tabindex: "0", role: "region", "aria-label": () => t("What happens to what you type"), lang: language() },
    inLanguage(consent.texts).split(/\n\s*\n/).filter(Boolean).map((one) => h("p", { dir: "auto" }, one.trim())));
  const agree = yesField({ label: () => t("I have read this, and I agree."), checked: false, onchange: (yes) => { given.agreed = yes; } });
  const name = textField({ label: () => t("Your name"), required: true, value: "", maxLength: 100, capitals: "words", oninput: (text) => { given.name = text; } });
  const email = textField({
    label: () => t("Your e-mail"), hint: () => t("For this one message; then it is deleted."), required: true, value: "", type: "email", inputmode: "email", maxLength: 254,
    oninput: (text) => { given.email = text; }, attributes: { dir: "ltr" },
  });
  const person = h("div", { class: "stack", hidden: true }, name.element, email.element);
  const arrival = yesField({
    label: () => t("Tell me by e-mail when the card has arrived."), hint: () => t("A separate yes, and not needed for the card."), checked: false,
    onchange: (yes) => { given.notice = yes; person.hidden = !yes; },
  });
  const trouble = h("div", { class: "trouble", role: "alert" });
  const fields = new Map([["card", card], ["recipient.country", country], ["consent.version", agree], ["sender.name", name], ["sender.email", email]]);

  function faultsFound(stamp) {
    const faults = {};
    if (!stamp) faults.card = () => (given.card.trim() ? t("This kiosk has no such card. Is it from another kiosk, or bound already?") : t("Please fill this in."));
    if (!given.country) faults["recipient.country"] = () => t("Please fill this in.");
    if (!given.agreed) faults["consent.version"] = () => t("Without this yes no card can be registered.");
    if (given.notice && !given.name.trim()) faults["sender.name"] = () => t("Please fill this in.");
    if (given.notice && !/^\S+@\S+\.\S+$/.test(given.email.trim())) faults["sender.email"] = () => t("An e-mail address looks like name@example.org.");
    return faults;
  }

  /** The body for these words: with the id and the moment of before, when they were sent already. */
  function bodyOf(stamp) {
    const words = {
      address_on_paper: true, number: stamp.number, recipient: { country: given.country }, language: language(),
      sender: given.notice ? { name: given.name.trim(), email: given.email.trim() } : null,
      consent: { version: consent.version, arrival_notice: given.notice }, volunteer: store.volunteer || null,
    };
    const key = JSON.stringify(words);
    if (sent?.key !== key) {
      const moment = now();
      sent = { key, stamp, body: { id: crypto.randomUUID(), registered_at: moment, printed_at: moment, ...words } };
    }
    return sent.body;
  }

  async function bind() {
    // Bound by a request whose answer was lost, the stamp is no longer in the list.
    const stamp = stampOf(given.card, stockStamps()) ?? (sent && stampOf(given.card, [sent.stamp]));
    if (showFaults(fields, faultsFound(stamp))) return;
    button.disabled = true;
    fill(trouble);
    try {
      done(await app.api.post("/kiosk/cards", bodyOf(stamp)));
    } catch (error) {
      if (!(error instanceof Refused) && !(error instanceof NoAnswer)) throw error;
      if (!box.open) return; // closed meanwhile, by hand or by its watch
      if (error instanceof Refused && error.unpaired) return go("unpaired");
      const found = error instanceof Refused ? faultsByField(error.errors) : {};
      const shown = showFaults(fields, found);
      const words = error instanceof NoAnswer ? t("No connection") : found[""]?.() ?? refusalWords(error);
      if (!shown) fill(trouble, h("p", { class: "message message--error", dir: "auto" }, words));
    } finally {
      button.disabled = false;
    }
  }

  function done(answer) {
    const number = cardNumber(answer.number, campaign().cap);
    fill(form, h("p", { class: "message message--good", role: "status" }, t("No. {number} goes to {country}. Put it with the printed cards.", { number, country: countryName(given.country) })),
      h("div", { class: "code-box" }, h("span", { class: "code-box__label" }, () => t("Your own code – write it down")), h("bdi", { class: "code" }, answer.slip_code.match(/.{1,4}/g).join("-"))),
      h("div", { class: "button-row" }, h("button", { class: "button button--main", type: "button", onclick: () => { box.close(); bindByHand(); } }, () => t("The next card"))));
    app.look();
  }

  const button = h("button", { class: "button button--main", type: "submit" }, () => t("Bind this card"));
  const form = h("form", { class: "stack", novalidate: true }, card.element, country.element, notice, agree.element, arrival.element, person, trouble, button);
  enterMovesOn(form, bind);
  const box = openDialog(() => t("A card written by hand"), form, { stays: AWAY });
  refresh();
  card.input.focus();
}

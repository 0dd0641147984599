// Who writes, to whom and where: everything on one screen, mended in place.

import { NoAnswer, Refused } from "./api.js";
import { addressFaults, addressForm, drawAddress, relabelAddress } from "./address.js";
import { announce, app, campaign, go, screen } from "./app.js";
import { combobox } from "./combobox.js";
import { countryName, findCountries } from "./countries.js";
import { drawing, fill, h } from "./dom.js";
import { faultsByField, onFirstScreen } from "./faults.js";
import { customField, enterMovesOn, showFaults, textField } from "./fields.js";
import { store } from "./store.js";
import { day, inLanguage, language, onLanguage, t } from "./texts.js";
import { cardOf } from "./visitor.js";
import { watchVisitor } from "./screen_idle.js";

const MESSAGE_LENGTH = 300; // characters; about 250 fit the card, and the read-back says so exactly

function suspendedNote(code) {
  const found = (campaign().suspended ?? []).find((one) => one.country === code);
  if (!found) return null;
  return inLanguage(found.note) || (found.to ? t("No post goes there until {day}.", { day: day(found.to) }) : t("No post goes there at present."));
}

export function countryOptions(typed) {
  const { abroad_only: abroadOnly, origin_country: origin, languages } = campaign();
  return findCountries(typed, { others: languages ?? [], except: abroadOnly && origin ? [origin] : [] }).map((code) => {
    const note = suspendedNote(code);
    return { value: code, text: countryName(code), note, disabled: note !== null };
  });
}

screen("writing", (stage) => {
  const { visitor } = app;
  const typed = campaign().message_area === "typed";
  let addressFields = new Map();
  let asked = "";
  let left = false; // an answer that comes later is nobody's any more

  const sender = textField({
    label: () => t("Your name"), hint: () => t("As it should stand on the card."), required: true, value: visitor.sender, maxLength: 100, capitals: "words",
    oninput: (text) => { visitor.sender = text; },
  });
  const recipient = textField({
    label: () => t("Name"), hint: () => t("As it stands on their door."), classes: "half", required: true, value: visitor.recipient, maxLength: 100, capitals: "words",
    oninput: (text) => { visitor.recipient = text; },
  });
  const message = typed ? textField({
    label: () => t("A few words to print"), hint: () => t("Or leave this empty and write by hand."), value: visitor.message, rows: 5, maxLength: MESSAGE_LENGTH, capitals: "sentences",
    // The card takes one paragraph: a line break is a space, typed or pasted.
    oninput: (text) => {
      visitor.message = text.replace(/\s*\n\s*/g, " ");
      if (visitor.message !== text) message.input.value = visitor.message;
    },
  }) : null;

  let box;
  const country = customField({ label: () => t("Country"), classes: "half", required: true, hint: () => t("Type the first letters.") }, (id, describedBy) => {
    box = combobox({
      id, options: countryOptions, name: (code) => countryName(code), onchoose: (code) => choose(code), none: () => t("No country begins like this."),
      attributes: { "aria-describedby": describedBy, "aria-required": "true", enterkeyhint: "next" },
    });
    return box;
  });
  const place = h("div", { class: "fields", "aria-live": "off" });
  const trouble = h("div", { class: "trouble", role: "alert" });
  const fields = () => new Map([["sender.name", sender], ...(message ? [["message", message]] : []), ["recipient.country", country], ["recipient.name", recipient], ...addressFields]);

  function redraw(focusOn) {
    addressFields = drawAddress(place, () => { visitor.lines.push(""); redraw(`recipient.lines.${visitor.lines.length - 1}`); });
    addressFields.get(focusOn)?.input.focus();
  }

  async function choose(code) {
    // A region and a postcode belong to their country; a street may be typed before the country is put right.
    if (code !== visitor.country) Object.assign(visitor, { region: "", postal_code: "" });
    visitor.country = code;
    country.setFault(null);
    asked = code;
    app.form = null;
    fill(place);
    if (!code) return;
    try {
      const form = await addressForm(code);
      if (left || asked !== code) return; // another country was chosen meanwhile
      app.form = form;
      redraw();
      if (form.suspended) country.setFault(() => inLanguage(form.suspended.note) || t("No post goes there at present."));
    } catch (error) {
      if (left || asked !== code) return;
      if (error instanceof Refused && error.unpaired) go("unpaired");
      else if (error instanceof Refused && error.status < 500) country.setFault(() => t("This country cannot be written to from here."));
      else fill(place, h("p", { class: "soft" }, () => t("The form for this country could not be fetched.")), h("button", { type: "button", class: "button", onclick: () => choose(code) }, () => t("Try again")));
    }
  }

  function readBack() {
    visitor.sender = visitor.sender.trim();
    const faults = addressFaults();
    if (!visitor.sender) faults["sender.name"] = () => t("Please fill this in.");
    if (app.form?.suspended) faults["recipient.country"] = () => inLanguage(app.form.suspended.note) || t("No post goes there at present.");
    if (!showFaults(fields(), faults)) ask();
  }

  function show(faults) {
    const general = faults[""];
    fill(trouble, general ? h("div", { class: "message message--error" }, drawing("warning"), h("p", {}, general)) : null);
    return showFaults(fields(), faults);
  }

  // The printer's own rules look at the card before the visitor does, so that nothing comes back after their yes.
  async function ask() {
    if (onward.hasAttribute("aria-busy")) return;
    onward.setAttribute("aria-busy", "true");
    const words = JSON.stringify(visitor);
    // What was asked is the answer to these words alone: mended meanwhile, they are asked about once more.
    const overtaken = () => left || words !== JSON.stringify(visitor);
    try {
      const printed = await app.api.post("/kiosk/read-back", cardOf(visitor, { language: language(), volunteer: store.volunteer, form: app.form, typed }));
      onward.removeAttribute("aria-busy");
      if (overtaken()) return;
      app.printed = printed;
      go("reading");
    } catch (error) {
      onward.removeAttribute("aria-busy");
      if (overtaken()) return;
      if (error instanceof NoAnswer || error.worthRetrying) { // the page's own eyes must do for now
        app.printed = null;
        go("reading");
      } else if (error.unpaired) go("unpaired");
      else if (error.status === 422) {
        const faults = faultsByField(error.errors);
        if (onFirstScreen(faults)) { app.faults = faults; go("start"); } else show(faults);
      } else if (error instanceof Refused) show({ "": () => error.message });
      else throw error;
    }
  }

  const onward = h("button", { type: "submit", class: "button button--main button--large" }, () => t("Read it back"), drawing("arrow"));
  const form = h("form", { class: "writing", novalidate: true },
    h("section", { class: "panel stack writing__from", "aria-labelledby": "from" }, h("h2", { id: "from", class: "panel__title" }, () => t("From")), sender.element, message?.element),
    h("section", { class: "panel stack writing__to", "aria-labelledby": "to" }, h("h2", { id: "to", class: "panel__title" }, () => t("To")), h("div", { class: "fields" }, recipient.element, country.element), place),
    h("div", { class: "spread writing__on" },
      h("button", { type: "button", class: "button", onclick: () => go("start") }, () => t("Back")),
      onward));
  enterMovesOn(form, readBack);

  stage.append(h("h1", { class: "kiosk-title", tabindex: "-1" }, () => t("Who writes, and to whom?")), trouble, form);
  box.set(visitor.country);
  if (app.form) redraw();
  else if (visitor.country) choose(visitor.country);
  const faulty = show(app.faults);
  app.faults = {};
  if (!faulty && !visitor.sender) sender.input.focus();
  announce();

  const stopListening = onLanguage(() => { box.relabel(); relabelAddress(); });
  const stopWatching = watchVisitor(stage);
  return () => { left = true; stopListening(); stopWatching(); };
});

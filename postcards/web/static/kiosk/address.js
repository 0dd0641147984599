// Address fields as each country wants them, asked of the server and kept for the day.

import { app } from "./app.js";
import { h, refresh } from "./dom.js";
import { textField } from "./fields.js";
import { language, t } from "./texts.js";

const known = new Map();
const MOST_LINES = 4;

/** The form of a country in the language of now: { country, fields: [{ name, label, required, pattern, example, max_length }] }. */
export async function addressForm(country) {
  for (;;) {
    const tongue = language();
    const key = `${country}/${tongue}/${new Date().toDateString()}`;
    if (!known.has(key)) known.set(key, await app.api.get(`/address-forms/${country}?language=${tongue}`));
    if (tongue === language()) return known.get(key); // else another was chosen while it was on its way
  }
}

const PLACED = new Set(["postal_code", "city", "region"]);

/** Draws the fields of `app.form` into `place`; returns Map(field → field object), keyed as the API names faults. */
export function drawAddress(place, onAddLine) {
  const { visitor, form } = app;
  const fields = new Map();
  const spec = (name) => app.form?.fields.find((field) => field.name === name) ?? {};
  for (const { name } of form.fields) {
    if (name === "lines") {
      visitor.lines.forEach((line, at) => fields.set(`recipient.lines.${at}`, textField({
        label: () => (at === 0 ? spec("lines").label : t("Address, line {n}", { n: at + 1 })),
        required: at === 0, value: line, capitals: "words", maxLength: spec("lines").max_length,
        hint: at === 0 && spec("lines").example ? () => t("For example: {example}", { example: spec("lines").example }) : null,
        oninput: (text) => { visitor.lines[at] = text; },
      })));
    } else if (PLACED.has(name)) {
      fields.set(`recipient.${name}`, textField({
        label: () => spec(name).label, required: spec(name).required, value: visitor[name], classes: "half",
        capitals: name === "postal_code" ? "characters" : "words", maxLength: spec(name).max_length,
        inputmode: name === "postal_code" && /^\d[\d -]*$/.test(spec(name).example ?? "") ? "numeric" : null,
        attributes: name === "postal_code" && spec(name).example ? { placeholder: spec(name).example } : {},
        oninput: (text) => { visitor[name] = text; },
      }));
    }
  }
  const elements = [...fields.values()].map((field) => field.element);
  if (visitor.lines.length < MOST_LINES) {
    const after = [...fields.keys()].filter((name) => name.startsWith("recipient.lines")).length;
    elements.splice(after, 0, h("button", { type: "button", class: "button button--quiet add-line", onclick: onAddLine }, () => t("+ One more line")));
  }
  place.replaceChildren(...elements);
  return fields;
}

/** Asks for the form again after the language changed, keeping what was typed. */
export async function relabelAddress() {
  if (!app.visitor.country || !app.form) return;
  try {
    const form = await addressForm(app.visitor.country);
    if (app.form?.country === form.country) app.form = form;
    refresh();
  } catch { /* the labels stay in the language before; nothing typed is lost */ }
}

function fits(pattern, text) {
  try {
    return new RegExp(`^(?:${pattern})$`, "u").test(text.trim());
  } catch {
    return true; // a pattern of another dialect: the server says
  }
}

/** What can be seen to be wrong without asking the server; it has the last word. */
export function addressFaults() {
  const { visitor, form } = app;
  const faults = {};
  const empty = () => t("Please fill this in.");
  if (!visitor.recipient.trim()) faults["recipient.name"] = empty;
  if (!visitor.country || !form) faults["recipient.country"] = () => t("Please choose a country from the list.");
  for (const { name, required, pattern, example } of form?.fields ?? []) {
    const path = name === "lines" ? "recipient.lines.0" : `recipient.${name}`;
    const value = name === "lines" ? visitor.lines.join("") : visitor[name];
    if (required && value !== undefined && !value.trim()) faults[path] = empty;
    else if (pattern && name === "postal_code" && value?.trim() && !fits(pattern, value)) {
      faults[path] = () => (example ? t("This does not look like a postcode there. For example: {example}", { example }) : t("This does not look like a postcode there."));
    }
  }
  return faults;
}

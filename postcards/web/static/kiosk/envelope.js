// The read-back: the address as it will stand on the card, large enough to read across a table.

import { app, campaign } from "./app.js";
import { countryName } from "./countries.js";
import { drawing, h } from "./dom.js";

// Without the server nobody says how the last lines of a country run: the postcode goes where the form has it.
function townLines(visitor, form) {
  const order = form.fields.map((field) => field.name).filter((name) => ["postal_code", "city", "region"].includes(name));
  const layout = [order.filter((name) => name !== "region"), order.filter((name) => name === "region")];
  return layout.map((line) => line.map((name) => visitor[name].trim()).filter(Boolean).join(" "));
}

function countryLine(form) {
  const origin = countryName(form.country, campaign().languages?.[0] ?? "en").toLocaleUpperCase(campaign().languages?.[0]);
  const english = countryName(form.country, "en").toUpperCase();
  return origin === english ? english : `${origin} / ${english}`;
}

/** The lines from the name to the country, none blank: as the server would print them, else as this page sees them. */
function printedLines() {
  const { visitor, form, printed } = app;
  if (printed) return printed.lines;
  return [visitor.recipient.trim(), ...visitor.lines.map((line) => line.trim()), ...townLines(visitor, form), countryLine(form)].filter(Boolean);
}

/** A card to look at: sender, stamp, post line and address. */
export function envelope() {
  const { visitor } = app;
  return h("div", { class: "envelope" },
    h("p", { class: "envelope__sender", dir: "auto" }, visitor.sender.trim()),
    h("div", { class: "envelope__stamp", "aria-hidden": "true" }, drawing("mark")),
    visitor.message.trim() ? h("p", { class: "envelope__message", dir: "auto" }, visitor.message.trim()) : null,
    h("address", { class: "envelope__address" }, printedLines().map((line) => h("span", { dir: "auto" }, line))));
}

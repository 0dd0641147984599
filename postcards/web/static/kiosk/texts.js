// The visitor's language: words, names of countries and numbers, changed at once and without a request.

const island = document.getElementById("texts");
const catalogues = island ? JSON.parse(island.textContent) : {};
const listeners = new Set();
const OWN_NAMES = { lt: "Lietuvių", en: "English", pl: "Polski", ru: "Русский", uk: "Українська", ro: "Română" };
const RIGHT_TO_LEFT = new Set(["ar", "he", "fa", "ur"]);

let current = document.documentElement.lang || "en";

export const language = () => current;
export const ownName = (code) => OWN_NAMES[code] ?? new Intl.DisplayNames([code], { type: "language" }).of(code) ?? code;

/** Puts {name} of `values` into the text of that msgid, in the language of now; English is the msgid itself. */
export function t(msgid, values = {}) {
  const text = catalogues[current]?.[msgid] || msgid;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

export function setLanguage(code) {
  if (code === current) return;
  current = code;
  document.documentElement.lang = code;
  document.documentElement.dir = RIGHT_TO_LEFT.has(code) ? "rtl" : "ltr";
  for (const listener of listeners) listener(code);
}

/** Tells `listener` of each change; returns how to stop. */
export function onLanguage(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const figure = (n) => new Intl.NumberFormat(current, { useGrouping: "always" }).format(n);

/** "00042" of 10000: a card's number as it is printed and read aloud, with as many figures as the cap has. */
export const cardNumber = (n, cap) => String(n).padStart(String(cap).length, "0");

/** A text given per language ({lt: …, en: …}) or once, in the language of now or the nearest there is. */
export function inLanguage(texts) {
  if (texts === null || texts === undefined || typeof texts === "string") return texts ?? "";
  return texts[current] ?? texts.en ?? Object.values(texts)[0] ?? "";
}

/** A day in words, from "2026-12-18". */
export function day(iso) {
  const moment = new Date(`${iso}T12:00:00`);
  return Number.isNaN(moment.valueOf()) ? iso : new Intl.DateTimeFormat(current, { dateStyle: "long" }).format(moment);
}

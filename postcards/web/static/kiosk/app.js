// What the screens share, and the way from one to the next.

import { closeDialogs } from "./dialog.js";
import { language, setLanguage } from "./texts.js";
import { newVisitor } from "./visitor.js";

/** The state of this page. `kiosk` is the last answer of GET kiosk; `visitor` and `form` are one visitor's. */
export const app = {
  api: null,
  look: async () => false, // asks the server how the campaign stands
  kiosk: null,
  online: true,
  visitor: newVisitor(),
  form: null, // the address form of the visitor's country
  faults: {}, // field → () => sentence, from the last check
  printed: null, // the lines as the server would print them, from the read-back; null when it could not be asked
  card: null, // the registered card, on the last screen
  late: [], // numbers of cards whose yes came when their visitor had been cleared already, until a volunteer looks
};

const screens = new Map();
const changed = new Set();
let leave = () => {};

/** A screen is a function that draws into `stage` and may return what to do when it is left. */
export const screen = (name, draw) => screens.set(name, draw);

/** Tells the strip and whoever else shows a part of the state. */
export const announce = () => { for (const listener of changed) listener(); };
/** Returns how to stop listening. */
export function onChange(listener) {
  changed.add(listener);
  return () => changed.delete(listener);
}

export function go(name) {
  leave();
  leave = () => {};
  const stage = document.getElementById("stage");
  stage.replaceChildren();
  stage.dataset.screen = name;
  leave = screens.get(name)(stage) ?? (() => {});
  announce();
  window.scrollTo(0, 0);
  // A screen may have put the cursor where the hands go on; else its heading says aloud where one is.
  if (!stage.contains(document.activeElement)) stage.querySelector("h1")?.focus({ preventScroll: true });
}

export const screenNow = () => document.getElementById("stage").dataset.screen;

/** Forgets everything of the visitor who leaves. */
export function forgetVisitor() {
  app.visitor = newVisitor();
  app.form = null;
  app.faults = {};
  app.printed = null;
  app.card = null;
}

export const campaign = () => app.kiosk?.campaign ?? {};

const pageLanguage = language();

/** An empty page in the language that the page opened with, or the campaign's first: the one before chose their own. */
export function nextVisitor() {
  closeDialogs();
  forgetVisitor();
  const { languages } = campaign();
  setLanguage(languages.includes(pageLanguage) ? pageLanguage : languages[0]);
  go("start");
}

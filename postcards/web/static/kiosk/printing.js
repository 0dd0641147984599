// From a card to paper in two taps: fetch the PDF with the kiosk's token, show it, open the printer's dialog; then ask.

import { app } from "./app.js";
import { h } from "./dom.js";
import { printerAsks } from "./idle.js";
import { t } from "./texts.js";
import { now } from "./visitor.js";

const REASONS = { // what the desk reads → what the volunteer sees
  jam: () => t("Paper jam"), smudged: () => t("Smudged or streaky"), misplaced: () => t("Not in its place on the paper"),
  wrong_paper: () => t("Wrong paper"), lost: () => t("Nothing came out"), other: () => t("Something else"),
};
export const reasons = Object.entries(REASONS);

let shown = null; // the address of the PDF that is open, to be let go
let alone = null; // the tab that shows it by itself

export function letGo() {
  if (shown) URL.revokeObjectURL(shown);
  alone?.close();
  shown = alone = null;
}

/** Opens the PDF in a tab of its own, which goes with its visitor; returns whether the browser let us. */
export function openAlone(address) {
  alone?.close();
  alone = window.open(address);
  return alone !== null;
}

/** Fetches the card's PDF; returns the address of the bytes, valid until the next one or letGo(); null when no longer `wanted()`. */
export async function fetchPaper(card, wanted) {
  const path = card.postcard.includes("?") ? card.postcard : `${card.postcard}?sheet=a6`;
  const blob = await app.api.file(path);
  if (!wanted()) return null;
  letGo();
  shown = URL.createObjectURL(new Blob([blob], { type: "application/pdf" }));
  return shown;
}

/** Whether this browser shows a PDF in the page, and so can open the printer's dialog by itself. */
export const printsInPage = () => navigator.pdfViewerEnabled === true;

// Nobody answers the printer's dialog of a browser that a program drives, and Chromium without a window falls over
// it (measured: 156, the page crashes when a PDF's frame prints): there the paper is only shown.
const somebodyWatches = () => !navigator.webdriver;

/** A frame with the PDF, which opens the dialog as soon as it is there. */
export function printFrame(address) {
  const frame = h("iframe", { class: "paper__frame", title: () => t("The card"), src: `${address}#toolbar=0&navpanes=0&view=Fit` });
  frame.addEventListener("load", () => {
    if (!somebodyWatches()) return;
    try {
      printerAsks();
      frame.contentWindow.focus();
      frame.contentWindow.print();
    } catch { /* the viewer's own button prints; the link below opens it alone */ }
  }, { once: true });
  return frame;
}

/** Tells the server that paper came out; `reason` says why this was not the first time. The id makes a repeat harmless. */
export function recordPrint(card, print) {
  return app.api.post(`/kiosk/cards/${card.id}/prints`, print);
}

export const newPrint = (reason = null) => ({ id: crypto.randomUUID(), printed_at: now(), reason });

// The first minute of a device: a code from the desk, a name for the tablet, the volunteer's first name.

import { NoAnswer, Refused } from "./api.js";
import { app, campaign, forgetVisitor, go, screen } from "./app.js";
import { closeDialogs } from "./dialog.js";
import { drawing, h } from "./dom.js";
import { enterMovesOn, showFaults, textField } from "./fields.js";
import { watchIdle } from "./idle.js";
import { AWAY } from "./screen_idle.js";
import { store } from "./store.js";
import { t } from "./texts.js";

function words(error) {
  if (error instanceof NoAnswer) return () => t("The server does not answer. Is the tablet on the network? Then try once more.");
  if (error instanceof Refused && error.status === 429) return () => t("Too many tries just now. Wait a minute, then try once more.");
  if (error instanceof Refused && error.status < 500) return () => t("This code is not known, or it was used already, or its 15 minutes are over. Ask the desk for a new one.");
  return () => t("The server is busy. Try once more in a moment.");
}

function drawPairing(stage, again) {
  const entered = { code: "", name: "", volunteer: store.volunteer };
  const code = textField({
    label: () => t("Pairing code"), hint: () => t("From the organisers' desk; it works once, for 15 minutes."), required: true, value: "", capitals: "characters",
    attributes: { class: "input--code" }, oninput: (text) => { entered.code = text; },
  });
  const name = textField({
    label: () => t("Name of this device"), hint: () => t("So that the desk knows it, for example “Tablet by the window”."), required: true, value: "", maxLength: 60,
    capitals: "sentences", oninput: (text) => { entered.name = text; },
  });
  const volunteer = textField({
    label: () => t("Your first name"), hint: () => t("The volunteer's. It can be changed at any time."), required: true, value: entered.volunteer, maxLength: 60,
    capitals: "words", oninput: (text) => { entered.volunteer = text; },
  });
  const fields = new Map([["code", code], ["name", name], ["volunteer", volunteer]]);
  const button = h("button", { class: "button button--main button--large button--wide", type: "submit" }, () => t("Pair this device"));

  async function pair() {
    const faults = {};
    for (const key of Object.keys(entered)) if (!entered[key].trim()) faults[key] = () => t("Please fill this in.");
    if (showFaults(fields, faults) || button.hasAttribute("aria-busy")) return;
    button.setAttribute("aria-busy", "true");
    try {
      const answer = await app.api.post("/kiosk/pairing", { pairing_code: entered.code.trim(), device_name: entered.name.trim() });
      store.token = answer.token;
      store.volunteer = entered.volunteer.trim();
      app.api.token = answer.token;
      const before = campaign().slug;
      app.kiosk = await app.api.get("/kiosk");
      if (store.underWay || before !== campaign().slug) forgetVisitor(); // what is under way holds the words; another campaign has another text
      go(store.underWay ? "resuming" : "start");
    } catch (error) {
      const unfit = error instanceof Refused && error.errors.some((one) => one.field === "device_name");
      showFaults(fields, unfit ? { name: () => t("Please use letters and figures, and not too many.") } : { code: words(error) });
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  const form = h("form", { class: "panel stack", novalidate: true }, code.element, name.element, volunteer.element, button);
  enterMovesOn(form, pair);
  stage.append(h("div", { class: "narrow stack" }, drawing("horizon"),
    h("h1", { tabindex: "-1" }, () => (again ? t("This device is no longer paired") : t("Pair this device"))),
    h("p", { class: "soft" }, () => (again
      ? t("The desk has ended its pairing, or replaced it. Nothing was lost; a new code from the desk makes it a kiosk again.")
      : t("A kiosk is a tablet or laptop on which visitors register their cards."))),
    form));
}

screen("pairing", (stage) => drawPairing(stage, false));
screen("unpaired", (stage) => {
  store.token = null;
  app.api.token = null;
  closeDialogs();
  drawPairing(stage, true);
  // A new code may be long in coming: the words of who was at the page do not wait for it.
  return watchIdle({ seconds: AWAY, over: forgetVisitor });
});

screen("insecure", (stage) => {
  stage.append(h("div", { class: "narrow stack" },
    h("h1", { tabindex: "-1" }, () => t("This page needs a secure connection")),
    h("p", {}, () => t("Names and addresses are typed here, so it works only over HTTPS, or on the very machine that runs the server.")),
    h("div", { class: "panel stack" },
      h("h2", { class: "panel__title" }, () => t("What to do")),
      h("ul", {},
        h("li", {}, () => t("Open the same address with https:// at its beginning.")),
        h("li", {}, () => t("On the server itself, open http://localhost with its port.")),
        h("li", {}, () => t("If neither opens, the organiser starts the server with a certificate: postcards up --tls CERT KEY."))),
      h("p", { class: "soft" }, () => t("This address:"), " ", h("bdi", { class: "hash" }, location.origin)))));
});

screen("silent", (stage) => {
  stage.append(h("div", { class: "narrow stack" }, drawing("horizon"),
    h("h1", { tabindex: "-1" }, () => t("Waiting for the server")),
    h("p", {}, () => t("The server does not answer. This page tries again by itself; nothing needs to be done."))));
});

// The kiosk's page: pair once, then visitor after visitor from their yes to the paper.

import { Api, Refused } from "./api.js";
import { announce, app, go, nextVisitor, screenNow } from "./app.js";
import { refresh } from "./dom.js";
import { drawGuide } from "./guide.js";
import { store } from "./store.js";
import "./strip.js";
import "./screen_pairing.js";
import "./screen_start.js";
import "./screen_writing.js";
import "./screen_reading.js";
import "./screen_resuming.js";
import "./screen_done.js";
import { language, onLanguage } from "./texts.js";

const LOOKS_EVERY = 30_000; // milliseconds between two looks at the campaign: remaining stamps, paused, notices
const WITHOUT_TOKEN = new Set(["pairing", "unpaired", "insecure"]);

const page = document.getElementById("kiosk");
app.api = new Api(page.dataset.api, store.token);
app.api.language = language;
app.api.heard = (yes) => {
  if (app.online === yes) return;
  app.online = yes;
  announce();
};

let looks = 0;

/** Asks how the campaign stands; true when the server answered. An answer that a later question overtook is dropped. */
async function look() {
  const mine = looks += 1;
  try {
    const answer = await app.api.get("/kiosk");
    if (mine === looks) app.kiosk = answer;
  } catch (error) {
    if (error instanceof Refused && error.unpaired) {
      if (!WITHOUT_TOKEN.has(screenNow())) go("unpaired");
      return false;
    }
    return false;
  } finally {
    announce();
  }
  return true;
}

app.look = look;

async function begin() {
  if (!window.isSecureContext) return go("insecure");
  if (!store.token) return go("pairing");
  while (!(await look())) {
    if (!store.token) return undefined;
    if (screenNow() !== "silent") go("silent");
    await new Promise((resolve) => { setTimeout(resolve, 3000); });
  }
  return store.underWay ? go("resuming") : nextVisitor();
}

onLanguage(() => { refresh(); announce(); });
drawGuide(document.getElementById("guide"), JSON.parse(page.dataset.languages));
window.addEventListener("offline", () => { app.online = false; announce(); });
window.addEventListener("online", () => { if (app.kiosk) look(); });
setInterval(() => { if (app.kiosk && store.token && !WITHOUT_TOKEN.has(screenNow())) look(); }, LOOKS_EVERY);
begin();

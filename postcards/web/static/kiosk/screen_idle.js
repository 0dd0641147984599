// A visitor who walked away in the middle: after some minutes the page asks, then forgets.

import { app, forgetVisitor, go, nextVisitor } from "./app.js";
import { h } from "./dom.js";
import { watchIdle } from "./idle.js";
import { store } from "./store.js";
import { t } from "./texts.js";
import { hasWords } from "./visitor.js";

export const AWAY = 240; // seconds without a touch while somebody may be searching for an address
const WARNED = 60; // the last of them, with a warning

export function watchVisitor(stage) {
  const place = h("p", { class: "countdown", role: "status", hidden: true });
  stage.append(place);
  return watchIdle({
    seconds: AWAY, showFrom: WARNED, place, loses: () => hasWords(app.visitor),
    say: (left) => t("Is somebody here? Touch the screen, or everything typed is cleared in {seconds} s.", { seconds: left }),
    over: () => {
      if (!store.underWay) return nextVisitor();
      forgetVisitor();
      return go("resuming");
    },
  });
}

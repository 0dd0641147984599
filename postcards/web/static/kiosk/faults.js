// The server's faults, each laid to the field where a visitor can mend it.

import { t } from "./texts.js";

const HERE = ["sender.name", "recipient.name", "recipient.country", "recipient.postal_code", "recipient.city", "recipient.region", "message"];

/** Turns [{ field, code, message }] into { field → () => sentence }; what has no field of its own lands under "". */
export function faultsByField(errors) {
  const faults = {};
  for (const { field = "", message } of errors) {
    const path = field.replace(/\[(\d+)\]/g, ".$1");
    let name = HERE.includes(path) || path.startsWith("recipient.lines.") ? path : "";
    if (path === "recipient.lines" || path === "recipient") name = "recipient.lines.0";
    else if (path.startsWith("sender.email") || path.startsWith("consent")) name = path.split(".").slice(0, 2).join(".");
    const before = faults[name];
    faults[name] = before ? () => `${before()} ${message}` : () => message;
  }
  return faults;
}

/** Whether a fault belongs to the first screen, where the consent and the e-mail are. */
export const onFirstScreen = (faults) => Object.keys(faults).some((name) => name.startsWith("consent") || name === "sender.email");

/** What to say when the whole card was turned away, by the answer's code. */
export function refusalWords(refused) {
  switch (refused.code) {
    case "cap_reached": return t("All cards of this campaign have been taken. Nothing was lost here: if one is given back, you can try again.");
    case "campaign_paused": return t("The campaign is paused. Everything that was typed is still here: try again when it goes on.");
    case "campaign_closed": return t("The campaign has ended, so no more cards can be taken.");
    default: return refused.message;
  }
}

// The server's faults, each laid to the field where a visitor can mend it.

import { campaign } from "./app.js";
import { inLanguage, t } from "./texts.js";

const HERE = ["sender.name", "recipient.name", "recipient.country", "recipient.postal_code", "recipient.city", "recipient.region", "message"];

/** The single signs that a message of the server quotes, in the quotation marks of its language: “木”, „木“, «木». */
const quoted = (message) => [...message.matchAll(/[“„«](.)[”“»]/gu)].map(([, sign]) => `“${sign}”`).join(", ");
const unprintable = () => t("This holds a sign that cannot be printed. Please type it again.");
const WORDS = { // the server's codes → words in the visitor's language; other codes keep the server's own words
  blank: () => t("Please fill this in."),
  missing: () => t("Please fill this in."),
  required: () => t("Please fill this in."),
  too_long: () => t("This is too long for the card. Please shorten it."),
  word_too_long: () => t("A word here is wider than the card has room for. Please shorten or divide it."),
  too_many_lines: () => t("The address has more lines than the card has room for. Please shorten it or join short lines."),
  emoji: () => t("Pictures cannot be printed here: only letters, please."),
  no_font: (message) => t("This cannot be printed here: {signs}. Please write it in Latin letters.", { signs: quoted(message) }),
  newline: unprintable, control_character: unprintable, bidi_control: unprintable, surrogate: unprintable, unprintable,
  postal_code: () => t("This does not look like a postcode there."),
  origin_country: () => t("These cards travel abroad, so they cannot go to an address in this country."),
  email: () => t("An e-mail address looks like name@example.org."),
  consent_version: () => t("The text has changed meanwhile. Please read it once more."),
};

/** Turns [{ field, code, message }] into { field → () => sentence }; what has no field of its own lands under "". */
export function faultsByField(errors) {
  const faults = {};
  for (const { field = "", code, message } of errors) {
    const say = WORDS[code] ? () => WORDS[code](message) : () => message;
    const path = field.replace(/\[(\d+)\]/g, ".$1");
    let name = HERE.includes(path) || path.startsWith("recipient.lines.") ? path : "";
    if (path === "recipient.lines" || path === "recipient") name = "recipient.lines.0";
    else if (path.startsWith("sender.email") || path.startsWith("consent")) name = path.split(".").slice(0, 2).join(".");
    const before = faults[name];
    faults[name] = before ? () => `${before()} ${say()}` : say;
  }
  return faults;
}

/** Whether a fault belongs to the first screen, where the consent and the e-mail are. */
export const onFirstScreen = (faults) => Object.keys(faults).some((name) => name.startsWith("consent") || name === "sender.email");

/** What to say when the whole card was turned away, by the answer's code. */
export function refusalWords(refused) {
  switch (refused.code) {
    case "cap_reached": return inLanguage(campaign().texts?.full) || t("All cards of this campaign have been taken. Nothing was lost here: if one is given back, you can try again.");
    case "campaign_paused": return t("The campaign is paused. Everything that was typed is still here: try again when it goes on.");
    case "campaign_closed": return t("The campaign has ended, so no more cards can be taken.");
    case "campaign_draft": return t("The campaign has not opened yet.");
    case "kiosk_retired": return t("This kiosk takes no more cards. Please go to another one; the desk knows where.");
    default: return refused.message;
  }
}

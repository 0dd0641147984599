// One visitor's words: from the notice to the stamp, then forgotten whole.

export function newVisitor() {
  return {
    agreed: false,
    consentVersion: "", // of the text that was on the page when they agreed
    arrivalNotice: false,
    email: "",
    sender: "",
    recipient: "",
    country: "",
    lines: [""],
    postal_code: "",
    city: "",
    region: "",
    message: "",
  };
}

/** Whether anything of somebody is there that the next person must not find. */
export const hasWords = (visitor) => Object.entries(newVisitor()).some(([name, none]) => String(visitor[name]) !== String(none));

/** "2026-12-18T10:15:00+02:00": the device's own time with its offset. */
export function now(at = new Date()) {
  const two = (n) => String(Math.trunc(Math.abs(n))).padStart(2, "0");
  const offset = -at.getTimezoneOffset();
  const local = new Date(at.valueOf() + offset * 60_000).toISOString().slice(0, 19);
  return `${local}${offset < 0 ? "-" : "+"}${two(offset / 60)}:${two(offset % 60)}`;
}

const orNull = (text) => text.trim() || null;

/** The card as the API takes it, with an id of its own: the same body is sent until an answer comes. */
export function cardOf(visitor, { language, volunteer, form, typed }) {
  const has = (name) => form.fields.some((field) => field.name === name);
  return {
    id: crypto.randomUUID(),
    registered_at: now(),
    printed_at: null,
    sender: { name: visitor.sender.trim(), email: visitor.arrivalNotice ? orNull(visitor.email) : null },
    recipient: {
      name: visitor.recipient.trim(),
      country: visitor.country,
      lines: visitor.lines.map((line) => line.trim()).filter(Boolean),
      postal_code: has("postal_code") ? orNull(visitor.postal_code) : null,
      city: has("city") ? orNull(visitor.city) : null,
      region: has("region") ? orNull(visitor.region) : null,
    },
    message: typed ? orNull(visitor.message) : null,
    language,
    consent: { version: visitor.consentVersion, arrival_notice: visitor.arrivalNotice },
    volunteer: orNull(volunteer),
  };
}

// What the device keeps: its token and the volunteer's first name; and, until an answer comes, the one card under way.

const TOKEN = "kiosk.token";
const VOLUNTEER = "kiosk.volunteer";
const UNDER_WAY = "kiosk.under-way";
const UNDER_WAY_OF = "kiosk.under-way-of";

function keep(shelf, key, value) {
  if (value === null) shelf.removeItem(key);
  else shelf.setItem(key, JSON.stringify(value));
}

function look(shelf, key) {
  try {
    return JSON.parse(shelf.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

export const store = {
  get token() { return look(localStorage, TOKEN); },
  set token(value) { keep(localStorage, TOKEN, value); },

  get volunteer() { return look(localStorage, VOLUNTEER) ?? ""; },
  set volunteer(name) { keep(localStorage, VOLUNTEER, name || null); },

  // A reload must not make a second card of the same words, so the body and its id outlive the page, not the tab.
  get underWay() { return look(sessionStorage, UNDER_WAY); },
  set underWay(card) { keep(sessionStorage, UNDER_WAY, card); },

  // Whose text its visitor agreed to: a device that is paired anew may belong to another campaign.
  get underWayOf() { return look(sessionStorage, UNDER_WAY_OF); },
  set underWayOf(slug) { keep(sessionStorage, UNDER_WAY_OF, slug); },
};

const MOST = 5; // cards that can be printed again from this page

/** The last cards of this page: numbers and where their paper is, no names. Gone with the page. */
export const lastCards = {
  items: [],
  add(card) {
    const kept = { id: card.id, number: card.number, postcard: card.postcard };
    this.items = [kept, ...this.items.filter((one) => one.id !== card.id)].slice(0, MOST);
  },
};

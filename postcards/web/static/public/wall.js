// The wall asks how the campaign stands, and changes what has changed: gently, and not at all while nobody looks.

const EVERY = 5000; // milliseconds between questions
const AT_MOST = 60000; // between questions to a server that is away

/** What the wall shows of the API's answer. */
function figuresOf(counts) {
  return {
    registered: counts.registered,
    posted: counts.by_status.handed_over ?? 0,
    arrived: counts.by_status.arrived ?? 0,
    remaining: counts.remaining,
  };
}

/** The server gives a label's forms in the order of its catalogues: for one, for a few, for the rest. */
const formFor = (forms, category) => forms[{ one: 0, few: 1 }[category] ?? forms.length - 1];

export function keepWall(board, language) {
  const number = new Intl.NumberFormat(language, { useGrouping: "always" }); // as the server writes it
  const label = board.querySelector("[data-label]");
  const plural = new Intl.PluralRules(language);
  const bar = board.querySelector("[data-bar]");
  let pause = EVERY;

  function show(counts) {
    for (const [name, value] of Object.entries(figuresOf(counts))) {
      const place = board.querySelector(`[data-figure="${name}"]`);
      const text = number.format(value);
      if (!place || place.textContent === text) continue;
      place.textContent = text;
      place.classList.remove("is-new");
      void place.offsetWidth; // so that the animation begins anew
      place.classList.add("is-new");
    }
    if (label) label.textContent = formFor(JSON.parse(label.dataset.label), plural.select(counts.registered));
    bar?.setAttribute("width", String(counts.cap ? (1000 * counts.registered) / counts.cap : 0));
  }

  async function ask() {
    try {
      if (document.visibilityState === "visible") {
        const answer = await fetch(board.dataset.wall, { headers: { Accept: "application/json" }, cache: "no-store" });
        if (!answer.ok) throw new Error(String(answer.status));
        show(await answer.json());
      }
      pause = EVERY;
    } catch {
      pause = Math.min(pause * 2, AT_MOST); // the last figures stay on the wall
    }
    setTimeout(ask, pause);
  }
  setTimeout(ask, pause);
}

/** One button for the whole screen, where the browser can do that. */
export function offerWholeScreen(button) {
  if (!button || !document.fullscreenEnabled) return;
  button.hidden = false;
  button.addEventListener("click", () => document.body.requestFullscreen().catch(() => {}));
}

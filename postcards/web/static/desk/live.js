// Looks again at what changes by itself, such as a run that is drawn: while the page is seen, until it has ended.

const EVERY = 2000;

/** What has the keyboard inside `place`, as something that can be found again in its next state. */
function held(place) {
  const active = document.activeElement;
  return place.contains(active) ? active.textContent.trim() : null;
}

function show(place, words) {
  const had = held(place);
  place.innerHTML = words;
  if (had === null) return;
  const again = [...place.querySelectorAll("a, button")].find((one) => one.textContent.trim() === had);
  if (again) again.focus({ preventScroll: true });
}

async function watch(place) {
  const answer = await fetch(place.dataset.live, { headers: { Accept: "text/html", "X-By-Itself": "yes" }, redirect: "error" });
  if (!answer.ok) throw new Error(String(answer.status));
  show(place, await answer.text());
  return place.querySelector("[data-live-end]") !== null;
}

/** Says once, to those who listen instead of looking, what has become of it. */
function say(place) {
  const voice = document.querySelector("[data-live-voice]");
  const word = place.querySelector(".badge");
  if (voice && word) voice.textContent = word.textContent;
}

for (const place of document.querySelectorAll("[data-live]")) {
  const look = async () => {
    let ended = false;
    try {
      if (!document.hidden && !place.querySelector("[aria-busy]")) ended = await watch(place);
    } catch {
      // The network is away for a moment, or the session is over: what is shown stays, and we ask again.
    }
    if (ended) say(place);
    else setTimeout(look, EVERY);
  };
  setTimeout(look, EVERY);
}

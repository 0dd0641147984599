// The public pages work without scripts; this shows times in the reader's own clock.

const language = document.documentElement.lang || "en";
for (const time of document.querySelectorAll("time[data-local][datetime]")) {
  const moment = new Date(time.dateTime);
  if (Number.isNaN(moment.valueOf())) continue;
  const style = time.dataset.local === "date" ? { dateStyle: "long" } : { dateStyle: "long", timeStyle: "short" };
  time.textContent = new Intl.DateTimeFormat(language, style).format(moment);
}

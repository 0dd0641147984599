// Countries by their names in the visitor's language, found by a few letters of any language of the campaign.

import { language } from "./texts.js";

// ISO 3166-1 alpha-2, officially assigned, and XK, which posts use.
const CODES = (
  "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT " +
  "BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH " +
  "ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT " +
  "HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS " +
  "LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI " +
  "NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG " +
  "SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG " +
  "UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW"
).split(" ");

const namesIn = new Map();

function names(tongue) {
  if (!namesIn.has(tongue)) {
    const display = new Intl.DisplayNames([tongue, "en"], { type: "region" });
    namesIn.set(tongue, new Map(CODES.map((code) => [code, display.of(code)])));
  }
  return namesIn.get(tongue);
}

export const countryName = (code, tongue = language()) => names(tongue).get(code) ?? code;

/** Letters alone: no case, no marks; ł, đ, ø and the like are not made of a letter and a mark. */
export function plain(text) {
  return text.normalize("NFD").replace(/\p{M}+/gu, "").toLowerCase()
    .replace(/ł/g, "l").replace(/đ/g, "d").replace(/ø/g, "o").replace(/ı/g, "i").replace(/ß/g, "ss").trim();
}

function rank(code, wanted, tongues) {
  if (code.toLowerCase() === wanted) return 3;
  let best = Infinity;
  tongues.forEach((tongue, place) => {
    const name = plain(names(tongue).get(code));
    const found = name.startsWith(wanted) ? 1 : name.split(/[\s\-(,]+/).some((word) => word.startsWith(wanted)) ? 2 : name.includes(wanted) ? 4 : Infinity;
    best = Math.min(best, found + (place > 0 ? 2 : 0));
  });
  return best;
}

/** Codes whose name fits what was typed, the best first; all of them, in order of name, when nothing was. */
export function findCountries(typed, { others = [], except = [] } = {}) {
  const collate = new Intl.Collator(language()).compare;
  const byName = (a, b) => collate(countryName(a), countryName(b));
  const wanted = plain(typed);
  const codes = CODES.filter((code) => !except.includes(code));
  if (!wanted) return codes.sort(byName);
  const tongues = [...new Set([language(), ...others, "en"])];
  return codes
    .map((code) => [code, rank(code, wanted, tongues)])
    .filter(([, place]) => place < Infinity)
    .sort(([a, x], [b, y]) => x - y || byName(a, b))
    .map(([code]) => code);
}

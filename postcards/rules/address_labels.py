"""What address fields are called in the product's six languages: words that people of a country expect."""

from __future__ import annotations

from typing import Final

from postcards.errors import InLanguages

_LANGUAGES: Final = ("en", "lt", "pl", "ru", "uk", "ro")

# kind (as in the address data) -> one label per language, in the order above
_LABELS: Final[dict[str, tuple[str, str, str, str, str, str]]] = {
    "lines": (
        "Street and number",
        "Gatvė ir namo numeris",
        "Ulica i numer domu",
        "Улица и номер дома",
        "Вулиця та номер будинку",
        "Strada și numărul",
    ),
    # towns
    "city": ("Town", "Miestas", "Miejscowość", "Город", "Місто", "Localitate"),
    "post_town": ("Post town", "Pašto miestas", "Miejscowość", "Город", "Місто", "Localitate"),
    "district": ("District", "Rajonas", "Dystrykt", "Район", "Район", "District"),
    "suburb": ("Suburb", "Priemiestis", "Przedmieście", "Пригород", "Передмістя", "Suburbie"),
    # regions
    "area": ("Area", "Sritis", "Obszar", "Район", "Район", "Zonă"),
    "county": ("County", "Apskritis", "Hrabstwo", "Графство", "Графство", "Județ"),
    "department": ("Department", "Departamentas", "Departament", "Департамент", "Департамент", "Departament"),
    "do_si": ("Do / Si", "Do / Si", "Do / Si", "До / Си", "До / Сі", "Do / Si"),
    "emirate": ("Emirate", "Emyratas", "Emirat", "Эмират", "Емірат", "Emirat"),
    "island": ("Island", "Sala", "Wyspa", "Остров", "Острів", "Insulă"),
    "oblast": ("Region", "Sritis", "Obwód", "Область", "Область", "Regiune"),
    "parish": ("Parish", "Parapija", "Parafia", "Округ", "Округ", "Parohie"),
    "prefecture": ("Prefecture", "Prefektūra", "Prefektura", "Префектура", "Префектура", "Prefectură"),
    "province": ("Province", "Provincija", "Prowincja", "Провинция", "Провінція", "Provincie"),
    "state": ("State", "Valstija", "Stan", "Штат", "Штат", "Stat"),
    # postcodes
    "postal": ("Postcode", "Pašto kodas", "Kod pocztowy", "Почтовый индекс", "Поштовий індекс", "Cod poștal"),
    "zip": ("ZIP code", "ZIP kodas", "Kod ZIP", "ZIP-код", "ZIP-код", "Cod ZIP"),
    "pin": ("PIN code", "PIN kodas", "Kod PIN", "PIN-код", "PIN-код", "Cod PIN"),
    "eircode": ("Eircode", "Eircode", "Eircode", "Eircode", "Eircode", "Eircode"),
}


def in_sentences(kind: str) -> InLanguages:
    """This will give what a kind of field is called within a sentence, in every language."""
    words = {language: label(kind, language).lower() for language in _LANGUAGES}
    return InLanguages(kind.replace("_", " "), words)


def label(kind: str, language: str) -> str:
    """This will return the label of a kind of field in that language, in English for a language we lack."""
    short = language.partition("-")[0]
    return _LABELS[kind][_LANGUAGES.index(short) if short in _LANGUAGES else 0]

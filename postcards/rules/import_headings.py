"""The headings under which a table of cards may keep its columns, in every language that the product speaks."""

from __future__ import annotations

from typing import Final

#: Field -> language -> headings. The first of a language is the one that we write ourselves. Signs and capitals do
#: not count: "E-mail of the sender", "sender_email" and "Sender.Email" are compared by their letters alone.
HEADINGS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "sender.name": {
        "en": ("sender name", "sender", "name of the sender", "from"),
        "lt": ("siuntėjo vardas", "siuntėjas", "siuntėjo vardas pavardė", "siuntėjo vardas ir pavardė", "nuo"),
        "pl": ("imię nadawcy", "nadawca", "imię i nazwisko nadawcy", "od"),
        "ru": ("имя отправителя", "отправитель", "фио отправителя", "от кого"),
        "uk": ("ім'я відправника", "відправник", "піб відправника", "від кого"),
        "ro": ("numele expeditorului", "expeditor", "expeditorul", "nume expeditor", "de la"),
    },
    "sender.email": {
        "en": ("sender e-mail", "e-mail", "mail", "e-mail address", "sender mail", "e-mail of the sender"),
        "lt": ("siuntėjo el. paštas", "el. paštas", "elektroninis paštas", "el. pašto adresas"),
        "pl": ("e-mail nadawcy", "adres e-mail", "poczta elektroniczna"),
        "ru": ("эл. почта отправителя", "эл. почта", "электронная почта", "почта отправителя", "емейл"),
        "uk": ("ел. пошта відправника", "ел. пошта", "електронна пошта", "пошта відправника"),
        "ro": ("e-mailul expeditorului", "e-mail expeditor", "adresa de e-mail", "poșta electronică"),
    },
    "recipient.name": {
        "en": ("recipient name", "recipient", "name of the recipient", "addressee", "to"),
        "lt": ("gavėjo vardas", "gavėjas", "gavėjo vardas pavardė", "gavėjo vardas ir pavardė", "kam"),
        "pl": ("imię adresata", "adresat", "imię i nazwisko adresata", "odbiorca", "imię i nazwisko odbiorcy", "do"),
        "ru": ("имя получателя", "получатель", "фио получателя", "адресат", "кому"),
        "uk": ("ім'я отримувача", "отримувач", "піб отримувача", "одержувач", "адресат", "кому"),
        "ro": ("numele destinatarului", "destinatar", "destinatarul", "nume destinatar", "către"),
    },
    "recipient.lines": {
        "en": ("street line", "street", "line", "lines", "address", "address line", "recipient lines", "recipient line",
               "recipient address", "recipient street", "street and number", "street address"),
        "lt": ("gatvė", "adresas", "adreso eilutė", "gatvė ir namo numeris", "gatvė namas butas", "gavėjo adresas"),
        "pl": ("ulica", "adres", "ulica i numer", "wiersz adresu", "linia adresu", "adres adresata", "adres odbiorcy"),
        "ru": ("улица", "адрес", "улица и дом", "строка адреса", "улица дом квартира", "адрес получателя"),
        "uk": ("вулиця", "адреса", "вулиця і будинок", "вулиця та будинок", "рядок адреси", "адреса отримувача"),
        "ro": ("strada", "adresa", "strada și numărul", "linia adresei", "rând adresă", "adresa destinatarului"),
    },
    "recipient.postal_code": {
        "en": ("postcode", "postal code", "zip", "zip code", "post code", "recipient postal code",
               "recipient postcode"),
        "lt": ("pašto kodas", "indeksas", "pašto indeksas"),
        "pl": ("kod pocztowy", "kod"),
        "ru": ("почтовый индекс", "индекс"),
        "uk": ("поштовий індекс", "індекс"),
        "ro": ("codul poștal", "cod poștal"),
    },
    "recipient.city": {
        "en": ("town", "city", "recipient city", "recipient town", "locality"),
        "lt": ("miestas", "vietovė", "gyvenvietė", "miestas ar kaimas"),
        "pl": ("miasto", "miejscowość"),
        "ru": ("город", "населённый пункт", "населенный пункт"),
        "uk": ("місто", "населений пункт"),
        "ro": ("localitatea", "orașul", "oraș", "localitate"),
    },
    "recipient.region": {
        "en": ("region", "state", "province", "county", "recipient region", "state or province"),
        "lt": ("regionas", "apskritis", "valstija", "sritis", "provincija"),
        "pl": ("region", "województwo", "stan", "prowincja"),
        "ru": ("регион", "область", "штат", "провинция"),
        "uk": ("регіон", "область", "штат", "провінція"),
        "ro": ("regiunea", "regiune", "județul", "județ", "stat"),
    },
    "recipient.country": {
        "en": ("country", "recipient country", "country code", "destination", "destination country"),
        "lt": ("šalis", "valstybė", "kraštas", "paskirties šalis"),
        "pl": ("kraj", "państwo", "kraj przeznaczenia"),
        "ru": ("страна", "страна назначения"),
        "uk": ("країна", "країна призначення"),
        "ro": ("țara", "țară", "țara de destinație"),
    },
    "message": {
        "en": ("message", "text", "words"),
        "lt": ("žinutė", "tekstas", "laiškas"),
        "pl": ("wiadomość", "tekst", "treść"),
        "ru": ("сообщение", "текст", "послание"),
        "uk": ("повідомлення", "текст", "послання"),
        "ro": ("mesajul", "mesaj", "textul", "text"),
    },
    "language": {
        "en": ("language", "card language"),
        "lt": ("kalba",),
        "pl": ("język",),
        "ru": ("язык",),
        "uk": ("мова",),
        "ro": ("limba", "limbă"),
    },
    "consent.arrival_notice": {
        "en": ("arrival notice", "consent arrival notice", "tell me of the arrival", "notify"),
        "lt": ("pranešti apie gavimą", "pranešimas apie gavimą", "pranešti"),
        "pl": ("powiadomić o dotarciu", "powiadomienie o dotarciu", "powiadomić"),
        "ru": ("сообщить о получении", "уведомление о получении", "уведомить"),
        "uk": ("повідомити про отримання", "сповіщення про отримання", "сповістити"),
        "ro": ("anunț de sosire", "anunță sosirea", "anunț"),
    },
    "consent.version": {
        "en": ("consent version", "consent"),
        "lt": ("sutikimo versija", "sutikimas"),
        "pl": ("wersja zgody", "zgoda"),
        "ru": ("версия согласия", "согласие"),
        "uk": ("версія згоди", "згода"),
        "ro": ("versiunea acordului", "acord", "consimțământ"),
    },
    "volunteer": {
        "en": ("volunteer",),
        "lt": ("savanoris", "savanorė"),
        "pl": ("wolontariusz", "wolontariuszka"),
        "ru": ("волонтёр", "волонтер", "доброволец"),
        "uk": ("волонтер", "волонтерка"),
        "ro": ("voluntar", "voluntară"),
    },
}  # fmt: skip

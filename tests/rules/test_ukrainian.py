"""The official romanisation, by the examples of the resolution's own table and by its rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postcards.rules.ukrainian import romanise_uk


@pytest.mark.parametrize(
    ("typed", "latin"),
    [
        ("Алушта", "Alushta"),
        ("Борщагівка", "Borshchahivka"),
        ("Вінниця", "Vinnytsia"),
        ("Гадяч", "Hadiach"),
        ("Ґалаґан", "Galagan"),
        ("Донецьк", "Donetsk"),
        ("Єнакієве", "Yenakiieve"),
        ("Наєнко", "Naienko"),
        ("Запоріжжя", "Zaporizhzhia"),
        ("Закарпаття", "Zakarpattia"),
        ("Медвин", "Medvyn"),
        ("Їжакевич", "Yizhakevych"),
        ("Кадиївка", "Kadyivka"),
        ("Йосипівка", "Yosypivka"),
        ("Стрий", "Stryi"),
        ("Київ", "Kyiv"),
        ("Харків", "Kharkiv"),
        ("Біла Церква", "Bila Tserkva"),
        ("Шостка", "Shostka"),
        ("Гоща", "Hoshcha"),
        ("Юрій", "Yurii"),
        ("Крюківка", "Kriukivka"),
        ("Яготин", "Yahotyn"),
        ("Костянтин", "Kostiantyn"),
        ("Знам'янка", "Znamianka"),
        ("Знам’янка", "Znamianka"),
        ("Феодосія", "Feodosiia"),
        ("Згорани", "Zghorany"),
        ("Розгон", "Rozghon"),
        ("КИЇВ", "KYIV"),
        ("ЯГОТИН", "YAHOTYN"),
        ("вул. Хрещатик, 1-Б", "vul. Khreshchatyk, 1-B"),
    ],
)
def test_words_of_the_table(typed: str, latin: str) -> None:
    assert romanise_uk(typed) == latin


def test_other_alphabets_stay() -> None:
    assert romanise_uk("Vilnius, Вышгород, 東京 5'") == "Vilnius, Вышгород, 東京 5'"


@given(st.text(st.sampled_from("абвгґдеєжзиіїйклмнопрстуфхцчшщьюяАЄЇЩЬ'’ʼ -1"), max_size=40))
def test_nothing_cyrillic_is_left_of_ukrainian(text: str) -> None:
    assert not any("\u0400" <= letter <= "\u052f" for letter in romanise_uk(text))

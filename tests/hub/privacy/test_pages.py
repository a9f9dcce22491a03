"""No page of the console shows a resident number whole."""

from hub.console.render import _environment

NUMBER = "62999919810204062X"


def test_a_resident_number_is_masked_wherever_a_page_shows_it() -> None:
    template = _environment().from_string("<b>{{ a }}</b> {{ b.c }} {{ n }}")
    text = template.render(a=f"李 {NUMBER}<", b={"c": NUMBER}, n=7)
    assert NUMBER not in text
    assert text == "<b>李 629***********062X&lt;</b> 629***********062X 7"

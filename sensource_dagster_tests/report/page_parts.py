"""A page taken apart: its elements, and the texts in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "img", "br", "link", "input"}
_CLOSED_BY_THE_NEXT = {"td", "th", "tr", "thead", "tbody", "tfoot"}


@dataclass
class Element:
    """An element with the text directly in it, and those that it is in. A text is a "#text" as well."""

    tag: str
    attributes: dict[str, str | None]
    within: tuple[Element, ...]
    text: str = field(default="")

    def is_in(self, tag: str) -> bool:
        return self.tag == tag or any(element.tag == tag for element in self.within)


class _Parts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"td", "th", "tr"}:
            while self._open[-1].tag in ({"td", "th"} if tag != "tr" else {"td", "th", "tr"}):
                self._open.pop()
        element = Element(tag, dict(attrs), tuple(self._open))
        assert len(element.attributes) == len(attrs), f"an attribute of <{tag}> is there twice"
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs), tuple(self._open)))

    def handle_endtag(self, tag: str) -> None:
        while self._open[-1].tag != tag:
            left_open = self._open.pop().tag
            assert left_open in _CLOSED_BY_THE_NEXT, f"<{left_open}> is open at </{tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1].text += data
            self.elements.append(Element("#text", {}, tuple(self._open), data))


def parts(page: str) -> list[Element]:
    """The elements of a page in its order. An element that is never closed, or closed elsewhere, fails."""
    parser = _Parts()
    parser.feed(page)
    parser.close()
    return parser.elements


def rows_of(elements: list[Element], section: str) -> list[list[str]]:
    """The texts of the cells of each row in the bodies of a section's tables. The section has this id."""
    return [
        [text_of(elements, cell) for cell in elements if cell.tag in {"th", "td"} and cell.within[-1] is row]
        for row in elements
        if row.tag == "tr" and row.is_in("tbody") and any(e.attributes.get("id") == section for e in row.within)
    ]


def text_of(elements: list[Element], outer: Element) -> str:
    texts = (element for element in elements if element.tag == "#text")
    inner = (text.text for text in texts if any(element is outer for element in text.within))
    return " ".join(" ".join(inner).split())

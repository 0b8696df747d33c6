"""A page as a reader of its values sees it: elements with their place, and the text outside all of them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "hr", "img", "link", "input"}
DRAWINGS = ("svg", "style", "script", "output", "title")


@dataclass
class Element:
    tag: str
    attributes: dict
    text: str = ""

    @property
    def path(self):
        return self.attributes.get("data-path")

    @property
    def file(self):
        return self.attributes.get("data-file", "result.json")


@dataclass
class PageReader(HTMLParser):
    """values: elements with ``data-path``; keys: with ``data-key``; citations: with ``data-file`` alone.

    other: the words outside of them, of drawings and of the interactive figure; tags: every start tag.
    """

    values: list = field(default_factory=list)
    keys: list = field(default_factory=list)
    citations: list = field(default_factory=list)
    other: list = field(default_factory=list)
    tags: list = field(default_factory=list)
    stack: list = field(default_factory=list)

    def __post_init__(self):
        super().__init__()

    def handle_starttag(self, tag, attrs):
        element = Element(tag, dict(attrs))
        self.tags.append(element)
        if tag not in VOID:
            self.stack.append(element)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag):
        element = self.stack.pop()
        assert element.tag == tag, f"</{tag}> ends <{element.tag}>"
        if "data-path" in element.attributes:
            self.values.append(element)
        elif "data-key" in element.attributes:
            self.keys.append(element)
        elif "data-file" in element.attributes:
            self.citations.append(element)

    def handle_data(self, data):
        kept = [e for e in self.stack if {"data-path", "data-key", "data-file"} & set(e.attributes)]
        for element in kept:
            element.text += data
        names = {element.tag for element in self.stack}
        figure = any(e.attributes.get("class", "").startswith("feebly-figure") for e in self.stack)
        if not kept and not figure and not names & set(DRAWINGS):
            self.other.append(data)


def read_page(text):
    reader = PageReader()
    reader.feed(text)
    reader.close()
    assert not reader.stack, f"not closed: {[element.tag for element in reader.stack]}"
    return reader

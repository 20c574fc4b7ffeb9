"""What is kept of Graphviz's SVG: no versions, no links, a class on all that is restyled, and names centred.

The classes, for a style sheet: ``card`` the ground; ``state`` a state, with its second outline ``ring``;
``every`` the box that stands for all states; ``frame`` the ground behind the steps of a state; ``arc`` an
arc, and ``line`` one that is a line inside a state's box.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from popsim.views.arcs import EVERY_STATE

SOURCE = "data-source"
"""The attribute of an SVG that holds the digest of its DOT source."""

_SVG = "http://www.w3.org/2000/svg"
_SCALE = 1.15
_CLASSES = {"node": "state", "edge": "arc", "cluster": "frame"}
_BLANK = "\N{NO-BREAK SPACE}"


def cleaned(svg: str, source: str) -> str:
    """An SVG as Graphviz writes it, made fit to be shipped and restyled.

    Args:
        svg: what Graphviz wrote.
        source: the digest of the DOT source.
    """
    drawn = ET.fromstring(svg)
    _, _, width, height = (float(n) for n in drawn.attrib["viewBox"].split())
    root = ET.Element("svg", {"xmlns": _SVG, "class": "popsim-diagram", "viewBox": drawn.attrib["viewBox"]})
    root.set("width", f"{width * _SCALE:.0f}")
    root.set("height", f"{height * _SCALE:.0f}")
    root.set(SOURCE, source)
    root.append(_card(width, height))
    ground = drawn.find(f"{{{_SVG}}}g")
    assert ground is not None
    shift = ET.SubElement(root, "g", {"transform": ground.attrib["transform"].split(") ")[-1]})
    # The ground's own shape is what the card replaces.
    shift.extend(_element(e) for e in ground if _tag(e) not in ("title", "polygon"))
    ET.indent(root, "")
    return ET.tostring(root, "unicode") + "\n"


def _card(width: float, height: float) -> ET.Element:
    """A light ground of its own, so that dark ink is read on a dark theme too."""
    place = {"x": "1", "y": "1", "width": f"{width - 2:.0f}", "height": f"{height - 2:.0f}", "rx": "8"}
    return ET.Element("rect", {"class": "card", **place, "fill": "#ffffff", "stroke": "#d5dce3"})


def _element(drawn: ET.Element) -> ET.Element:
    """An element without what is not shown."""
    if (link := _link(drawn)) is not None:
        line = ET.Element("g", {"id": drawn.attrib["id"].removeprefix("a_"), "class": "arc line"})
        line.extend(_element(child) for child in link)
        for ground in line.findall("polygon"):
            ground.attrib |= {"fill": "none", "pointer-events": "all"}
        return line
    kept = {k: v for k, v in drawn.attrib.items() if not k.startswith("{")}
    if "class" in kept:
        kept["class"] = _CLASSES.get(kept["class"], kept["class"])
    if kept.get("stroke") == "transparent":
        kept["stroke"] = "none"
    element = ET.Element(_tag(drawn), kept)
    element.text = drawn.text if element.tag == "text" else None
    element.extend(_element(child) for child in drawn if _tag(child) != "title")
    if kept.get("class") == "state":
        _finish_state(element)
    return element


def _link(drawn: ET.Element) -> ET.Element | None:
    """The link that Graphviz wraps around a cell with an id: the only way to get an element for a cell."""
    return drawn.find(f"{{{_SVG}}}a") if _tag(drawn) == "g" else None


def _finish_state(state: ET.Element) -> None:
    """Give a state the outline that shows when the session is there; anchor its name for all fonts."""
    outlines = [e for e in state if e.tag in ("path", "ellipse", "polygon")]
    middle = _middle(outlines[0])
    if state.get("id", "").startswith(EVERY_STATE):
        state.set("class", "every")
    else:
        state.append(_ring(outlines))
    for text in state.findall("text"):
        name = text.text or ""
        beside = name.endswith(_BLANK)
        text.set("text-anchor", "end" if beside else "middle")
        text.set("x", f"{middle - 16 if beside else middle:.2f}")
        text.text = name.strip(_BLANK)


def _ring(outlines: list[ET.Element]) -> ET.Element:
    """A second outline, hidden: inside a box, where arcs end, and outside a dot."""
    hidden = {"class": "ring", "fill": "none", "stroke": "none"}
    radii = [float(e.attrib["rx"]) for e in outlines if e.tag == "ellipse"]
    if radii:
        center = {k: outlines[0].attrib[k] for k in ("cx", "cy")}
        return ET.Element("circle", {**hidden, **center, "r": f"{max(radii) + 4:g}"})
    left, right, top, bottom = _extent(outlines[0])
    size = {"width": f"{right - left - 7:g}", "height": f"{bottom - top - 7:g}", "rx": "9"}
    return ET.Element("rect", {**hidden, "x": f"{left + 3.5:g}", "y": f"{top + 3.5:g}", **size})


def _extent(outline: ET.Element) -> tuple[float, float, float, float]:
    """The left, right, upper and lower end of a box's outline."""
    places = re.findall(r"(-?[\d.]+),(-?[\d.]+)", outline.get("d") or outline.get("points") or "")
    across, down = ([float(place[n]) for place in places] for n in (0, 1))
    return min(across), max(across), min(down), max(down)


def _middle(outline: ET.Element) -> float:
    """Where the middle of an outline is, from left to right."""
    if "cx" in outline.attrib:
        return float(outline.attrib["cx"])
    left, right, _, _ = _extent(outline)
    return (left + right) / 2


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]

"""Layers as JSON-ready values, with their texts in one language.

Responsible for the shape that the page and other programs rely on:

    {"hex": "4500...", "layers": [{
        "name": "tcp", "title": "TCP header", "offset": 20, "length": 28, "quoted": false,
        "fields": [{"name": "tcp.seq", "label": "Sequence number", "about": "...", "offset_bits": 32, "bits": 32,
                    "value": 99, "shown": "99", "text": "the initial sequence number (ISN)", "valid": null,
                    "group": ""}]}]}

`offset` and `length` count octets of the frame, `offset_bits` counts bits from the start of its layer.
"""

from __future__ import annotations

from typing import Any

from synfin.timeline.headers.fields import Field, Layer
from synfin.timeline.messages import Catalog


def label(field: Field, texts: Catalog) -> str:
    """What a field is called."""
    return texts.text(f"field.{field.name}")


def saying(field: Field, texts: Catalog) -> str:
    """What the value of a field says, or nothing; of a flag that is not set nothing."""
    if not field.say or (field.say.startswith("flag.") and field.value == 0):
        return ""
    params = dict(field.params)
    if field.say == "value.cut":
        params["field"] = texts.text(f"field.{params['field']}")
    return texts.text(field.say, **params)


def title(layer: Layer, texts: Catalog) -> str:
    """What a layer is called."""
    name = texts.text(f"layer.{layer.name}")
    return texts.text("layer.quoted", layer=name) if layer.quoted else name


def layers_document(frame: bytes, layers: list[Layer], texts: Catalog) -> dict[str, Any]:
    """The frame and its layers."""
    return {"hex": frame.hex(), "layers": [_layer(layer, texts) for layer in layers]}


def _layer(layer: Layer, texts: Catalog) -> dict[str, Any]:
    return {
        "name": layer.name,
        "title": title(layer, texts),
        "offset": layer.offset,
        "length": layer.length,
        "quoted": layer.quoted,
        "fields": [_field(field, texts) for field in layer.fields],
    }


def _field(field: Field, texts: Catalog) -> dict[str, Any]:
    return {
        "name": field.name,
        "label": label(field, texts),
        "about": texts.text(f"field.{field.name}.about"),
        "offset_bits": field.offset,
        "bits": field.bits,
        "value": field.value,
        "shown": field.shown,
        "text": saying(field, texts),
        "valid": field.valid,
        "group": field.group,
    }

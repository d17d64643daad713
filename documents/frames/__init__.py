"""Metadata frames: what Markdown files say of things, in YAML front matter and in `@metadata[:type] … @end` blocks.

    ---                              front matter: what the file says of itself
    title: 정비 지침
    ---
    # Engines
    @metadata:Engine                 a frame: what it says of an engine
    serial: E-7
    @end
    It powers [[Plane/N1]].          text and references, of the frame above

text ─► `read` ─► Source: frames with values and places, findings     `with_value` ─► the same text, one value another
"""

from documents.frames.editing import EditRefused, with_value
from documents.frames.markdown import Heading, Reference, Section, outline, sections
from documents.frames.source import Frame, Problem, Source, read
from documents.frames.values import Place

__all__ = ["EditRefused", "Frame", "Heading", "Place", "Problem", "Reference", "Section", "Source", "outline", "read"]
__all__ += ["sections", "with_value"]

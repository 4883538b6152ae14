"""What Pandoc's Typst lacks: fonts, links that are seen, tasks with a box and no bullet."""

import json
from collections.abc import Sequence

from services.gateway.fonts import Fonts

_LINKS = """#show link: it => if type(it.dest) == str {
  text(fill: rgb("#0b57d0"), underline(it))
} else { it }
"""


# The digit and the key around it are one glyph of this font, and two beside each other of others.
_KEYS = """#show regex("[0-9#*]\\u{fe0f}?\\u{20e3}"): set text(font: "Noto Emoji")
"""


def header(fonts: Fonts) -> str:
    """Return what a document begins with."""
    text, code = _array(fonts.text), _array(fonts.code)
    return f"#set text(font: {text})\n#show raw: set text(font: {code})\n{_KEYS}{_LINKS}"


def _array(names: Sequence[str]) -> str:
    return f"({' '.join(f'{json.dumps(name)},' for name in names)})"


# A filter in Lua. Pandoc writes a task as an item that begins with its box: what follows in the
# item stands under its words. Each list says what its items have before them, as one within a list
# of tasks would have nothing either.
FILTER = """
local function typst(text)
  return pandoc.RawBlock("typst", text)
end

local function is_task(item)
  local first = item[1] and item[1].content and item[1].content[1]
  return first and first.tag == "Str" and (first.text == "☐" or first.text == "☒")
end

function BulletList(list)
  local marker = "([•], [‣], [\\u{2013}])"
  if list.content:find_if(is_task) then
    marker = "none"
    for _, item in ipairs(list.content) do
      if #item > 1 then
        item:insert(2, typst("#pad(left: 1em)["))
        item:insert(typst("]"))
      end
    end
  end
  return {typst("#[\\n#set list(marker: " .. marker .. ")"), list, typst("]")}
end
"""

"""What Pandoc's Typst lacks: links that are seen, and tasks with a box and no bullet beside it."""

HEADER = """#show link: it => if type(it.dest) == str {
  text(fill: rgb("#0b57d0"), underline(it))
} else { it }
"""

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

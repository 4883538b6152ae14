/** What the buttons above an article do to it. */
import type { ChainedCommands, Editor } from "@tiptap/core";
import type { Name } from "../texts/locale";

export interface Tool {
  /** What stands on its button. */
  label: string;
  name: Name;
  /** Whether it holds where the cursor is; without it there is nothing that could hold. */
  active?: (editor: Editor) => boolean;
  able?: (editor: Editor) => boolean;
  run: (editor: Editor) => void;
}

type Act = (chain: ChainedCommands) => ChainedCommands;

const run = (act: Act) => (editor: Editor) => void act(editor.chain().focus()).run();
const toggle = (label: string, name: Name, kind: string, act: Act, attributes?: object): Tool => ({
  label,
  name,
  active: (editor) => editor.isActive(kind, attributes),
  run: run(act),
});
const act = (label: string, name: Name, does: Act): Tool => ({ label, name, run: run(does) });

/** In groups. */
export const TOOLS: Tool[][] = [
  [
    toggle("B", "tool_bold", "bold", (c) => c.toggleBold()),
    toggle("I", "tool_italic", "italic", (c) => c.toggleItalic()),
    toggle("S", "tool_strike", "strike", (c) => c.toggleStrike()),
    toggle("<>", "tool_code", "code", (c) => c.toggleCode()),
  ],
  [
    toggle("H", "tool_heading", "heading", (c) => c.toggleHeading({ level: 2 }), { level: 2 }),
    toggle("h", "tool_subheading", "heading", (c) => c.toggleHeading({ level: 3 }), { level: 3 }),
    toggle("•", "tool_bullets", "bulletList", (c) => c.toggleBulletList()),
    toggle("1.", "tool_numbers", "orderedList", (c) => c.toggleOrderedList()),
    toggle("☑", "tool_tasks", "taskList", (c) => c.toggleTaskList()),
    toggle("❝", "tool_quote", "blockquote", (c) => c.toggleBlockquote()),
    toggle("{ }", "tool_block", "codeBlock", (c) => c.toggleCodeBlock()),
    act("▦", "tool_table", (c) => c.insertTable({ rows: 3, cols: 2, withHeaderRow: true })),
  ],
  [
    { ...act("↶", "tool_undo", (c) => c.undo()), able: (editor) => editor.can().undo() },
    { ...act("↷", "tool_redo", (c) => c.redo()), able: (editor) => editor.can().redo() },
  ],
];

/** Where the cursor is in a table; their names stand on their buttons. */
export const TABLE_TOOLS: Pick<Tool, "name" | "run">[] = [
  { name: "tool_row_add", run: run((c) => c.addRowAfter()) },
  { name: "tool_column_add", run: run((c) => c.addColumnAfter()) },
  { name: "tool_row_drop", run: run((c) => c.deleteRow()) },
  { name: "tool_column_drop", run: run((c) => c.deleteColumn()) },
  { name: "tool_table_drop", run: run((c) => c.deleteTable()) },
];

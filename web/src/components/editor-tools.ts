/** What the editor knows besides Tiptap's own: Docreel's traces on blocks, and the buttons of its bar. */
import { type Editor, Extension } from "@tiptap/core";
import type { Name } from "../texts/locale";

// What Docreel keeps on blocks: where in the video they are from, who wrote them, what they are
// translated from (shared/formats/blocks.py). A new block is from the same place, and a person's.
const PLACE = ["segmentIds", "second"];
const TRACES = ["unsupported", "blockId", "machine", "source", "stale"];
export const Traces = Extension.create({
  name: "traces",
  addGlobalAttributes: () => [
    {
      types: ["codeBlock", "heading", "image", "listItem", "paragraph", "taskItem"],
      attributes: Object.fromEntries(
        [...PLACE, ...TRACES].map((name) => [
          name,
          { default: null, rendered: false, keepOnSplit: PLACE.includes(name) },
        ]),
      ),
    },
  ],
});

interface Tool {
  label: string;
  name: Name;
  active: (editor: Editor) => boolean;
  run: (editor: Editor) => void;
}

export const TOOLS: Tool[] = [
  { label: "B", name: "tool_bold", active: (e) => e.isActive("bold"), run: (e) => e.chain().focus().toggleBold().run() },
  { label: "I", name: "tool_italic", active: (e) => e.isActive("italic"), run: (e) => e.chain().focus().toggleItalic().run() },
  { label: "<>", name: "tool_code", active: (e) => e.isActive("code"), run: (e) => e.chain().focus().toggleCode().run() },
  { label: "H", name: "tool_heading", active: (e) => e.isActive("heading"), run: (e) => e.chain().focus().toggleHeading({ level: 2 }).run() },
  { label: "•", name: "tool_bullets", active: (e) => e.isActive("bulletList"), run: (e) => e.chain().focus().toggleBulletList().run() },
  { label: "1.", name: "tool_numbers", active: (e) => e.isActive("orderedList"), run: (e) => e.chain().focus().toggleOrderedList().run() },
  { label: "❝", name: "tool_quote", active: (e) => e.isActive("blockquote"), run: (e) => e.chain().focus().toggleBlockquote().run() },
  { label: "↶", name: "tool_undo", active: () => false, run: (e) => e.chain().focus().undo().run() },
  { label: "↷", name: "tool_redo", active: () => false, run: (e) => e.chain().focus().redo().run() },
];

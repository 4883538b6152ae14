// Holds documents against the schema that a Tiptap editor builds, as ProseMirror itself does.
//
//   node check.mjs check       JSON array of documents in; [{"error": string | null, "doc": {...}}] out
//   node check.mjs examples    the CommonMark specification's examples out: [{"markdown": ...}]
//
// "doc" is the document as the editor would give it back: an attribute that the schema does not know
// is missing from it.
import { readFileSync } from "node:fs";

import { Extension, getSchema } from "@tiptap/core";
import { Image } from "@tiptap/extension-image";
import { TaskItem, TaskList } from "@tiptap/extension-list";
import { TableKit } from "@tiptap/extension-table";
import { Node } from "@tiptap/pm/model";
import StarterKit from "@tiptap/starter-kit";
import commonmark from "commonmark-spec";

// What Docreel keeps on blocks beside Tiptap's own attributes; an editor declares the same.
const TRACED = ["codeBlock", "heading", "image", "listItem", "paragraph", "taskItem"];
const ATTRIBUTES = ["segmentIds", "second", "unsupported", "blockId", "machine", "source", "stale"];
const Traces = Extension.create({
  name: "traces",
  addGlobalAttributes: () => [
    {
      types: TRACED,
      attributes: Object.fromEntries(ATTRIBUTES.map((name) => [name, { default: null }])),
    },
  ],
});

const schema = getSchema([
  StarterKit,
  Image,
  TaskList,
  TaskItem.configure({ nested: true }),
  TableKit,
  Traces,
]);

function checked(json) {
  try {
    const doc = Node.fromJSON(schema, json);
    doc.check();
    return { error: null, doc: doc.toJSON() };
  } catch (error) {
    return { error: String(error), doc: null };
  }
}

const answer =
  process.argv[2] === "examples"
    ? commonmark.tests.map(({ markdown }) => ({ markdown: markdown.replaceAll("→", "\t") }))
    : JSON.parse(readFileSync(0, "utf8")).map(checked);
process.stdout.write(JSON.stringify(answer));

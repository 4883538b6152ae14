/** What the editor knows besides Tiptap's own: Docreel's traces on blocks. */
import { Extension } from "@tiptap/core";

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

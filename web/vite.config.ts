// Builds the page, the example pages, and `docreel.js`, which other sites load with a script tag.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  build: {
    target: "es2022",
    // Its preloads would ask the embedding site for our files.
    modulePreload: false,
    rollupOptions: {
      input: {
        index: here("index.html"),
        docreel: here("src/components/all.ts"),
        examples: here("examples/index.html"),
      },
      output: {
        // The only name that stays: it is what a script tag of another site says.
        entryFileNames: (chunk) =>
          chunk.name === "docreel" ? "docreel.js" : "assets/[name]-[hash].js",
      },
    },
  },
});

// What the scenarios share: Debian's Chromium, axe, and words with the test that started this.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import assert from "node:assert/strict";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const AXE = require.resolve("axe-core/axe.min.js");
const FLAGS =
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --enable-blink-features=ComputedAccessibilityInfo".split(" ");

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Let the test do something to the stack, such as `kill gateway`; return what it answers. */
export async function ask(what) {
  process.stdout.write(`${JSON.stringify({ ask: what })}\n`);
  const { value, done } = await answers.next();
  assert(!done, "the test has ended");
  return JSON.parse(value);
}

/** Run a scenario with a page of its own; an error of the page's own script fails it. */
export async function run(url, scenario, options = {}) {
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS });
  try {
    const context = await browser.newContext({ baseURL: url, viewport: { width: 1280, height: 900 }, ...options });
    context.setDefaultTimeout(20_000);
    const page = await context.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await scenario(page, context);
    assert.deepEqual(errors, []);
  } finally {
    await browser.close();
  }
}

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
// Dark and right-to-left at once: what depends on both is the contrast. Asked alone it costs a tenth more.
const LOOKS = [["light", "ltr", RULES], ["dark", "ltr", RULES], ["light", "rtl", RULES], ["dark", "rtl", ["color-contrast"]]];

/** Assert that axe finds nothing on what is shown, in light and dark, left-to-right and right-to-left. */
export async function accessible(page, name) {
  if (!(await page.evaluate(() => "axe" in window))) await page.addScriptTag({ path: AXE });
  for (const [colorScheme, dir, rules] of LOOKS) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.evaluate((value) => (document.documentElement.dir = value), dir);
    const found = await page.evaluate((runOnly) => window.axe.run(document, { runOnly }), rules);
    const told = found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => `${node.target.join(" ")} ${node.failureSummary}`).join("; ")}`);
    assert.deepEqual(told, [], `${name}, ${colorScheme}, ${dir}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert(wide <= 0, `${name} is ${wide} px wider than its window`);
  }
  await page.evaluate(() => (document.documentElement.dir = ""));
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
}

/** Upload a file with languages, by the upload page's own controls. */
export async function upload(page, file, title, languages) {
  await page.goto("/upload");
  await page.locator("input[type=file]").setInputFiles(file);
  await page.getByLabel("Title", { exact: true }).fill(title);
  for (const name of languages) await page.getByRole("checkbox", { name }).check();
  await page.getByRole("button", { name: "Upload the video" }).click();
}

/** Wait for a job's badge to say how it ended or goes. */
export async function status(page, wanted, timeout = 150_000) {
  await page.locator(`docreel-job-progress [data-status=${wanted}]`).first().waitFor({ timeout });
}

/** Count the API's requests that begin with a path. */
export function counted(page, path) {
  const seen = [];
  page.on("request", (request) => {
    if (new URL(request.url()).pathname.startsWith(path)) seen.push(request.url());
  });
  return seen;
}

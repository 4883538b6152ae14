// `node pictures.mjs SET URL FILE FOLDER`: pictures of the pages, on a real stack.
// `main` are those that the README shows; `all` are every page, wide and narrow, light and dark.
import { ask, run, status, upload } from "./browser.mjs";

const [set, url, file, folder] = process.argv.slice(2);
const SIZES = { 390: 844, 768: 1024, 1440: 900 };
const MAIN = { upload: [1440, "light"], progress: [1440, "light"], reader: [1440, "light"], beside: [1440, "dark"], editor: [1440, "light"], operations: [1440, "dark"] };

/** Take a page's picture in every form that is wished for. */
async function shoot(page, name, ready = async () => {}) {
  for (const [width, height] of Object.entries(SIZES)) {
    for (const scheme of ["light", "dark"]) {
      const wished = MAIN[name] ?? [];
      if (set === "main" && (Number(width) !== wished[0] || scheme !== wished[1])) continue;
      await page.setViewportSize({ width: Number(width), height });
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      await ready();
      await page.waitForTimeout(300);
      await page.screenshot({ path: `${folder}/${name}${set === "main" ? "" : `-${width}-${scheme}`}.png` });
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}

async function pictures(page) {
  await page.goto("/");
  await page.getByRole("heading", { name: "Turn your first video into documentation" }).waitFor();
  await shoot(page, "empty");

  await page.goto("/upload");
  await page.locator("input[type=file]").setInputFiles(file);
  await page.getByLabel("Title", { exact: true }).fill("How to create a work queue");
  for (const name of ["Spanish", "Catalan"]) await page.getByRole("checkbox", { name }).check();
  await shoot(page, "upload");
  await ask("kill translator"); // so that the job is seen on its way
  await page.getByRole("button", { name: "Upload the video" }).click();
  await page.getByText("You can navigate away.", { exact: true }).waitFor();
  await page.goto("/");
  await page.locator("docreel-active-jobs").getByRole("link").first().click();
  await page.locator("[data-stage=generating_docs][data-state=done]").waitFor({ timeout: 150_000 });
  await shoot(page, "progress");
  await ask("start translator");
  await status(page, "completed");
  await shoot(page, "ended");

  const { video } = await ask(set === "all" ? "stale blocks" : "processed video");
  await page.request.patch(`/api/videos/${video}`, { data: { title: "Work queues in a minute" } });
  const reader = `/videos/${video}`;
  await page.goto("/");
  await page.locator("docreel-active-jobs").getByRole("link").first().waitFor();
  await shoot(page, "project");
  await page.goto(reader);
  const seek = async () => {
    await page.locator("article .block[data-start]").nth(1).waitFor();
    await page.locator("video").evaluate(async (player) => {
      player.preload = "auto";
      player.currentTime = 8;
      player.pause();
      // Without its film a player turns a wheel; it is no part of the picture.
      for (let n = 0; n < 100 && (player.seeking || player.readyState < 4); n += 1) {
        await new Promise((done) => setTimeout(done, 100));
      }
      await new Promise((done) => setTimeout(done, 1500)); // the wheel fades
    });
  };
  await shoot(page, "reader", seek);
  await page.locator("[data-control=beside]").selectOption("es");
  await shoot(page, "beside", seek);
  await page.getByText("Export", { exact: true }).click();
  await shoot(page, "export");
  await page.goto(reader);
  await page.locator("[data-control=language]").selectOption("es");
  await page.getByRole("button", { name: /^Edit: / }).first().click();
  await page.locator(".tiptap").waitFor();
  await shoot(page, "stale");
  await page.goto(reader);
  await page.getByRole("button", { name: /^Edit: / }).first().click();
  await page.locator(".tiptap").waitFor();
  await seek();
  await shoot(page, "editor", () => page.locator("docreel-article-editor").scrollIntoViewIfNeeded());
  await page.goto(reader);
  await page.locator("[data-edit=subtitles]").click();
  const cue = page.getByRole("textbox", { name: /^Text at/ }).first();
  await cue.fill("One line that is much, much longer than any line of subtitles should ever be.");
  await shoot(page, "subtitles", () => page.locator("docreel-subtitle-editor").scrollIntoViewIfNeeded());
  page.on("dialog", (dialog) => dialog.accept());
  if (set === "all") await atWork(page, video);
  await ask("spending");
  await page.goto("/operations");
  await page.locator("[data-service=transcriber]").waitFor();
  await page.locator("[data-costs]").waitFor();
  await shoot(page, "operations");
  if (set === "all") await others(page, reader);
}

/** What the reader shows while something is done to its video. */
async function atWork(page, video) {
  const reader = `/videos/${video}`;
  await page.goto(reader);
  await page.getByRole("button", { name: "Add languages" }).click();
  await page.getByRole("checkbox", { name: "Galician" }).check();
  await shoot(page, "adding", () => page.locator("docreel-add-languages").scrollIntoViewIfNeeded());
  await page.getByRole("button", { name: "Translate", exact: true }).click();
  await page.waitForURL(/\/jobs\//);
  await page.goto(reader);
  await page.locator("docreel-video-job [data-status]").waitFor();
  await shoot(page, "processed-again");
  await page.locator("docreel-video-job [data-status]").waitFor({ state: "detached", timeout: 150_000 });
  await page.goto(`/videos/${(await ask("uploaded video")).video}`);
  await page.getByRole("heading", { name: "Process this video" }).waitFor();
  await shoot(page, "fresh");
  await page.goto(reader);
  await page.getByRole("button", { name: /^Edit: / }).nth(1).click();
  await page.getByRole("textbox", { name: "Text of the article" }).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.press("Enter");
  await page.getByRole("toolbar").getByRole("button", { name: "Table", exact: true }).click();
  await page.waitForTimeout(300);
  await page.keyboard.type("Key");
  await page.locator("[data-saving=saved]").waitFor();
  await shoot(page, "table", () => page.locator("docreel-editor-tools").scrollIntoViewIfNeeded());
  const row = page.locator("docreel-article-editor");
  const id = await row.evaluate((one) => one.article);
  const told = await page.request.get(`/api/articles/${id}`);
  await page.request.patch(`/api/articles/${id}`, { data: { title: "Somebody else's title" }, headers: { "If-Match": told.headers()["etag"] } });
  await page.keyboard.type(" and more");
  await page.locator("[data-saving=conflict]").waitFor();
  await shoot(page, "conflict", () => row.scrollIntoViewIfNeeded());
  const { job } = await ask("failed job");
  await page.goto(`/jobs/${job}`);
  await status(page, "failed");
  await shoot(page, "failed");
}

/** The example pages. */
async function examples(page) {
  await page.goto("/examples/index.html");
  await page.getByRole("link", { name: "docreel-reader" }).waitFor();
  const names = await page.getByRole("listitem").getByRole("link").allTextContents();
  await shoot(page, "examples");
  for (const name of names) {
    await page.goto(`/examples/index.html?${name}`);
    await page.locator(name).waitFor();
    await page.waitForTimeout(1500);
    await shoot(page, `example-${name.replace("docreel-", "")}`);
  }
}

/** Where users have accounts. */
async function login(page) {
  await page.goto("/");
  await page.getByLabel("Email").fill("writer@example.com");
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("Invalid login credentials").waitFor();
  await shoot(page, "login");
}

/** What is seen seldom. */
async function others(page, reader) {
  await shoot(page, "costs", () => page.locator("[data-costs]").scrollIntoViewIfNeeded());
  await ask("dead letter");
  await page.getByRole("button", { name: /^Show: / }).click();
  await page.getByText("it is odd").waitFor();
  await shoot(page, "dead", () => page.locator("[data-dead]").scrollIntoViewIfNeeded());
  await ask("heard again");
  await page.goto(reader);
  await page.locator("[data-edit=subtitles]").click();
  await page.getByText(/^Cues that the machine heard/).click();
  await shoot(page, "heard", () => page.locator("docreel-subtitle-proposal").scrollIntoViewIfNeeded());
  await page.goto("/nowhere");
  await page.getByRole("link", { name: "Back to the videos" }).waitFor();
  await shoot(page, "nowhere");
  for (const [name, path] of [["rtl-reader", reader], ["rtl-operations", "/operations"]]) {
    await page.goto(path);
    await page.evaluate(() => (document.documentElement.dir = "rtl"));
    await page.locator("docreel-app h1").waitFor();
    await page.waitForTimeout(1000);
    await shoot(page, name);
  }
  await page.evaluate(() => (document.documentElement.dir = ""));
  await examples(page);
}

await run(url, set === "login" ? login : pictures);
process.exit(0);

// The whole way without a pointer, and what has to hold after every key: the focus is somewhere, and seen.
import assert from "node:assert/strict";
import { accessible, status } from "./browser.mjs";

const MOST = 60; // Tabs to a control

/** What has the focus, as a screen reader is told it, and whether it can be seen there. */
function focused(page) {
  return page.evaluate(() => {
    let one = document.activeElement;
    while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
    if (!one || one === document.body || one === document.documentElement) return null;
    const style = getComputedStyle(one);
    const shadow = style.boxShadow;
    let ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && !/, 0\)$|transparent/.test(style.outlineColor);
    if (!ring && shadow !== "none") {
      one.blur();
      ring = getComputedStyle(one).boxShadow !== shadow;
      one.focus({ preventScroll: true });
    }
    const box = one.getClientRects()[0] ?? new DOMRect();
    const [left, right] = [Math.max(0, box.left), Math.min(innerWidth, box.right)];
    const [top, bottom] = [Math.max(0, box.top), Math.min(innerHeight, box.bottom)];
    // What the eye finds in the middle of what is in sight of it: the element, or something in it.
    let hit = null;
    for (let root = document; root; ) {
      const found = root.elementFromPoint((left + right) / 2, (top + bottom) / 2);
      root = found && found !== hit ? found.shadowRoot : null;
      hit = found ?? hit;
    }
    let within = hit;
    while (within && within !== one) within = within.parentNode ?? within.host;
    return {
      role: one.computedRole,
      name: one.computedName,
      tag: one.localName,
      ring,
      inside: right - left > 1 && bottom - top >= Math.min(box.height, 24) - 1,
      covered: within === one ? "" : (hit?.outerHTML.slice(0, 120) ?? "nothing"),
    };
  });
}

/** Assert that the focus is not lost, is shown, and stands in the window with nothing over it. */
async function held(page, after, pause = 60) {
  // A picture is drawn meanwhile, in which the browser takes the focus from what is no more.
  if (pause) await page.waitForTimeout(pause);
  const told = await focused(page);
  assert(told, `the focus is lost after ${after}`);
  const what = `${told.role} "${told.name}" <${told.tag}> after ${after}`;
  // A player draws its own ring around each of its buttons.
  assert(told.ring || told.tag === "video", `no focus indicator on ${what}`);
  assert(told.inside, `not in the window: ${what}`);
  assert.equal(told.covered, "", `covered: ${what}`);
  return told;
}

/** Press a key, and look where the focus is then. */
async function press(page, key) {
  await page.keyboard.press(key);
  return held(page, key);
}

/** Walk by Tab, or back, until a control of this role and name has the focus. */
async function tab(page, role, name, key = "Tab") {
  const passed = [];
  let outside = 0;
  for (let n = 0; n < MOST; n += 1) {
    await page.keyboard.press(key);
    // At its end Tab leaves the page for the browser's own bar, from which the next one comes back.
    if ((await focused(page)) === null && (outside += 1) === 1) continue;
    const told = await held(page, `${key} on the way to ${role} ${name}`, 0);
    if (told.role === role && (name instanceof RegExp ? name.test(told.name) : told.name === name)) return told;
    passed.push(`${told.role} ${told.name}`);
  }
  assert.fail(`no ${role} ${name} within ${MOST} times ${key}: ${passed.join(", ")}`);
}

async function at(page, role, name) {
  const told = await held(page, `looking for ${role} ${name}`);
  assert.equal(told.role, role, `${told.role} ${told.name} has the focus, not ${role} ${name}`);
  assert.match(told.name, name);
}

/** From the first page to a job's end. */
async function uploaded(page, file) {
  page.on("filechooser", () => undefined); // from the first listener on the browser tells of them
  await page.goto("/");
  await page.getByRole("link", { name: "Upload a video" }).first().waitFor();
  await page.keyboard.press("Tab");
  await at(page, "button", /^Skip to the content$/);
  assert.equal((await press(page, "Enter")).role, "main");
  await tab(page, "link", "Upload a video");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Upload videos" }).waitFor();
  await at(page, "main", /^/);
  await tab(page, "combobox", "Colours", "Shift+Tab");
  await press(page, "ArrowDown");
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "light");
  await press(page, "ArrowUp");
  await tab(page, "link", "Videos", "Shift+Tab");
  await press(page, "Enter");
  await page.getByRole("link", { name: "Upload a video" }).first().waitFor();
  await tab(page, "link", "Upload", "Shift+Tab");
  await press(page, "Enter");
  await page.getByText("Drop videos here").waitFor();

  await tab(page, "button", "Choose files");
  for (const [title, chosen] of [[0, { name: "talk.mp4", mimeType: "video/mp4", buffer: Buffer.from("another one") }], [1, file]]) {
    const choosing = page.waitForEvent("filechooser");
    await page.keyboard.press("Enter");
    await (await choosing).setFiles(chosen);
    await page.getByLabel("Title", { exact: true }).nth(title).waitFor();
    await at(page, "button", /^Choose files$/);
  }
  await tab(page, "button", "Leave out talk.mp4");
  await press(page, "Enter");
  assert.equal(await page.getByLabel("Title", { exact: true }).count(), 1);
  await tab(page, "textbox", "Title", "Shift+Tab");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("By the keyboard");
  for (const [search, language] of [["germ", "German"], ["arab", "Arabic"]]) {
    await tab(page, "searchbox", "Search languages", language === "German" ? "Tab" : "Shift+Tab");
    await page.keyboard.press("Control+A");
    await page.keyboard.type(search);
    await tab(page, "checkbox", language);
    await press(page, "Space");
    assert(await page.getByRole("checkbox", { name: language }).isChecked());
  }
  await tab(page, "button", "Remove German");
  await press(page, "Space");
  assert.equal(await page.getByRole("button", { name: /^Remove / }).count(), 1);
  await tab(page, "button", "Upload the video");
  await press(page, "Enter");
  await page.getByText("You can navigate away.", { exact: true }).waitFor();
  await held(page, "the upload's end");

  await tab(page, "button", "Cancel");
  await press(page, "Enter");
  await status(page, "cancelled");
  await held(page, "the job's cancellation");
  await tab(page, "button", /^(Try again|Retry)/);
  await press(page, "Enter");
  await tab(page, "link", "Videos", "Shift+Tab");
  await press(page, "Enter");
  await tab(page, "link", "By the keyboard");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/jobs\//);
  await page.getByRole("button", { name: "Cancel", exact: true }).or(page.getByRole("link", { name: "Read and edit" })).first().waitFor();
  await held(page, "a link to a job");
  // It has the focus when the job ends, and is no more then.
  if (await page.getByRole("button", { name: "Cancel", exact: true }).count()) await tab(page, "button", "Cancel");
  await status(page, "completed");
  await held(page, "the job's end");
  await tab(page, "link", "Read and edit");
  await page.keyboard.press("Enter");
  await page.locator("article[data-article]").first().waitFor();
  await at(page, "main", /^/);
}

/** What is read, played and taken along. */
async function read(page) {
  await tab(page, "combobox", "Language");
  await press(page, "ArrowDown");
  await page.locator("article[lang=ar][data-article]").first().waitFor();
  await at(page, "combobox", /^Language$/);
  await press(page, "ArrowUp");
  await page.locator("article[lang=en][data-article]").first().waitFor();

  await tab(page, "", "Export");
  const open = () => page.locator("docreel-export-menu details[open]").count();
  await press(page, "Enter");
  assert.equal(await open(), 1);
  await tab(page, "button", "Documents as a page (HTML)");
  await press(page, "Escape");
  assert.equal(await open(), 0);
  await at(page, "", /^Export$/);
  await press(page, "Space");
  await tab(page, "button", "Subtitles (WebVTT)");
  const saving = page.waitForEvent("download");
  await page.keyboard.press("Enter");
  assert.equal((await saving).suggestedFilename(), "By the keyboard.en.vtt");
  await page.waitForTimeout(200);
  assert.equal(await open(), 0);
  await at(page, "", /^Export$/);
  // Left by Tab it does not stay over what has the focus then.
  await press(page, "Space");
  await press(page, "Shift+Tab");
  assert.equal(await open(), 0);

  const { name } = await tab(page, "button", /^Play from 0:1\d$/);
  await press(page, "Enter");
  const second = Number(name.slice(-2));
  await page.waitForFunction(
    (from) => {
      const { shadowRoot: app } = document.querySelector("docreel-app");
      const { currentTime, paused } = app.querySelector("docreel-reader").shadowRoot.querySelector("docreel-player").shadowRoot.querySelector("video");
      return currentTime > from - 0.1 && currentTime < from + 10 && !paused;
    },
    second,
  );
  await at(page, "button", new RegExp(`^${name}$`));
}

/** An article's editor: its tools are one stop, and it is left to where it was entered. */
async function edited(page) {
  await tab(page, "button", /^Edit: /);
  await page.keyboard.press("Enter");
  await page.locator(".tiptap").waitFor();
  await page.waitForTimeout(200);
  await at(page, "textbox", /^Text of the article$/);
  await press(page, "Shift+Tab");
  await at(page, "button", /^Bold$/);
  const tools = await page.getByRole("toolbar").getByRole("button").evaluateAll((all) => all.map((one) => one.getAttribute("aria-label")));
  assert(tools.length >= 9);
  for (const name of [...tools.slice(1), tools[0]]) assert.equal((await press(page, "ArrowRight")).name, name);
  assert.equal((await press(page, "ArrowLeft")).name, tools.at(-1));
  assert.equal((await press(page, "Home")).name, tools[0]);
  assert.equal((await press(page, "End")).name, tools.at(-1));
  // One stop: the next ones are the text, and the title.
  await press(page, "Tab");
  await at(page, "textbox", /^Text of the article$/);
  await press(page, "Escape");
  assert.equal((await held(page, "Escape from the text")).name, tools.at(-1));
  await press(page, "Shift+Tab");
  await at(page, "textbox", /^Title of the article$/);
  await press(page, "Tab");
  await press(page, "Home");
  await tab(page, "textbox", "Text of the article");
  await page.keyboard.press("Control+End");
  await page.keyboard.press("Enter");
  await press(page, "Escape");
  await press(page, "Enter"); // bold
  await page.waitForTimeout(100);
  await at(page, "textbox", /^Text of the article$/);
  await page.keyboard.type("Typed in bold.");
  await page.locator(".tiptap strong", { hasText: "Typed in bold." }).waitFor();
  await page.locator("[data-saving=saved]").waitFor();
  await accessible(page, "the editor with its tools");
  await tab(page, "combobox", /^Status/, "Shift+Tab");
  await press(page, "ArrowDown");
  await page.locator("[data-saving=saved]").waitFor();
  await tab(page, "button", "Done");
  await page.keyboard.press("Enter");
  await page.locator("article[data-article] strong", { hasText: "Typed in bold." }).waitFor();
  await at(page, "button", /^Edit: /);
  assert.equal(await page.getByText("In review", { exact: true }).count(), 1);
}

/** The subtitles' editor, in which one that is removed leaves the place to the next. */
async function subtitled(page) {
  await tab(page, "button", "Edit subtitles: English", "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("textbox", { name: /^Text at/ }).first().waitFor();
  await at(page, "heading", /^Edit subtitles: English$/);
  const cues = () => page.getByRole("textbox", { name: /^Text at/ }).count();
  const before = await cues();
  await tab(page, "button", /^Remove the subtitle at 0:05$/);
  await press(page, "Enter");
  assert.equal(await cues(), before - 1);
  await at(page, "button", /^Remove the subtitle at 0:10$/);
  await tab(page, "textbox", /^Text at 0:10$/, "Shift+Tab");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("A line of my own.");
  await tab(page, "button", /^Play from 0:00$/, "Shift+Tab");
  await tab(page, "button", "Save", "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.locator("docreel-subtitle-editor [role=status]", { hasText: "Saved" }).waitFor();
  await held(page, "saving subtitles");
  await tab(page, "button", "Close");
  await page.keyboard.press("Enter");
  await page.locator("article[data-article]").first().waitFor();
  await at(page, "button", /^Edit subtitles: English$/);
}

/** The question before a deletion has the focus, Escape says no, and a deletion leads to the videos. */
async function deleted(page) {
  await tab(page, "button", "Delete the video", "Shift+Tab");
  await press(page, "Enter");
  await at(page, "group", /^The video goes with its articles/);
  await press(page, "Escape");
  await at(page, "button", /^Delete the video$/);
  await press(page, "Enter");
  await tab(page, "button", "Keep it");
  await press(page, "Enter");
  await at(page, "button", /^Delete the video$/);
  await press(page, "Enter");
  await tab(page, "button", "Delete it for good");
  await page.keyboard.press("Enter");
  await page.waitForURL((address) => address.pathname === "/");
  await page.getByRole("link", { name: "Upload a video" }).first().waitFor();
  await at(page, "main", /^/);
}

export async function keyboard(page, _, file) {
  await uploaded(page, file);
  await read(page);
  await edited(page);
  await subtitled(page);
  await deleted(page);
}

// Walks in the subtitles' editor: cues inserted, split, merged, undone, and what is stored of them.
import assert from "node:assert/strict";
import { accessible, ask } from "./browser.mjs";

const CUES = [
  { start: 1, end: 4, text: "One two three\nfour" },
  { start: 4, end: 6, text: "Five." },
  { start: 8, end: 9, text: "A line that is longer than any line of subtitles should be." },
  { start: 12, end: 14, text: "Six." },
  { start: 20, end: 29, text: "Seven." },
];

/** What the gateway has of a track. */
async function stored(page, video) {
  const { cues } = await (await page.request.get(`/api/videos/${video}/subtitles/es`)).json();
  return cues.map(({ start, end, text }) => `${start} ${end} ${text}`);
}

/** Put cues into a track, as somebody else would. */
async function put(page, video, cues) {
  const path = `/api/videos/${video}/subtitles/es`;
  const { etag } = (await page.request.get(path)).headers();
  assert.ok((await page.request.put(path, { data: { cues }, headers: { "If-Match": etag } })).ok());
}

async function opened(page, video) {
  await page.goto(`/videos/${video}`);
  await page.locator("[data-control=language]").selectOption("es");
  await page.locator("[data-edit=subtitles]").click();
  await text(page, "0:01").first().waitFor();
}

const text = (page, at) => page.getByRole("textbox", { name: `Text at ${at}`, exact: true });
const button = (page, name) => page.getByRole("button", { name, exact: true });
const texts = (page) => page.locator("docreel-subtitle-editor textarea").evaluateAll((all) => all.map((one) => one.value));
const badge = (page, says) => page.locator("docreel-subtitle-editor .badge[role=status]", { hasText: says });

/** Where the focus is, through all shadow roots: its name, or what it is. */
const focused = (page) =>
  page.evaluate(() => {
    let held = document.activeElement;
    while (held?.shadowRoot?.activeElement) held = held.shadowRoot.activeElement;
    return held?.getAttribute("aria-label") ?? held?.tagName ?? "";
  });

/** Let the video stand at a second, as who looks for a place in it does. */
async function stand(page, second) {
  await page.locator("video").evaluate((player, at) => {
    player.pause();
    player.currentTime = at;
  }, second);
  await page.getByRole("button", { name: /^Add at/ }).waitFor();
  await page.waitForFunction((at) => {
    const reader = document.querySelector("docreel-app").shadowRoot.querySelector("docreel-reader").shadowRoot;
    return Math.abs((reader.querySelector("docreel-subtitle-editor").now ?? -1) - at) < 0.05;
  }, second);
}

async function save(page) {
  await button(page, "Save").click();
  await badge(page, /^Saved$/).waitFor();
}

export const cueing = {
  /** Cues are inserted, split, merged, moved, undone and led through, and stored as they are seen. */
  async cues(page) {
    const { video } = await ask("processed video");
    await put(page, video, CUES);
    await opened(page, video);
    const before = await texts(page);

    // A phone has room for it, and only the cue that is worked on has its buttons.
    assert.equal(await page.locator("docreel-subtitle-editor [role=group]").count(), 0);
    await page.setViewportSize({ width: 390, height: 844 });
    await text(page, "0:01").click();
    assert.equal(await page.getByRole("group", { name: "For the subtitle at 0:01" }).count(), 1);
    await accessible(page, "a cue's buttons on a phone");
    await page.setViewportSize({ width: 1280, height: 900 });

    // Split at the cursor: eleven letters before it and four behind share three seconds.
    await text(page, "0:01").evaluate((field) => field.setSelectionRange(14, 14));
    await button(page, "Split at the cursor: 0:01").click();
    assert.deepEqual((await texts(page)).slice(0, 3), ["One two three", "four", "Five."]);
    assert.equal(await focused(page), "Text at 0:03");
    // At the end of a text there is nothing to split, which is said at its place.
    await page.keyboard.press("Control+End");
    await button(page, "Split at the cursor: 0:03").click();
    await page.locator("[data-key] .notice", { hasText: "Put the cursor into the text" }).waitFor();
    assert.equal((await texts(page)).length, 6);

    // By the keyboard alone: behind the text come its buttons.
    await text(page, "0:03").focus();
    for (let n = 0; (await focused(page)) !== "Merge with the next one: 0:03"; n += 1) {
      assert(n < 10, `the keyboard does not reach it, but ${await focused(page)}`);
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
    assert.deepEqual((await texts(page)).slice(0, 2), ["One two three", "four\nFive."]);
    await button(page, "Insert after: 0:03").click();
    await page.keyboard.type("In the gap.");
    await accessible(page, "the subtitles' editor with a cue inserted");

    // Undone outside of text fields by keys, and by buttons; what was typed is one step.
    await page.getByRole("button", { name: "Play from 0:12" }).focus();
    for (let n = 0; n < 4; n += 1) await page.keyboard.press("Control+z");
    assert.deepEqual(await texts(page), before);
    await badge(page, /^Saved$/).waitFor();
    assert.equal(await button(page, "Undo").getAttribute("aria-disabled"), "true");
    await page.keyboard.press("Control+Shift+Z");
    assert.equal((await texts(page)).length, 6);
    for (let n = 0; n < 3; n += 1) await button(page, "Redo").click();
    assert.deepEqual((await texts(page)).slice(0, 3), ["One two three", "four\nFive.", "In the gap."]);
    await button(page, "Undo").click();
    assert.deepEqual((await texts(page)).slice(1, 3), ["four\nFive.", ""]);

    // What cannot be stored is said where it is, and nothing is sent.
    const sent = [];
    page.on("request", (request) => request.method() === "PUT" && sent.push(request.url()));
    await button(page, "Save").click();
    await page.locator("[data-refused]", { hasText: "Write a text, or remove it" }).waitFor();
    assert.equal(await focused(page), "Text at 0:06");
    await accessible(page, "a cue that cannot be stored");
    assert.deepEqual(sent, []);
    // What only the gateway knows to refuse is said at the same place, in its words.
    await text(page, "0:06").fill("No\u0000text");
    await button(page, "Save").click();
    await page.locator("[data-refused]", { hasText: "remove the characters that are no text" }).waitFor();
    assert.equal(sent.length, 1);
    await text(page, "0:06").fill("In the gap.");
    assert.equal(await page.locator("[data-refused]").count(), 0);
    await save(page);
    assert.deepEqual((await stored(page, video)).slice(0, 4), [
      "1 3.2 One two three",
      "3.2 6 four\nFive.",
      "6 8 In the gap.",
      "8 9 A line that is longer than any line of subtitles should be.",
    ]);

    // From one mark to the next, and around.
    await page.getByRole("button", { name: "Play from 0:01" }).focus();
    await button(page, "Next mark").click();
    assert.equal(await focused(page), "Text at 0:08");
    await page.keyboard.press("F8");
    assert.equal(await focused(page), "Text at 0:20");
    await page.keyboard.press("F8");
    assert.equal(await focused(page), "Text at 0:08");

    // At the second where the video stands: a new one, a beginning, an end; not where one stands already.
    await stand(page, 16.5);
    await button(page, "Add at 0:16").click();
    await page.keyboard.type("Where the video is.");
    await stand(page, 12.5);
    await button(page, "Add at 0:12").click();
    await page.locator("[data-key] .notice", { hasText: "There is no room" }).waitFor();
    await button(page, "Begin now: 0:12").click();
    await stand(page, 13.75);
    await button(page, "End now: 0:12").click();
    assert.equal(await page.getByRole("spinbutton", { name: "Ends, in seconds, the subtitle at 0:12" }).inputValue(), "13.75");
    // A time that is typed moves the line, and the focus goes along.
    await page.getByRole("spinbutton", { name: "Begins, in seconds, at 0:20" }).fill("7");
    await page.keyboard.press("Enter");
    assert.equal(await focused(page), "Begins, in seconds, at 0:07");
    assert.equal((await texts(page))[3], "Seven.");
    await button(page, "Undo").click();
    // The buttons of the cue above go away, but not from under a mouse that is pressed further down.
    await text(page, "0:01").click();
    await button(page, "Remove the subtitle at 0:08").hover();
    await page.mouse.down();
    await page.waitForTimeout(100);
    await page.mouse.up();
    assert.equal(await focused(page), "Remove the subtitle at 0:12");
    // Closing asks before anything is lost.
    await button(page, "Close").click();
    await page.locator("[data-asking=leaving]").waitFor();
    await accessible(page, "unsaved subtitles that would be lost");
    await button(page, "Go on editing").click();
    await save(page);
    assert.deepEqual(await stored(page, video), [
      "1 3.2 One two three",
      "3.2 6 four\nFive.",
      "6 8 In the gap.",
      "12.5 13.75 Six.",
      "16.5 18.5 Where the video is.",
      "20 29 Seven.",
    ]);
    await button(page, "Close").click();
    await page.locator("docreel-subtitle-editor").waitFor({ state: "detached" });
  },

  /** The line that plays comes into view, but not under the hands of who types. */
  async follows(page) {
    const { video } = await ask("processed video");
    const many = Array.from({ length: 29 }, (_, n) => ({ start: n + 1, end: n + 2, text: `Number ${n + 1}.` }));
    await put(page, video, many);
    await opened(page, video);
    const line = page.locator("docreel-subtitle-editor li").nth(27);
    const seen = () =>
      line.evaluate((one) => {
        const { top, bottom } = one.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
      });
    await page.getByRole("textbox", { name: "Text at 0:02" }).focus();
    await stand(page, 28.5);
    await page.locator("docreel-subtitle-editor li.now").waitFor();
    await page.waitForTimeout(700);
    assert.equal(await seen(), false, "it scrolled away from what is typed");
    await page.getByRole("button", { name: "Play from 0:02" }).focus();
    await stand(page, 3.5);
    await stand(page, 28.5);
    for (let n = 0; !(await seen()); n += 1) {
      assert(n < 30, "the line that plays is not in view");
      await page.waitForTimeout(100);
    }
  },

  /** Of two tabs that edit one track, the second is told, and neither's cues are lost unasked. */
  async tracks(page, context) {
    const { video } = await ask("processed video");
    await put(page, video, CUES);
    const other = await context.newPage();
    for (const tab of [page, other]) await opened(tab, video);
    await text(page, "0:04").fill("First tab.");
    await save(page);
    await text(other, "0:04").fill("Second tab.");
    await button(other, "Save").click();
    await other.locator("[data-asking=conflict]").waitFor();
    await accessible(other, "a conflict of tracks");
    assert.equal(await text(other, "0:04").inputValue(), "Second tab.");
    assert.equal((await stored(page, video))[1], "4 6 First tab.");
    await button(other, "Show theirs, drop mine").click();
    await other.locator("[data-asking=conflict]").waitFor({ state: "detached" });
    assert.equal(await text(other, "0:04").inputValue(), "First tab.");
    await text(other, "0:04").fill("Second tab.");
    await save(other);
    assert.equal((await stored(page, video))[1], "4 6 Second tab.");
    // The first tab stands on what is no more, and keeps its own this time.
    await text(page, "0:12").fill("First again.");
    await button(page, "Save").click();
    await button(page, "Keep mine, replace theirs").click();
    await badge(page, /^Saved$/).waitFor();
    assert.deepEqual((await stored(page, video)).slice(1, 4).map((one) => one.split(" ").slice(2).join(" ")), ["First tab.", CUES[2].text, "First again."]);
  },
};

// `node accounts.mjs NAME URL ...`: walks through a page whose users have accounts.
import assert from "node:assert/strict";
import { accessible, ask, counted, run } from "./browser.mjs";

const [name, url, ...words] = process.argv.slice(2);

const scenarios = {
  /** A wrong password is told; the right one shows one's own videos, for as long as one stays. */
  async login(page, context) {
    const [email, password] = words;
    await ask("shorten tokens");
    await page.goto("/upload");
    await page.getByRole("heading", { name: "Log in" }).waitFor();
    await accessible(page, "the login");
    await page.getByLabel("Email").fill(email);
    await page.getByLabel("Password").fill("wrong");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("Invalid login credentials").waitFor();
    await page.getByLabel("Password").fill(password);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Upload videos" }).waitFor();
    await page.getByRole("link", { name: "Videos", exact: true }).click();
    await page.locator("docreel-active-jobs").getByText("Ours: a talk").waitFor();
    assert.equal(await page.getByText("Theirs").count(), 0);

    // Another tab is logged in too, and a token is renewed for both of them once, before its end.
    const other = await context.newPage();
    await other.goto("/");
    await other.locator("docreel-active-jobs").getByText("Ours: a talk").waitFor();
    const refused = [];
    for (const tab of [page, other]) {
      tab.on("response", (answer) => {
        if (answer.status() >= 400) refused.push(`${answer.status()} ${answer.url()}`);
      });
    }
    const before = (await ask("look")).renewals;
    for (let n = 0; (await ask("look")).renewals < before + 2; n += 1) {
      assert(n < 100, "no token is renewed");
      await page.waitForTimeout(200);
    }
    assert.deepEqual(refused, []);
    await page.reload();
    await page.locator("docreel-active-jobs").getByText("Ours: a talk").waitFor();

    // What somebody else left in this browser is neither shown nor asked for.
    const left = { videoId: crypto.randomUUID(), user: crypto.randomUUID(), title: "Somebody's", gateway: "", size: 9, languages: [] };
    await page.evaluate((one) => localStorage.setItem("docreel.uploads", JSON.stringify([one])), left);
    const asked = counted(page, `/api/videos/${left.videoId}`);
    await page.goto("/upload");
    await page.getByText("Drop videos here").waitFor();
    await page.waitForTimeout(500);
    assert.deepEqual([await page.locator("docreel-transfer").count(), asked.length], [0, 0]);
    await page.goto("/");

    // Who logs out is out: in both tabs, and at Supabase.
    await page.getByRole("button", { name: "Log out" }).click();
    for (const tab of [page, other]) await tab.getByRole("heading", { name: "Log in" }).waitFor();
    assert.equal(await page.getByText("Ours").count(), 0);
    for (let n = 0; (await ask("look")).sessions > 0; n += 1) {
      assert(n < 50, "Supabase still knows the session");
      await page.waitForTimeout(100);
    }
    await page.reload();
    await page.getByRole("heading", { name: "Log in" }).waitFor();

    // A session that Supabase has ended leads to the login, not to a page of errors.
    await page.getByLabel("Email").fill(email);
    await page.getByLabel("Password").fill(password);
    await page.keyboard.press("Enter");
    await page.locator("docreel-active-jobs").getByText("Ours: a talk").waitFor();
    await ask("end sessions");
    await page.getByRole("heading", { name: "Log in" }).waitFor();
  },

  /** A page of another site, with its user's token: jobs are seen, a video goes straight to Storage. */
  async embedded(page) {
    await page.goto("/");
    await page.locator("docreel-active-jobs").getByText("Ours: a talk").waitFor();
    await page.locator("docreel-upload input[type=file]").setInputFiles(words[0]);
    await page.locator("docreel-upload").getByLabel("Title").fill("From elsewhere");
    await page.getByRole("button", { name: "Upload the video" }).click();
    await page.locator("docreel-upload docreel-job-progress").getByText("From elsewhere").first().waitFor();
    await page.locator("docreel-active-jobs").getByText("From elsewhere").waitFor();
  },
};

await run(url, scenarios[name]);
process.exit(0);

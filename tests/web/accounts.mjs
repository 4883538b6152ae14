// `node accounts.mjs NAME URL ...`: walks through a page whose users have accounts.
import assert from "node:assert/strict";
import { accessible, ask, counted, run, status, upload } from "./browser.mjs";

const [name, url, ...words] = process.argv.slice(2);

/** Make an account on the page; where an address has to be confirmed, do that and log in. */
async function signUp(page, email, password, confirmed) {
  await page.goto("/");
  await page.getByRole("button", { name: "Create an account" }).click();
  await page.getByRole("heading", { name: "Create an account" }).waitFor();
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Create an account" }).click();
  if (!confirmed) return;
  await page.getByText(`Follow the link in the mail to ${email}`).waitFor();
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("Email not confirmed").waitFor();
  await confirmed();
  await page.getByRole("button", { name: "Log in" }).click();
}

/** A context of somebody else's browser. */
async function another(page) {
  const context = await page.context().browser().newContext({ baseURL: url, viewport: { width: 1280, height: 900 } });
  context.setDefaultTimeout(20_000);
  return context.newPage();
}

const scenarios = {
  /** Ada signs up, finds a place of her own, and invites Grace, who hands her session to the command. */
  async people(page) {
    const [password] = words;
    const [ada, grace] = ["ada@example.org", "grace@example.org"];
    await page.goto("/");
    await page.getByRole("button", { name: "Create an account" }).click();
    await page.getByText("You get an organization of your own").waitFor();
    await accessible(page, "the making of an account");
    await page.getByRole("button", { name: "I have an account" }).click();
    await signUp(page, ada, password, () => ask(`confirm ${ada}`));
    await page.getByRole("heading", { name: "My videos" }).waitFor();

    await page.getByRole("link", { name: "Account" }).click();
    const members = page.locator("docreel-members");
    await members.getByRole("heading", { name: ada }).waitFor();
    await members.getByLabel("Invite by email address").fill("Grace@Example.org");
    await members.getByLabel("Role", { exact: true }).selectOption("Reader");
    await members.getByRole("button", { name: "Invite", exact: true }).click();
    await members.getByText("invited: Reader").waitFor();
    await members.getByText("No mail is sent").waitFor();
    await accessible(page, "the account");

    const other = await another(page);
    await signUp(other, grace, password, () => ask(`confirm ${grace}`));
    await other.getByRole("heading", { name: "My videos" }).waitFor();
    await other.getByRole("link", { name: "Account" }).click();
    await other.locator("docreel-members").getByRole("heading", { name: ada }).waitFor();
    assert.equal(await other.locator("docreel-members").count(), 1);
    assert.equal(await other.getByRole("button", { name: "Invite", exact: true }).count(), 0);

    // Ada sees her, and makes her a writer.
    await page.reload();
    await members.getByLabel(`Role of ${grace}`).selectOption("Writer");
    await other.reload();
    await other.locator("docreel-members").getByText("Writer").waitFor();

    // Grace has the command go on with her session, and is logged out here.
    await other.getByRole("button", { name: "Hand this session over" }).click();
    await other.getByText("You are logged out of this browser then").waitFor();
    await accessible(other, "the handing over");
    await other.getByRole("button", { name: "Hand this session over" }).click();
    const token = await other.getByLabel("Token").inputValue();
    await accessible(other, "the token");
    const said = await ask(`command ${token}`);
    assert.match(said, /Logged in at .* as grace@example.org/);
    await other.getByRole("button", { name: "Log in" }).click();
    await other.getByRole("heading", { name: "Log in" }).waitFor();

    // Who is removed from the only organization founds one at the next log-in.
    await page.reload();
    await members.getByRole("button", { name: `Remove ${grace}` }).click();
    await members.getByText(grace).waitFor({ state: "detached" });
  },

  /** Where one has to be invited, the page says so, and lets in whoever is. */
  async invited(page) {
    const [password] = words;
    await signUp(page, "new@example.org", password);
    await page.getByRole("heading", { name: "You belong to no organization yet" }).waitFor();
    await page.getByText("Ask an owner of an organization to invite new@example.org").waitFor();
    await accessible(page, "somebody who belongs nowhere");
    await page.getByRole("button", { name: "Look again" }).click();
    await page.getByRole("heading", { name: "You belong to no organization yet" }).waitFor();
    await ask("invite new@example.org");
    await page.getByRole("button", { name: "Look again" }).click();
    await page.getByRole("heading", { name: "Ours", exact: true }).waitFor();
  },

  /** Somebody makes an account: what comes before the command's first words. */
  async account(page) {
    const [email, password] = words;
    await signUp(page, email, password, () => ask(`confirm ${email}`));
    await page.getByRole("heading", { name: "My videos" }).waitFor();
  },

  /** On a stack as it is deployed: a video goes to Storage, is processed and read; nobody else sees it. */
  async stack(page) {
    const [email, password, file, stranger] = words;
    await page.goto("/upload");
    await page.getByLabel("Email").fill(email);
    await page.getByLabel("Password").fill(password);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Upload videos" }).waitFor();
    const sent = [];
    page.on("request", (request) => {
      if (request.method() === "PATCH") sent.push(new URL(request.url()).pathname);
    });
    await upload(page, file, "By the page", []);
    await status(page, "completed");
    assert(sent.length && sent.every((path) => path.startsWith("/storage/v1/upload/resumable/")), String(sent));
    await page.getByRole("link", { name: "Videos", exact: true }).click();
    await page.locator(".videos a", { hasText: "By the page" }).click();
    await page.locator("article[data-article] p").first().waitFor();
    const address = page.url();

    const other = await another(page);
    await signUp(other, stranger, password, () => ask(`confirm ${stranger}`));
    await other.getByRole("heading", { name: "Turn your first video into documentation" }).waitFor();
    assert.equal(await other.getByText("By the page").count(), 0);
    await other.goto(address);
    await other.getByText("There is no such video. It may have been deleted.").waitFor();
  },

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
    await page.locator("docreel-upload").getByLabel("Title", { exact: true }).fill("From elsewhere");
    await page.getByRole("button", { name: "Upload the video" }).click();
    await page.locator("docreel-upload docreel-job-progress").getByText("From elsewhere").first().waitFor();
    await page.locator("docreel-active-jobs").getByText("From elsewhere").waitFor();
  },
};

await run(url, scenarios[name]);
process.exit(0);

/** The example pages: each component alone and live, as a site has it that embeds it. */
import "../src/components/all";

interface Component {
  does: string;
  /** What it is told, beside the gateway and a token. */
  attributes: Record<string, string>;
  events: Record<string, string>;
  /** The attribute that is given the newest one there is. */
  newest?: "job" | "project" | "video";
}

const OPENS = "its default is to follow a link of Docreel's own page: prevent it to show your own";
const COMPONENTS: Record<string, Component> = {
  "docreel-upload": {
    does: "Videos dropped or chosen, titled, uploaded, resumed, and processed.",
    attributes: { project: "where the videos go; without it the first one" },
    events: {},
  },
  "docreel-job-progress": {
    does: "A job watched to its end, step by step and language by language.",
    attributes: { job: "its id" },
    events: { "docreel-job-ended": "{id, status}", "docreel-open-video": `{videoId}; ${OPENS}` },
    newest: "job",
  },
  "docreel-active-jobs": {
    does: "A project's jobs that run. With nothing to show it takes no room.",
    attributes: { project: "its id", recent: "show those that ended too" },
    events: { "docreel-activity": "{active, ended, total}", "docreel-open-job": `{jobId}; ${OPENS}` },
    newest: "project",
  },
  "docreel-language-picker": {
    does: "Languages chosen by name. Its properties: `offered`, the tags there are (none: the common ones), and `chosen`.",
    attributes: { source: "the language that is not offered" },
    events: { "docreel-languages": "[tag]" },
  },
  "docreel-reader": {
    does: "The video with subtitles and chapters; its articles, to read and to edit; exports.",
    attributes: { video: "its id" },
    events: { "docreel-job-started": "{jobId}, of a job that was wished for here", "docreel-video-deleted": "{videoId}" },
    newest: "video",
  },
  "docreel-operations": {
    does: "Queues, jobs, cost and dead letters, for operators.",
    attributes: {},
    events: {},
  },
};
const PATHS = { job: "/api/jobs?limit=1", video: "/api/videos?limit=1", project: "/api/projects?limit=1" };

const main = document.querySelector("main") as HTMLElement;
const name = location.search.slice(1);
const component = COMPONENTS[name];
if (component) await one(component);
else all();

function all(): void {
  add("h1", "Docreel's components");
  add("p", "Each is usable from any site: load docreel.js from a gateway, and name the gateway and a token.");
  snippet("docreel-upload");
  add("p", `The gateway has to know the site: CORS_ORIGINS=["https://app.example"]. embedded.html is a whole page of another site.`);
  const list = main.appendChild(document.createElement("ul"));
  for (const [tag, { does }] of Object.entries(COMPONENTS)) {
    const link = Object.assign(document.createElement("a"), { href: `?${tag}`, textContent: tag });
    const item = list.appendChild(document.createElement("li"));
    item.append(link, `: ${does}`);
  }
}

async function one({ does, attributes, events, newest }: Component): Promise<void> {
  document.title = name;
  add("h1", name);
  add("p", does);
  const told = { gateway: "the gateway's address; without it this site", token: "a bearer token", ...attributes };
  const list = main.appendChild(document.createElement("dl"));
  for (const [term, meaning] of [...Object.entries(told), ...Object.entries(events)]) {
    list.append(Object.assign(document.createElement("dt"), { textContent: term }), Object.assign(document.createElement("dd"), { textContent: meaning }));
  }
  snippet(name);
  const element = document.createElement(name);
  for (const tried of ["gateway", "token", ...(newest ? [newest] : [])]) main.append(field(tried, element));
  if ("recent" in attributes) element.toggleAttribute("recent", true);
  main.append(element);
  if (newest) await show(element, newest);
}

/** What is typed is told to the component. */
function field(attribute: string, element: HTMLElement): HTMLElement {
  const input = Object.assign(document.createElement("input"), { name: attribute });
  input.addEventListener("change", () => element.setAttribute(attribute, input.value.trim()));
  const label = document.createElement("label");
  label.append(`${attribute} `, input);
  return label;
}

async function show(element: HTMLElement, newest: keyof typeof PATHS): Promise<void> {
  const answer = await fetch(PATHS[newest]);
  if (!answer.ok) return; // it needs a token: the fields take one
  const { items } = (await answer.json()) as { items: { id: string }[] };
  if (!items[0]) return;
  element.setAttribute(newest, items[0].id);
  (main.querySelector(`[name=${newest}]`) as HTMLInputElement).value = items[0].id;
}

function snippet(tag: string): void {
  const code = document.createElement("code");
  code.textContent = `<script type="module" src="${location.origin}/docreel.js"></script>\n<${tag} gateway="${location.origin}" token="..."></${tag}>`;
  main.appendChild(document.createElement("pre")).append(code);
  (main.lastElementChild as HTMLElement).tabIndex = 0;
}

function add(kind: string, text: string): void {
  main.append(Object.assign(document.createElement(kind), { textContent: text }));
}

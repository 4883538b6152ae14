/** The example pages: each component alone and live, as a site has it that embeds it. */
import "../src/components/all";
import { type Ask, type Component, COMPONENTS } from "./components";

const main = document.querySelector("main") as HTMLElement;
const name = location.search.slice(1);
const component = COMPONENTS[name];
if (component) await one(component);
else all();

function all(): void {
  add(main, "h1", "Docreel's components");
  add(main, "p", "Each is usable from any site: load docreel.js from a gateway, and name the gateway and a token.");
  snippet("docreel-upload");
  add(main, "p", `The gateway has to know the site: CORS_ORIGINS=["https://app.example"]. In Docreel's repository web/examples/embedded.html is a whole page of another site.`);
  const list = add(main, "ul", "", "all");
  for (const [tag, { does }] of Object.entries(COMPONENTS)) {
    const item = add(list, "li", "", "card");
    const link = add(item, "a", tag) as HTMLAnchorElement;
    link.href = `?${tag}`;
    add(item, "p", does);
  }
}

async function one(shown: Component): Promise<void> {
  document.title = `${name} – Docreel's components`;
  const back = add(main, "a", "All components", "back") as HTMLAnchorElement;
  back.href = "index.html";
  add(main, "h1", name);
  add(main, "p", shown.does);

  const told = add(main, "div", "", "told");
  table(told, "Attributes", { gateway: "the gateway's address; without it this site", token: "a bearer token", ...shown.attributes });
  table(told, "Properties", shown.properties ?? {});
  table(told, "Events", shown.events);
  snippet(name, shown);

  add(main, "h2", "Live");
  const element = document.createElement(name);
  const fields = add(main, "div", "", "card fields");
  for (const attribute of ["gateway", "token", ...Object.keys(shown.attributes)]) {
    fields.append(field(attribute, element, shown.flags?.includes(attribute) ?? false, () => fill(shown, element)));
  }
  const live = add(main, "div", "", shown.beside ? "live beside" : "live");
  if (shown.beside) live.append(shown.beside(element));
  live.append(element);
  if (Object.keys(shown.events).length) listen(element, Object.keys(shown.events));
  await fill(shown, element);
}

/** What is typed is told to the component; another gateway or token finds what is newest there. */
function field(attribute: string, element: HTMLElement, flag: boolean, refill: () => Promise<void>): HTMLElement {
  const input = Object.assign(document.createElement("input"), { name: attribute, type: flag ? "checkbox" : "text", autocomplete: "off", checked: flag });
  if (flag) element.toggleAttribute(attribute, true);
  input.addEventListener("change", () => {
    if (flag) element.toggleAttribute(attribute, input.checked);
    else element.setAttribute(attribute, input.value.trim());
    if (attribute === "gateway" || attribute === "token") void refill();
  });
  const label = document.createElement("label");
  label.append(...(flag ? [input, attribute] : [attribute, input]));
  return label;
}

/** Give the component what is newest, where nothing is given yet. */
async function fill({ newest, beside }: Component, element: HTMLElement): Promise<void> {
  const gateway = element.getAttribute("gateway") ?? "";
  const token = element.getAttribute("token") ?? "";
  const ask: Ask = async <T>(path: string) => {
    const answer = await fetch(new URL(path, gateway || location.href), { headers: token ? { Authorization: `Bearer ${token}` } : {} });
    if (!answer.ok) throw new Error(`${answer.status} ${path}`);
    return (await answer.json()) as T;
  };
  // Where a token is needed the fields take one.
  const found: Record<string, string> = newest ? await newest(ask).catch(() => ({})) : {};
  for (const [attribute, value] of Object.entries(found)) {
    const input = main.querySelector<HTMLInputElement>(`[name=${attribute}]`);
    if (!input || input.value) continue;
    input.value = value;
    element.setAttribute(attribute, value);
  }
  const player = main.querySelector("video");
  const video = element.getAttribute("video");
  if (!beside || !player || !video) return;
  const media = await ask<{ file_url: string }>(`/api/videos/${video}/media`).catch(() => null);
  if (media) player.src = new URL(media.file_url, gateway || location.href).href;
}

/** Show what the component tells, the latest first. */
function listen(element: HTMLElement, names: string[]): void {
  add(main, "h2", "What it tells");
  const log = add(main, "ol", "", "log");
  const none = add(log, "li", "Nothing yet.");
  for (const told of names) {
    element.addEventListener(told, (event) => {
      none.remove();
      const detail = JSON.stringify((event as CustomEvent).detail ?? null);
      const item = document.createElement("li");
      add(item, "code", told);
      item.append(` ${detail.length > 200 ? `${detail.slice(0, 200)}…` : detail}`);
      log.prepend(item);
      while (log.children.length > 8) log.lastChild?.remove();
    });
  }
}

function table(parent: HTMLElement, title: string, rows: Record<string, string>): void {
  if (Object.keys(rows).length === 0) return;
  const section = add(parent, "section", "");
  add(section, "h2", title);
  const list = add(section, "dl", "");
  for (const [term, meaning] of Object.entries(rows)) {
    add(add(list, "dt", ""), "code", term);
    add(list, "dd", meaning);
  }
}

function snippet(tag: string, shown?: Component): void {
  const own = Object.keys(shown?.attributes ?? {}).filter((one) => one !== "project");
  const told = own.map((one) => (shown?.flags?.includes(one) ? ` ${one}` : ` ${one}="..."`)).join("");
  const lines = [
    `<script type="module" src="${location.origin}/docreel.js"></script>`,
    `<${tag} gateway="${location.origin}" token="..."${told}></${tag}>`,
    ...(shown?.script ? [`<script type="module">\n${shown.script.replace(/^/gm, "  ")}\n</script>`] : []),
  ];
  const block = add(main, "pre", "");
  block.tabIndex = 0;
  add(block, "code", lines.join("\n"));
}

function add(parent: HTMLElement, kind: string, text: string, classes = ""): HTMLElement {
  return parent.appendChild(Object.assign(document.createElement(kind), { textContent: text, className: classes }));
}

/** The page's addresses. */
import { mayGo } from "../unsaved";

const PATIENCE = 1500; // milliseconds until a list that is shorter by now is taken as it is

export type Route =
  | { page: "home" }
  | { page: "project"; id: string }
  | { page: "upload"; project: string }
  | { page: "job"; id: string }
  | { page: "video"; id: string; language: string; beside: string }
  | { page: "operations" }
  | { page: "account" }
  | { page: "nowhere" };

export function route(address: URL | Location): Route {
  const [, kind = "", id = ""] = address.pathname.split("/");
  const asked = new URLSearchParams(address.search);
  switch (kind) {
    case "":
      return { page: "home" };
    case "projects":
      return { page: "project", id };
    case "upload":
      return { page: "upload", project: asked.get("project") ?? "" };
    case "jobs":
      return { page: "job", id };
    case "videos":
      return { page: "video", id, language: asked.get("language") ?? "", beside: asked.get("beside") ?? "" };
    case "operations":
      return { page: "operations" };
    case "account":
      return { page: "account" };
    default:
      return { page: "nowhere" };
  }
}

/** Go to one of the page's addresses without loading it anew, unless something would be lost. */
export function go(path: string): void {
  if (!mayGo()) return;
  history.replaceState({ scroll: scrollY }, ""); // for who comes back
  history.pushState(null, "", path);
  window.dispatchEvent(new PopStateEvent("popstate"));
}

/** Note in the address what is looked at, so that a reload and a copied link lead there. */
export function note(asked: Record<string, string>): void {
  const search = new URLSearchParams(Object.entries(asked).filter(([, value]) => value));
  history.replaceState(history.state, "", search.size ? `?${search}` : location.pathname);
  here = location.href;
}

/** Go on where a place of the page was left: once it is as high again, or is not after all. */
export function comeBack(): void {
  const wanted = Number((history.state as { scroll?: number } | null)?.scroll ?? 0);
  const place = location.href;
  const until = performance.now() + PATIENCE;
  const step = (): void => {
    window.scrollTo(0, wanted);
    if (wanted > 0 && scrollY < wanted - 1 && location.href === place && performance.now() < until) requestAnimationFrame(step);
  };
  step();
}

let here = location.href; // of what is shown

/** Whether the page goes where its address leads by now; who would lose something by the browser's own buttons stays. */
export function follows(event: PopStateEvent): boolean {
  // `go` has asked already.
  if (event.isTrusted && !mayGo()) {
    history.pushState(null, "", here);
    return false;
  }
  here = location.href;
  return true;
}

/** The page's addresses. */
import { mayGo } from "../unsaved";

export type Route =
  | { page: "home" }
  | { page: "project"; id: string }
  | { page: "upload"; project: string }
  | { page: "job"; id: string }
  | { page: "video"; id: string }
  | { page: "operations" }
  | { page: "nowhere" };

export function route(address: URL | Location): Route {
  const [, kind = "", id = ""] = address.pathname.split("/");
  switch (kind) {
    case "":
      return { page: "home" };
    case "projects":
      return { page: "project", id };
    case "upload":
      return { page: "upload", project: new URLSearchParams(address.search).get("project") ?? "" };
    case "jobs":
      return { page: "job", id };
    case "videos":
      return { page: "video", id };
    case "operations":
      return { page: "operations" };
    default:
      return { page: "nowhere" };
  }
}

/** Go to one of the page's addresses without loading it anew, unless something would be lost. */
export function go(path: string): void {
  if (!mayGo()) return;
  history.pushState(null, "", path);
  window.dispatchEvent(new PopStateEvent("popstate"));
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

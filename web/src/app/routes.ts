/** The page's addresses. */

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

/** Go to one of the page's addresses without loading it anew. */
export function go(path: string): void {
  history.pushState(null, "", path);
  window.dispatchEvent(new PopStateEvent("popstate"));
}

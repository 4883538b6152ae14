/** The example pages: the components as a site has them, given the newest of what they show. */
import "../src/components/all";

const PATHS = { job: "/api/jobs?limit=1", video: "/api/videos?limit=1", project: "/api/projects?limit=1" };

for (const element of document.querySelectorAll<HTMLElement>("[data-newest]")) {
  const kind = element.dataset["newest"] as keyof typeof PATHS;
  const { items } = (await (await fetch(PATHS[kind])).json()) as { items: { id: string }[] };
  if (items[0]) element.setAttribute(kind, items[0].id);
  else element.replaceWith("There is nothing to show yet: upload a video first.");
}

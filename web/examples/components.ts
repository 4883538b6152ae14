/** What each component is told and tells, for its example page; README.md has the same in one table. */

/** Asks the gateway that the page's fields name for what is at a path. */
export type Ask = <T>(path: string) => Promise<T>;

export interface Component {
  does: string;
  /** What it is told, beside the gateway and a token. */
  attributes: Record<string, string>;
  properties?: Record<string, string>;
  events: Record<string, string>;
  /** Those of them that are said by being there. */
  flags?: string[];
  /** Values for its attributes: of the newest that there is. */
  newest?: (ask: Ask) => Promise<Record<string, string>>;
  /** A script that a page of its own would have beside it, and what that does here. */
  script?: string;
  beside?: (element: HTMLElement) => HTMLElement;
}

interface Named {
  id: string;
  title: string;
  language: string;
}

const first = async (ask: Ask, path: string): Promise<Named | undefined> => (await ask<{ items: Named[] }>(path)).items[0];

const NOTHING: Record<string, string> = {};

/** The newest video that there are articles of, with the first of them. */
async function written(ask: Ask): Promise<{ video: Named; article: Named } | null> {
  const { items } = await ask<{ items: Named[] }>("/api/videos?limit=20");
  for (const video of items) {
    const [article] = await ask<Named[]>(`/api/videos/${video.id}/articles`);
    if (article) return { video, article };
  }
  return null;
}

const OPENS = "its default is to follow a link of Docreel's own page: prevent it to show your own";

export const COMPONENTS: Record<string, Component> = {
  "docreel-upload": {
    does: "Videos dropped or chosen, titled, uploaded, resumed, and processed.",
    attributes: { project: "where the videos go; without it the first one" },
    events: {},
  },
  "docreel-job-progress": {
    does: "A job watched to its end, step by step and language by language.",
    attributes: { job: "its id" },
    events: { "docreel-job-ended": "{id, status}", "docreel-open-video": `{videoId}; ${OPENS}` },
    newest: async (ask) => ({ job: (await first(ask, "/api/jobs?limit=1"))?.id ?? "" }),
  },
  "docreel-active-jobs": {
    does: "A project's jobs that run. With nothing to show it takes no room.",
    attributes: { project: "its id", recent: "show those that ended too" },
    events: { "docreel-activity": "{active, begun, ended, total}", "docreel-open-job": `{jobId}; ${OPENS}` },
    flags: ["recent"],
    newest: async (ask) => ({ project: (await first(ask, "/api/projects?limit=1"))?.id ?? "" }),
  },
  "docreel-reader": {
    does: "The video with subtitles and chapters; its articles, to read and to edit; exports.",
    attributes: { video: "its id", language: "what is read (BCP 47); without it what is spoken", beside: "what is read beside it" },
    events: {
      "docreel-job-started": "{jobId}, of a job that was wished for here",
      "docreel-open-job": `{jobId}; ${OPENS}`,
      "docreel-reading": "{language, beside}, as somebody has chosen them",
      "docreel-video-deleted": "{videoId}",
    },
    newest: async (ask) => ({ video: (await written(ask))?.video.id ?? "" }),
  },
  "docreel-article-editor": {
    does: "An article edited, and saved by itself a second after the last key. Its code is loaded once one stands in the page.",
    attributes: { article: "its id" },
    properties: {
      image: "(src) => address, for pictures of your own; without it the element asks for links by itself",
      source: "the article that this one translates, to show what its outdated blocks now say; may be null",
      unsure: "(segmentIds) => boolean: whether what was heard there should be marked",
    },
    events: { "docreel-saved": "the article", "docreel-close": "who edits is done, and everything is saved: take it away" },
    newest: async (ask) => ({ article: (await written(ask))?.article.id ?? "" }),
  },
  "docreel-subtitle-editor": {
    does: "Subtitles edited: times, texts, cues inserted, split and merged; what a viewer could not read is marked. Its code is loaded once one stands in the page.",
    attributes: { video: "its id", language: "of the subtitles (BCP 47)" },
    properties: { now: "the second that plays, from a player of yours; null: nothing plays" },
    events: { "docreel-seek": "the second to play from", "docreel-saved": "the language", "docreel-close": "who edits is done: take it away" },
    newest: async (ask) => {
      const video = (await written(ask))?.video.id ?? "";
      return video ? { video, language: (await ask<{ source: string }>(`/api/videos/${video}/subtitles`)).source } : NOTHING;
    },
    script: `const [editor, player] = ["docreel-subtitle-editor", "video"].map((name) => document.querySelector(name));
player.addEventListener("timeupdate", () => (editor.now = player.currentTime));
editor.addEventListener("docreel-seek", (event) => (player.currentTime = event.detail));`,
    beside: player,
  },
  "docreel-export-menu": {
    does: "What was made of a video, to take along: a zip, documents, subtitles.",
    attributes: {
      video: "its id",
      name: "what the files are called",
      language: "whose documents and subtitles are offered beside everything (BCP 47)",
      subtitled: "offer subtitles in this language",
    },
    events: { "docreel-refused": `the reason, or "" where it went well; its default is to show it: prevent it to show your own` },
    flags: ["subtitled"],
    newest: async (ask) => {
      const found = await written(ask);
      return found ? { video: found.video.id, name: found.video.title, language: found.article.language } : NOTHING;
    },
  },
  "docreel-language-picker": {
    does: "Languages chosen by name.",
    attributes: { source: "the language that is not offered" },
    properties: { offered: "the tags there are; empty: the common ones", chosen: "the tags that are chosen" },
    events: { "docreel-languages": "[tag]" },
  },
  "docreel-operations": {
    does: "Queues, jobs, cost and dead letters, for operators.",
    attributes: {},
    events: {},
  },
};

/** A player of the page's own, that tells the editor its second and goes where the editor asks for. */
function player(element: HTMLElement): HTMLElement {
  const editor = element as HTMLElement & { now: number | null };
  const video = Object.assign(document.createElement("video"), { controls: true, preload: "metadata" });
  video.setAttribute("aria-label", "The page's own player");
  video.addEventListener("timeupdate", () => (editor.now = video.currentTime));
  editor.addEventListener("docreel-seek", (event) => (video.currentTime = (event as CustomEvent<number>).detail));
  return video;
}

/** A video in a list: its poster, what it is called, and the languages that it is there in. */
import { css, html, nothing, svg, type TemplateResult } from "lit";
import type { Video } from "../api/gateway";
import { clock, languageName, moment, type Name, t } from "../texts/locale";

// What is said of a video that is not ready to be read, and in which tone.
const STATUS: Record<Video["status"], [string, Name] | null> = {
  uploading: ["warn", "video_unfinished"],
  uploaded: ["warn", "video_unread"],
  processing: ["", "job_processing"],
  ready: null,
  failed: ["bad", "job_failed"],
};

const NAMED = 4; // languages that are named; how many more there are is a number

export const videoCardStyles = css`
  .video {
    display: grid;
    gap: 0.35rem;
    height: 100%;
    align-content: start;
    padding: 0;
    overflow: hidden;
    color: inherit;
    text-decoration: none;
  }
  .video:hover {
    border-color: var(--_accent);
  }
  .video strong {
    overflow-wrap: anywhere;
  }
  .video .why {
    overflow-wrap: anywhere;
  }
  .video > :not(.frame) {
    margin-inline: 1rem;
  }
  .video > :last-child {
    margin-bottom: 1rem;
  }
  .frame {
    position: relative;
    display: grid;
    place-items: center;
    aspect-ratio: 16 / 9;
    margin-bottom: 0.4rem;
    background: var(--_sunk);
    color: var(--_soft);
  }
  .frame img {
    position: absolute;
    inline-size: 100%;
    block-size: 100%;
    object-fit: contain;
    background: #000;
  }
  .frame .length {
    position: absolute;
    inset: auto 0.5rem 0.5rem auto;
    padding: 0.05rem 0.4rem;
    border-radius: 4px;
    background: rgb(0 0 0 / 75%);
    color: #fff;
    font-size: 0.8rem;
    font-variant-numeric: tabular-nums;
  }
`;

const FILM = svg`<rect x="2.5" y="5" width="13" height="14" rx="2" /><path d="m15.5 10.5 6-3.5v10l-6-3.5z" />`;
const SOUND = svg`<path d="M4 9.5v5M8 6v12M12 8.5v7M16 4.5v15M20 9.5v5" stroke-linecap="round" />`;

/** `url` makes an address of the gateway's a whole one. */
export function videoCard(video: Video, url: (path: string) => string): TemplateResult {
  const more = video.languages.length - NAMED;
  const status = STATUS[video.status];
  return html`<a class="card video" href="/videos/${video.id}">
    <span class="frame">
      <svg width="40" height="40" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.4" stroke-linejoin="round" aria-hidden="true">
        ${video.duration !== null && !video.poster_url ? SOUND : FILM}
      </svg>
      ${video.poster_url ? html`<img src=${url(video.poster_url)} alt="" loading="lazy" />` : nothing}
      ${video.duration === null ? nothing : html`<span class="length">${clock(video.duration)}</span>`}
    </span>
    <strong>${video.title}</strong>
    <span class="small soft">${moment(video.created_at)}</span>
    ${video.languages.length
      ? html`<span class="small soft">${video.languages.slice(0, NAMED).map(languageName).join(", ")}${more > 0 ? ` +${more}` : ""}</span>`
      : nothing}
    ${status ? html`<span><span class="badge ${status[0]}" data-status=${video.status}>${t(status[1])}</span></span>` : nothing}
    ${video.status === "failed" && video.error_message ? html`<span class="small soft why">${video.error_message}</span>` : nothing}
  </a>`;
}

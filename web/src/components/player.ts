/** `<docreel-player>`: the video, with subtitles in every language and its chapters as tracks. */
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { DocreelElement } from "../element";
import { languageName } from "../texts/locale";

const MOMENT = 100; // milliseconds after which a browser has shown a new track beside the one that shows, by itself

/** A text track of a language, and where it lies. */
export interface Track {
  language: string;
  src: string;
}

@customElement("docreel-player")
export class Player extends DocreelElement {
  static override styles = [
    ...DocreelElement.styles,
    css`
      video {
        display: block;
        width: 100%;
        height: var(--docreel-player-height, auto);
        max-height: 60vh;
        border-radius: var(--_radius);
        background: #000;
      }
      /* Of what is heard alone there are only the controls to be seen. */
      video.sound {
        height: 3.4rem;
        background: none;
      }
    `,
  ];

  @property() src = "";
  /** A picture until it plays, or an empty text. */
  @property() poster = "";
  /** What it is called. */
  @property() name = "";
  /** The language whose subtitles show. */
  @property() language = "";
  @property({ attribute: false }) subtitles: Track[] = [];
  @property({ attribute: false }) chapters: Track | null = null;
  @state() private sound = false; // whether there is nothing to be seen
  @query("video") private video!: HTMLVideoElement;

  protected override render(): TemplateResult {
    const { chapters } = this;
    return html`<video
      controls
      playsinline
      preload="metadata"
      crossorigin=${this.gateway ? "anonymous" : nothing}
      src=${this.src}
      poster=${this.poster || nothing}
      class=${this.sound ? "sound" : ""}
      aria-label=${this.name}
      @timeupdate=${() => this.tell("docreel-time", this.video.currentTime)}
      @loadedmetadata=${this.onLoaded}
    >
      ${repeat(
        this.subtitles,
        (one) => one.language, // a track keeps its language where another one comes before it
        (one) => html`<track kind="subtitles" srclang=${one.language} label=${languageName(one.language)} src=${one.src} />`,
      )}
      ${chapters ? html`<track kind="chapters" srclang=${chapters.language} src=${chapters.src} default />` : nothing}
    </video>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    // Not at every render: what a viewer has chosen in the player's own menu stays.
    if (changed.has("language")) this.showTrack();
    const before = changed.get("subtitles") ?? this.subtitles;
    const came = this.subtitles.filter((one) => !before.some((other) => other.language === one.language));
    if (came.length) setTimeout(() => this.showTrack(came), MOMENT);
  }

  /** Play from a second. */
  play(start: number): void {
    this.video.currentTime = start;
    this.tell("docreel-time", start);
    void this.video.play().catch(() => undefined); // a browser may want a click on the player itself
  }

  private readonly onLoaded = (): void => {
    this.sound = this.video.videoWidth === 0;
    this.showTrack();
  };

  private showTrack(tracks = this.subtitles): void {
    const languages = tracks.map((one) => one.language);
    for (const track of this.video.textTracks) {
      if (track.kind === "subtitles" && languages.includes(track.language)) track.mode = track.language === this.language ? "showing" : "disabled";
    }
  }
}

/** `<docreel-upload>`: choose videos and languages, send them, and see their processing start. */
import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { Project, Schemas } from "../api/gateway";
import { later } from "../api/poller";
import { DocreelElement } from "../element";
import { focusOn } from "../focus";
import { bytes, t } from "../texts/locale";
import { titleOf } from "../uploads/names";
import { isOnItsWay, queue } from "../uploads/queue";
import { isNamedAs, isSubtitles, SUBTITLES } from "../uploads/subtitles";
import { Transfer } from "../uploads/transfer";
import "./estimate";
import "./language-picker";
import { type Chosen, chosenFile, chosenFileStyles } from "./chosen-file";
import "./transfer";

const PATIENCE = 2000; // milliseconds between two questions for an engine that is starting

function isSame(one: File, other: File): boolean {
  return one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;
}

@customElement("docreel-upload")
export class Upload extends DocreelElement {
  static override styles = [
    ...DocreelElement.styles,
    chosenFileStyles,
    css`
      .drop {
        display: grid;
        justify-items: center;
        gap: 0.5rem;
        padding: 2.5rem 1rem;
        border: 2px dashed color-mix(in oklab, var(--_line) 50%, var(--_soft));
        border-radius: var(--_radius);
        background: var(--_paper);
        text-align: center;
      }
      .drop.over {
        border-color: var(--_accent);
        background: var(--_wash);
      }
      .drop svg {
        color: var(--_accent);
      }
    `,
  ];

  /** The project that the videos go to; without it the user's first one. */
  @property() project = "";
  @state() private chosen: Chosen[] = [];
  @state() private languages: string[] = [];
  @state() private engine: Schemas["Engine"] | null = null;
  @state() private home: Project | null = null;
  @state() private most = Number.POSITIVE_INFINITY; // bytes of one file
  @state() private error = "";
  @state() private over = false;
  @state() private sending = false;
  private user = "";
  private files: File[] = []; // of what is chosen; the same list until another choice
  private callOff = (): void => undefined;
  private away = false; // the error is that the gateway does not answer

  override connectedCallback(): void {
    super.connectedCallback();
    queue.addEventListener("change", this.onQueue);
    void this.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    queue.removeEventListener("change", this.onQueue);
    this.callOff();
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has("chosen")) this.files = this.chosen.map((one) => one.file);
  }

  protected override render(): TemplateResult {
    return html`<div class="stack">
      <div
        class="drop ${this.over ? "over" : ""}"
        @dragover=${this.onOver}
        @dragleave=${() => (this.over = false)}
        @drop=${this.onDrop}
      >
        <svg width="44" height="44" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.6" aria-hidden="true">
          <path d="M12 16V4m0 0 4.5 4.5M12 4 7.5 8.5M4 15v3a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-3" stroke-linecap="round" stroke-linejoin="round" />
        </svg>
        <h2>${t("upload_drop")}</h2>
        <p class="soft small">${t("upload_kinds")}</p>
        <button type="button" class=${this.chosen.length ? "" : "primary"} @click=${() => this.input.click()}>${t("upload_choose")}</button>
        <input
          type="file"
          accept="video/*,audio/*,.mkv,${SUBTITLES}"
          multiple
          hidden
          aria-label=${t("upload_choose")}
          @change=${() => this.choose(this.input.files)}
        />
      </div>
      <div role="alert">${this.error ? html`<p class="note bad">${this.error}</p>` : nothing}</div>
      ${this.chosen.length ? this.form() : nothing} ${this.transfers()}
    </div>`;
  }

  private form(): TemplateResult {
    return html`<form class="card stack" @submit=${this.onSubmit}>
      ${this.chosen.map((one, n) =>
        chosenFile(
          one,
          n,
          () => (this.chosen = this.chosen.filter((other) => other !== one)),
          (subtitles) => {
            this.error = "";
            this.give(one, subtitles);
          },
        ),
      )}
      <div>
        <h2>${t("upload_translate")}</h2>
        <p class="small soft">${t("upload_translate_hint")}</p>
        ${this.engine === null
          ? html`<p class="soft">${t("loading")}</p>` // not all languages there are, to be taken away again
          : this.engine.engine === null
          ? html`<p class="note warn">${t("engine_starting")}</p>`
          : html`<docreel-language-picker
              .offered=${this.engine.languages ?? null}
              source=${this.home?.source_language ?? ""}
              .chosen=${this.languages}
              @docreel-languages=${(event: CustomEvent<string[]>) => (this.languages = event.detail)}
            ></docreel-language-picker>`}
      </div>
      <docreel-estimate gateway=${this.gateway} token=${this.token} .files=${this.files} .languages=${this.languages}></docreel-estimate>
      <div class="row">
        <button class="primary" ?disabled=${this.sending || this.home === null}>${t("upload_start", { n: this.chosen.length })}</button>
        <span class="small soft">${t("upload_start_hint")}</span>
      </div>
    </form>`;
  }

  private transfers(): TemplateResult | typeof nothing {
    const own = queue.transfers.filter(
      (one) => !this.project || one.kept.projectId === this.project,
    );
    if (own.length === 0) return nothing;
    return html`<section class="stack" aria-label=${t("uploads")}>
      <div role="status">${this.stay(own)}</div>
      ${repeat(
        own,
        (one) => one.kept.videoId,
        (one) => html`<docreel-transfer gateway=${this.gateway} token=${this.token} .transfer=${one}></docreel-transfer>`,
      )}
    </section>`;
  }

  /** Whether this page is needed; nothing where there is nothing more to it than each upload tells. */
  private stay(own: Transfer[]): TemplateResult | typeof nothing {
    if (own.some(isOnItsWay)) {
      return html`<p class="note"><strong>${t("upload_stay")}</strong> ${t("upload_stay_hint")}</p>`;
    }
    const done = own.filter((one) => one.phase !== "refused");
    if (done.length === 0 || done.some((one) => one.phase !== "started")) return nothing;
    return html`<p class="note"><strong>${t("upload_leave")}</strong> ${t("upload_leave_hint")}</p>`;
  }

  private get input(): HTMLInputElement {
    return this.renderRoot.querySelector("input[type=file]") as HTMLInputElement;
  }

  private async load(): Promise<void> {
    try {
      const [engine, config, me] = await Promise.all([
        this.api.get<Schemas["Engine"]>("/api/engine"),
        this.api.get<Schemas["Configuration"]>("/api/config"),
        this.api.get<Schemas["Me"]>("/api/me"),
      ]);
      this.engine = engine;
      this.user = me.user_id;
      this.most = config.max_upload_bytes;
      if (this.home === null) this.home = await this.homeProject();
      // What was refused of the files meanwhile stays told.
      if (this.away) this.error = "";
      this.away = false;
      await queue.restore(this.api, this.user);
    } catch (error) {
      this.error = (error as Error).message;
      this.away = true;
    }
    const settled = this.engine !== null && this.engine.engine !== null && this.home !== null;
    if (this.isConnected && !settled) {
      this.callOff = later(PATIENCE, () => void this.load());
    }
  }

  private async homeProject(): Promise<Project | null> {
    if (this.project) return this.api.get<Project>(`/api/projects/${this.project}`);
    const { items } = await this.api.get<{ items: Project[] }>("/api/projects?limit=1");
    return items[0] ?? null;
  }

  private choose(files: FileList | null | undefined): void {
    const refused: string[] = [];
    const all = [...(files ?? [])];
    for (const file of all.filter((one) => !isSubtitles(one))) {
      const again = queue.transfers.find((one) => one.phase === "lost" && one.fits(file));
      if (again) {
        again.file = file;
        void again.start();
      } else if (this.chosen.some((one) => isSame(one.file, file))) refused.push(t("upload_twice", { file: file.name }));
      else if (file.size === 0) refused.push(t("upload_empty", { file: file.name }));
      else if (file.size > this.most) {
        refused.push(t("upload_large", { file: file.name, most: bytes(this.most) }));
      } else this.chosen = [...this.chosen, { file, title: titleOf(file.name), subtitles: null }];
    }
    for (const file of all.filter(isSubtitles)) {
      // Whose name it has; else there is only one that it can be of.
      const own = this.chosen.find((one) => isNamedAs(file, one.file)) ?? (this.chosen.length === 1 ? this.chosen[0] : undefined);
      if (!own) refused.push(t("subtitle_file_alone", { file: file.name }));
      else if (own.subtitles) refused.push(t("subtitle_file_second", { file: file.name, film: own.file.name }));
      else this.give(own, file);
    }
    this.error = refused.join(" ");
    this.input.value = "";
  }

  private give(one: Chosen, subtitles: File | null): void {
    this.chosen = this.chosen.map((other) => (other === one ? Object.assign(one, { subtitles }) : other));
  }

  private onOver(event: DragEvent): void {
    event.preventDefault();
    this.over = true;
  }

  private onDrop(event: DragEvent): void {
    event.preventDefault();
    this.over = false;
    this.choose(event.dataTransfer?.files);
  }

  private async onSubmit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.home === null || this.sending) return;
    this.sending = true;
    try {
      for (const one of [...this.chosen]) {
        const wish = { user: this.user, projectId: this.home.id, title: one.title, languages: this.languages };
        await queue.take(await Transfer.create(this.api, one.file, wish, one.subtitles), one.file);
        this.chosen = this.chosen.filter((other) => other !== one);
      }
      this.error = "";
    } catch (error) {
      this.error = (error as Error).message;
    }
    this.sending = false;
    await this.updateComplete;
    if (this.chosen.length === 0) focusOn(this.renderRoot.querySelector("section"));
  }

  private readonly onQueue = (): void => this.requestUpdate();
}

/** A film that was chosen, before it is sent: its title, and a subtitle file to go with it. */
import { css, html, type TemplateResult } from "lit";
import { bytes, t } from "../texts/locale";
import { chooseSubtitles } from "../uploads/subtitles";

export interface Chosen {
  file: File;
  title: string;
  subtitles: File | null;
}

export const chosenFileStyles = css`
  .file {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: 0.35rem 0.75rem;
    align-items: end;
  }
  .file .small {
    grid-column: 1 / -1;
    overflow-wrap: anywhere;
  }
  .field {
    display: grid;
    gap: 0.3rem;
  }
`;

/** Show the n-th film; `leave` leaves it out, `give` puts subtitles with it, or takes them away. */
export function chosenFile(one: Chosen, n: number, leave: () => void, give: (subtitles: File | null) => void): TemplateResult {
  return html`<div class="file" data-file=${one.file.name}>
    <div class="field">
      <label for="title-${n}">${t("upload_title")}</label>
      <input
        id="title-${n}"
        required
        maxlength="500"
        .value=${one.title}
        @input=${(event: Event) => (one.title = (event.target as HTMLInputElement).value)}
      />
    </div>
    <button type="button" class="quiet" aria-label=${t("upload_remove", { file: one.file.name })} @click=${leave}>✕</button>
    <p class="small soft">${one.file.name}, ${bytes(one.file.size)}</p>
    <div class="small row">
      ${one.subtitles
        ? html`<span data-subtitles>${t("subtitle_file_with", { file: one.subtitles.name })}</span>
            <button type="button" class="quiet" aria-label=${t("upload_remove", { file: one.subtitles.name })} @click=${() => give(null)}>✕</button>`
        : html`<button type="button" aria-label=${t("subtitle_file_add_to", { file: one.file.name })} @click=${() => chooseSubtitles(give)}>
            ${t("subtitle_file_add")}
          </button>`}
    </div>
  </div>`;
}

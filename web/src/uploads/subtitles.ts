/** Subtitle files among the files that somebody chooses: which they are, and which film each is of. */

/** Their endings, as a file input takes them. */
export const SUBTITLES = ".srt,.vtt,.ass,.ssa";

/** Tell whether a file is one of subtitles, by its name: browsers know no type of most of them. */
export function isSubtitles(file: File): boolean {
  return /\.(srt|vtt|ass|ssa)$/i.test(file.name);
}

/** Tell whether subtitles are named as a film is: `talk.srt` or `talk.en.srt` for `talk.mp4`. */
export function isNamedAs(subtitles: File, film: File): boolean {
  const stem = film.name.replace(/\.[^.]+$/, "");
  return subtitles.name.startsWith(`${stem}.`);
}

/** Let somebody choose a subtitle file. Nothing comes of it where they think better of it. */
export function chooseSubtitles(take: (file: File) => void): void {
  const input = Object.assign(document.createElement("input"), { type: "file", accept: SUBTITLES });
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (file) take(file);
  });
  input.click();
}

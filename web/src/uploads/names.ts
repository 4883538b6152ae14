/** What a video is called until somebody gives it a title: as the gateway would, of its file's name. */

// They end a line, or turn round what follows them.
const STEERING = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;
// An ending has a letter: "talk 1.2" has none.
const ENDING = /\.(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{1,5}$/;

export function titleOf(filename: string): string {
  const name = filename.replace(STEERING, " ").trim();
  return name.replace(ENDING, "").trim() || name || "Video";
}

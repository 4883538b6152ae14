/** How long a film is, asked of the browser before a byte is sent. */

const PATIENCE = 5000; // milliseconds; a kind of file that the browser cannot play tells nothing

/** Return a file's seconds, or null where the browser cannot tell. */
export async function length(file: File): Promise<number | null> {
  const address = URL.createObjectURL(file);
  const player = document.createElement("video");
  player.preload = "metadata";
  try {
    return await new Promise<number | null>((resolve) => {
      setTimeout(() => resolve(null), PATIENCE);
      player.addEventListener("error", () => resolve(null));
      player.addEventListener("loadedmetadata", () => resolve(Number.isFinite(player.duration) ? player.duration : null));
      player.src = address;
    });
  } finally {
    player.removeAttribute("src");
    URL.revokeObjectURL(address);
  }
}

"""Makes sample.mp4 and sample.txt: a short spoken tutorial of a made-up application.

Needs Debian's `flite` and `fonts-dejavu-core`, and the project's own av, numpy and pillow.
Run from the root of the repository: `.venv/bin/python samples/make_sample.py`.
"""

import shutil
import subprocess
import tempfile
import wave
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).parent
FONTS = Path("/usr/share/fonts/truetype/dejavu")
SIZE = (1280, 720)
FPS = 5
PAUSE = 0.45  # seconds of silence after each sentence
INK, MUTED, PAPER, ACCENT = "#1c2430", "#667085", "#ffffff", "#2457c5"


@dataclass(frozen=True)
class Scene:
    """A screen's kind, its title, its lines and the sentences spoken over it."""

    kind: str
    title: str
    lines: tuple[str, ...]
    spoken: str


SCENES = (
    Scene(
        "form",
        "Create a new project",
        ("Project name|Harbor Report", "Owner|Design team", "Language|English"),
        "Welcome. In this video we will create a new project. "
        "First, open the main window and click the button called new project. "
        "Type a name for the project, and choose the team that will own it. "
        "Then press create.",
    ),
    Scene(
        "table",
        "Invite your team",
        (
            "Name|Role|Status",
            "Anna Field|Manager|Active",
            "Ben Stone|Writer|Invited",
            "Carla Woods|Reader|Invited",
        ),
        "Next, invite the people in your team. "
        "Open the members table and add a name for each person. "
        "A writer can change the pages. "
        "A reader can only look at the results.",
    ),
    Scene(
        "code",
        "Edit the settings file",
        (
            "# harbor.toml",
            "[project]",
            'name = "Harbor Report"',
            'output = "reports"',
            "keep_days = 30",
        ),
        "Now open the settings file in the code editor. "
        "Set the name of the output folder, and set the number of days to keep old files. "
        "Save the file before you continue.",
    ),
    Scene(
        "form",
        "Run the first report",
        ("Report|Weekly summary", "Send to|Design team", "Start|Monday 09:00"),
        "Finally, run the first report. "
        "Choose the day and the time, and press the start button. "
        "When the report is ready, the system will send a message to your team. "
        "That is all you need to begin.",
    ),
)


def font(size: int, name: str = "DejaVuSans") -> ImageFont.FreeTypeFont:
    """Return a DejaVu font of `size` pixels."""
    return ImageFont.truetype(str(FONTS / f"{name}.ttf"), size)


def draw_form(pen: ImageDraw.ImageDraw, lines: tuple[str, ...]) -> None:
    """Draw labelled fields, each line being `label|value`, and a button."""
    for row, line in enumerate(lines):
        label, value = line.split("|")
        top = 190 + row * 120
        pen.text((120, top), label, fill=MUTED, font=font(26))
        pen.rectangle((120, top + 38, 900, top + 94), outline=MUTED, width=2)
        pen.text((140, top + 48), value, fill=INK, font=font(30))
    pen.rectangle((120, 580, 340, 640), fill=ACCENT)
    pen.text((175, 592), "Create", fill=PAPER, font=font(30))


def draw_table(pen: ImageDraw.ImageDraw, lines: tuple[str, ...]) -> None:
    """Draw a table, each line being a row of three `|`-separated cells."""
    for row, line in enumerate(lines):
        top = 200 + row * 80
        pen.line((120, top + 66, 1160, top + 66), fill=MUTED, width=2)
        for column, cell in enumerate(line.split("|")):
            colour = MUTED if row == 0 else INK
            pen.text((140 + column * 350, top + 16), cell, fill=colour, font=font(30))


def draw_code(pen: ImageDraw.ImageDraw, lines: tuple[str, ...]) -> None:
    """Draw a light code editor with line numbers."""
    pen.rectangle((100, 170, 1180, 660), fill="#f3f5f8")
    for row, line in enumerate(lines):
        top = 200 + row * 60
        pen.text((125, top), str(row + 1), fill=MUTED, font=font(30, "DejaVuSansMono"))
        pen.text((190, top), line, fill=INK, font=font(30, "DejaVuSansMono"))


DRAW = {"form": draw_form, "table": draw_table, "code": draw_code}


def screen(scene: Scene) -> Image.Image:
    """Draw a scene: RGB, 1280 by 720 pixels."""
    image = Image.new("RGB", SIZE, PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, SIZE[0], 56), fill=INK)
    pen.text((30, 12), "Harbor", fill=PAPER, font=font(26, "DejaVuSans-Bold"))
    pen.text((120, 90), scene.title, fill=INK, font=font(46, "DejaVuSans-Bold"))
    DRAW[scene.kind](pen, scene.lines)
    return image


def speak(text: str, folder: Path) -> tuple[np.ndarray, int]:
    """Return flite's speech, int16 mono of shape (samples,), and its rate in Hz."""
    flite = shutil.which("flite")
    if flite is None:
        message = "flite is missing: apt-get install flite"
        raise SystemExit(message)
    target = folder / "speech.wav"
    subprocess.run(  # noqa: S603 - our own fixed text
        [flite, "-voice", "rms", "-t", text, "-o", str(target)], check=True
    )
    with wave.open(str(target)) as sound:
        rate = sound.getframerate()
        samples = np.frombuffer(sound.readframes(sound.getnframes()), dtype=np.int16)
    silence = np.zeros(int(PAUSE * rate), dtype=np.int16)
    return np.concatenate([samples, silence]), rate


def encode(target: Path, shots: list[tuple[Image.Image, np.ndarray]], rate: int) -> None:
    """Write H.264 and AAC; each shot lasts as long as its int16 samples at `rate` Hz."""
    with av.open(str(target), "w", options={"movflags": "+faststart"}) as box:
        video = box.add_stream("libx264", rate=FPS, options={"crf": "28", "tune": "stillimage"})
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        audio = box.add_stream("aac", rate=rate, layout="mono", bit_rate=64_000)
        shown, heard = 0, 0
        for image, samples in shots:
            until = round((heard + len(samples)) / rate * FPS)
            for number in range(shown, until):
                frame = av.VideoFrame.from_image(image)
                frame.pts, frame.time_base = number, Fraction(1, FPS)
                box.mux(video.encode(frame))
            sound = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
            sound.sample_rate, sound.pts, sound.time_base = rate, heard, Fraction(1, rate)
            box.mux(audio.encode(sound))
            shown, heard = until, heard + len(samples)
        box.mux(video.encode(None))
        box.mux(audio.encode(None))


def main() -> None:
    """Write both files beside this script."""
    rate = 16_000
    shots = []
    with tempfile.TemporaryDirectory() as folder:
        for scene in SCENES:
            spoken = []
            for sentence in scene.spoken.split(". "):
                samples, rate = speak(sentence, Path(folder))
                spoken.append(samples)
            shots.append((screen(scene), np.concatenate(spoken)))
    target = HERE / "sample.mp4"
    encode(target, shots, rate)
    text = "\n".join(scene.spoken for scene in SCENES) + "\n"
    (HERE / "sample.txt").write_text(text, encoding="utf-8")
    seconds = sum(len(samples) for _, samples in shots) / rate
    print(f"{target}: {target.stat().st_size} bytes, {seconds:.1f} s, {len(text.split())} words")


if __name__ == "__main__":
    main()

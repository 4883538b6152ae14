"use strict";
(() => {
  const all = (what) => [...document.querySelectorAll(what)];
  const one = (id) => document.getElementById(id);
  const video = one("video"), open = one("open"), file = one("file"), second = one("second");
  const main = document.querySelector("main");
  let first = document.body.dataset.first;
  let wanted = null; // seconds to jump to once there is a video

  // A picture stands in the file once, however many languages show it.
  for (const image of all("img[data-shows]"))
    image.src = document.querySelector(`img[data-picture="${image.dataset.shows}"]`).src;

  // A language's own name, and within a sentence its English one, as far as the browser knows it.
  for (const place of all("[data-choose], #second option[value]:not([value='']), [data-name]")) {
    const tag = place.dataset.choose || place.dataset.name || place.value;
    try {
      place.textContent = new Intl.DisplayNames([place.dataset.name ? "en" : tag], { type: "language" }).of(tag);
    } catch { /* the tag says it too */ }
  }

  const show = () => {
    const beside = second && second.value !== first ? second.value : "";
    document.body.classList.toggle("two", Boolean(beside));
    for (const element of all("[data-language]")) {
      const tag = element.dataset.language;
      element.hidden = tag !== first && (tag !== beside || !element.closest("main > section"));
      element.style.order = tag === first ? 0 : 1;
    }
    for (const button of all("[data-choose]"))
      button.setAttribute("aria-pressed", String(button.dataset.choose === first));
    for (const track of video.textTracks) track.mode = track.language === first ? "showing" : "disabled";
  };
  for (const button of all("[data-choose]"))
    button.addEventListener("click", () => { first = button.dataset.choose; show(); });
  if (second) second.addEventListener("change", show);

  for (const script of all("script[data-track]")) {
    const track = document.createElement("track");
    track.kind = "subtitles";
    track.srclang = track.label = script.dataset.track;
    const text = JSON.parse(script.textContent);
    track.src = URL.createObjectURL(new Blob([text], { type: "text/vtt" }));
    video.append(track);
  }

  // Without the video's file, a reader may choose it.
  const has = (there) => {
    video.hidden = !there;
    open.hidden = there;
  };
  has(video.hasAttribute("src"));
  const poster = document.querySelector("img[data-picture]");
  if (poster) video.poster = poster.src;
  video.addEventListener("error", () => has(false));
  file.addEventListener("change", () => {
    if (!file.files.length) return;
    video.src = URL.createObjectURL(file.files[0]);
    has(true);
    if (wanted !== null) jump(wanted);
  });

  const jump = (at) => {
    if (video.hidden) {
      wanted = at;
      file.click();
      return;
    }
    wanted = null;
    document.querySelector("aside").classList.add("playing");
    video.currentTime = at;
    video.play().catch(() => {});
  };
  main.addEventListener("click", (event) => {
    const place = event.target.closest("[data-second]");
    const chosen = String(getSelection() || "");
    if (place && !event.target.closest("a") && !chosen) jump(Number(place.dataset.second));
  });

  // What is spoken now is marked where it is written.
  video.addEventListener("timeupdate", () => {
    for (const element of all("main .now")) element.classList.remove("now");
    if (video.paused && !video.currentTime) return;
    for (const part of all("main article:not([hidden])").concat(all("main details:not([hidden])"))) {
      const places = [...part.querySelectorAll("[data-second]:not(:has([data-second])):not(button):not(figure), li[data-second]")];
      const now = places.filter((place) => Number(place.dataset.second) <= video.currentTime + 0.05);
      const after = places.find((place) => Number(place.dataset.second) > video.currentTime + 0.05);
      const next = part.closest("section").nextElementSibling?.querySelector("[data-second]");
      const over = !after && next && Number(next.dataset.second) <= video.currentTime;
      if (now.length && !over) now[now.length - 1].classList.add("now");
    }
  });

  const links = all("nav a");
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries)
      if (entry.isIntersecting)
        for (const link of links) link.classList.toggle("here", link.hash === `#${entry.target.id}`);
  }, { rootMargin: "-15% 0px -75% 0px" });
  for (const section of all("main > section")) seen.observe(section);

  if (matchMedia("(max-width: 56rem)").matches) for (const box of all("nav details")) box.open = false;
  show();
})();


"use strict";
(() => {
  const page = document.documentElement;

  // Mathematics: words stand there, in whose place KaTeX sets the TeX, with MathML for those who listen.
  // A factor is marked by its place in the text: it becomes a span that knows its number.
  const marked = (tex, places) => {
    const parts = [];
    let end = tex.length;
    for (let at = places.length - 3; at >= 0; at -= 3) {
      const [start, stop, number] = places.slice(at, at + 3);
      parts.unshift("\\htmlData{factor=" + number + "}{" + tex.slice(start, stop) + "}" + tex.slice(stop, end));
      end = start;
    }
    return tex.slice(0, end) + parts.join("");
  };
  const trust = (asked) => asked.command === "\\htmlData";
  for (const box of document.querySelectorAll(".tex, .formula")) {
    const displayMode = box.classList.contains("formula");
    const tex = box.dataset.tex;
    const places = (box.dataset.factors || "").split(" ").filter(Boolean).map(Number);
    katex.render(marked(tex, places), box, { displayMode, throwOnError: false, strict: false, trust });
  }
  page.classList.add("set");
  // A picture is one image; what its letters are called counts only for an element with a role.
  for (const letters of document.querySelectorAll("svg [aria-label]")) letters.role = "img";

  // A term of a sum, its path in the picture and its button light up together; a click keeps the light.
  for (const keys of document.querySelectorAll(".terms")) {
    const figure = keys.closest("figure");
    const sums = [...document.querySelectorAll("[data-paths='" + figure.id + "']")];
    const places = [figure, ...sums];
    let kept = null;
    const light = (key) => {
      for (const place of places) {
        place.classList.toggle("lighting", key !== null);
        for (const part of place.querySelectorAll("[data-term]")) {
          part.classList.toggle("lit", part.dataset.term === key);
        }
      }
    };
    const mark = (part, key) => {
      part.dataset.term = key;
      part.addEventListener("pointerenter", () => light(key));
      part.addEventListener("pointerleave", () => light(kept));
      part.addEventListener("click", () => {
        kept = kept === key ? null : key;
        for (const button of keys.children) button.ariaPressed = String(button.value === kept);
        light(kept);
      });
    };
    for (const button of keys.children) {
      const key = button.value;
      const [red, green, blue] = [0, 2, 4].map((at) => parseInt(key.slice(at, at + 2), 16));
      const colour = "rgb(" + [red, green, blue].join(", ") + ")";
      for (const sum of sums) {
        for (const part of sum.querySelectorAll(".katex-html [style*=color]")) {
          const within = part.parentElement.closest("[style*=color]");
          if (part.style.color === colour && within === null) mark(part, key);
        }
      }
      for (const part of figure.querySelectorAll("[stroke='#" + key + "'], [fill='#" + key + "']")) {
        mark(part, key);
        if (!part.hasAttribute("stroke")) continue;
        // A line is thin: beside it, too, it is touched.
        const beside = part.cloneNode();
        beside.setAttribute("stroke-opacity", "0");
        beside.setAttribute("stroke-width", "7");
        beside.removeAttribute("stroke-dasharray");
        part.after(beside);
        mark(beside, key);
      }
      mark(button, key);
      button.ariaPressed = "false";
      button.ariaLabel = button.querySelector("semantics > :first-child").textContent;
      button.style.color = colour;
      button.addEventListener("focus", () => light(key));
      button.addEventListener("blur", () => light(kept));
    }
  }

  // Light and dark: as the reader's system has it, until the button is pressed.
  const system = matchMedia("(prefers-color-scheme: dark)");
  document.getElementById("scheme").addEventListener("click", () => {
    const dark = page.dataset.scheme ? page.dataset.scheme === "dark" : system.matches;
    page.dataset.scheme = dark ? "light" : "dark";
  });

  // What is wider than its box can be scrolled by the keyboard too.
  const reach = () => {
    for (const box of document.querySelectorAll(".formula, .table, .code")) {
      if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  };
  document.fonts.ready.then(reach);
  addEventListener("resize", reach);
})();

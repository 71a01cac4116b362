
"use strict";
(() => {
  const page = document.documentElement;

  // Mathematics: what stands there is TeX, which KaTeX sets, with MathML for those who listen.
  for (const box of document.querySelectorAll(".tex, .formula")) {
    const displayMode = box.classList.contains("formula");
    katex.render(box.textContent, box, { displayMode, throwOnError: false, strict: false });
  }
  page.classList.add("set");

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

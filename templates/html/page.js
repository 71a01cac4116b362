
"use strict";
(() => {
  const page = document.documentElement;

  // Mathematics: what stands there is TeX, which KaTeX sets, with MathML for those who listen.
  for (const box of document.querySelectorAll(".tex, .formula")) {
    const displayMode = box.classList.contains("formula");
    katex.render(box.textContent, box, { displayMode, throwOnError: false, strict: false });
  }
  page.classList.add("set");

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


"use strict";
(() => {
  // A derivation line by line: each line with its reason, those before it paler.
  const [box, lines, now, all, back, next, leave] = [
    "step-box", "step-lines", "step-now", "step-all", "step-back", "step-next", "step-close",
  ].map((id) => document.getElementById(id));
  let items = [];
  let at = 0;
  const show = (place) => {
    at = Math.max(0, Math.min(items.length - 1, place));
    items.forEach((item, n) => {
      item.hidden = n > at;
      item.classList.toggle("now", n === at);
      if (n === at) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    });
    now.textContent = String(at + 1);
    all.textContent = String(items.length);
    // A button that is switched off would lose the focus, and the keys with it.
    back.setAttribute("aria-disabled", String(at === 0));
    next.setAttribute("aria-disabled", String(at === items.length - 1));
    items[at].scrollIntoView({ block: "nearest" });
    const formula = items[at].firstChild;
    if (formula.scrollWidth > formula.clientWidth + 1) formula.tabIndex = 0;
  };
  const open = (derivation) => {
    box.setAttribute("aria-label", derivation.querySelector("summary").textContent);
    items = [...derivation.querySelectorAll("li")].map((line) => {
      const item = document.createElement("li");
      const formula = document.createElement("div");
      const [shown, ...reason] = [...line.childNodes];
      const setting = { displayMode: true, throwOnError: false, strict: false };
      katex.render(shown.dataset.tex, formula, setting);
      formula.className = "shown";
      const words = document.createElement("p");
      words.append(...reason.map((node) => node.cloneNode(true)));
      for (const link of words.querySelectorAll("a")) link.addEventListener("click", () => box.close());
      item.append(formula, words);
      return item;
    });
    lines.replaceChildren(...items);
    // What is said of each line as it comes is the line itself.
    lines.setAttribute("aria-live", "polite");
    box.showModal();
    show(0);
    next.focus();
  };
  for (const derivation of document.querySelectorAll(".steps")) {
    derivation.querySelector("summary").addEventListener("click", (event) => {
      event.preventDefault();
      open(derivation);
    });
  }
  back.addEventListener("click", () => show(at - 1));
  next.addEventListener("click", () => show(at + 1));
  leave.addEventListener("click", () => box.close());
  const moves = { ArrowRight: 1, ArrowDown: 1, PageDown: 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1 };
  box.addEventListener("keydown", (event) => {
    const button = event.target.closest("button, a");
    if (event.key === " " && (!button || button === next)) {
      event.preventDefault();
      show(at + (event.shiftKey ? -1 : 1));
    } else if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      show(event.key === "Home" ? 0 : items.length - 1);
    } else if (event.key in moves) {
      event.preventDefault();
      show(at + moves[event.key]);
    }
  });
})();

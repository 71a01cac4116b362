
"use strict";
(() => {
  // A factor under the pointer says what it is; a tap keeps that, and Escape takes it away.
  let box = null;
  let holder = null;
  const close = () => {
    if (box) box.remove();
    if (holder) holder.classList.remove("told");
    box = holder = null;
  };
  const tell = (factor, line) => {
    if (holder === factor) return;
    close();
    holder = factor;
    holder.classList.add("told");
    box = document.createElement("div");
    box.className = "telling";
    box.append(...[...line.childNodes].map((node) => node.cloneNode(true)));
    const display = factor.closest(".display");
    display.append(box);
    const [around, place] = [display.getBoundingClientRect(), factor.getBoundingClientRect()];
    const left = Math.min(place.left - around.left, around.width - box.offsetWidth);
    box.style.left = Math.max(0, left) + "px";
    box.style.top = place.bottom - around.top + 4 + "px";
    box.addEventListener("pointerleave", (event) => {
      if (!holder || !holder.contains(event.relatedTarget)) close();
    });
  };
  for (const list of document.querySelectorAll(".factors")) {
    const display = list.closest(".display");
    const of = (number) => display.querySelectorAll(".katex-html [data-factor='" + number + "']");
    for (const line of list.querySelectorAll("[data-factor]")) {
      const parts = of(line.dataset.factor);
      const light = (lit) => parts.forEach((part) => part.classList.toggle("told", lit));
      line.addEventListener("pointerenter", () => light(true));
      line.addEventListener("pointerleave", () => light(false));
      line.addEventListener("focusin", () => light(true));
      line.addEventListener("focusout", () => light(false));
      for (const part of parts) {
        part.addEventListener("pointerenter", () => tell(part, line));
        part.addEventListener("pointerleave", (event) => {
          if (event.pointerType !== "touch" && !(box && box.contains(event.relatedTarget))) close();
        });
        part.addEventListener("click", (event) => {
          const link = line.querySelector("a");
          if (event.pointerType === "touch" || !link) tell(part, line);
          else link.click();
        });
      }
    }
  }
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    close();
    for (const open of document.querySelectorAll(".display details[open]")) open.open = false;
  });
  addEventListener("pointerdown", (event) => {
    if (box && !box.contains(event.target) && !holder.contains(event.target)) close();
  });
})();
